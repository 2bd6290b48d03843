"""Numbers that money is moved with: payment cards and IBANs."""

import re

from clearpane.content.check_digits import ean, luhn, mod_97_10
from clearpane.content.identifier import Identifier, evenly

# ISO/IEC 7812-1, with the ranges and lengths that the schemes give out: Visa, Mastercard, American
# Express, Diners Club, Discover, JCB, UnionPay, Maestro, Mir.
_ISSUED = re.compile(
    rb"4(?:\d{12}|\d{15}|\d{18})"
    rb"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    rb"|3[47]\d{13}"
    rb"|3(?:0[0-5]|095|[689]\d)\d{11,16}"
    rb"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}"
    rb"|35(?:2[89]|[3-8]\d)\d{12,15}"
    rb"|62\d{14,17}"
    rb"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{9,15}"
    rb"|220[0-4]\d{12,15}"
)
_CARD = (
    r"[2-6][0-9]{12,18}"
    r"|[2-6][0-9]{3}(?:[ -][0-9]{4}){3}(?:[ -][0-9]{3})?"
    r"|3[47][0-9]{2}[ -][0-9]{6}[ -][0-9]{5}"
    r"|3[0689][0-9]{2}[ -][0-9]{6}[ -][0-9]{4}"
    r"|4[0-9]{3}(?:[ -][0-9]{3}){3}"
)

# SWIFT, IBAN registry: how long it is, and where.
_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FK FI FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH CR HN HR LI LV",
    22: "BG BH DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB NI PL SV",
    29: "BR EG PS QA UA YE",
    30: "JO KW MU",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_LENGTHS = {country: size for size, each in _COUNTRIES.items() for country in each.split()}
_IBAN = r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"


def is_card(digits: bytes) -> bool:
    """A number that a scheme gives out, with its check digit (Luhn).

    Thirteen digits are also what a barcode has, which are everywhere while such cards are not:
    what is right as a barcode is taken for one.
    """
    if not _ISSUED.fullmatch(digits) or not luhn(digits):
        return False
    return len(digits) != 13 or not ean(digits)


def iban_length(candidate: bytes) -> int:
    """How much of a run of groups is an IBAN (ISO 13616-1): words may follow it."""
    wanted = _LENGTHS.get(candidate[:2].decode("ascii"), 0)
    compact = candidate.replace(b" ", b"")[:wanted]
    if not wanted or len(compact) < wanted or not mod_97_10(compact[4:] + compact[:4]):
        return 0
    end = 0
    for _ in range(wanted):
        end += 2 if candidate[end : end + 1] == b" " else 1
    return 0 if candidate[end : end + 1].isalnum() else end


PAYMENTS = (
    Identifier("payment-card", _CARD, evenly(is_card)),
    Identifier("iban", _IBAN, iban_length),
)
