"""Numbers that states give their people, known by form, by rules and by check digits.

Where digits alone would be in every list of numbers, the form asks for the usual separators or for
the number's name in front of it.
"""

from datetime import date

from clearpane.content.check_digits import ean, luhn, mod_11_10, verhoeff, weighted
from clearpane.content.identifier import Identifier, whole

_DNI_LETTERS = b"TRWAGMYFPDXBNJZSQVHLCKE"
_HETU_SIGNS = b"0123456789ABCDEFHJKLMNPRSTUVWXY"
_SSN_NEVER = (b"078051120", b"219099999")
# Agenzia delle Entrate, DM 12 March 1974: what each character is worth at an odd place.
_ODD_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ODD_LETTERS = (*_ODD_DIGITS, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(
    zip(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (*_ODD_DIGITS, *_ODD_LETTERS), strict=True)
)
_OMOCODIA = bytes.maketrans(b"LMNPQRSTUV", b"0123456789")


def is_us_social_security(digits: bytes) -> bool:
    """Area, group and serial (SSA, "Social Security Number Randomization", 2011)."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    never = area in (b"000", b"666") or area >= b"900" or group == b"00" or serial == b"0000"
    return not never and digits not in _SSN_NEVER


def is_uk_national_insurance(text: bytes) -> bool:
    """Prefixes that are not given out (HMRC manual NIM39110)."""
    return text[:2] not in (b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ")


def is_de_tax_id(digits: bytes) -> bool:
    """Steuerliche Identifikationsnummer (section 139b AO; BZSt, "Steuer-IdNr."): of the first ten
    digits exactly one comes twice or three times, and MOD 11,10."""
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    return counts[-1] in (2, 3) and counts[:-1] == [1] * (len(counts) - 1) and mod_11_10(digits)


def is_fr_insee(text: bytes) -> bool:
    """NIR (decree 82-103; INSEE): the key is 97 less the rest by 97; Corsica is 2A and 2B."""
    month = int(text[3:5])
    if not (1 <= month <= 12 or 20 <= month <= 42 or month >= 50):
        return False
    number = int(text[:13].replace(b"2A", b"19").replace(b"2B", b"18"))
    return 97 - number % 97 == int(text[13:])


def is_es_dni_nie(text: bytes) -> bool:
    """The letter is the rest by 23 (Ministerio del Interior); X, Y and Z count as 0, 1 and 2."""
    digits = text[:-1].translate(bytes.maketrans(b"XYZ", b"012"))
    return _DNI_LETTERS[int(digits) % 23] == text[-1]


def is_it_codice_fiscale(text: bytes) -> bool:
    """The last letter is the sum by 26; digits may be letters where two people would be one."""
    even = sum(int(chr(byte), 36) - (10 if byte >= 65 else 0) for byte in text[1:15:2])
    odd = sum(_ODD[byte] for byte in text[:15:2])
    day = int(text[9:11].translate(_OMOCODIA))
    return text[15] == 65 + (even + odd) % 26 and (1 <= day <= 31 or 41 <= day <= 71)


def is_nl_bsn(digits: bytes) -> bool:
    """Burgerservicenummer: the eleven test (RvIG, "Logisch ontwerp BSN")."""
    return bool(int(digits)) and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def is_se_personnummer(digits: bytes) -> bool:
    """Date of birth and Luhn over the last ten digits (Skatteverket SKV 704); days of a
    coordination number are raised by 60."""
    ten = digits[-10:]
    day = int(ten[4:6])
    return luhn(ten) and _is_day(ten[:2], int(ten[2:4]), day - 60 if day > 60 else day)


def is_pl_pesel(digits: bytes) -> bool:
    """Date of birth, the century in the month (law of 24 September 2010), weights 1 3 7 9."""
    month = int(digits[2:4]) % 20
    total = weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1))
    return total % 10 == 0 and _is_day(digits[:2], month, int(digits[4:6]))


def is_ch_ahv(digits: bytes) -> bool:
    """AHV number of 13 digits since 2008 (ZAS): Switzerland's 756, with an EAN's check digit."""
    return ean(digits)


def is_fi_hetu(text: bytes) -> bool:
    """Henkilötunnus (DVV): date, a sign for the century, and a character for the rest by 31."""
    number = int(text[:6] + text[7:10])
    return text[10] == _HETU_SIGNS[number % 31] and _is_day(
        text[4:6], int(text[2:4]), int(text[:2])
    )


def is_be_national_number(digits: bytes) -> bool:
    """Rijksregisternummer (royal decree of 3 April 1984): 97 less the rest by 97, where those
    born since 2000 have a 2 in front."""
    number, key = int(digits[:9]), int(digits[9:])
    right = key in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)
    return right and int(digits[2:4]) % 20 <= 12 and int(digits[4:6]) <= 31


def is_in_aadhaar(digits: bytes) -> bool:
    """UIDAI, "A UID numbering scheme": never begins with 0 or 1, Verhoeff."""
    return digits[0] >= ord("2") and verhoeff(digits) and digits != digits[::-1]


def is_br_cpf(digits: bytes) -> bool:
    """Cadastro de Pessoas Físicas (Receita Federal): two check digits by 11; not all the same."""
    first = weighted(digits, range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(digits, range(11, 1, -1)) * 10 % 11 % 10
    return digits[9:] == b"%d%d" % (first, second) and len(set(digits)) > 1


def is_ca_sin(digits: bytes) -> bool:
    """Social Insurance Number (Service Canada): Luhn; none begins with 0 or 8."""
    return digits[:1] not in (b"0", b"8") and luhn(digits)


def is_kr_rrn(digits: bytes) -> bool:
    """Resident registration number (Ministry of the Interior): date, and a check digit that those
    given out since October 2020 no longer have, which are not found."""
    total = weighted(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5))
    right = (11 - total % 11) % 10 == digits[12] - 48
    return right and _is_day(digits[:2], int(digits[2:4]), int(digits[4:6]))


def is_cn_resident(text: bytes) -> bool:
    """GB 11643-1999: date of birth, and ISO/IEC 7064 MOD 11-2 with X for ten."""
    total = weighted(text, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
    if text[17] != b"10X98765432"[total % 11]:
        return False
    return _is_day(text[8:10], int(text[10:12]), int(text[12:14]), text[6:8])


def is_no_fodselsnummer(digits: bytes) -> bool:
    """Fødselsnummer (Skatteetaten): date, D numbers' days raised by 40, two check digits by 11."""
    day = int(digits[:2])
    first = weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    second = weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11
    dated = _is_day(digits[4:6], int(digits[2:4]), day - 40 if day > 40 else day)
    return not first and not second and dated


def is_cz_rodne_cislo(digits: bytes) -> bool:
    """Rodné číslo (law 133/2000): ten digits by 11, women's months raised by 50, a full register's
    by 20. Where the rest is 10, the last digit is 0."""
    month = int(digits[2:4]) % 50
    dated = _is_day(digits[:2], month - 20 if month > 20 else month, int(digits[4:6]))
    return int(digits[:9]) % 11 % 10 == digits[9] - 48 and dated


def _is_day(year: bytes, month: int, day: int, century: bytes = b"20") -> bool:
    """Whether there is such a day; a year of two digits has its leap day as in 2000 to 2099."""
    try:
        date(int(century + year), month, day)
    except ValueError:
        return False
    return True


_DATED = r"[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{2}"

_SE = r"[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01]|[67][0-9]|8[0-9]|9[01])"

NATIONAL_IDS = (
    Identifier(
        "us-social-security",
        r"[0-8][0-9]{2}(?:-[0-9]{2}-| [0-9]{2} )[0-9]{4}",
        whole(is_us_social_security),
        lonely=True,
    ),
    Identifier(
        "uk-national-insurance",
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]",
        whole(is_uk_national_insurance),
    ),
    Identifier(
        "de-tax-id",
        r"[1-9][0-9](?:[0-9]{9}| [0-9]{3} [0-9]{3} [0-9]{3})",
        whole(is_de_tax_id),
        lonely=True,
    ),
    Identifier(
        "fr-insee",
        r"[1-478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        whole(is_fr_insee),
    ),
    Identifier("es-dni-nie", r"(?:[0-9]{8}|[XYZ]-?[0-9]{7})-?[A-HJ-NP-TV-Z]", whole(is_es_dni_nie)),
    Identifier(
        "it-codice-fiscale",
        r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPR-T][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]",
        whole(is_it_codice_fiscale),
    ),
    Identifier(
        "nl-bsn",
        r"[0-9]{9}",
        whole(is_nl_bsn),
        named=r"bsn|burgerservice ?nummer|sofi-?nummer",
    ),
    Identifier(
        "se-personnummer",
        rf"(?:(?:19|20)?{_SE}[-+][0-9]{{4}}|(?:19|20){_SE}[0-9]{{4}})",
        lambda text: len(text) if is_se_personnummer(text.translate(None, b"-+")) else 0,
    ),
    Identifier("pl-pesel", r"[0-9]{11}", whole(is_pl_pesel)),
    Identifier("ch-ahv", r"756(?:\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}|[0-9]{10})", whole(is_ch_ahv)),
    Identifier(
        "fi-hetu",
        r"[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]",
        lambda text: len(text) if is_fi_hetu(text) else 0,
    ),
    Identifier(
        "be-national-number",
        r"[0-9]{2}(?:[0-9]{9}|\.[0-9]{2}\.[0-9]{2}-[0-9]{3}[.-][0-9]{2})",
        whole(is_be_national_number),
    ),
    Identifier(
        "in-aadhaar",
        r"[2-9][0-9]{3}(?: [0-9]{4} |-[0-9]{4}-)[0-9]{4}",
        whole(is_in_aadhaar),
        lonely=True,
    ),
    Identifier(
        "br-cpf",
        r"(?:[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9]{11})",
        whole(is_br_cpf),
    ),
    Identifier(
        "ca-sin",
        r"[1-79][0-9]{2}(?: [0-9]{3} |-[0-9]{3}-)[0-9]{3}",
        whole(is_ca_sin),
        lonely=True,
    ),
    Identifier("kr-rrn", rf"{_DATED}-[0-9]{{7}}", whole(is_kr_rrn)),
    Identifier(
        "cn-resident-id",
        rf"[1-9][0-9]{{5}}(?:19|20){_DATED}[0-9]{{3}}[0-9X]",
        whole(is_cn_resident),
    ),
    Identifier("no-fodselsnummer", r"[0-7][0-9]{5} ?[0-9]{5}", whole(is_no_fodselsnummer)),
    Identifier("cz-rodne-cislo", r"[0-9]{6}/[0-9]{4}", whole(is_cz_rodne_cislo)),
)
