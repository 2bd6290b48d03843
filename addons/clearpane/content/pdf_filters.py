"""The filters of PDF streams (ISO 32000-1, 7.4), each read as far as it goes.

Pictures' filters are left alone: what is behind them are pixels. Those without a decoder in C are
slow, so that of their input SLOW bytes are read and the rest is a limit.
"""

import base64
import re
from collections.abc import Callable

from clearpane.content.limits import MIB

SLOW = 2 * MIB
NOT_HEX = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))
NOT_85 = bytes(set(range(256)) - set(range(33, 118)) - {ord("z")})


def ascii_hex(data: bytes, allowance: int) -> bytes:
    digits = data.partition(b">")[0].translate(None, NOT_HEX)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def ascii_85(data: bytes, allowance: int) -> bytes:
    """Up to the first group that is none."""
    text = data.partition(b"~>")[0].lstrip().removeprefix(b"<~").translate(None, NOT_85)
    text = text.replace(b"z", b"!!!!!")
    out, step = bytearray(), 5 << 12
    for start in range(0, len(text), step):
        try:
            out += base64.a85decode(text[start : start + step])
        except ValueError:
            return bytes(out + _groups(text[start : start + step]))
        if len(out) > allowance:
            break
    return bytes(out)


def _groups(text: bytes) -> bytes:
    out = bytearray()
    for start in range(0, len(text), 5):
        try:
            out += base64.a85decode(text[start : start + 5])
        except ValueError:
            break
    return bytes(out)


def run_length(data: bytes, allowance: int) -> bytes:
    out, at = bytearray(), 0
    while at < len(data) and data[at] != 128 and len(out) <= allowance:
        length = data[at]
        if length < 128:
            out += data[at + 1 : at + 2 + length]
            at += 2 + length
        else:
            out += data[at + 1 : at + 2] * (257 - length)
            at += 2
    return bytes(out)


def lzw(data: bytes, allowance: int, early: int = 1) -> bytes:
    """Codes of 9 to 12 bits, the highest first; with `early`, they widen one code too soon."""
    out, table = bytearray(), _fresh()
    width, bits, waiting, before = 9, 0, 0, b""
    for byte in data:
        waiting, bits = (waiting << 8 | byte) & 0xFFFFF, bits + 8
        if bits < width:
            continue
        bits -= width
        code = waiting >> bits & (1 << width) - 1
        if code == 257 or len(out) > allowance:
            break
        if code == 256:
            table, width, before = _fresh(), 9, b""
            continue
        entry = table[code] if code < len(table) else before + before[:1]
        if code > len(table) or not entry:
            break
        out += entry
        if before and len(table) < 4096:
            table.append(before + entry[:1])
        before = entry
        width = min(max(9, (len(table) + early).bit_length()), 12)
    return bytes(out)


def _fresh() -> list[bytes]:
    return [bytes((value,)) for value in range(256)] + [b"", b""]


def unpredict(data: bytes, parameters: bytes) -> bytes:
    """PNG's predictors undone (ISO 32000-1, 7.4.4.4); other data as it is.

    It is done for at most MIB bytes, since only pictures are larger.
    """
    if _number(parameters, b"Predictor", 1) < 10 or len(data) > MIB:
        return data
    colors, bits = _number(parameters, b"Colors", 1), _number(parameters, b"BitsPerComponent", 8)
    columns = _number(parameters, b"Columns", 1)
    row, pixel = (columns * colors * bits + 7) // 8, max(1, colors * bits // 8)
    if not 0 < row <= MIB:
        return data
    out, above = bytearray(), bytes(row)
    for start in range(0, len(data), row + 1):
        line = _line(data[start], bytearray(data[start + 1 : start + 1 + row]), above, pixel)
        out += line
        above = bytes(line).ljust(row, b"\0")
    return bytes(out)


def _line(kind: int, line: bytearray, above: bytes, pixel: int) -> bytearray:
    if kind == 0:
        return line
    for at in range(len(line)):
        left = line[at - pixel] if at >= pixel else 0
        corner = above[at - pixel] if at >= pixel else 0
        guess = (left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))
        line[at] = line[at] + guess[min(kind, 4) - 1] & 0xFF
    return line


def _paeth(left: int, above: int, corner: int) -> int:
    far = left + above - corner
    return min((left, above, corner), key=lambda one: abs(far - one))


def _number(parameters: bytes, key: bytes, default: int) -> int:
    found = re.search(rb"/" + key + rb"\s+(\d{1,9})", parameters)
    return int(found[1]) if found else default


SIMPLE: dict[str, Callable[[bytes, int], bytes]] = {
    "ASCIIHexDecode": ascii_hex,
    "AHx": ascii_hex,
    "ASCII85Decode": ascii_85,
    "A85": ascii_85,
    "RunLengthDecode": run_length,
    "RL": run_length,
    "LZWDecode": lzw,
    "LZW": lzw,
}
PICTURES = frozenset(
    ("DCTDecode", "DCT", "JPXDecode", "JBIG2Decode", "CCITTFaxDecode", "CCF", "Crypt")
)
FLATE = ("FlateDecode", "Fl")
