"""Clean files of many types, made at run time: none of them may be suspected or unscanned."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import marshal
import sqlite3
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import brotli  # type: ignore[import-untyped]
import zstandard

from e2e.harness import builders as made
from e2e.harness import papers

TEXT = b"".join(b"%d bottles of beer on the wall\n" % number for number in range(400))
NOISE = hashlib.shake_256(b"clean").digest(200_000)
PAGE = b"<!DOCTYPE html><html lang=en><title>a</title><p>" + TEXT + b"</html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>'


@dataclass(frozen=True, slots=True)
class Clean:
    """What an origin serves, with the header fields that speak of it."""

    body: Callable[[], bytes]
    content_type: str
    name: str
    encodings: tuple[str, ...] = ()


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), body)
    return out.getvalue()


def _office(main: str) -> bytes:
    return _zip({"[Content_Types].xml": b"<Types/>", main: PAGE, "docProps/app.xml": TEXT})


def _open_document(kind: str) -> bytes:
    return _zip({"mimetype": kind.encode(), "content.xml": PAGE})


def _pdf() -> bytes:
    page = papers.pdf(zlib.compress(TEXT), "/FlateDecode")
    picture = b"3 0 obj <</Subtype /Image /Filter /DCTDecode /Length 9000>> stream\n" + NOISE[:9000]
    return page.replace(b"trailer", picture + b"\nendstream endobj\ntrailer")


def _png() -> bytes:
    rows = b"".join(b"\0" + NOISE[at : at + 300] for at in range(0, 30_000, 300))
    head = struct.pack(">2I5B", 100, 100, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in chunks:
        out += struct.pack(">I", len(body)) + kind + body
        out += struct.pack(">I", zlib.crc32(kind + body))
    return out


def _riff(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4) + kind + body


def _wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(NOISE[:16_000])
    return out.getvalue()


def _program() -> bytes:
    """The headers of a Windows program, and what looks like its code."""
    head = b"MZ".ljust(60, b"\0") + struct.pack("<I", 128)
    coff = b"PE\0\0" + struct.pack("<2H3I2H", 0x8664, 0, 0, 0, 0, 240, 0x22)
    marks = b"Rar!\x1a\7\0 7z\xbc\xaf\x27\x1c MSCF\0\0\0\0 PK\3\4 %PDF begin stream\n"
    return head.ljust(128, b"\0") + coff + bytes(240) + NOISE[:60_000] + marks + NOISE[:9000]


def _elf() -> bytes:
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, *[0] * 10)
    return head + NOISE[:50_000]


def _database() -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table bottles (text)")
        connection.executemany(
            "insert into bottles values (?)", [[line] for line in TEXT.splitlines()]
        )
        connection.commit()
        body = connection.serialize()
    connection.close()
    return body


def _font(mark: bytes) -> bytes:
    return mark + struct.pack(">4H", 1, 16, 0, 0) + b"glyf" + bytes(12) + NOISE[:20_000]


def _zst(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


def _gz(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _tar() -> bytes:
    return made.by_bsdtar("pax", "a.txt", TEXT)


def _sevenzip() -> bytes:
    return made.by_bsdtar("7zip", "a.txt", TEXT)


def _calendar() -> bytes:
    return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


_OFFICE = "application/vnd.openxmlformats-officedocument"

FILES: dict[str, Clean] = {
    "a PDF": Clean(_pdf, "application/pdf", "a.pdf"),
    "a docx": Clean(lambda: _office("word/document.xml"), f"{_OFFICE}.word", "a.docx"),
    "an xlsx": Clean(lambda: _office("xl/workbook.xml"), f"{_OFFICE}.sheet", "a.xlsx"),
    "a doc": Clean(
        lambda: papers.ole({"WordDocument": bytes(4096) + NOISE[:9000], "1Table": TEXT}),
        "application/msword",
        "a.doc",
    ),
    "an odt": Clean(
        lambda: _open_document("application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
        "a.odt",
    ),
    "an epub": Clean(
        lambda: _open_document("application/epub+zip"), "application/epub+zip", "a.epub"
    ),
    "an rtf": Clean(
        lambda: b"{\\rtf1\\ansi " + TEXT.replace(b"\n", b"\\par\n") + b"}",
        "application/rtf",
        "a.rtf",
    ),
    "a PNG": Clean(_png, "image/png", "a.png"),
    "a JPEG": Clean(
        lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1" + NOISE[:30_000] + b"\xff\xd9",
        "image/jpeg",
        "a.jpg",
    ),
    "a GIF": Clean(lambda: b"GIF89a\1\0\1\0\0\0\0" + NOISE[:3000] + b";", "image/gif", "a.gif"),
    "a BMP": Clean(lambda: b"BM" + bytes(52) + NOISE[:30_000], "image/bmp", "a.bmp"),
    "a WebP": Clean(lambda: _riff(b"WEBP", b"VP8 " + NOISE[:20_000]), "image/webp", "a.webp"),
    "an icon": Clean(
        lambda: struct.pack("<3H4B2H2I", 0, 1, 1, 16, 16, 0, 0, 1, 32, 1064, 22) + NOISE[:1064],
        "image/x-icon",
        "favicon.ico",
    ),
    "an SVG": Clean(lambda: SVG, "image/svg+xml", "a.svg"),
    "an MP4": Clean(
        lambda: (
            b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + struct.pack(">I", 100_008) + b"mdat" + NOISE
        ),
        "video/mp4",
        "a.mp4",
    ),
    "an MP3": Clean(lambda: b"ID3\4\0\0\0\0\0\0\xff\xfb\x90" + NOISE, "audio/mpeg", "a.mp3"),
    "a WAV": Clean(_wav, "audio/wav", "a.wav"),
    "a WOFF2": Clean(
        lambda: b"wOF2\0\1\0\0" + NOISE[:40] + brotli.compress(TEXT), "font/woff2", "a.woff2"
    ),
    "a TTF": Clean(lambda: _font(b"\0\1\0\0"), "font/ttf", "a.ttf"),
    "WebAssembly": Clean(
        lambda: b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0" + NOISE[:3000], "application/wasm", "a.wasm"
    ),
    "a zip": Clean(lambda: _zip({"a.txt": TEXT, "b.bin": NOISE}), "application/zip", "a.zip"),
    "a tar.gz": Clean(lambda: _gz(_tar()), "application/gzip", "a.tar.gz"),
    "a 7z": Clean(_sevenzip, "application/x-7z-compressed", "a.7z"),
    "a rar": Clean(lambda: made.rar5("a.txt", TEXT), "application/vnd.rar", "a.rar"),
    "a cab": Clean(
        lambda: made.by_gcab("a.txt", TEXT), "application/vnd.ms-cab-compressed", "a.cab"
    ),
    "a disc image": Clean(
        lambda: made.by_bsdtar("iso9660", "a.txt", TEXT), "application/x-iso9660-image", "a.iso"
    ),
    "a bz2": Clean(lambda: bz2.compress(TEXT), "application/x-bzip2", "a.bz2"),
    "an xz": Clean(lambda: lzma.compress(TEXT), "application/x-xz", "a.xz"),
    "a zst": Clean(lambda: _zst(TEXT), "application/zstd", "a.zst"),
    "a Windows program": Clean(_program, "application/vnd.microsoft.portable-executable", "a.exe"),
    "a Linux program": Clean(_elf, "application/x-elf", "a"),
    "a Java class": Clean(
        lambda: b"\xca\xfe\xba\xbe\0\0\0\x3d\0\x10" + NOISE[:900], "application/java-vm", "A.class"
    ),
    "a jar": Clean(
        lambda: _zip({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n", "A.class": NOISE}),
        "application/java-archive",
        "a.jar",
    ),
    "an APK": Clean(
        lambda: _zip({"AndroidManifest.xml": NOISE[:999], "classes.dex": NOISE}),
        "application/vnd.android.package-archive",
        "a.apk",
    ),
    "a Debian package": Clean(
        lambda: (
            b"!<arch>\n"
            + f"{'debian-binary':<16}{0:<12}{0:<6}{0:<6}100644  4         `\n2.0\n".encode()
        ),
        "application/vnd.debian.binary-package",
        "a.deb",
    ),
    "a database": Clean(_database, "application/vnd.sqlite3", "a.sqlite"),
    "columns": Clean(
        lambda: b"PAR1" + _zst(TEXT) + NOISE[:5000] + b"\0\1\0\0PAR1",
        "application/vnd.apache.parquet",
        "a.parquet",
    ),
    "JSON": Clean(
        lambda: json.dumps({"lines": TEXT.decode().splitlines()}).encode(),
        "application/json",
        "a.json",
    ),
    "JSON in gzip coding": Clean(
        lambda: _gz(json.dumps([TEXT.decode()]).encode()), "application/json", "b.json", ("gzip",)
    ),
    "a page in br coding": Clean(lambda: brotli.compress(PAGE), "text/html", "b.html", ("br",)),
    "a page": Clean(lambda: PAGE, "text/html; charset=utf-8", "a.html"),
    "CSV": Clean(lambda: TEXT.replace(b" ", b","), "text/csv", "a.csv"),
    "a style sheet": Clean(lambda: b"p { color: red }\n" * 500, "text/css", "a.css"),
    "a script": Clean(
        lambda: b"const begin = 644;\nbegin 644;\nstream\n" * 300, "text/javascript", "a.js"
    ),
    "XML": Clean(lambda: b"<?xml version='1.0'?><a>" + TEXT + b"</a>", "application/xml", "a.xml"),
    "Python": Clean(lambda: b"import io\n\n\nprint('begin 644')\n" * 90, "text/x-python", "a.py"),
    "bytecode": Clean(
        lambda: bytes(16) + marshal.dumps(list(range(2000))), "application/x-python-code", "a.pyc"
    ),
    "plain text": Clean(lambda: TEXT, "text/plain", "a.txt"),
    "mail": Clean(lambda: papers.mail("a.png", _png()), "message/rfc822", "a.eml"),
    "a calendar": Clean(_calendar, "text/calendar", "a.ics"),
    "a form": Clean(
        lambda: papers.parts(('Content-Disposition: form-data; name="a"',), (TEXT,)),
        "multipart/form-data; boundary=cut",
        "upload",
    ),
    "noise": Clean(lambda: NOISE, "application/octet-stream", "a.bin"),
    "nothing": Clean(lambda: b"", "text/plain; charset=us-ascii", "empty"),
}
