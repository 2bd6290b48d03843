"""OCSP answers and CRLs of every kind, signed at run time, and a responder that gives them.

Every field can be set to what no builder would write.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import new

from chains import DAY, NOW, Party, extension
from clearpane.certificates import der
from clearpane.certificates.certificate import Certificate

HOUR = timedelta(hours=1)
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_HASHES = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1"}


def parsed(*parties: Party) -> list[Certificate]:
    return [Certificate.parse(party.der) for party in parties]


def time(moment: datetime) -> bytes:
    return der.element(der.GENERALIZED_TIME, f"{moment:%Y%m%d%H%M%S}Z".encode())


def _signed(content: bytes, signer: Party, digest: str, forged: bool, *rest: bytes) -> bytes:
    signature = signer.sign(b"other" if forged else content, digest)
    return der.sequence(content, signer.algorithm(digest), der.bit_string(signature), *rest)


GOOD = der.element(der.context(0, False))
UNKNOWN = der.element(der.context(2, False))


def revoked(reason: int = 1) -> bytes:
    code = der.element(der.context(0), der.element(0x0A, bytes((reason,))))
    return der.element(der.context(1), time(NOW - 9 * DAY), code)


@dataclass
class Answer:
    """An OCSP answer; the defaults make a good one."""

    about: Party
    issuer: Party
    signer: Party | None = None
    state: bytes = GOOD
    this_update: datetime = NOW - HOUR
    next_update: datetime | None = NOW + DAY
    digest: str = "sha256"
    forged: bool = False
    certificates: Sequence[Party] = ()
    hashed_with: str = "sha1"
    extensions: Sequence[bytes] = ()
    serial: int | None = None
    before: Sequence[bytes] = ()

    @property
    def single(self) -> bytes:
        certificate, issuer = parsed(self.about, self.issuer)
        *_, bits = der.items(der.only(issuer.spki, der.SEQUENCE).content)
        serial = certificate.serial if self.serial is None else self.serial
        identifier = der.sequence(
            der.sequence(der.oid(_HASHES[self.hashed_with]), der.element(der.NULL)),
            der.octet_string(new(self.hashed_with, certificate.issuer).digest()),
            der.octet_string(new(self.hashed_with, bits.content[1:]).digest()),
            der.integer(serial),
        )
        after = der.element(der.context(0), time(self.next_update)) if self.next_update else b""
        return der.sequence(identifier, self.state, time(self.this_update), after)

    @property
    def der(self) -> bytes:
        signer = self.signer or self.issuer
        more = der.element(der.context(1), der.sequence(*self.extensions))
        content = der.sequence(
            der.element(der.context(1), signer.subject),
            time(self.this_update),
            der.sequence(*self.before, self.single),
            more if self.extensions else b"",
        )
        extra = der.sequence(*(party.der for party in self.certificates))
        rest = (der.element(der.context(0), extra),) if self.certificates else ()
        basic = _signed(content, signer, self.digest, self.forged, *rest)
        kind = der.oid("1.3.6.1.5.5.7.48.1.1")
        return der.sequence(
            der.element(0x0A, b"\x00"),
            der.element(der.context(0), der.sequence(kind, der.octet_string(basic))),
        )


def refusal(code: int) -> bytes:
    """An answer that is only a status: 3 is tryLater, 6 unauthorized."""
    return der.sequence(der.element(0x0A, bytes((code,))))


def entry(serial: int, *extensions: bytes) -> bytes:
    rest = (der.sequence(*extensions),) if extensions else ()
    return der.sequence(der.integer(serial), der.time(NOW - 9 * DAY), *rest)


def reason(code: int) -> bytes:
    return extension("2.5.29.21", der.element(0x0A, bytes((code,))))


def scope(*fields: bytes) -> bytes:
    return extension("2.5.29.28", der.sequence(*fields), critical=True)


def yes(number: int) -> bytes:
    return der.element(der.context(number, False), b"\xff")


def point(*urls: str) -> bytes:
    """A DistributionPointName under its tag [0]."""
    names = (der.element(der.context(6, False), url.encode()) for url in urls)
    return der.element(der.context(0), der.element(der.context(0), *names))


def points(*urls: str) -> bytes:
    """The extension of a certificate that says where its CRLs are, one point for each."""
    return extension("2.5.29.31", der.sequence(*(der.sequence(point(url)) for url in urls)))


def access(url: str, method: str = "1.3.6.1.5.5.7.48.1") -> bytes:
    """The extension of a certificate that says where its responder is."""
    location = der.element(der.context(6, False), url.encode())
    return extension("1.3.6.1.5.5.7.1.1", der.sequence(der.sequence(der.oid(method), location)))


@dataclass
class List:
    """A CRL; the defaults make an empty one that is good."""

    issuer: Party
    entries: Sequence[bytes] = ()
    signer: Party | None = None
    this_update: datetime | bytes = NOW - HOUR
    next_update: datetime | None = NOW + DAY
    digest: str = "sha256"
    forged: bool = False
    extensions: Sequence[bytes] = (extension("2.5.29.20", der.integer(7)),)
    rest: bytes = b""
    inner: bytes = b""

    @property
    def der(self) -> bytes:
        signer = self.signer or self.issuer
        this = self.this_update
        content = der.sequence(
            der.integer(1),
            self.inner or signer.algorithm(self.digest),
            self.issuer.subject,
            this if isinstance(this, bytes) else der.time(this),
            der.time(self.next_update) if self.next_update else b"",
            der.sequence(*self.entries) if self.entries else b"",
            der.element(der.context(0), der.sequence(*self.extensions)) if self.extensions else b"",
            self.rest,
        )
        return _signed(content, signer, self.digest, self.forged)


@dataclass
class Reply:
    """What the responder sends for one method and path."""

    body: bytes = b""
    status: int = 200


type Answers = Callable[[str, str, bytes], Awaitable[Reply]]


@dataclass
class Responder:
    """Its address, and each request's method, path and body."""

    url: str
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)


@asynccontextmanager
async def responder(answer: Answers) -> AsyncIterator[Responder]:
    """A web server on loopback; `answer` gets method, path and body."""
    here = Responder("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            lengths = [line[15:] for line in head if line.lower().startswith("content-length:")]
            body = await reader.readexactly(int(lengths[0])) if lengths else b""
            here.requests.append((method, path, body))
            reply = await answer(method, path, body)
            length = f"Content-Length: {len(reply.body)}\r\nConnection: close\r\n\r\n"
            writer.write(f"HTTP/1.1 {reply.status} X\r\n{length}".encode() + reply.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        here.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield here
    finally:
        server.close()
