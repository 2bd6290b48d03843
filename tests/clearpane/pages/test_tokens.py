"""A token is good for one user, one host, a quarter of an hour, and leads nowhere else."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.pages.forms import TOKEN_LIMIT, Kind
from clearpane.pages.tokens import LIFETIME, Claim, issue, read, way_back

SECRET = bytes(range(32))
NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
CLAIM = Claim(Kind.URL_CONTINUE, "alice", "a.example", "https://a.example/p?q=1", "gambling")


def back(
    token: str, user: str = "alice", host: str = "a.example", now: datetime = NOW
) -> Claim | None:
    return read(SECRET, token, user=user, host=host, now=now)


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(CLAIM, id="a name"),
        pytest.param(replace(CLAIM, user="2001:db8::7"), id="an address"),
        pytest.param(replace(CLAIM, kind=Kind.OPT_OUT, key=""), id="opt-out"),
        pytest.param(replace(CLAIM, user="a\ud800|b\n", key='é"'), id="odd characters"),
        pytest.param(replace(CLAIM, url="http://a.example:8080/"), id="a port"),
        pytest.param(replace(CLAIM, host="::1", url="https://[::1]/x"), id="a literal host"),
    ],
)
def test_what_was_issued_is_read(claim: Claim) -> None:
    token = issue(SECRET, claim, NOW)
    assert read(SECRET, token, user=claim.user, host=claim.host, now=NOW) == claim


def test_it_holds_for_a_quarter_of_an_hour() -> None:
    token = issue(SECRET, CLAIM, NOW)
    assert back(token, now=NOW + LIFETIME - timedelta(seconds=1)) == CLAIM
    assert back(token, now=NOW + LIFETIME) is None


@pytest.mark.parametrize(("user", "host"), [("bob", "a.example"), ("alice", "b.example")])
def test_it_is_nobody_elses_and_good_nowhere_else(user: str, host: str) -> None:
    assert back(issue(SECRET, CLAIM, NOW), user, host) is None


def test_user_and_host_cannot_be_parted_otherwise() -> None:
    token = issue(SECRET, replace(CLAIM, user='al", "ice'), NOW)
    assert back(token, "al", 'ice", "a.example') is None


def test_another_gateway_did_not_issue_it() -> None:
    token = issue(bytes(32), CLAIM, NOW)
    assert back(token) is None


def test_no_character_can_be_altered() -> None:
    token = issue(SECRET, CLAIM, NOW)
    for at, letter in enumerate(token):
        other = "A" if letter != "A" else "B"
        assert back(token[:at] + other + token[at + 1 :]) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "a.b",
        "a" * 100,
        "é.é",
        "." + "A" * 43,
        "x." + "A" * 43,
        "A" * 3_000 + "." + "A" * 43,
        urlsafe_b64encode(b'["url-continue",9999999999,"https://evil.test/",""]').decode()
        + "."
        + "A" * 43,
    ],
)
def test_forgeries(token: str) -> None:
    assert back(token) is None


@given(st.text(max_size=80))
def test_nothing_raises(token: str) -> None:
    assert back(token) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/",
        "//evil.test/",
        "/p",
        "https://a.example@evil.test/",
        "https://evil.test\\@a.example/",
        "https://a.example\\.evil.test/",
        "https://a.example.evil.test/",
        "javascript:alert(1)//a.example/",
        "ftp://a.example/",
        "https://a.example:x/",
        "https://[a.example/",
        "https://a.example/" + "x" * 2_000,
        "",
    ],
)
def test_it_never_leads_elsewhere(url: str) -> None:
    claim = back(issue(SECRET, replace(CLAIM, url=url), NOW))
    assert claim is not None
    assert claim.url == "https://a.example/"


@given(st.text(max_size=60))
def test_no_path_leads_elsewhere(path: str) -> None:
    claim = back(issue(SECRET, replace(CLAIM, url=f"https://a.example/{path}"), NOW))
    assert claim is not None and claim.url.isascii() and claim.url.isprintable()
    assert not set(' "<>\\^`{|}') & set(claim.url)
    assert urlsplit(claim.url)[:2] == ("https", "a.example")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ä", "%C3%A4"),
        ("%C3%A4", "%C3%A4"),
        ("\udcff", "%FF"),
        ('"<>', "%22%3C%3E"),
        ("a?b=c&d=[1]#e", "a?b=c&d=[1]#e"),
    ],
)
def test_the_way_back_is_ascii(path: str, expected: str) -> None:
    claim = back(issue(SECRET, replace(CLAIM, url=f"https://a.example/{path}"), NOW))
    assert claim is not None and claim.url == f"https://a.example/{expected}"


@pytest.mark.parametrize("key", ["k" * 255, "é" * 127, "\U0001f600" * 63])
def test_a_token_is_bounded(key: str) -> None:
    host = "h" * 253
    claim = Claim(Kind.URL_OVERRIDE, "u" * 10_000, host, f"https://{host}/" + "x" * 370, key)
    token = issue(SECRET, claim, NOW)
    assert len(token) <= TOKEN_LIMIT
    assert back(token, claim.user, host) == claim


def test_our_own_mistakes_raise() -> None:
    with pytest.raises(ValueError, match="secret"):
        issue(b"short", CLAIM, NOW)
    with pytest.raises(ValueError, match="key"):
        issue(SECRET, replace(CLAIM, key="k" * 1_000), NOW)


@pytest.mark.parametrize(
    ("method", "url", "referer", "expected"),
    [
        pytest.param("GET", "https://a.example/x", "", "https://a.example/x", id="a GET"),
        pytest.param("HEAD", "https://a.example/x", "", "https://a.example/x", id="a HEAD"),
        pytest.param(
            "POST",
            "https://a.example/save",
            "https://a.example/form",
            "https://a.example/form",
            id="a POST: the page it came from",
        ),
        pytest.param("POST", "https://a.example/save", "", "https://a.example/", id="from nowhere"),
        pytest.param(
            "POST",
            "http://a.example:8080/save",
            "https://evil.test/form",
            "http://a.example:8080/",
            id="from another site",
        ),
    ],
)
def test_way_back(method: str, url: str, referer: str, expected: str) -> None:
    assert way_back("a.example", url=url, method=method, referer=referer) == expected
