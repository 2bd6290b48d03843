"""Servers that decryption was seen to break: they pass undecrypted for half a day.

An entry holds for one server at one address under one profile; one learned from a client's alerts
for that client alone. So whoever names somebody else's host while it talks to its own server gains
nothing for that host, and nobody else's traffic. All tables are bounded; times are aware.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from clearpane.hello import address, host_name

LIMIT = 1_024  # entries, as on the firewall
LIFETIME = timedelta(hours=12)  # as on the firewall
SUSPICION = timedelta(minutes=10)
_LINE_LIMIT = 4_096  # characters; no line of ours is half as long
_COUNT_LIMIT = 2**53  # what every reader of JSON can hold


class Cause(StrEnum):
    """Why a server was learned, in the words of the records."""

    CLIENT_CERTIFICATE_REQUIRED = "client-certificate-required"
    UNSUPPORTED_VERSION = "unsupported-version"
    UNSUPPORTED_CIPHER = "unsupported-cipher"
    CLIENT_REJECTED_CERTIFICATE = "client-rejected-certificate"


@dataclass(frozen=True, slots=True)
class Server:
    """`name` is the SNI or host in the form of `hello.host_name`, empty without one; `address` the
    text of the address that was connected to."""

    name: str
    address: str
    port: int

    def __str__(self) -> str:
        host = self.name or (f"[{self.address}]" if ":" in self.address else self.address)
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ProfileId:
    """A decryption profile with its content: `fingerprint` is another one once it was changed."""

    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Entry:
    """`client` is the address that it holds for, empty for all; `count` the sessions it passed."""

    server: Server
    profile: ProfileId
    cause: Cause
    client: str
    count: int
    learned: datetime

    @property
    def expires(self) -> datetime:
        return self.learned + LIFETIME


type _Key = tuple[Server, ProfileId, str]


class LearnedExclusions:
    """The table, oldest first; it is changed by one thread alone."""

    __slots__ = ("_entries", "_suspicions", "version")

    def __init__(self) -> None:
        self._entries: OrderedDict[_Key, Entry] = OrderedDict()
        self._suspicions: OrderedDict[_Key, datetime] = OrderedDict()
        # Another one whenever entries came or were taken away; a use alone is not worth a write.
        self.version = 0

    def find(self, server: Server, profile: ProfileId, client: str, now: datetime) -> Entry | None:
        """The entry that lets this session pass; counts it."""
        return self._use((server, profile, ""), now) or self._use((server, profile, client), now)

    def learn(
        self, server: Server, profile: ProfileId, cause: Cause, now: datetime, client: str = ""
    ) -> Entry:
        """A new entry, or the one that is there with one more use.

        Nothing is renewed: 12 h after it was learned a server is looked at again, however often it
        is met. When the table is full the entry that was learned first goes.
        """
        key = (server, profile, client)
        known = self._use(key, now)
        if known:
            return known
        entry = Entry(server, profile, cause, client, 1, now)
        _keep(self._entries, key, entry)
        self.version += 1
        return entry

    def rejected(
        self, server: Server, profile: ProfileId, client: str, now: datetime, *, closed: bool
    ) -> bool:
        """Whether the client now counts as one that pins this server's certificate.

        A trust alert says so at once; a close without an alert right after our certificate
        (`closed`) may be anything, so it takes two of them within 10 minutes. Nothing is learned.
        """
        key = (server, profile, client)
        before = self._suspicions.pop(key, None)
        if not closed or (before and timedelta(0) <= now - before <= SUSPICION):
            return True
        _keep(self._suspicions, key, now)
        return False

    def clear(self, match: str = "") -> int:
        """Forgets the server with this name, address or `host:port`, without one all of them.

        Returns how many entries went.
        """
        wanted = match.lower()
        return self._forget(
            lambda server, _: wanted in ("", server.name, server.address, str(server))
        )

    def keep(self, profiles: Mapping[str, str]) -> int:
        """Forgets what was learned under profiles that are gone or changed.

        `profiles` has the fingerprint of each name. Returns how many entries went.
        """
        return self._forget(lambda _, profile: profiles.get(profile.name) != profile.fingerprint)

    def entries(self, now: datetime) -> tuple[Entry, ...]:
        """What is in force, newest first: a snapshot that another thread may read."""
        aged_out = now - LIFETIME
        return tuple(e for e in reversed(self._entries.values()) if e.learned > aged_out)

    @classmethod
    def from_text(cls, text: str, now: datetime) -> "LearnedExclusions":
        """The table that `to_text` wrote; lines that are not right, or no longer, are left out."""
        table = cls()
        read = (_entry(line, now) for line in text.splitlines() if len(line) <= _LINE_LIMIT)
        for entry in sorted(filter(None, read), key=lambda entry: entry.learned):
            _keep(table._entries, (entry.server, entry.profile, entry.client), entry)
        return table

    def _use(self, key: _Key, now: datetime) -> Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if now >= entry.expires:
            del self._entries[key]
            return None
        used = replace(entry, count=entry.count + 1)
        self._entries[key] = used
        return used

    def _forget(self, is_gone: Callable[[Server, ProfileId], bool]) -> int:
        for key in [key for key in self._suspicions if is_gone(key[0], key[1])]:
            del self._suspicions[key]
        gone = [key for key in self._entries if is_gone(key[0], key[1])]
        for key in gone:
            del self._entries[key]
        self.version += bool(gone)
        return len(gone)


def to_text(entries: Iterable[Entry]) -> str:
    """For `LearnedExclusions.from_text`: one JSON object a line."""
    return "".join(f"{json.dumps(_row(entry))}\n" for entry in entries)


def suggestion(server: Server) -> str:
    """The line for exclusions.yaml that excludes the server for good.

    The name is an outsider's: what is no host name, or the text of an address that may not be the
    server's, gives way to the address that was connected to.
    """
    name = server.name if _is_host_name(server.name) else server.address
    return f'- {{name: {json.dumps(name)}, description: "pinned: pinned-cert"}}'


def _row(entry: Entry) -> dict[str, str | int]:
    return {
        "name": entry.server.name,
        "address": entry.server.address,
        "port": entry.server.port,
        "profile": entry.profile.name,
        "fingerprint": entry.profile.fingerprint,
        "cause": entry.cause,
        "client": entry.client,
        "count": entry.count,
        "learned": entry.learned.isoformat(),
    }


def _entry(line: str, now: datetime) -> Entry | None:
    """None for what `_row` did not write, has aged out or was learned in a time to come."""
    try:
        match json.loads(line):
            case {
                "name": str(name),
                "address": str(at),
                "port": int(port),
                "profile": str(profile),
                "fingerprint": str(fingerprint),
                "cause": str(cause),
                "client": str(client),
                "count": int(count),
                "learned": str(learned),
            }:
                entry = Entry(
                    Server(name, at, port),
                    ProfileId(profile, fingerprint),
                    Cause(cause),
                    client,
                    count,
                    datetime.fromisoformat(learned),
                )
                return entry if _is_right(entry, now) else None
    except (ValueError, OverflowError, RecursionError):
        pass
    return None


def _is_right(entry: Entry, now: datetime) -> bool:
    server = entry.server
    return (
        (not server.name or _is_host_name(server.name) or _is_address(server.name))
        and (_is_address(server.address) or _is_host_name(server.address))
        and (not entry.client or _is_address(entry.client))
        and 0 < server.port <= 65_535
        and 0 < entry.count <= _COUNT_LIMIT
        and entry.learned.tzinfo is not None
        and entry.learned <= now < entry.expires
    )


def _is_host_name(text: str) -> bool:
    try:
        return host_name(text) == text and not _is_address(text)
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    try:
        return str(address(text)) == text
    except ValueError:
        return False


def _keep[V](table: OrderedDict[_Key, V], key: _Key, value: V) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > LIMIT:
        table.popitem(last=False)
