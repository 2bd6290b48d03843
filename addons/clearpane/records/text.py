"""A record as one line of JSON that nothing inside it can break.

Whatever a server, a certificate or a client wrote stays inside its string: characters that end a
line, move the cursor, turn the text around or can't be seen are written as escapes. A lone
surrogate, which strict JSON readers refuse even as an escape, becomes the text `\\udXXX`; bytes
that are no UTF-8 become `\\xXX` in the same way.
"""

import re
from json import JSONEncoder

from clearpane.pages.escaping import UNSEEN

# Web servers stop at 8 KiB for a request line (nginx, Apache); a longer value tells nobody more.
VALUE_LIMIT = 8_192

type Value = str | bytes | int | float | bool | list[str] | tuple[str, ...] | None
type Row = dict[str, Value]

_UNSEEN = re.compile(f"[{UNSEEN}]")


def line(row: Row) -> str:
    """The record in compact JSON, without a line break; values past the limit are cut."""
    text = _encode(row)
    if len(text) > VALUE_LIMIT:
        text = _encode({key: _cut(value) for key, value in row.items()})
    return _UNSEEN.sub(_escape, text) if not text.isascii() or "\x7f" in text else text


def _cut(value: Value) -> Value:
    if isinstance(value, bytes):
        value = _decode(value[: VALUE_LIMIT + 1])
    if isinstance(value, str):
        return value if len(value) <= VALUE_LIMIT else f"{value[:VALUE_LIMIT]}… (cut)"
    if isinstance(value, list | tuple):
        return [str(_cut(item)) for item in value]
    return value


def _decode(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    raise TypeError(f"a record holds no {type(value).__name__}")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xD800 <= code <= 0xDFFF:
        return f"\\\\u{code:04x}"
    if code > 0xFFFF:
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"


# One encoder for all: json.dumps builds a new one for each call with other than its defaults.
_encode = JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False, default=_decode
).encode
