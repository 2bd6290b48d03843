"""Header fields of a part, read as leniently as clients read them.

Where a field or a parameter is given twice, both count: readers disagree on which one holds.
"""

import re
from urllib.parse import unquote

from clearpane.content.member import cut

LARGEST = 64 * 1024  # bytes of header fields; mail systems stop at less

_FOLD = re.compile(rb"\r?\n[ \t]+")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)')

type Fields = dict[str, list[str]]


def split(data: bytes, start: int = 0, stop: int | None = None) -> tuple[bytes, bytes]:
    """The header block and the body of what is in `data[start:stop]`.

    All is body where it begins with a blank line. A block over LARGEST is not read to its end.
    """
    stop = len(data) if stop is None else stop
    for blank in (b"\r\n", b"\n"):
        if data.startswith(blank, start, stop):
            return b"", cut(data, start + len(blank), stop)
    near = min(start + LARGEST + 1, stop)
    found = ((data.find(mark, start, near), len(mark)) for mark in (b"\n\r\n", b"\n\n"))
    ends = [(at, length) for at, length in found if at >= 0]
    if not ends:
        return data[start:near], b""
    at, length = min(ends)
    return data[start : at + 1], cut(data, at + length, stop)


def fields(block: bytes) -> Fields:
    """The values of each field by its name in lower case."""
    found: Fields = {}
    for line in _FOLD.sub(b" ", block).splitlines():
        name, colon, value = line.partition(b":")
        if colon:
            key = name.strip().lower().decode("latin-1")
            found.setdefault(key, []).append(value.strip().decode("utf-8", errors="replace"))
    return found


def parameters(value: str) -> list[tuple[str, str]]:
    """The parameters behind the first word, names in lower case; RFC 2231's escapes are undone."""
    found = []
    for match in _PARAMETER.finditer(value):
        name, text = match[1].lower(), match[2].strip()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:].removesuffix('"'))
        if name.endswith("*"):
            name, text = name.rstrip("*"), unquote(text.rpartition("'")[2], errors="replace")
        found.append((name, text))
    return found


def file_name(found: Fields) -> str:
    """The name under which a part would be stored, else the name of its form field."""
    for wanted in ("filename", "name"):
        for value in found.get("content-disposition", []) + found.get("content-type", []):
            for name, text in parameters(value):
                if name.partition("*")[0] == wanted and text:
                    return text.replace("\\", "/").rpartition("/")[2]
    return ""
