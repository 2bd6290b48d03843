import base64
import quopri
from email.message import EmailMessage

import pytest

from archived import EICAR
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget, ExhaustedError, Limits
from clearpane.content.member import Member, Part
from clearpane.content.multipart import CHUNK, is_mail, is_message, is_multipart, mail, parts

FORM = "multipart/form-data; boundary=cut"
NOTE = b'--cut\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
FILE = b'--cut\r\nContent-Disposition: form-data; name="f"; filename="evil.com"\r\n'
BODY = NOTE + FILE + b"\r\n" + EICAR + b"\r\n--cut--\r\n"


def found(data: bytes, content_type: str = FORM) -> list[Part]:
    return list(parts(data, content_type, Budget()))


def bodies(some: list[Part]) -> list[bytes]:
    return [part.body for part in some if isinstance(part, Member)]


def test_a_form_is_taken_apart_and_its_file_is_named() -> None:
    assert found(BODY) == [Member("note", b"hello"), Member("evil.com", EICAR)]


FOUND: dict[str, tuple[bytes, str]] = {
    "with bare line feeds": (BODY.replace(b"\r\n", b"\n"), FORM),
    "without an end": (BODY.removesuffix(b"\r\n--cut--\r\n"), FORM),
    "with a preamble and an epilogue": (b"preamble\r\n" + BODY + b"epilogue", FORM),
    "with blanks behind a delimiter": (BODY.replace(b"--cut\r", b"--cut  \r"), FORM),
    "with a quoted boundary": (BODY, 'multipart/form-data; boundary="cut"'),
    "with the boundary in capitals": (BODY, "Multipart/Form-Data; Boundary=cut"),
    "with two boundaries, the first a lie": (BODY, "multipart/mixed; boundary=no; boundary=cut"),
    "with a boundary that the type does not name": (BODY, "multipart/form-data"),
    "in base64": (
        FILE + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(EICAR),
        FORM,
    ),
    "in base64 with rubbish between": (
        FILE
        + b"Content-Transfer-Encoding: BASE64\r\n\r\n"
        + b"!\n".join(base64.b64encode(EICAR)[at : at + 9] for at in range(0, 92, 9)),
        FORM,
    ),
    "in quoted-printable": (
        FILE + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quopri.encodestring(EICAR),
        FORM,
    ),
    "in an encoding that nobody knows": (
        FILE + b"Content-Transfer-Encoding: binary\r\n\r\n" + EICAR,
        FORM,
    ),
    "in a multipart of its own": (
        b"--out\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n" + BODY + b"\r\n--out--",
        "multipart/form-data; boundary=out",
    ),
    "as the second of two ranges": (
        b"--cut\r\nContent-Range: bytes 0-1/70\r\n\r\nxx\r\n--cut\r\nContent-Range: bytes 2-69/70"
        b"\r\n\r\n" + EICAR + b"\r\n--cut--",
        "multipart/byteranges; boundary=cut",
    ),
    "in ranges that are harmless each, in any order": (
        b"--cut\r\nContent-Range: bytes 40-67/68\r\n\r\n" + EICAR[40:]
        + b"\r\n--cut\r\nContent-Range: bytes 0-39/68\r\n\r\n" + EICAR[:40] + b"\r\n--cut--",
        "multipart/byteranges; boundary=cut",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "content_type"), FOUND.values(), ids=FOUND)
def test_the_file_is_found(data: bytes, content_type: str) -> None:
    assert EICAR in [body.strip() for body in bodies(found(data, content_type))]


def test_an_empty_form_is_nothing() -> None:
    assert found(b"--cut--\r\n") == []
    assert found(b"") == []


def test_a_line_that_begins_like_the_boundary_is_none() -> None:
    data = b"--cut\r\n\r\na\r\n--cutter\r\n--cut--"
    assert bodies(found(data)) == [b"a\r\n--cutter"]


def deep(levels: int) -> bytes:
    data = EICAR
    for level in range(levels):
        head = f"--b{level}\r\nContent-Type: multipart/mixed; boundary=b{level - 1}\r\n\r\n"
        data = head.encode() + data + f"\r\n--b{level}--".encode()
    return data


UNREAD: dict[str, tuple[bytes, str, Unread]] = {
    "no parts at all": (b"just text", FORM, Unread.MALFORMED),
    "header fields without end": (
        b"--cut\r\n" + b"X: y\r\n" * 20_000 + b"\r\nz",
        FORM,
        Unread.LIMIT,
    ),
    "multipart in multipart in multipart": (
        deep(8),
        "multipart/mixed; boundary=b7",
        Unread.LIMIT,
    ),
}


