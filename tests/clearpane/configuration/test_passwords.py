"""A password is known by its hash alone."""

import pytest

from clearpane.configuration.passwords import Password

SALT = b"0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        pytest.param("open sesame", True, id="the password"),
        pytest.param("open Sesame", False, id="in other capitals"),
        pytest.param("open sesame ", False, id="with a blank"),
        pytest.param("", False, id="nothing"),
        pytest.param("open sesame" * 1000, False, id="a flood"),
        pytest.param("\ud800", False, id="no text at all"),
    ],
)
def test_what_matches(text: str, matches: bool) -> None:
    assert Password.of("open sesame", SALT).matches(text) is matches


def test_nothing_shows_the_password_and_no_two_hashes_are_alike() -> None:
    password = Password.of("open sesame", SALT)
    assert "sesame" not in repr(password)
    assert password.digest != Password.of("open sesame", SALT[::-1]).digest
