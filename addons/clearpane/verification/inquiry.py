"""How one certificate is asked about: its OCSP responder, and its CRL where that gives no answer.

Every request has a share of the time that is left, so an inquiry ends in time whatever the other
side does. An answer that is unusable is as none.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from clearpane.certificates.certificate import Certificate
from clearpane.verification import crl, ocsp
from clearpane.verification.answers import USABLE, State, Status
from clearpane.verification.revocation import Checking, Question

TIMED_OUT = "timeout"
_TYPE = "application/ocsp-request"
_LONGEST_SHOWN = 200
_NO_TIME = Status(State.TIMEOUT, detail="no time was left")


class Fetched(Protocol):
    """What came, or why nothing did: `TIMED_OUT` or other words."""

    @property
    def body(self) -> bytes: ...
    @property
    def error(self) -> str: ...


class Fetch(Protocol):
    """Fetches by http, bounded in time (seconds) and size (octets); never raises."""

    async def get(self, url: str, *, timeout: float, limit: int) -> Fetched: ...

    async def post(
        self, url: str, body: bytes, content_type: str, *, timeout: float, limit: int
    ) -> Fetched: ...


type ReadList = Callable[[bytes, Certificate, Certificate, datetime], Awaitable[Status]]


@dataclass(frozen=True, slots=True)
class Means:
    """What an inquiry needs of the world.

    `read_list` is `crl.read`, off the loop; `few_lists` lets few download and read one at a time,
    for each may have megabytes. `monotonic` is in seconds.
    """

    fetch: Fetch
    read_list: ReadList
    few_lists: AbstractAsyncContextManager[object]
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]


def stapled(question: Question, now: datetime) -> Status | None:
    """What the server's own staple says; None where it proves nothing."""
    if not question.staple:
        return None
    status = ocsp.read(question.staple, question.certificate, question.issuer, now)
    if status.state is State.UNUSABLE:
        return None
    return Status(status.state, status.until, f"stapled {status.detail}")


async def inquire(question: Question, checking: Checking, means: Means) -> Status:
    """Good, revoked, unknown or timeout; never unusable."""
    end = means.monotonic() + checking.total
    tried: list[Status] = []
    for ask, addresses, seconds in (
        (_ask_responder, question.responders, checking.ocsp_timeout),
        (_ask_list, question.lists, checking.crl_timeout),
    ):
        until = min(end, means.monotonic() + seconds)
        for url in addresses:
            status = await ask(url, question, means, until)
            said = Status(status.state, status.until, f"{status.detail}, {url[:_LONGEST_SHOWN]}")
            if said.state in USABLE:
                return said
            tried.append(said)
    return _without_answer(tried, question)


def _without_answer(tried: list[Status], question: Question) -> Status:
    detail = "; ".join(status.detail for status in tried)
    if any(status.state is State.TIMEOUT for status in tried):
        return Status(State.TIMEOUT, detail=detail)
    if question.staple:
        detail = "; ".join(filter(None, ("the stapled answer is unusable", detail)))
    return Status(State.UNKNOWN, detail=detail or "only addresses that are not http are named")


async def _ask_responder(url: str, question: Question, means: Means, until: float) -> Status:
    """By GET, which caches can answer, and by POST where that brings nothing of use."""
    request = ocsp.request(question.certificate, question.issuer)
    asking = ocsp.get_url(url, request)
    status = _NO_TIME
    for post in (False, True) if asking else (True,):
        if (left := until - means.monotonic()) <= 0:
            return _NO_TIME
        if post:
            answer = means.fetch.post(url, request, _TYPE, timeout=left, limit=ocsp.LARGEST)
        else:
            answer = means.fetch.get(asking or url, timeout=left, limit=ocsp.LARGEST)
        status = _read_ocsp(await answer, question, means)
        if status.state is not State.UNUSABLE:
            break
    return status


def _read_ocsp(fetched: Fetched, question: Question, means: Means) -> Status:
    if fetched.error:
        return _failed("OCSP", fetched)
    return ocsp.read(fetched.body, question.certificate, question.issuer, means.clock())


async def _ask_list(url: str, question: Question, means: Means, until: float) -> Status:
    async with means.few_lists:
        if (left := until - means.monotonic()) <= 0:
            return _NO_TIME
        fetched = await means.fetch.get(url, timeout=left, limit=crl.LARGEST)
        if fetched.error:
            return _failed("CRL", fetched)
        return await means.read_list(
            fetched.body, question.certificate, question.issuer, means.clock()
        )


def _failed(source: str, fetched: Fetched) -> Status:
    late = fetched.error == TIMED_OUT
    return Status(State.TIMEOUT if late else State.UNUSABLE, detail=f"{source}: {fetched.error}")
