"""Documents and mail that hold one given file, made at run time."""

import base64
import binascii
import struct
import zlib
from collections.abc import Iterable
from email.message import EmailMessage

FREE, CHAIN_END, TABLE = 0xFFFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFD
SECTOR, MINI = 512, 64


def pdf(body: bytes, filters: str = "", *, length: int | str = -1, more: bytes = b"") -> bytes:
    """A document with one stream; `filters` is what stands behind /Filter."""
    said = f"/Filter {filters}" if filters else ""
    count = len(body) if length == -1 else length
    head = f"1 0 obj\n<< /Type /EmbeddedFile {said} /Length {count} >>\nstream\n"
    tail = b"\nendstream\nendobj\n" + more + b"trailer\n<< /Root 9 0 R >>\n%%EOF\n"
    return b"%PDF-1.7\n" + head.encode() + body + tail


def ascii85(body: bytes) -> bytes:
    return base64.a85encode(body) + b"~>"


def run_length(body: bytes) -> bytes:
    return bytes((len(body) - 1,)) + body + b"\x80"


def lzw(body: bytes) -> bytes:
    """Each byte by a code of nine bits, as long as codes have no more; at most 250 bytes."""
    bits = "".join(f"{code:09b}" for code in (256, *body, 257))
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def predicted(body: bytes) -> bytes:
    """One row by PNG's predictor `Sub`."""
    row = bytes((now - before) & 0xFF for before, now in zip(b"\0" + body, body, strict=False))
    return zlib.compress(b"\1" + row)


def ole(streams: dict[str, bytes]) -> bytes:
    """An OLE2 file of version 3 with all its streams in the root ([MS-CFB])."""
    mini, data = b"", b""
    minis: list[int] = []
    table: list[int] = []
    entries = []
    for name, body in streams.items():
        size = MINI if len(body) < 4096 else SECTOR
        chains, start = (minis, len(minis)) if size == MINI else (table, len(table))
        sectors = -(-len(body) // size)
        chains += [*range(start + 1, start + sectors), CHAIN_END] if sectors else []
        padded = body.ljust(sectors * size, b"\0")
        mini, data = (mini + padded, data) if size == MINI else (mini, data + padded)
        entries.append(_entry(name, 2, start if sectors else CHAIN_END, len(body)))
    mini_start, table, data = _append(mini, table, data)
    list_start, table, data = _append(struct.pack(f"<{len(minis)}I", *minis), table, data)
    root = _entry("Root Entry", 5, mini_start, len(mini), child=1 if entries else FREE)
    linked = [
        _linked(one, at + 2 if at + 1 < len(entries) else FREE) for at, one in enumerate(entries)
    ]
    directory, table, data = _append(b"".join((root, *linked)), table, data)
    table.append(TABLE)
    body = data + struct.pack(f"<{len(table)}I", *table).ljust(SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<3I", 0, 1, directory) + struct.pack("<2I", 0, 4096)
    head += struct.pack("<4I", list_start, 1 if minis else 0, CHAIN_END, 0)
    return head + struct.pack("<109I", len(table) - 1, *[FREE] * 108) + body


def _append(body: bytes, table: list[int], data: bytes) -> tuple[int, list[int], bytes]:
    """A chain of sectors behind the others; where it starts."""
    sectors, start = -(-len(body) // SECTOR), len(table)
    if not sectors:
        return CHAIN_END, table, data
    chain = [*range(start + 1, start + sectors), CHAIN_END]
    return start, table + chain, data + body.ljust(sectors * SECTOR, b"\0")


def _entry(name: str, kind: int, start: int, size: int, child: int = FREE) -> bytes:
    text = name.encode("utf-16-le")
    fields = struct.pack("<HBB3I", len(text) + 2, kind, 1, FREE, FREE, child)
    return text.ljust(64, b"\0") + fields + bytes(36) + struct.pack("<IQ", start, size)


def _linked(entry: bytes, right: int) -> bytes:
    return entry[:72] + struct.pack("<I", right) + entry[76:]


def package(name: str, body: bytes) -> bytes:
    """What stands in a stream `\\x01Ole10Native`."""
    path = f"C:\\tmp\\{name}".encode() + b"\0"
    fields = b"\2\0" + name.encode() + b"\0" + path + b"\0\0\3\0"
    fields += struct.pack("<I", len(path)) + path + struct.pack("<I", len(body)) + body + b"\0\0"
    return struct.pack("<I", len(fields)) + fields


def rtf(name: str, body: bytes) -> bytes:
    """A document with a package, its digits in lines."""
    names = b"".join(struct.pack("<I", len(one)) + one for one in (b"Package\0", b"", b""))
    digits = (struct.pack("<II", 0x501, 2) + names + package(name, body)).hex()
    lines = "\n".join(digits[at : at + 60] for at in range(0, len(digits), 60))
    return f"{{\\rtf1 text {{\\object\\objemb{{\\*\\objdata {lines}}}}}}}".encode()


def onenote(body: bytes) -> bytes:
    mark = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
    stored = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
    return mark + bytes(1008) + stored + struct.pack("<Q", len(body)) + bytes(12) + body + bytes(64)


def tnef(name: str, body: bytes) -> bytes:
    """A winmail.dat with an attachment."""
    out = struct.pack("<IH", 0x223E_9F78, 1)
    for attribute, value in (
        (0x0006_9002, bytes(14)),
        (0x0001_8010, name.encode() + b"\0"),
        (0x0006_800F, body),
    ):
        out += struct.pack("<BII", 2, attribute, len(value)) + value
        out += struct.pack("<H", sum(value) & 0xFFFF)
    return out


def uuencoded(name: str, body: bytes) -> bytes:
    lines = (binascii.b2a_uu(body[at : at + 45]) for at in range(0, len(body), 45))
    return f"begin 644 {name}\n".encode() + b"".join(lines) + b"`\nend\n"


def yenc(name: str, body: bytes) -> bytes:
    values = [bytes(((byte + 42) & 0xFF,)) for byte in range(256)]
    table = [b"=" + bytes((one[0] + 64,)) if one in b"\0\n\r=" else one for one in values]
    coded = b"".join(table[byte] for byte in body)
    size = len(body)
    head = f"=ybegin line=128 size={size} name={name}\r\n".encode()
    return head + coded + f"\r\n=yend size={size}\r\n".encode()


def mail(name: str, body: bytes, coding: str = "base64") -> bytes:
    """A mail with an attachment."""
    message = EmailMessage()
    message["Subject"] = "invoice"
    message.set_content("see the attachment")
    message.add_attachment(
        body, maintype="application", subtype="octet-stream", filename=name, cte=coding
    )
    return message.as_bytes()


def parts(fields: Iterable[str], bodies: Iterable[bytes], boundary: str = "cut") -> bytes:
    """A multipart body; `fields` are the header fields of each part, CR LF between them."""
    out = b""
    for head, body in zip(fields, bodies, strict=True):
        out += f"--{boundary}\r\n{head}\r\n\r\n".encode() + body + b"\r\n"
    return out + f"--{boundary}--\r\n".encode()
