"""What readers of archives hand out, and how they search."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from clearpane.content.detection import Unscanned

WINDOW = 1 << 20  # searched or copied at a time: other threads stand still while it lasts


@dataclass(frozen=True, slots=True)
class Member:
    """Bytes to look at; `name` is their path inside the body, empty for the body itself."""

    name: str
    body: bytes


type Part = Member | Unscanned


def inside(path: str, part: Part) -> Part:
    """The same part, named as seen from outside the archive at `path`."""
    if isinstance(part, Unscanned):
        return replace(part, member=join(path, part.member))
    return Member(join(path, part.name), part.body)


def join(path: str, name: str) -> str:
    return f"{path}/{name}" if path and name else path or name


def cut(data: bytes, start: int, stop: int) -> bytes:
    """As `data[start:stop]`, in steps."""
    if stop - start <= WINDOW:
        return data[start:stop]
    out, view = io.BytesIO(), memoryview(data)[start:stop]
    for at in range(0, len(view), WINDOW):
        out.write(view[at : at + WINDOW])
    return out.getvalue()


def find(data: bytes, wanted: bytes, start: int = 0) -> int:
    """As `bytes.find`, in steps."""
    while start < len(data):
        end = start + WINDOW
        at = data.find(wanted, start, end + len(wanted) - 1)
        if at >= 0:
            return at
        start = end
    return -1


def matches(pattern: re.Pattern[bytes], data: bytes, longest: int) -> Iterator[re.Match[bytes]]:
    """As `pattern.finditer`, in steps; for a pattern that matches at most `longest` bytes."""
    for start in range(0, len(data), WINDOW):
        for found in pattern.finditer(data, start, start + WINDOW + longest):
            if found.start() < start + WINDOW:
                yield found


def occurrences(data: bytes, wanted: bytes, start: int = 0) -> Iterator[int]:
    """Where `wanted` stands, without overlaps."""
    while (at := find(data, wanted, start)) >= 0:
        yield at
        start = at + len(wanted)
