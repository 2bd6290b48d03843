"""Answers about certificates, kept for as long as they count.

The key names the certificate and the issuer that answered for it, so that an answer can't stand for
a certificate of the same serial number. What was not answered is kept for a minute only.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from clearpane.verification.answers import Status

KEPT_WITHOUT_ANSWER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CertificateId:
    """The SHA-256 fingerprints of a certificate and of its issuer's."""

    certificate: str
    issuer: str


class StatusCache:
    """At most `capacity` entries, the least recently used first to go."""

    def __init__(self, capacity: int = 4096) -> None:
        if capacity < 1:
            raise ValueError("a cache holds at least one entry")
        self.capacity = capacity
        self._entries: OrderedDict[CertificateId, tuple[Status, datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, certificate: CertificateId, now: datetime) -> Status | None:
        entry = self._entries.get(certificate)
        if entry is None:
            return None
        status, until = entry
        if now >= until:
            del self._entries[certificate]
            return None
        self._entries.move_to_end(certificate)
        return status

    def put(self, certificate: CertificateId, status: Status, now: datetime) -> None:
        self._entries[certificate] = (status, status.until or now + KEPT_WITHOUT_ANSWER)
        self._entries.move_to_end(certificate)
        if len(self._entries) > self.capacity:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        self._entries.clear()
