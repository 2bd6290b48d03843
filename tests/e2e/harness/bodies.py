"""Bodies that origins serve and clients send.

The test virus is put together at run time, so that no file of the repository holds it whole
(EICAR, "Intended use of the anti-malware test file": 68 bytes, blanks after them allowed).
"""

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable

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


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


# name of the origins' `?coding=` -> (Content-Encoding, packer)
CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "gzip-twice": ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", lambda body: zstandard.ZstdCompressor().compress(body)),
    "deflate": ("deflate", zlib.compress),
    "deflate-raw": ("deflate", _raw_deflate),
    "gzip-junk": ("gzip", lambda body: gzip.compress(body) + b"trailing rubbish"),
    "gzip-unknown": ("sdch, gzip", gzip.compress),
}


def clean(size: int) -> bytes:
    """`size` bytes that hardly compress, the same in each run."""
    block = hashlib.shake_256(b"clean").digest(1 << 16)
    body = bytearray()
    while len(body) < size:
        body += (len(body) >> 16).to_bytes(8) + block
    return bytes(body[:size])


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
