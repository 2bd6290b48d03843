"""Requests and answers of the origins, the same for HTTP/1.1 and HTTP/2, and what is served."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from . import bodies

PAGE = b"<!DOCTYPE html><html><head><title>Zoo</title></head><body>the zoo's page</body></html>"
EVENT = b"data: first\n\n"


@dataclass
class Request:
    """What an origin was asked; `body` holds what came, `complete` whether all of it did."""

    method: str
    target: str
    headers: dict[str, str]
    protocol: str
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def options(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass
class Answer:
    """Pieces of a `body` are sent as they come. `raw` is sent as it stands and ends the connection
    (HTTP/1.1 only); `trailers` come behind the body (HTTP/2 only)."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""
    raw: bytes | Iterable[bytes] | None = None
    trailers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def whole(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else b"".join(self.body)


type Route = Callable[[Request], Answer]


class Contents:
    """/page, /clean/SIZE, /files/NAME and what a test adds; `closing` ends endless answers.

    Options of a file: `coding` (a key of bodies.CODINGS), `chunked` (bytes in a chunk), `type` and
    `status`.
    """

    def __init__(self) -> None:
        self.files = dict(bodies.EICAR_FILES)
        self.files |= {name: body for name, (body, _) in bodies.CONTAINERS.items()}
        self.routes: dict[str, Route] = {"/events": self._events}
        self.requests: list[Request] = []
        self.closing = threading.Event()

    def answer(self, request: Request) -> Answer:
        if route := self.routes.get(request.path):
            return route(request)
        if request.method in ("POST", "PUT"):
            return Answer(body=f"{len(request.body)} {bodies.digest(request.body)}".encode())
        first, _, rest = request.path.removeprefix("/").partition("/")
        if first == "page":
            return Answer(headers=[("content-type", "text/html")], body=PAGE)
        if first == "clean":
            return _file(bodies.clean(int(rest)), request.options)
        if first == "files" and rest in self.files:
            return _file(self.files[rest], request.options)
        return Answer(404, [("content-type", "text/plain")], b"no such thing\n")

    def asked(self, part: str) -> list[Request]:
        """The requests whose target holds `part`."""
        return [each for each in self.requests if part in each.target]

    def _events(self, request: Request) -> Answer:
        def endless() -> Iterator[bytes]:
            yield EVENT
            self.closing.wait(20)

        return Answer(headers=[("content-type", "text/event-stream")], body=endless())


def _file(body: bytes, options: dict[str, str]) -> Answer:
    headers = [("content-type", options.get("type", "application/octet-stream"))]
    if coding := options.get("coding"):
        name, pack = bodies.CODINGS[coding]
        headers.append(("content-encoding", name))
        body = pack(body)
    status = int(options.get("status", "200"))
    if size := int(options.get("chunked", "0")):
        pieces = (body[n : n + size] for n in range(0, len(body), size))
        return Answer(status, headers, pieces)
    return Answer(status, headers, body)
