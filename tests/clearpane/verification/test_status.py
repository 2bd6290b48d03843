import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from chains import DAY, NOW, Party, Spec, authority, issue, p256
from clearpane.certificates import pem
from clearpane.verification.fetch import Fetch, Fetched
from clearpane.verification.revocation import Checking, Revocation
from clearpane.verification.status import StatusChecker
from responders import (
    Answer,
    Answers,
    List,
    Reply,
    Responder,
    access,
    entry,
    parsed,
    points,
    responder,
    revoked,
)

ROOT = authority(None, "Root")
ICA = authority(ROOT, "Intermediate")
OCSP, BOTH = Checking(ocsp=True), Checking(ocsp=True, crl=True)
OCSP_BRIEFLY = Checking(ocsp=True, ocsp_timeout=1)


@dataclass
class Site:
    """A checker whose clock can be set, a responder, and a path that names it."""

    checker: StatusChecker
    responder: Responder
    path: tuple[Party, ...]
    now: datetime = NOW

    @property
    def leaf(self) -> Party:
        return self.path[0]

    async def check(self, checking: Checking = OCSP, staple: bytes = b"") -> Revocation:
        return await self.checker.check(parsed(*self.path), staple, checking)


@asynccontextmanager
async def site(answer: Callable[[Site, str, str], Reply | None]) -> AsyncIterator[Site]:
    """`answer` gets the site, the method and the path; None hangs until the test is over."""
    over = asyncio.Event()

    async def reply(method: str, path: str, body: bytes) -> Reply:
        await asyncio.sleep(0)
        if (given := answer(here, method, path)) is not None:
            return given
        await over.wait()
        return Reply(status=500)

    answers: Answers = reply
    async with responder(answers) as running:
        extensions = (access(running.url), points(running.url + "/one.crl"))
        leaf = issue(ICA, Spec(extensions=extensions))
        checker = StatusChecker(Fetch(allow_private_addresses=True), lambda: here.now)
        here = Site(checker, running, (leaf, ICA, ROOT))
        try:
            yield here
        finally:
            over.set()


def good(here: Site, method: str, path: str) -> Reply:
    return Reply(Answer(here.leaf, ICA).der)


def is_revoked(here: Site, method: str, path: str) -> Reply:
    return Reply(Answer(here.leaf, ICA, state=revoked()).der)


def only_post(here: Site, method: str, path: str) -> Reply:
    return good(here, method, path) if method == "POST" else Reply(status=405)


def only_list(here: Site, method: str, path: str) -> Reply:
    return Reply(List(ICA, (entry(0x1234),)).der) if path == "/one.crl" else Reply(status=503)


def hangs(here: Site, method: str, path: str) -> None:
    return None


@pytest.mark.parametrize(
    ("answer", "checking", "state", "methods"),
    [
        pytest.param(good, OCSP, "good", ["GET"], id="good"),
        pytest.param(is_revoked, OCSP, "revoked", ["GET"], id="revoked"),
        pytest.param(only_post, OCSP, "good", ["GET", "POST"], id="good by POST"),
        pytest.param(only_list, BOTH, "revoked", ["GET", "POST", "GET"], id="revoked by CRL"),
        pytest.param(only_list, Checking(crl=True), "revoked", ["GET"], id="by CRL alone"),
        pytest.param(only_list, OCSP, "unknown", ["GET", "POST"], id="no answer"),
        pytest.param(good, Checking(), "unchecked", [], id="off"),
    ],
)
async def test_a_real_responder(
    answer: Callable[[Site, str, str], Reply], checking: Checking, state: str, methods: list[str]
) -> None:
    async with site(answer) as here:
        revocation = await here.check(checking)
        assert (revocation.state, [method for method, *_ in here.responder.requests]) == (
            state,
            methods,
        )
        assert revocation.detail


