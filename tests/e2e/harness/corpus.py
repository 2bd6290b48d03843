"""All ways to hide the test virus and all clean files, as an origin serves them."""

from functools import cache, partial
from urllib.parse import quote

from . import clean, hidden_archives, hidden_papers
from .hiding import Hidden
from .messages import Answer, Contents, Request

HIDDEN: dict[str, Hidden] = {**hidden_archives.ROWS, **hidden_papers.ROWS}
CLEAN = clean.FILES

type Served = Hidden | clean.Clean


def serve(contents: Contents) -> None:
    """Each row at its path; options: `chunked` (bytes in a chunk), `close` (the body ends with the
    connection)."""
    for kind, rows in (("hidden", HIDDEN), ("clean-files", CLEAN)):
        for name, row in rows.items():
            contents.routes[f"/{kind}/{name}/{row.name}"] = partial(_answer, row)


def path(kind: str, name: str, row: Served) -> str:
    return quote(f"/{kind}/{name}/{row.name}")


@cache
def body_of(row: Served) -> bytes:
    """The same each time, although some have random boundaries."""
    return row.make() if isinstance(row, Hidden) else row.body()


def fields(row: Served) -> list[tuple[str, str]]:
    """The header fields that speak of the body."""
    codings = [("content-encoding", coding) for coding in row.encodings]
    return [("content-type", row.content_type), *codings]


def _answer(row: Served, request: Request) -> Answer:
    body, headers = body_of(row), fields(row)
    if "close" in request.options:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return Answer(raw=f"HTTP/1.0 200 OK\r\n{head}\r\n".encode() + body)
    if size := int(request.options.get("chunked", "0")):
        pieces = (body[at : at + size] for at in range(0, len(body), size))
        return Answer(headers=headers, body=pieces)
    return Answer(headers=headers, body=body)
