"""The password that lets a user through to a site under `override`.

It is kept as a salted hash alone, so that neither a log nor a dump of what is in force holds it.
"""

import hashlib
import hmac
from dataclasses import dataclass

# RFC 7914 section 2; the parameters that its author gives for interactive logins: 16 MiB.
_N, _R, _P = 1 << 14, 8, 1


@dataclass(frozen=True, slots=True)
class Password:
    """`salt` is random and at least 16 bytes long."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, text: str, salt: bytes) -> "Password":
        return cls(salt, _digest(text, salt))

    def matches(self, text: str) -> bool:
        """Takes some 50 ms of CPU on purpose: never called on the event loop."""
        return hmac.compare_digest(_digest(text, self.salt), self.digest)


def _digest(text: str, salt: bytes) -> bytes:
    return hashlib.scrypt(text.encode("utf-8", "replace"), salt=salt, n=_N, r=_R, p=_P)
