from collections.abc import Callable

import pytest

from clearpane.content.check_digits import (
    ean,
    luhn,
    mod_11_10,
    mod_97_10,
    verhoeff,
    weighted,
)

# From the standards' own examples, and from numbers that schemes publish for tests.
RIGHT = [
    (luhn, b"4111111111111111"),
    (luhn, b"378282246310005"),
    (luhn, b"79927398713"),
    (ean, b"4006381333931"),
    (ean, b"96385074"),
    (mod_11_10, b"86095742719"),
    (mod_11_10, b"02476291358"),
    (verhoeff, b"2363"),
    (verhoeff, b"234123412346"),
]


@pytest.mark.parametrize(("check", "number"), RIGHT)
def test_the_right_digit_alone_is_right(check: Callable[[bytes], bool], number: bytes) -> None:
    right = [digit for digit in b"0123456789" if check(number[:-1] + bytes([digit]))]
    assert right == [number[-1]]


@pytest.mark.parametrize(("check", "number"), RIGHT)
def test_one_wrong_digit_anywhere_shows(check: Callable[[bytes], bool], number: bytes) -> None:
    for place in range(len(number)):
        for digit in b"0123456789":
            changed = number[:place] + bytes([digit]) + number[place + 1 :]
            assert check(changed) is (changed == number)


def test_mod_97_10() -> None:
    # ISO 13616-1's example, the country and the check digits put last.
    assert mod_97_10(b"WEST12345698765432GB82")
    assert not mod_97_10(b"WEST12345698765423GB82")
    assert not mod_97_10(b"WEST12345698765432GB83")


def test_weighted() -> None:
    assert weighted(b"123", (1, 10, 100)) == 321
    assert weighted(b"1234", (1, 1)) == 3
