"""Paths of URLs in the one form that compares: servers take many spellings for the same place.

RFC 3986 section 6.2.2 (percent-encoding, dot segments), and empty segments, which common servers
leave out too. A query stays as it is.
"""

import re
from urllib.parse import quote, unquote

_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_RESERVED = re.compile(r"[/?#%]")


def comparable(path: str) -> str:
    """The form of a path that starts with a slash; empty stays empty."""
    place, mark, query = path.partition("?")
    if "%" in place:
        place = _ESCAPED.sub(_decoded, place)
    if "//" in place or "/." in place:
        place = _without_dots(place)
    return f"{place}{mark}{query}"


def _decoded(escaped: re.Match[str]) -> str:
    """What is meant, but for characters that would mean something else then."""
    return _RESERVED.sub(lambda sign: quote(sign[0], safe=""), unquote(escaped[0]))


def _without_dots(place: str) -> str:
    kept: list[str] = []
    segments = place.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    end = "/" if kept and segments[-1] in ("", ".", "..") else ""
    return f"/{'/'.join(kept)}{end}"
