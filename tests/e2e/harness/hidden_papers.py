"""Mail, forms, ranges and documents that hold the test virus."""

import base64
import gzip
import zlib
from email.message import EmailMessage
from functools import partial

from e2e.harness import builders as made
from e2e.harness import papers
from e2e.harness.bodies import EICAR, zipped
from e2e.harness.hiding import Hidden, blocked, documented, sent, unscanned

NAME = "eicar.com"
MAIL = "message/rfc822"
FORM = "multipart/form-data; boundary=cut"
RANGES = "multipart/byteranges; boundary=cut"
FILE = 'Content-Disposition: form-data; name="f"; filename="eicar.com"'
ENCRYPT = b"7 0 obj << /Filter /Standard >> endobj\n"


def mail(fields: str, body: bytes) -> bytes:
    """A mail of one part."""
    return f"MIME-Version: 1.0\r\n{fields}\r\n\r\n".encode() + body


def spaced(body: bytes) -> bytes:
    """Base64 with other characters between its own, as mail programs skip them."""
    return b"!\r\n".join(bytes((one,)) for one in base64.b64encode(body))


def quoted(body: bytes) -> bytes:
    return b"=\r\n".join(b"=%02X" % one for one in body)


def forwarded() -> bytes:
    inner = EmailMessage()
    inner["Subject"] = "first"
    inner.set_content("text")
    inner.add_attachment(EICAR, maintype="application", subtype="x-com", filename=NAME)
    outer = EmailMessage()
    outer["Subject"] = "second"
    outer.set_content("see below")
    outer.add_attachment(inner)
    return outer.as_bytes()


def multiparts(levels: int) -> tuple[bytes, str]:
    """Multipart in multipart, and the outermost one's type."""
    body, fields = EICAR, FILE
    for level in range(levels):
        body = papers.parts((fields,), (body,), f"b{level}")
        fields = f"Content-Type: multipart/mixed; boundary=b{level}"
    return body, fields.removeprefix("Content-Type: ")


def named_parts() -> bytes:
    """Its boundary is given in pieces, and a preamble stands in front."""
    text = b"for old readers\r\n" + papers.parts((FILE,), (EICAR,), "abcdef")
    return mail('Content-Type: multipart/mixed; boundary*0="abc"; boundary*1="def"', text)


def ranges() -> bytes:
    heads = ("Content-Range: bytes 30-67/68", "Content-Range: bytes 0-29/68")
    return papers.parts(heads, (EICAR[30:], EICAR[:30]))


def office(member: str, body: bytes) -> bytes:
    return zipped(member, body)


FLATE = zlib.compress(EICAR)
NATIVE = "\x01Ole10Native"

