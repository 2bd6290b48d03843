"""The password that opens a site under `override`: kept as what can't be turned back.

One check takes a fifth of a second of CPU, so that guessing is dear: it is not for the event loop.
"""

from dataclasses import dataclass
from hashlib import scrypt
from hmac import compare_digest

# OWASP's "Password Storage Cheat Sheet" names N=2^14, r=8, p=5 among its equivalents: 16 MiB.
_COST, _BLOCK, _PARALLEL = 2**14, 8, 5
_SALT, _LENGTH = 16, 32


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A password's salt and scrypt hash (RFC 7914)."""

    salt: bytes
    digest: bytes

    @classmethod
    def make(cls, password: str, salt: bytes) -> "PasswordHash":
        """`salt` is at least 16 bytes, made anew for each password."""
        if len(salt) < _SALT:
            raise ValueError("the salt is too short")
        return cls(salt, _hash(password, salt))

    def matches(self, password: str) -> bool:
        return compare_digest(_hash(password, self.salt), self.digest)


def _hash(password: str, salt: bytes) -> bytes:
    text = password.encode("utf-8", "surrogatepass")
    return scrypt(text, salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, dklen=_LENGTH)
