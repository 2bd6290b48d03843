"""Takes the transfer encodings of mail off while it arrives.

Decoding is as lenient as that of whole parts in `multipart`; what lies about its encoding is handed
on as it is, too.
"""

import binascii
import string
from collections.abc import Callable, Iterator, Sequence

from clearpane.content.flow_nodes import Found, Node

CHUNK = 1 << 18  # decoded at a time, since decoding lets no other thread run
LONGEST_LINE = 64 * 1024  # a line of quoted-printable has 76 characters

BASE64 = (string.ascii_letters + string.digits + "+/=").encode()
_LINES = BASE64 + b" \t\r\n"
NO_BASE64 = bytes(set(range(256)) - set(BASE64))


def decoders(encodings: Sequence[str]) -> list[Callable[[Node], Node]]:
    """What makes a node that decodes, for each encoding; as it is where there is none to undo."""
    said = " ".join(encodings).lower()
    made: list[Callable[[Node], Node]] = []
    if "base64" in said:
        made += [Base64, IfNotBase64]
    if "quoted-printable" in said:
        made.append(QuotedPrintable)
    if not said or said.replace("base64", "").replace("quoted-printable", "").strip():
        made.append(_as_it_is)
    return made


class _Decoded:
    """Feeds `below` with what a decoder makes of the data."""

    def __init__(self, below: Node) -> None:
        self._below, self._waiting = below, b""

    @property
    def held(self) -> int:
        return len(self._waiting) + self._below.held

    def feed(self, data: bytes) -> Iterator[Found]:
        for start in range(0, len(data), CHUNK):
            decoded = self._decode(data[start : start + CHUNK])
            if decoded:
                yield from self._below.feed(decoded)

    def flush(self) -> Iterator[Found]:
        yield from self._below.flush()

    def end(self) -> Iterator[Found]:
        if last := self._rest():
            yield from self._below.feed(last)
        yield from self._below.end()

    def _decode(self, data: bytes) -> bytes:
        raise NotImplementedError

    def _rest(self) -> bytes:
        raise NotImplementedError


class Base64(_Decoded):
    """A node that decodes base64."""

    def __init__(self, below: Node) -> None:
        super().__init__(below)
        self._quads = Quads()

    def _decode(self, data: bytes) -> bytes:
        return self._quads.feed(data)

    def _rest(self) -> bytes:
        return self._quads.end()


class Quads:
    """Base64 as mail programs decode it: other characters are skipped, padding ends nothing."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> bytes:
        *runs, waiting = (self._waiting + data.translate(None, NO_BASE64)).split(b"=")
        whole = len(waiting) // 4 * 4
        self._waiting = waiting[whole:]
        return b"".join([*map(_quads, runs), _quads(waiting[:whole])])

    def end(self) -> bytes:
        waiting, self._waiting = self._waiting, b""
        return _quads(waiting)


class IfNotBase64(_Decoded):
    """The data as it is, where other bytes than those of base64 show among the first ones."""

    def __init__(self, below: Node) -> None:
        super().__init__(below)
        self._lies: bool | None = None

    def _decode(self, data: bytes) -> bytes:
        if self._lies is None:
            self._waiting += data
            self._lies = bool(data.translate(None, _LINES)) or None
            if self._lies is None:
                if len(self._waiting) > CHUNK:
                    self._lies, self._waiting = False, b""
                return b""
            data = self._rest()
        return data if self._lies else b""

    def _rest(self) -> bytes:
        waiting, self._waiting = self._waiting, b""
        return waiting if self._lies else b""


class QuotedPrintable(_Decoded):
    """Decoded line by line, since a line break may be escaped."""

    def _decode(self, data: bytes) -> bytes:
        data = self._waiting + data
        end = data.rfind(b"\n") + 1
        if not end and len(data) > LONGEST_LINE:
            end = len(data) - 2 if b"=" in data[-2:] else len(data)
        self._waiting = data[end:]
        return binascii.a2b_qp(data[:end])

    def _rest(self) -> bytes:
        return binascii.a2b_qp(self._waiting)


def _as_it_is(below: Node) -> Node:
    return below


def _quads(run: bytes) -> bytes:
    """Padding that is missing is put there; a character too many is left out."""
    spare = len(run) % 4
    return binascii.a2b_base64(run[:-1] if spare == 1 else run + b"=" * (-spare % 4))