@pytest.mark.parametrize(("data", "content_type", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_cannot_be_read_is_said(data: bytes, content_type: str, reason: Unread) -> None:
    unread = [p.reason for p in found(data, content_type) if isinstance(p, Unscanned)]
    assert unread == [reason]


def test_parts_without_end_end_the_scan() -> None:
    with pytest.raises(ExhaustedError, match="more than 3 members"):
        list(parts(b"--cut\r\n\r\nx\r\n" * 9, FORM, Budget(Limits(count=3))))


def a_mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "invoice"
    message.set_content("see the attachment")
    message.add_attachment(EICAR, maintype="application", subtype="x-com", filename="a.com")
    return message.as_bytes()


MAILS: dict[str, bytes] = {
    "an attachment": a_mail(),
    "behind blank lines": b"\r\n\r\n" + a_mail(),
    "in a mailbox": b"From someone@example.test Mon Jan  1 00:00:00 2026\n" + a_mail(),
    "without attachments, in base64": (
        b"MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(EICAR)
    ),
}


@pytest.mark.parametrize("data", MAILS.values(), ids=MAILS)
def test_mail_is_taken_apart(data: bytes) -> None:
    assert is_mail(data)
    assert EICAR in bodies(list(mail(data, Budget())))


NO_MAIL: dict[str, bytes] = {
    "text": b"Content-Type is a header field of mail.\n",
    "a page": b"<!DOCTYPE html>\nmime-version: 1.0\n",
    "settings": b"name: value\nother: value\n\ncontent-type: none\n",
    "nothing": b"",
}


@pytest.mark.parametrize("data", NO_MAIL.values(), ids=NO_MAIL)
def test_what_is_no_mail(data: bytes) -> None:
    assert not is_mail(data)


@pytest.mark.parametrize("extra", [0, 1, 2, 3])
def test_base64_longer_than_a_chunk_comes_out_whole(extra: int) -> None:
    content = bytes(range(256)) * (CHUNK // 128) + b"x" * extra
    data = b"MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n"
    assert bodies(list(mail(data + base64.encodebytes(content), Budget()))) == [content]


def test_quoted_printable_longer_than_a_chunk_comes_out_whole() -> None:
    content = bytes(range(256)) * (CHUNK // 256)
    data = b"MIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n"
    assert bodies(list(mail(data + quopri.encodestring(content), Budget()))) == [content]


def test_padding_ends_nothing() -> None:
    data = b"MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n"
    two = base64.b64encode(EICAR[:40]) + b"\n" + base64.b64encode(EICAR[40:])
    assert bodies(list(mail(data + two, Budget()))) == [EICAR]


def test_is_multipart() -> None:
    assert is_multipart(" Multipart/mixed; boundary=x")
    assert not is_multipart("text/multipart")


def message(fields: bytes, body: bytes) -> list[bytes]:
    return bodies(list(mail(b"MIME-Version: 1.0\n" + fields + b"\n\n" + body, Budget())))


CODED = base64.b64encode(EICAR)
SAID: dict[str, tuple[bytes, bytes]] = {
    "base64 that is none": (b"Content-Transfer-Encoding: base64", EICAR),
    "base64 with a comment": (b"Content-Transfer-Encoding: (a) base64 (b)", CODED),
    "base64 and a second word": (b"Content-Transfer-Encoding: 7bit, base64", CODED),
    "a boundary in pieces": (
        b'Content-Type: multipart/mixed; boundary*1="b"; boundary*0="a"',
        b"text\n--ab\n\n" + EICAR + b"\n--ab--\n",
    ),
    "a mail in a mail, by its type alone": (
        b"Content-Type: message/rfc822",
        b"Subject: a\n\n" + EICAR,
    ),
}


@pytest.mark.parametrize(("fields", "body"), SAID.values(), ids=SAID)
def test_what_mail_programs_read_all_the_same(fields: bytes, body: bytes) -> None:
    assert EICAR in message(fields, body)


def test_honest_base64_is_read_once() -> None:
    assert message(b"Content-Transfer-Encoding: base64", CODED) == [EICAR]


def test_mails_by_their_types_alone_end() -> None:
    fields = b"Content-Type: message/rfc822\n\n"
    assert len(message(fields.strip(), fields.lower().replace(b"content", b"x-content") * 50)) < 60


def test_is_message() -> None:
    assert is_message(" Message/RFC822; name=a") and not is_message("text/plain")
