import base64

import pytest

from archived import EICAR
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_content import Content
from clearpane.content.flow_mail import Entity, Multipart
from clearpane.content.flow_nodes import Context, Found, Meter, Node, Place
from clearpane.content.limits import Limits
from clearpane.content.member import Member

FORM = "multipart/form-data; boundary=xx"
PACKED = base64.encodebytes(EICAR)


def place() -> Place:
    limits = Limits()
    return Place(Context(999, limits, Meter(limits), Content))


def fed(node: Node, data: bytes, step: int) -> list[Found]:
    out = list[Found]()
    for at in range(0, len(data), step):
        out += node.feed(data[at : at + step])
    return [*out, *node.end()]


def part(fields: bytes, body: bytes) -> bytes:
    return b"--xx\r\n" + fields + b"\r\n" + body + b"\r\n"


FILE = part(b'Content-Disposition: form-data; name=f; filename="e.com"\r\n', EICAR)
TEXT = part(b"", b"hello")
INNER = part(
    b"Content-Type: multipart/mixed; boundary=yy\r\n", FILE.replace(b"--xx", b"--yy") + b"--yy--"
)

PARTS: dict[str, bytes] = {
    "alone": FILE + b"--xx--\r\n",
    "behind another": TEXT + FILE + b"--xx--\r\n",
    "behind a preamble": b"preamble, --xx\r\n\r\n" * 99 + FILE + b"--xx--",
    "with bare line feeds": (TEXT + FILE + b"--xx--").replace(b"\r\n", b"\n"),
    "with blanks behind the boundary": FILE.replace(b"--xx", b"--xx  ") + b"--xx--",
    "without an end": TEXT + FILE[:-2],
    "in a multipart of its own": INNER + b"--xx--",
    "under a boundary that is not named": FILE.replace(b"--xx", b"--zz") + b"--zz--",
    "where a line is nearly a boundary": TEXT + FILE + part(b"", b"--xxy\r\n-") + b"--xx--",
    "behind the end": TEXT + b"--xx--\r\n\r\n" + FILE + b"--xx--",
}


@pytest.mark.parametrize("step", [1, 50, 9999], ids=lambda step: f"by {step}")
@pytest.mark.parametrize("data", PARTS.values(), ids=PARTS)
def test_a_part_is_found(data: bytes, step: int) -> None:
    assert Member("e.com", EICAR) in fed(Multipart(place(), FORM), data, step)


def test_parts_are_what_was_sent() -> None:
    body = bytes(range(256)) * 9 + b"\r\n--x\r\n"
    found = fed(Multipart(place(), FORM), part(b"", body) + TEXT + b"--xx--\r\n", 10)
    assert found == [Member("", body), Member("", b"hello")]


MAILS: dict[str, bytes] = {
    "without parts": b"Subject: a\r\n\r\n" + EICAR,
    "in base64": b"Content-Transfer-Encoding: base64\r\n\r\n" + PACKED,
    "in a mailbox": b"\r\nFrom a@b Mon\nSubject: a\n\n" + EICAR,
    "with parts": b"Content-Type: multipart/mixed; boundary=xx\r\n\r\n" + FILE + b"--xx--",
    "in a mail": b"Content-Type: message/rfc822\r\n\r\nSubject: b\r\n\r\n" + EICAR,
    "without fields": b"\n" + EICAR,
}


@pytest.mark.parametrize("step", [1, 50, 9999], ids=lambda step: f"by {step}")
@pytest.mark.parametrize("data", MAILS.values(), ids=MAILS)
def test_the_body_of_a_mail_is_found(data: bytes, step: int) -> None:
    strip = not data.startswith(b"\n")
    found = fed(Entity(place(), mail=strip), data, step)
    assert EICAR in [one.body for one in found if isinstance(one, Member)]


def test_ranges_are_put_together() -> None:
    data = part(b"Content-Range: bytes 0-3/68\r\n", EICAR[:4])
    data += part(b"Content-Range: bytes 4-67/68\r\n", EICAR[4:]) + b"--xx--"
    found = fed(Multipart(place(), "multipart/byteranges; boundary=xx"), data, 9)
    assert Member("", EICAR) in found


UNREAD: dict[str, tuple[str, bytes, Unread]] = {
    "no parts": (FORM, b"nothing", Unread.MALFORMED),
    "fields without end": (FORM, b"--xx\r\n" + b"a" * 70_000, Unread.LIMIT),
    "ranges out of order": (
        "multipart/byteranges; boundary=xx",
        part(b"Content-Range: bytes 9-9/9\r\n", b"a")
        + part(b"Content-Range: bytes 0-0/9\r\n", b"b"),
        Unread.MALFORMED,
    ),
    "multipart in itself": (
        FORM,
        b"--xx\nContent-Type: multipart/mixed\n\n--1\nContent-Type: multipart/mixed\n\n"
        b"--2\nContent-Type: multipart/mixed\n\n--3\nContent-Type: multipart/mixed\n\n"
        b"--4\nContent-Type: multipart/mixed\n\n--5\nContent-Type: multipart/mixed\n\n--6\n\n",
        Unread.LIMIT,
    ),
}


@pytest.mark.parametrize(("kind", "data", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_can_not_be_read_is_named(kind: str, data: bytes, reason: Unread) -> None:
    found = fed(Multipart(place(), kind), data, 1000)
    assert reason in [one.reason for one in found if isinstance(one, Unscanned)]
