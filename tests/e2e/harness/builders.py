"""Archives and documents that hold one given file, made at run time.

What the standard library can't write is written by bsdtar and gcab, or by hand where no free tool
writes it: rar, and archives that say that they are encrypted.
"""

import io
import struct
import subprocess
import tarfile
import tempfile
import zlib
from functools import cache
from pathlib import Path

SECONDS = 30
AES_7Z = b"\x06\xf1\x07\x01"  # 7-Zip's number of the coder "7zAES"


@cache
def by_bsdtar(form: str, name: str, body: bytes, *options: str) -> bytes:
    """An archive of one of libarchive's formats, or a file packed by one of its filters."""
    source = io.BytesIO()
    with tarfile.open(fileobj=source, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size, info.mtime = len(body), 1_767_312_000
        archive.addfile(info, io.BytesIO(body))
    command = ["bsdtar", "-cf", "-", "--format", form, *options, "@-"]
    return _run(command, source.getvalue())


@cache
def by_gcab(name: str, body: bytes, *options: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(body)
        _run(["gcab", "-c", *options, "made.cab", name], b"", folder)
        return (Path(folder) / "made.cab").read_bytes()


def _run(command: list[str], given: bytes, folder: str | None = None) -> bytes:
    done = subprocess.run(
        command, input=given, cwd=folder, timeout=SECONDS, check=True, capture_output=True
    )
    return done.stdout


def rar4(name: str, body: bytes, *, volume: bool = False, encrypted: bool = False) -> bytes:
    """A stored member (the format's description: RarLab's technote of version 4)."""
    main = _rar4_block(0x73, int(volume), bytes(6))
    fields = struct.pack(
        "<2IBIIBBHI",
        len(body),
        len(body),
        3,
        zlib.crc32(body),
        0x5A21_0000,
        20,
        0x30,
        len(name),
        32,
    )
    flags = 0x8000 | (4 if encrypted else 0)
    member = _rar4_block(0x74, flags, fields + name.encode())
    return b"Rar!\x1a\7\0" + main + member + body + _rar4_block(0x7B, 0x4000, b"")


def _rar4_block(kind: int, flags: int, fields: bytes) -> bytes:
    block = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return struct.pack("<H", zlib.crc32(block) & 0xFFFF) + block


def rar5(name: str, body: bytes, *, volume: bool = False, encrypted: bool = False) -> bytes:
    """A stored member (RarLab's technote of version 5)."""
    main = _rar5_block(bytes((1, 0, 1 if volume else 0)))
    # Record of encryption: type 1, version 0, flags 0, KDF count, salt, vector.
    extra = bytes((36, 1, 0, 0, 15)) + bytes(32) if encrypted else b""
    kind = bytes((2, 2 | bool(extra))) + (_vint(len(extra)) if extra else b"") + _vint(len(body))
    sums = _vint(4) + _vint(len(body)) + _vint(0o644) + struct.pack("<I", zlib.crc32(body))
    member = kind + sums + bytes((0, 1, len(name))) + name.encode() + extra
    return b"Rar!\x1a\7\1\0" + main + _rar5_block(member) + body + _rar5_block(bytes((5, 0, 0)))


def _rar5_block(fields: bytes) -> bytes:
    block = _vint(len(fields)) + fields
    return struct.pack("<I", zlib.crc32(block)) + block


def _vint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def seven_zip(name: str, body: bytes, *, encrypted: bool = False, hidden: bool = False) -> bytes:
    """A stored member (7zFormat.txt); or one that is encrypted, or whose very name is."""
    size = bytes((len(body),))
    coder = bytes((0x24,)) + AES_7Z + b"\2\x13\0" if encrypted or hidden else b"\1\0"
    streams = b"\6\0\1\x09" + size + b"\0" + b"\7\x0b\1\0\1" + coder + b"\x0c" + size + b"\0"
    streams += b"\0" if hidden else b"\x08\0\0"
    text = b"\0" + name.encode("utf-16-le") + b"\0\0"
    files = b"\5\1\x11" + bytes((len(text),)) + text + b"\0"
    header = b"\x17" + streams if hidden else b"\1\4" + streams + files + b"\0"
    start = struct.pack("<QQI", len(body), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body + header


def compressed(body: bytes) -> bytes:
    """What `compress` writes (.Z), each byte by a code of its own; at most 255 bytes."""
    bits = "".join(f"{byte:09b}"[::-1] for byte in body)
    packed = (bits[at : at + 8].ljust(8, "0")[::-1] for at in range(0, len(bits), 8))
    return b"\x1f\x9d\x90" + bytes(int(one, 2) for one in packed)


def lha(name: str, body: bytes) -> bytes:
    """A stored member, header level 0."""
    fields = b"-lh0-" + struct.pack("<IIIBB", len(body), len(body), 0x5A21_0000, 0x20, 0)
    fields += bytes((len(name),)) + name.encode() + struct.pack("<H", _crc16(body))
    return bytes((len(fields), sum(fields) & 0xFF)) + fields + body + b"\0"


def _crc16(body: bytes) -> int:
    value = 0
    for byte in body:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def arj(body: bytes) -> bytes:
    """The main header of an archive that nobody here reads."""
    header = struct.pack("<8B", 30, 11, 1, 0, 0, 0, 2, 0) + bytes(22) + b"a.arj\0\0"
    start = b"\x60\xea" + struct.pack("<H", len(header)) + header
    return start + struct.pack("<I", zlib.crc32(header)) + bytes(2) + body
