"""Archives made at run time, honest ones and such as no tool would write."""

import io
import struct
import tarfile
import zipfile
import zlib
from typing import Literal

from e2e.harness.bodies import EICAR

__all__ = ["EICAR", "bomb", "cpio", "deb", "nested", "rpm", "tarred", "zip_member", "zipped"]


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), body, method)
    return out.getvalue()


def nested(levels: int, body: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip in a zip in a zip ..."""
    for level in range(levels):
        body = zipped({f"{level}.zip" if level else "eicar.com": body}, method)
    return body


def zip_member(name: bytes, packed: bytes, *, method: int = 0, flags: int = 0, size: int) -> bytes:
    """A local header and its data, without any directory; `size` is what it claims."""
    header = struct.pack(
        "<4s5H3I2H", b"PK\3\4", 20, flags, method, 0, 0, 0, size, size, len(name), 0
    )
    return header + name + packed


def tarred(members: dict[str, bytes], mode: Literal["w", "w:gz", "w:xz"] = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


def deb(members: dict[str, bytes]) -> bytes:
    """An ar archive."""
    out = b"!<arch>\n"
    for name, body in members.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(body):<10}`\n".encode()
        out += body + b"\n" * (len(body) % 2)
    return out


def cpio(members: dict[str, bytes]) -> bytes:
    """The format that rpm uses, SVR4 without checksums."""
    out = b""
    for name, body in {**members, "TRAILER!!!": b""}.items():
        fields = [0] * 6 + [len(body)] + [0] * 4 + [len(name) + 1, 0]
        out += b"070701" + b"".join(b"%08X" % value for value in fields) + name.encode() + b"\0"
        out += bytes(-len(out) % 4) + body
        out += bytes(-len(out) % 4)
    return out


def rpm(payload: bytes) -> bytes:
    """A lead, a signature with an odd size, a header, and what they describe."""
    out = b"\xed\xab\xee\xdb" + bytes(92)
    for entries, size in ((1, 5), (2, 11)):
        out += bytes(-len(out) % 8)
        out += b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", entries, size)
        out += bytes(16 * entries + size)
    return out + payload


def bomb(mebibytes: int) -> bytes:
    """Zeros, by gzip without the memory that they would take."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(mebibytes)) + packer.flush()