ROWS: dict[str, Hidden] = {
    # Mail.
    "mail, base64": blocked(lambda: papers.mail(NAME, EICAR), MAIL),
    "mail, quoted-printable": blocked(lambda: papers.mail(NAME, EICAR, "quoted-printable"), MAIL),
    "mail, every byte quoted": blocked(
        lambda: mail("Content-Transfer-Encoding: quoted-printable", quoted(EICAR)), MAIL
    ),
    "mail, rubbish between the base64": blocked(
        lambda: mail("Content-Transfer-Encoding: base64", spaced(EICAR)), MAIL
    ),
    "mail that says base64 and is not": blocked(
        lambda: mail("Content-Transfer-Encoding: base64", EICAR), MAIL
    ),
    "mail whose encoding has a comment": blocked(
        lambda: mail("Content-Transfer-Encoding: (x) BASE64 (y)", base64.b64encode(EICAR)), MAIL
    ),
    "mail that says two encodings": blocked(
        lambda: mail(
            "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64",
            base64.b64encode(EICAR),
        ),
        MAIL,
    ),
    "mail with uuencode in its text": blocked(
        lambda: mail("Subject: a", b"see this\r\n\r\n" + papers.uuencoded(NAME, EICAR)), MAIL
    ),
    "mail with yEnc in its text": blocked(
        lambda: mail("Subject: a", b"see this\r\n\r\n" + papers.yenc(NAME, EICAR)), MAIL
    ),
    "mail with a winmail.dat": blocked(
        lambda: papers.mail("winmail.dat", papers.tnef(NAME, EICAR)), MAIL
    ),
    "mail with a mail attached": blocked(forwarded, MAIL),
    "mail without a field of MIME": blocked(lambda: b"Subject: a\r\n\r\n" + EICAR, MAIL),
    "mail with a zip attached": blocked(lambda: papers.mail("a.zip", zipped(NAME, EICAR)), MAIL),
    "mail with a rar attached": blocked(lambda: papers.mail("a.rar", made.rar5(NAME, EICAR)), MAIL),
    "mail in a zip": blocked(lambda: zipped("a.eml", papers.mail(NAME, EICAR))),
    "mail whose boundary is given in pieces": blocked(named_parts, MAIL),
    "mail without its last boundary": blocked(
        lambda: papers.mail(NAME, EICAR).rpartition(b"\n--")[0], MAIL
    ),
    "a page saved as mail": blocked(
        lambda: papers.mail(NAME, EICAR), "application/x-mimearchive", name="page.mhtml"
    ),
    "a mailbox": blocked(lambda: b"From a@b Mon Jan  1\n" + papers.mail(NAME, EICAR), "text/plain"),
    "uuencode as a file": blocked(lambda: papers.uuencoded(NAME, EICAR), "text/plain"),
    "winmail.dat by itself": blocked(lambda: papers.tnef(NAME, EICAR), "application/ms-tnef"),
    # Forms and ranges.
    "a browser's form": sent(lambda: papers.parts((FILE,), (EICAR,)), FORM),
    "a form of two files": sent(lambda: papers.parts((FILE, FILE), (b"clean", EICAR)), FORM),
    "a form, its part in base64": sent(
        lambda: papers.parts(
            (FILE + "\r\nContent-Transfer-Encoding: base64",), (base64.b64encode(EICAR),)
        ),
        FORM,
    ),
    "a form with a zip": sent(lambda: papers.parts((FILE,), (zipped(NAME, EICAR),)), FORM),
    "a form that is compressed": Hidden(
        lambda: gzip.compress(papers.parts((FILE,), (EICAR,)), mtime=0),
        content_type=FORM,
        encodings=("gzip",),
        upload=True,
    ),
    "a form of mixed parts": sent(
        lambda: papers.parts(
            ("Content-Type: multipart/mixed; boundary=in",),
            (papers.parts((FILE,), (EICAR,), "in"),),
        ),
        FORM,
    ),
    "multipart in multipart": sent(partial(lambda: multiparts(3)[0]), multiparts(3)[1]),
    "multipart, six levels": Hidden(
        lambda: multiparts(6)[0],
        "unscanned",
        "unscanned-limit",
        content_type=multiparts(6)[1],
        upload=True,
    ),
    "ranges, the whole in one": blocked(
        lambda: papers.parts(("Content-Range: bytes 0-67/68",), (EICAR,)), RANGES
    ),
    "ranges in the wrong order": blocked(ranges, RANGES),
    "multipart without a part": Hidden(
        lambda: EICAR[::-1], "unscanned", "unscanned-malformed", content_type=FORM, upload=True
    ),
    # PDF.
    "PDF, an attached file": blocked(lambda: papers.pdf(EICAR), "application/pdf"),
    "PDF, Flate": blocked(lambda: papers.pdf(FLATE, "/FlateDecode")),
    "PDF, Flate twice": blocked(lambda: papers.pdf(zlib.compress(FLATE), "[/FlateDecode /Fl]")),
    "PDF, hexadecimal": blocked(lambda: papers.pdf(EICAR.hex().encode() + b">", "/ASCIIHexDecode")),
    "PDF, ASCII 85 over Flate": blocked(
        lambda: papers.pdf(papers.ascii85(FLATE), "[/ASCII85Decode /FlateDecode]")
    ),
    "PDF, LZW": blocked(lambda: papers.pdf(papers.lzw(EICAR), "/LZWDecode")),
    "PDF, run lengths": blocked(lambda: papers.pdf(papers.run_length(EICAR), "/RunLengthDecode")),
    "PDF, a predictor": blocked(
        lambda: papers.pdf(
            papers.predicted(EICAR), "/FlateDecode /DecodeParms <</Predictor 12 /Columns 68>>"
        )
    ),
    "PDF, a filter's name in escapes": blocked(lambda: papers.pdf(FLATE, "/#46late#44ecode")),
    "PDF, its filter in another object": blocked(
        lambda: papers.pdf(
            papers.ascii85(EICAR), "5 0 R", more=b"5 0 obj [/ASCII85Decode] endobj\n"
        )
    ),
    "PDF, a length that lies": blocked(lambda: papers.pdf(EICAR, length=7)),
    "PDF, a length in another object": blocked(
        lambda: papers.pdf(FLATE, "/FlateDecode", length="5 0 R", more=b"5 0 obj 76 endobj\n")
    ),
    "PDF with a zip in it": blocked(lambda: papers.pdf(zipped(NAME, EICAR))),
    "PDF behind other bytes": blocked(lambda: b"\0" * 900 + papers.pdf(FLATE, "/FlateDecode")),
    "PDF in a zip": blocked(lambda: zipped("a.pdf", papers.pdf(FLATE, "/FlateDecode"))),
    "PDF, encrypted": unscanned(
        lambda: papers.pdf(EICAR[::-1], more=ENCRYPT).replace(b"/Root", b"/Encrypt 7 0 R /Root"),
        "encrypted",
    ),
    "PDF by a filter that nobody knows": unscanned(
        lambda: papers.pdf(EICAR[::-1], "/MineDecode"), "malformed"
    ),
    # Office.
    "a stream of an OLE file": blocked(lambda: papers.ole({"Contents": EICAR})),
    "a large stream of an OLE file": blocked(lambda: papers.ole({"C": EICAR + b" " * 9000})),
    "a package in an OLE file": blocked(
        lambda: papers.ole({NATIVE: papers.package(NAME, EICAR)}), name="a.doc"
    ),
    "a package in an OLE file in a docx": blocked(
        lambda: office("word/embeddings/o.bin", papers.ole({NATIVE: papers.package(NAME, EICAR)})),
        name="a.docx",
    ),
    "a cab in an installer": blocked(
        lambda: papers.ole({"\u4840\u3b3f": b"x", "\u4464\u3e33": made.by_gcab(NAME, EICAR)}),
        name="a.msi",
    ),
    "an attachment of a saved message": blocked(
        lambda: papers.ole({"__substg1.0_37010102": EICAR}), name="a.msg"
    ),
    "a file in a docx": blocked(lambda: office("word/media/a.bin", EICAR), name="a.docx"),
    "a package in an RTF document": blocked(
        lambda: papers.rtf(NAME, EICAR), "application/rtf", name="a.rtf"
    ),
    "a file in a OneNote section": blocked(lambda: papers.onenote(EICAR), name="a.one"),
    "an Office document with a password": unscanned(
        lambda: papers.ole({"EncryptedPackage": EICAR[::-1], "EncryptionInfo": b"x"}), "encrypted"
    ),
    "an OLE file that is cut off": unscanned(
        lambda: papers.ole({"Contents": EICAR[::-1]})[:700], "malformed"
    ),
    # What is not claimed.
    "quoted in a page": documented(
        lambda: b"<html><p>" + EICAR + b"</p></html>",
        "The test file is found at the start of a file alone, as its definition says.",
    ),
    "base64 in a script of a page": documented(
        lambda: b"<script>atob('" + base64.b64encode(EICAR) + b"')</script>",
        "What a script puts together in the browser is not run.",
    ),
    "base64 in JSON": documented(
        lambda: b'{"file": "' + base64.b64encode(EICAR) + b'"}',
        "Base64 is decoded in mail and in multipart bodies, not in JSON or in form fields.",
        "application/json",
    ),
    "base64 as a file": documented(
        lambda: base64.b64encode(EICAR),
        "Base64 is decoded in mail and in multipart bodies, not in JSON or in form fields.",
        "text/plain",
    ),
    "every byte changed by a key": documented(
        lambda: bytes(one ^ 0x5A for one in EICAR),
        "Content that only its receiver can read is not read.",
        "application/octet-stream",
    ),
    "half of it": documented(
        lambda: EICAR[:34],
        "Parts of a file in answers of their own are prevented by the removal of Range.",
        "application/octet-stream",
    ),
}
