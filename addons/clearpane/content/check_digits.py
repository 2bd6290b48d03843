"""Arithmetic that tells a number that was given out from one that was made up.

Each function takes ASCII digits that were matched before, without separators.
"""

from collections.abc import Sequence

_ZERO = ord("0")
_VALUES = bytes(max(byte - _ZERO, 0) % 10 for byte in range(256))
_DOUBLED = bytes(sum(divmod(2 * value, 10)) for value in _VALUES)

# Verhoeff's dihedral group D5 and its permutation: "Error detecting decimal codes", 1969.
_TIMES = (
    *((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5)),
    *((2, 3, 4, 0, 1, 7, 8, 9, 5, 6), (3, 4, 0, 1, 2, 8, 9, 5, 6, 7)),
    *((4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1)),
    *((6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3)),
    *((8, 7, 6, 5, 9, 3, 2, 1, 0, 4), (9, 8, 7, 6, 5, 4, 3, 2, 1, 0)),
)
_PERMUTED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def luhn(digits: bytes) -> bool:
    """ISO/IEC 7812-1 annex B: every second digit from the right is doubled."""
    plain = digits[-1::-2].translate(_VALUES)
    doubled = digits[-2::-2].translate(_DOUBLED)
    return not (sum(plain) + sum(doubled)) % 10


def ean(digits: bytes) -> bool:
    """GS1 General Specifications section 7.9: weights 1 and 3 in turn, from the right."""
    values = digits[::-1].translate(_VALUES)
    return not (sum(values[::2]) + 3 * sum(values[1::2])) % 10


def weighted(digits: bytes, weights: Sequence[int]) -> int:
    """The sum of the first digits, each times its weight."""
    values = digits.translate(_VALUES)
    return sum(value * weight for value, weight in zip(values, weights, strict=False))


def mod_11_10(digits: bytes) -> bool:
    """ISO/IEC 7064 MOD 11,10, the check digit standing last."""
    product = 10
    for value in digits[:-1].translate(_VALUES):
        product = 2 * ((product + value) % 10 or 10) % 11
    return (product + _VALUES[digits[-1]]) % 10 == 1


def mod_97_10(text: bytes) -> bool:
    """ISO/IEC 7064 MOD 97-10 over digits and capital letters, where A is 10 and Z is 35."""
    return int("".join(str(int(chr(byte), 36)) for byte in text)) % 97 == 1


def verhoeff(digits: bytes) -> bool:
    """The check digit, standing last, brings the product to nothing."""
    step = list(range(10))
    product = 0
    for value in digits[::-1].translate(_VALUES):
        product = _TIMES[product][step[value]]
        step = [_PERMUTED[each] for each in step]
    return product == 0