async def test_a_responder_that_hangs_takes_no_longer_than_the_total() -> None:
    async with site(hangs) as here:
        started = monotonic()
        revocation = await here.check(Checking(True, True, 0.2, 0.4, 0.3))
        assert 0.25 < monotonic() - started < 2
        assert (revocation.state, revocation.reasons) == ("timeout", ("status-timeout",))


async def test_a_hundred_connections_ask_once() -> None:
    async with site(good) as here:
        found = await asyncio.gather(*(here.check() for _ in range(100)))
        assert {revocation.state for revocation in found} == {"good"}
        assert len(here.responder.requests) == 1


async def test_one_connection_that_goes_away_takes_nothing_from_the_others() -> None:
    gate: list[bool] = []

    def slow(here: Site, method: str, path: str) -> Reply:
        gone.cancel()
        gate.append(True)
        return good(here, method, path)

    async with site(slow) as here:
        gone = asyncio.create_task(here.check())
        stays = asyncio.create_task(here.check())
        assert (await stays).state == "good"
        assert gone.cancelled() and gate == [True]


@pytest.mark.parametrize(
    ("answer", "later", "requests"),
    [
        pytest.param(good, timedelta(hours=23), 1, id="good until nextUpdate"),
        pytest.param(good, DAY, 2, id="good, asked again at nextUpdate"),
        pytest.param(is_revoked, timedelta(hours=23), 1, id="revoked until nextUpdate"),
        pytest.param(only_list, timedelta(seconds=59), 2, id="no answer for a minute"),
        pytest.param(only_list, timedelta(seconds=60), 4, id="no answer, asked again after it"),
    ],
)
async def test_an_answer_is_kept(
    answer: Callable[[Site, str, str], Reply], later: timedelta, requests: int
) -> None:
    async with site(answer) as here:
        first = await here.check()
        here.now += later
        assert (await here.check()).state == first.state or later >= DAY
        assert len(here.responder.requests) == requests


async def test_a_usable_staple_asks_nobody_and_is_kept() -> None:
    async with site(hangs) as here:
        staple = Answer(here.leaf, ICA).der
        assert (await here.check(staple=staple)).state == "good"
        assert (await here.check()).state == "good"
        assert here.responder.requests == []


@pytest.mark.parametrize("forged", [True, False], ids=["forged", "of another certificate"])
async def test_an_unusable_staple_does_not_count(forged: bool) -> None:
    async with site(is_revoked) as here:
        staple = Answer(here.leaf, ICA, forged=forged, serial=None if forged else 99).der
        assert (await here.check(staple=staple)).state == "revoked"


async def test_a_staple_helps_where_nobody_answered_before() -> None:
    async with site(only_list) as here:
        assert (await here.check()).state == "unknown"
        assert (await here.check(staple=Answer(here.leaf, ICA).der)).state == "good"


async def test_a_staple_is_no_way_round_a_known_revocation() -> None:
    async with site(is_revoked) as here:
        assert (await here.check()).state == "revoked"
        assert (await here.check(staple=Answer(here.leaf, ICA).der)).state == "revoked"


async def test_a_staple_does_not_count_with_ocsp_off() -> None:
    async with site(only_list) as here:
        staple = Answer(here.leaf, ICA).der
        assert (await here.check(Checking(crl=True), staple)).state == "revoked"


async def test_a_revoked_intermediate_beats_a_leaf_that_nobody_answers_for() -> None:
    def of_the_ica(here: Site, method: str, path: str) -> Reply | None:
        if path.startswith("/ica"):
            return Reply(Answer(here.path[1], ROOT, state=revoked()).der)
        return None

    async with site(of_the_ica) as here:
        ica = authority(ROOT, "Intermediate", extensions=(access(here.responder.url + "/ica"),))
        leaf = issue(ica, Spec(extensions=(access(here.responder.url),)))
        here.path = (leaf, ica, ROOT)
        revocation = await here.check(Checking(ocsp=True, ocsp_timeout=0.5))
        assert revocation.state == "revoked"
        assert revocation.detail.startswith("CN=Intermediate")


