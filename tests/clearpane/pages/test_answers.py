"""Only what a form of ours sends is an answer, and only from the site that showed it."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.pages.answers import BODY_LIMIT, Answer, Choice, is_foreign, parse_answer
from clearpane.pages.forms import PASSWORD_LIMIT, TOKEN_LIMIT


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"token=a.b&answer=yes", Answer("a.b", Choice.YES), id="yes"),
        pytest.param(b"answer=no&token=a.b", Answer("a.b", Choice.NO), id="no, in any order"),
        pytest.param(
            b"token=a&password=p%C3%A4+ss%26%3D&answer=yes",
            Answer("a", Choice.YES, "pä ss&="),
            id="a password",
        ),
        pytest.param(b"token=a&password=&answer=yes", Answer("a", Choice.YES), id="an empty one"),
        pytest.param(b"token=a&answer=yes&x=1", Answer("a", Choice.YES), id="a field too many"),
    ],
)
def test_answers(body: bytes, expected: Answer) -> None:
    assert parse_answer(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"token=a", id="no answer"),
        pytest.param(b"answer=yes", id="no token"),
        pytest.param(b"token=a&answer=maybe", id="another answer"),
        pytest.param(b"token=a&answer=yes&answer=no", id="two answers"),
        pytest.param(b"token=a&token=b&answer=yes", id="two tokens"),
        pytest.param(b"token=a&answer=yes&b=1&c=1&d=1", id="many fields"),
        pytest.param(b"token=a&answer", id="no value"),
        pytest.param(b"token=\xff&answer=yes", id="not ASCII"),
        pytest.param(b"token=a&answer=yes&password=%ff", id="not UTF-8"),
        pytest.param(b"token=a&answer=yes&password=" + b"x" * 129, id="a long password"),
        pytest.param(b'{"token": "a", "answer": "yes"}', id="JSON"),
        pytest.param(b"token=a&answer=yes&x=" + b"x" * BODY_LIMIT, id="too large"),
    ],
)
def test_no_answers(body: bytes) -> None:
    assert parse_answer(body) is None


def test_the_longest_answer_fits() -> None:
    fields = {"token": "t" * TOKEN_LIMIT, "password": "🔑" * PASSWORD_LIMIT, "answer": "yes"}
    answer = parse_answer(urlencode(fields).encode())
    assert answer == Answer(fields["token"], Choice.YES, fields["password"])


@given(st.binary(max_size=200))
def test_nothing_raises(body: bytes) -> None:
    parse_answer(body)
    is_foreign(body.decode("latin-1"), "a.example")


@pytest.mark.parametrize(
    ("origin", "foreign"),
    [
        pytest.param(None, False, id="not sent"),
        pytest.param("", False, id="empty"),
        pytest.param("https://a.example", False, id="the same"),
        pytest.param("http://a.example:8080", False, id="another port of the host"),
        pytest.param("https://A.EXAMPLE", False, id="capitals"),
        pytest.param("null", True, id="null"),
        pytest.param("https://b.example", True, id="another host"),
        pytest.param("https://x.a.example", True, id="a host below it"),
        pytest.param("https://a.example.evil.test", True, id="a host that begins alike"),
        pytest.param("https://a.example@evil.test", True, id="a user part"),
        pytest.param("https://a.example, https://b.example", True, id="two"),
        pytest.param("chrome-extension://a.example", True, id="an extension"),
        pytest.param("https://[::1", True, id="no URL"),
    ],
)
def test_is_foreign(origin: str | None, foreign: bool) -> None:
    assert is_foreign(origin, "a.example") is foreign


def test_addresses_have_an_origin_too() -> None:
    assert not is_foreign("https://[2001:db8::1]:8443", "2001:db8::1")
    assert not is_foreign("https://192.0.2.1", "192.0.2.1")
