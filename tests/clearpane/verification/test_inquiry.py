"""The responder is a table of what it answers; each request takes a second of the clock."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from chains import NOW, Party, Spec, authority, issue
from clearpane.certificates.certificate import Certificate
from clearpane.verification import crl
from clearpane.verification.answers import Status
from clearpane.verification.inquiry import Means, inquire, stapled
from clearpane.verification.revocation import Checking, questions
from responders import HOUR, UNKNOWN, Answer, List, access, entry, parsed, points, refusal, revoked

ICA = authority(authority(None, "Root"), "Intermediate")
OCSP, CRL = "http://ocsp.test", "http://ca.test/one.crl"
LEAF = issue(ICA, Spec(extensions=(access(OCSP), points(CRL))))
LONG = issue(ICA, Spec(extensions=(access(OCSP + "/" + "a" * 200),)))
PLAIN = issue(ICA, Spec(extensions=(points("ldap://ca.test/"),)))
TWO = issue(ICA, Spec(extensions=(points("http://gone.test/", CRL),)))

GOOD, REVOKED = Answer(LEAF, ICA).der, Answer(LEAF, ICA, state=revoked()).der
FORGED, STALE = Answer(LEAF, ICA, forged=True).der, Answer(LEAF, ICA, next_update=NOW - HOUR).der
ON_LIST, OFF_LIST = List(ICA, (entry(0x1234),)).der, List(ICA).der


@dataclass(frozen=True)
class Came:
    body: bytes = b""
    error: str = ""


LATE, GONE, NOT_FOUND = Came(error="timeout"), Came(error="unreachable"), Came(error="status 404")


@dataclass
class Table:
    """What GET, POST and the CRL bring; and what was asked, with the time limits."""

    get: Came = GONE
    post: Came = GONE
    crl: Came = GONE
    seconds: float = 0
    asked: list[str] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)

    def take(self, what: str, came: Came, timeout: float) -> Came:
        self.asked.append(what)
        self.limits.append(timeout)
        self.seconds += timeout if came is LATE else 1
        return came

    async def came_by_get(self, url: str, timeout: float) -> Came:
        if url.startswith(OCSP):
            return self.take("GET", self.get, timeout)
        return self.take("CRL", self.crl if url == CRL else GONE, timeout)


class Fetching:
    def __init__(self, table: Table) -> None:
        self.table = table

    async def get(self, url: str, *, timeout: float, limit: int) -> Came:
        return await self.table.came_by_get(url, timeout)

    async def post(
        self, url: str, body: bytes, content_type: str, *, timeout: float, limit: int
    ) -> Came:
        assert (content_type, body[:1]) == ("application/ocsp-request", b"\x30")
        return self.table.take("POST", self.table.post, timeout)


async def read_list(
    data: bytes, certificate: Certificate, issuer: Certificate, now: datetime
) -> Status:
    return crl.read(data, certificate, issuer, now)


BOTH = Checking(True, True, 5, 5, 60)


async def asked(
    table: Table, party: Party = LEAF, checking: Checking = BOTH, staple: bytes = b""
) -> Status:
    means = Means(Fetching(table), read_list, nullcontext(), lambda: NOW, lambda: table.seconds)
    (question,) = questions(parsed(party, ICA), staple, checking)
    return await inquire(question, checking, means)


ROWS = [
    # the responder
    pytest.param(Table(Came(GOOD)), "good", ["GET"], id="good by GET"),
    pytest.param(Table(Came(REVOKED)), "revoked", ["GET"], id="revoked by GET"),
    pytest.param(Table(NOT_FOUND, Came(GOOD)), "good", ["GET", "POST"], id="only by POST"),
    pytest.param(Table(Came(STALE), Came(GOOD)), "good", ["GET", "POST"], id="stale by GET"),
    pytest.param(
        Table(Came(Answer(LEAF, ICA, state=UNKNOWN).der), crl=Came(ON_LIST)),
        "unknown",
        ["GET"],
        id="unknown is an answer",
    ),
    # then the CRL
    pytest.param(
        Table(crl=Came(ON_LIST)), "revoked", ["GET", "POST", "CRL"], id="nobody there, on the CRL"
    ),
    pytest.param(
        Table(crl=Came(OFF_LIST)), "good", ["GET", "POST", "CRL"], id="nobody there, not on it"
    ),
    pytest.param(
        Table(Came(refusal(3)), Came(refusal(3)), Came(ON_LIST)),
        "revoked",
        ["GET", "POST", "CRL"],
        id="try later, on the CRL",
    ),
    pytest.param(
        Table(Came(FORGED), Came(FORGED), Came(ON_LIST)),
        "revoked",
        ["GET", "POST", "CRL"],
        id="forged, on the CRL",
    ),
    pytest.param(Table(LATE, crl=Came(ON_LIST)), "revoked", ["GET", "CRL"], id="late, on the CRL"),
    # no answer
    pytest.param(Table(), "unknown", ["GET", "POST", "CRL"], id="nobody there"),
    pytest.param(
        Table(Came(FORGED), Came(FORGED)), "unknown", ["GET", "POST", "CRL"], id="forged, no CRL"
    ),
    pytest.param(
        Table(crl=Came(b"<html>")), "unknown", ["GET", "POST", "CRL"], id="the CRL is none"
    ),
    pytest.param(Table(LATE), "timeout", ["GET", "CRL"], id="late, no CRL"),
    pytest.param(Table(LATE, crl=LATE), "timeout", ["GET", "CRL"], id="both late"),
    pytest.param(Table(NOT_FOUND, LATE), "timeout", ["GET", "POST", "CRL"], id="late by POST"),
]


@pytest.mark.parametrize(("table", "state", "order"), ROWS)
async def test_who_is_asked_in_which_order(table: Table, state: str, order: list[str]) -> None:
    status = await asked(table)
    assert (status.state, table.asked) == (state, order), status
    assert status.detail


async def test_a_long_question_goes_by_post() -> None:
    table = Table(post=Came(Answer(LONG, ICA).der))
    assert (await asked(table, LONG)).state == "good"
    assert table.asked == ["POST"]


async def test_the_second_address_is_asked_where_the_first_fails() -> None:
    table = Table(crl=Came(ON_LIST))
    assert (await asked(table, TWO)).state == "revoked"
    assert table.asked == ["CRL", "CRL"]


async def test_addresses_that_are_not_http_are_unknown() -> None:
    table = Table()
    status = await asked(table, PLAIN)
    assert (status.state, table.asked) == ("unknown", [])
    assert "not http" in status.detail


@pytest.mark.parametrize(
    ("checking", "table", "limits"),
    [
        pytest.param(Checking(True, True, 3, 4, 60), Table(LATE, crl=LATE), [3, 4], id="each"),
        pytest.param(Checking(True, True, 3, 4, 5), Table(LATE, crl=LATE), [3, 2], id="the rest"),
        pytest.param(Checking(True, True, 5, 5, 5), Table(LATE), [5], id="nothing left for a CRL"),
        pytest.param(Checking(True, True, 3, 4, 60), Table(), [3, 2, 4], id="GET and POST share"),
        pytest.param(Checking(True, False, 1, 4, 60), Table(), [1], id="no time for POST"),
    ],
)
async def test_each_request_has_what_is_left(
    checking: Checking, table: Table, limits: list[float]
) -> None:
    status = await asked(table, checking=checking)
    assert table.limits == limits
    assert status.state == ("unknown" if limits == [3, 2, 4] else "timeout")


async def test_the_detail_names_the_source() -> None:
    assert (await asked(Table(crl=Came(ON_LIST)))).detail.endswith(CRL)
    detail = (await asked(Table(LATE))).detail
    assert f"OCSP: timeout, {OCSP}; CRL: unreachable, {CRL}" == detail


async def test_an_unusable_staple_is_unknown_where_nobody_answers() -> None:
    status = await asked(Table(), staple=FORGED)
    assert status.state == "unknown"
    assert "stapled" in status.detail


@pytest.mark.parametrize(
    ("staple", "state"),
    [
        pytest.param(GOOD, "good", id="good"),
        pytest.param(REVOKED, "revoked", id="revoked"),
        pytest.param(Answer(LEAF, ICA, state=UNKNOWN).der, "unknown", id="unknown"),
        pytest.param(FORGED, None, id="forged"),
        pytest.param(STALE, None, id="stale"),
        pytest.param(b"x", None, id="no answer"),
        pytest.param(b"", None, id="none was sent"),
    ],
)
def test_what_a_staple_is_worth(staple: bytes, state: str | None) -> None:
    (question,) = questions(parsed(LEAF, ICA), staple, BOTH)
    status = stapled(question, NOW)
    assert (status and status.state) == state
    assert status is None or status.detail.startswith("stapled")
