"""From text to a value, with nothing guessed.

YAML's own types are not used: its words and numbers change meaning with a missing quote. Each
parser takes the text as written and raises ValueError with what was expected, ready to stand after
the name of a key; a second argument of the error is the cure.
"""

import re
from datetime import date

from clearpane.documents.nearest import did_you_mean
from clearpane.documents.place import Text

FLAGS = {"true": True, "yes": True, "false": False, "no": False}

# Words that are flags or nothing somewhere, in any capitals. `on` and `off` are no flags here, so
# they can't be meant as anything but text, as in YAML 1.2.
_TRAPS = frozenset(("yes", "no", "true", "false", "null", "~"))

_UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_SIZE = re.compile(r"(\d+) ?([A-Za-z]*)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def text(scalar: Text) -> Text:
    """The text itself; an unquoted word that YAML reads as something else is refused."""
    if scalar.plain and not scalar:
        raise ValueError("has no value", "write one or remove the key")
    if scalar.plain and scalar.lower() in _TRAPS:
        raise ValueError(
            f"is the bare word {scalar}, which YAML does not read as text", _quote(scalar)
        )
    return scalar


def flag(scalar: Text) -> bool:
    """True or false, in one of the four spellings."""
    if scalar not in FLAGS:
        raise ValueError(
            f"must be true or false, not {_shown(scalar)}", did_you_mean(scalar, FLAGS)
        )
    return FLAGS[scalar]


def integer(scalar: Text, low: int, high: int) -> int:
    """A whole number in decimal, without a leading zero."""
    if not re.fullmatch(r"-?\d{1,18}", scalar, re.ASCII):
        raise ValueError(f"must be a whole number, not {_shown(scalar)}")
    _no_leading_zero(scalar)
    return int(_within(int(scalar), low, high))


def number(scalar: Text, low: float, high: float) -> float:
    """A number with or without a decimal point."""
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", scalar, re.ASCII):
        raise ValueError(f"must be a number, not {_shown(scalar)}")
    _no_leading_zero(scalar)
    return _within(float(scalar), low, high)


def size(scalar: Text, low: int, high: int) -> int:
    """A count of bytes: `32MiB`, `512KiB`, `1GiB`, or plain bytes."""
    parts = _SIZE.fullmatch(scalar)
    if not parts or len(parts[1]) > 15:
        raise ValueError(f"must be a size such as 32MiB, not {_shown(scalar)}")
    if parts[2] not in _UNITS:
        cure = did_you_mean(parts[2], _UNITS) or "units are KiB, MiB and GiB"
        raise ValueError(f"must be a size such as 32MiB, not {_shown(scalar)}", cure)
    _no_leading_zero(parts[1])
    return int(_within(int(parts[1]) * _UNITS[parts[2]], low, high))


def day(scalar: Text) -> date:
    """A day as YYYY-MM-DD."""
    if not _DATE.fullmatch(scalar):
        raise ValueError(f"must be a date such as 2027-06-30, not {_shown(scalar)}")
    try:
        return date.fromisoformat(scalar)
    except ValueError:
        raise ValueError(f"must be a date such as 2027-06-30: there is no {scalar}") from None


def _within[N: (int, float)](value: N, low: N, high: N) -> N:
    if not low <= value <= high:
        raise ValueError(f"must be {low} to {high}, not {value}")
    return value


def _no_leading_zero(digits: str) -> None:
    if re.match(r"-?0\d", digits):
        raise ValueError(
            f"has a leading zero: {digits}, which YAML reads as octal", "write it without the zero"
        )


def _quote(scalar: Text) -> str:
    return f'write "{scalar}" in quotes if the text is meant'


def _shown(scalar: Text) -> str:
    return f'"{scalar}"' if scalar else "empty"
