"""Placeholder until the room is finished."""
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

class Cause(StrEnum):
    CLIENT_CERTIFICATE_REQUIRED = "client-certificate-required"
    UNSUPPORTED_VERSION = "unsupported-version"
    UNSUPPORTED_CIPHER = "unsupported-cipher"
    CLIENT_REJECTED_CERTIFICATE = "client-rejected-certificate"

@dataclass(frozen=True, slots=True)
class ProfileId:
    name: str
    fingerprint: str

@dataclass(frozen=True, slots=True)
class Server:
    name: str
    address: str
    port: int

class LearnedExclusions:
    def __init__(self) -> None:
        self._d: dict[tuple[Server, ProfileId, str], Cause] = {}
    def find(self, server: Server, profile: ProfileId, client: str, now: datetime) -> Cause | None:
        return self._d.get((server, profile, client)) or self._d.get((server, profile, ""))
    def learn(self, server: Server, profile: ProfileId, cause: Cause, now: datetime, client: str = "") -> None:
        self._d[(server, profile, client)] = cause
    def rejected(self, server: Server, profile: ProfileId, client: str, now: datetime, closed: bool) -> bool:
        return not closed

def suggestion(server: Server) -> str:
    return server.name
