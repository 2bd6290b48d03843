"""How mail protocols put a mail on the wire: dots in front of lines, and lines of commands."""

from dataclasses import dataclass

MARK = b"\r\n.\r\n"
LONGEST_LINE = 64 * 1024  # bytes; RFC 5321 and RFC 9051 know of 512 and 8,192
SOME = (b"\n.\n", b"\n.\r\n", b"\r\n.\n")  # ends for some servers, and content for others


@dataclass(frozen=True, slots=True)
class Undotted:
    """A step of a mail: wire bytes, what they say, what ends it, and what lies behind the end."""

    raw: bytes
    content: bytes
    ending: bytes = b""
    rest: bytes = b""
    doubtful: bool = False


class Dotted:
    """A text up to a line of a dot alone (RFC 5321 section 4.5.2, RFC 1939 section 3)."""

    def __init__(self) -> None:
        self._kept, self._unsent = b"\r\n", 2  # a line begins; these two were never on the wire

    @property
    def held(self) -> int:
        return len(self._kept)

    def feed(self, data: bytes) -> Undotted:
        data = self._kept + data
        at = data.find(MARK)
        if at >= 0:
            stop, ending, rest = at + 2, data[at + 2 : at + 5], data[at + 5 :]
            self._kept = b""
        else:
            kept = next(size for size in range(4, -1, -1) if data.endswith(MARK[:size]))
            stop, ending, rest = len(data) - kept, b"", b""
            self._kept = data[stop:]
        text = data[:stop]
        unsent, self._unsent = min(self._unsent, stop), self._unsent - min(self._unsent, stop)
        # The dot that was put in front of a line that begins with one is no content.
        content = text.replace(b"\r\n.", b"\r\n")
        doubtful = any(mark in text for mark in SOME)
        return Undotted(text[unsent:], content[unsent:], ending, rest, doubtful)

    def left(self) -> bytes:
        """What is on the wire and was not handed out."""
        return self._kept[self._unsent :]


class Lines:
    """Whole lines out of pieces; one that is longer than any protocol allows comes in parts."""

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def held(self) -> int:
        return len(self._buffer)

    def add(self, data: bytes) -> None:
        self._buffer += data

    def take(self) -> bytes:
        """The next line with its end; empty if there is none yet."""
        end = self._buffer.find(b"\n") + 1
        if not end and len(self._buffer) > LONGEST_LINE:
            end = len(self._buffer)
        line, self._buffer = self._buffer[:end], self._buffer[end:]
        return line

    def rest(self, most: int | None = None) -> bytes:
        """All that has no line yet, up to `most` bytes."""
        most = len(self._buffer) if most is None else most
        rest, self._buffer = self._buffer[:most], self._buffer[most:]
        return rest
