"""Bodies that origins serve and clients send.

The test virus is put together at run time, so that no file of the repository holds it whole
(EICAR, "Intended use of the anti-malware test file": 68 bytes, blanks after them allowed).
"""

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from typing import Literal

import brotli  # type: ignore[import-untyped]
import zstandard

_HALVES = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STAND", "ARD-ANTIVIRUS-TEST-FILE!$H+H*"
EICAR = "".join(_HALVES).encode("ascii")


def zipped(name: str, body: bytes) -> bytes:
    """A zip archive of one stored member, the same in each run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), body)
    return out.getvalue()


EICAR_FILES = {
    "eicar.com": EICAR,
    "eicar.com.txt": EICAR,
    "eicar_com.zip": zipped("eicar.com", EICAR),
    "eicarcom2.zip": zipped("eicar_com.zip", zipped("eicar.com", EICAR)),
}


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)  # the same in each run


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


# name of the origins' `?coding=` -> (Content-Encoding, packer)
CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", _gzip),
    "x-gzip": ("x-gzip", _gzip),
    "gzip-twice": ("gzip, gzip", lambda body: _gzip(_gzip(body))),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", lambda body: zstandard.ZstdCompressor().compress(body)),
    "deflate": ("deflate", zlib.compress),
    "deflate-raw": ("deflate", _raw_deflate),
    "gzip-junk": ("gzip", lambda body: _gzip(body) + b"trailing rubbish"),
    "gzip-unknown": ("sdch, gzip", _gzip),
}


def _tarred(name: str, body: bytes, mode: Literal["w", "w:gz", "w:xz"] = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


def _mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "invoice"
    message.set_content("see the attachment")
    message.add_attachment(EICAR, maintype="application", subtype="x-com", filename="eicar.com")
    return message.as_bytes()


def _byte_ranges() -> bytes:
    part = b"--cut\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-67/68\r\n\r\n" + EICAR
    return part + b"\r\n--cut--\r\n"


def _locked(archive: bytes) -> bytes:
    """The archive with the flag that says that its member is encrypted (APPNOTE 4.4.4)."""
    at = archive.index(b"PK\x01\x02")
    local = archive[:6] + b"\x01" + archive[7:at]
    return local.replace(EICAR, EICAR[::-1]) + archive[at : at + 8] + b"\x01" + archive[at + 9 :]


_ZIP = EICAR_FILES["eicar_com.zip"]
_DIRECTORY = _ZIP.index(b"PK\x01\x02")

# file name -> (body, Content-Type); each holds the virus somewhere
CONTAINERS: dict[str, tuple[bytes, str]] = {
    "blanks.com": (EICAR + b" " * 20 + b"\r\n", "application/octet-stream"),
    "eicar.com.gz": (gzip.compress(EICAR), "application/gzip"),
    "eicar.com.bz2": (bz2.compress(EICAR), "application/x-bzip2"),
    "eicar.com.xz": (lzma.compress(EICAR), "application/x-xz"),
    "eicar.com.zst": (zstandard.ZstdCompressor().compress(EICAR), "application/zstd"),
    "eicar.tar": (_tarred("eicar.com", EICAR), "application/x-tar"),
    "eicar.tar.gz": (_tarred("eicar.com", EICAR, "w:gz"), "application/gzip"),
    "zip-in-tar.txz": (_tarred("x/eicar_com.zip", _ZIP, "w:xz"), "application/x-xz"),
    "gif.zip": (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;" + _ZIP, "image/gif"),
    "two.zip": (_ZIP + zipped("clean.txt", b"nothing here"), "application/zip"),
    "no-directory.zip": (_ZIP[:_DIRECTORY], "application/zip"),
    "zero-sizes.zip": (_ZIP[:18] + bytes(8) + _ZIP[26:], "application/zip"),
    "mail.eml": (_mail(), "message/rfc822"),
    "ranges": (_byte_ranges(), "multipart/byteranges; boundary=cut"),
}

LOCKED_ZIP = _locked(_ZIP)


def bomb() -> bytes:
    """256 MiB of zeros in 256 KiB."""
    return gzip.compress(bytes(256 << 20))


def clean(size: int) -> bytes:
    """`size` bytes that hardly compress, the same in each run."""
    block = hashlib.shake_256(b"clean").digest(1 << 16)
    body = bytearray()
    while len(body) < size:
        body += (len(body) >> 16).to_bytes(8) + block
    return bytes(body[:size])


def digest(body: bytes | bytearray) -> str:
    return hashlib.sha256(body).hexdigest()