class Stubborn:
    """Takes no notice of its time limit."""

    def __init__(self) -> None:
        self.asked = 0

    async def get(self, url: str, *, timeout: float, limit: int) -> Fetched:
        self.asked += 1
        await asyncio.Event().wait()
        return Fetched()

    async def post(
        self, url: str, body: bytes, content_type: str, *, timeout: float, limit: int
    ) -> Fetched:
        raise AssertionError("GET never ends")


async def test_the_total_holds_whatever_the_fetcher_does() -> None:
    checker = StatusChecker(Stubborn(), lambda: NOW)
    path = parsed(issue(ICA, Spec(extensions=(access("http://ocsp.test"),))), ICA)
    revocation = await checker.check(path, b"", Checking(ocsp=True, ocsp_timeout=0.1))
    assert (revocation.state, revocation.detail) == ("timeout", "CN=www.test: no answer in time")


async def test_a_flood_of_certificates_is_bounded() -> None:
    fetch, key = Stubborn(), p256()
    checker = StatusChecker(fetch, lambda: NOW)
    named = (access("http://ocsp.test"),)
    leaves = [
        issue(ICA, Spec(serial=serial, key=lambda: key, extensions=named))
        for serial in range(1, 1101)
    ]
    checks = (checker.check(parsed(leaf, ICA), b"", OCSP_BRIEFLY) for leaf in leaves)
    found = [revocation.state for revocation in await asyncio.gather(*checks)]
    assert (found.count("timeout"), found.count("unknown"), fetch.asked) == (1024, 76, 1024)


async def test_a_private_address_is_not_asked() -> None:
    async with site(good) as here:
        checker = StatusChecker(Fetch(allow_private_addresses=False), lambda: NOW)
        revocation = await checker.check(parsed(*here.path), b"", OCSP)
        assert (revocation.state, here.responder.requests) == ("unknown", [])


def index_line(party: Party, mark: str) -> str:
    when = f"{NOW - DAY:%y%m%d%H%M%S}Z" if mark == "R" else ""
    serial = f"{parsed(party)[0].serial:04X}"
    return f"{mark}\t{NOW + 90 * DAY:%y%m%d%H%M%S}Z\t{when}\t{serial}\tunknown\t/CN=www.test\n"


@asynccontextmanager
async def openssl_responder(folder: Path, lines: str) -> AsyncIterator[str]:
    openssl = shutil.which("openssl")
    assert openssl
    (folder / "index.txt").write_text(lines)
    (folder / "ica.pem").write_text(pem.to_pem(ICA.der))
    (folder / "ica.key").write_bytes(ICA.key_pem)
    process = await asyncio.create_subprocess_exec(
        *(openssl, "ocsp", "-index", "index.txt", "-port", "0", "-CA", "ica.pem"),
        *("-rsigner", "ica.pem", "-rkey", "ica.key", "-ndays", "1"),
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout
        line = ""
        while "ACCEPT" not in line:
            line = (await process.stdout.readline()).decode()
            assert line, "openssl ocsp did not start"
        yield f"http://127.0.0.1:{line.split()[1].rpartition(':')[2]}"
    finally:
        process.terminate()
        await process.communicate()


@pytest.mark.parametrize(
    ("mark", "state"),
    [
        pytest.param("V", "good", id="good"),
        pytest.param("R", "revoked", id="revoked"),
        pytest.param("", "unknown", id="not in its index"),
    ],
)
async def test_openssl_as_the_responder(tmp_path: Path, mark: str, state: str) -> None:
    line = index_line(issue(ICA, Spec()), mark) if mark else ""
    async with openssl_responder(tmp_path, line) as url:
        leaf = issue(ICA, Spec(extensions=(access(url),)))
        fetch = Fetch(allow_private_addresses=True)
        checker = StatusChecker(fetch, lambda: datetime.now(UTC))  # noqa: TID251
        assert (await checker.check(parsed(leaf, ICA, ROOT), b"", OCSP)).state == state
