"""Ways to hide the test virus in a body, and what has to become of each.

A row is what an origin serves or a client sends: bytes, and the header fields that speak of them.
The rows are in `hidden_archives` and `hidden_papers`, each by the sentence that names it; bodies
are made when asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

type Make = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Hidden:
    """One way. `unread` is the word of an unscanned body's record, `limit` the sentence that the
    manual has for a body in which the virus is not found.
    """

    make: Make
    end: Literal["blocked", "unscanned", "documented"] = "blocked"
    unread: str = ""
    limit: str = ""
    content_type: str = "application/octet-stream"
    encodings: tuple[str, ...] = ()
    name: str = "download"
    upload: bool = False  # it only makes sense as the body of a request


def blocked(make: Make, content_type: str = "application/octet-stream", **more: str) -> Hidden:
    return Hidden(make, content_type=content_type, **more)  # type: ignore[arg-type]


def coded(make: Make, *encodings: str) -> Hidden:
    return Hidden(make, encodings=encodings, name="eicar.com")


def sent(make: Make, content_type: str) -> Hidden:
    return Hidden(make, content_type=content_type, upload=True, name="upload")


def unscanned(make: Make, word: str, *encodings: str, name: str = "download") -> Hidden:
    return Hidden(make, "unscanned", f"unscanned-{word}", encodings=encodings, name=name)


def documented(make: Make, limit: str, content_type: str = "text/html") -> Hidden:
    return Hidden(make, "documented", limit=limit, content_type=content_type)
