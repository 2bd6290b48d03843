"""A password is recognised by its hash, and only it."""

import pytest

from clearpane.filtering.override import PasswordHash

SALT = bytes(range(16))


def test_only_the_password_matches() -> None:
    kept = PasswordHash.make("Grüße 1", SALT)
    assert kept.matches("Grüße 1")
    for other in ("Grüße 2", "grüße 1", "Grüße 1 ", ""):
        assert not kept.matches(other)


def test_it_is_another_hash_with_another_salt() -> None:
    kept = PasswordHash.make("a", SALT)
    assert kept == PasswordHash.make("a", SALT)
    other = PasswordHash.make("a", SALT[::-1])
    assert other.digest != kept.digest and len(kept.digest) == 32


def test_what_a_client_sends_never_raises() -> None:
    assert not PasswordHash.make("a", SALT).matches("\ud800\0" + "x" * 10_000)


def test_a_short_salt_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="salt"):
        PasswordHash.make("a", b"short")
