import pytest

from clearpane.content.data_patterns import DataPatterns
from clearpane.content.member import Member
from clearpane.content.national_ids import NATIONAL_IDS

# Numbers that are published as examples, or were made up for tests with the right check digits.
RIGHT = {
    "us-social-security": ("123-45-6789", "123 45 6789", "899-99-9999"),
    "uk-national-insurance": ("AB123456C", "AB 12 34 56 C", "JG103759A"),
    "de-tax-id": ("86095742719", "86 095 742 719", "47036892816"),
    "fr-insee": ("255081416802538", "2 55 08 14 168 025 38", "1 84 12 2A 451 089 33"),
    "es-dni-nie": ("12345678Z", "12345678-Z", "X1234567L", "X-1234567-L"),
    "it-codice-fiscale": ("RSSMRA85T10A562S",),
    "nl-bsn": ("BSN 111222333", "burgerservicenummer: 123456782", '"bsn":"111222333"'),
    "se-personnummer": ("811228-9874", "19811228-9874", "198112289874"),
    "pl-pesel": ("44051401359", "02070803628"),
    "ch-ahv": ("756.9217.0769.85", "7569217076985"),
    "fi-hetu": ("131052-308T", "010100A123D"),
    "be-national-number": ("85.07.30-033.28", "85073003328"),
    "in-aadhaar": ("2341 2341 2346", "2341-2341-2346"),
    "br-cpf": ("111.444.777-35", "11144477735", "390.533.447-05"),
    "ca-sin": ("123-456-782", "123 456 782"),
    "kr-rrn": ("971013-9019902",),
    "cn-resident-id": ("11010519491231002X", "360426199101010071"),
    "no-fodselsnummer": ("15108695088", "151086 95088"),
    "cz-rodne-cislo": ("710319/2745",),
}

WRONG = {
    "us-social-security": (
        *("000-45-6789", "666-45-6789", "900-45-6789", "123-00-6789", "123-45-0000"),
        *("078-05-1120", "123456789", "123-456-789", "1-123-45-6789", "123-45-67890"),
        *("99 123 45 6789", "123-45 6789", "+123-45-6789"),
    ),
    "uk-national-insurance": ("GB123456A", "DA123456A", "AB123456E", "AB123456", "XAB123456C"),
    "de-tax-id": ("86095742718", "06095742719", "12345678903", "11111111111", "+86095742719"),
    "fr-insee": ("255081416802539", "955081416802538", "255171416802538", "0.255081416802538"),
    "es-dni-nie": ("12345678A", "X1234567A", "A12345678Z", "12345678"),
    "it-codice-fiscale": ("RSSMRA85T10A562T", "RSSMRA85Z10A562S", "RSSMRA85T10A562"),
    "nl-bsn": ("111222333", "BSN 111222334", "BSN 000000000", "BSN 1112223333"),
    "se-personnummer": ("811228-9873", "811328-9874", "8112289874", "811232-9874"),
    "pl-pesel": ("44051401358", "44131401359", "44053401359", "17325504000"),
    "ch-ahv": ("756.9217.0769.84", "757.9217.0769.85", "7569217076984"),
    "fi-hetu": ("131052-308U", "321052-308T", "131352-308T"),
    "be-national-number": ("85.07.30-033.29", "85073003329"),
    "in-aadhaar": (
        *("2341 2341 2347", "1341 2341 2346", "234123412346", "2341 2341-2346"),
        *("2341 2341 2346 1111", "4111 2341 2341 2346"),
    ),
    "br-cpf": ("111.444.777-36", "111.111.111-11", "11111111111", "111-444-777-35"),
    "ca-sin": ("123-456-783", "046-454-286", "800-555-1234", "123 456 782 999"),
    "kr-rrn": ("971013-9019903", "971313-9019902"),
    "cn-resident-id": ("110105194912310021", "11010519491331002X", "11010518491231002X"),
    "no-fodselsnummer": ("15108695089", "35108695088", "15138695088"),
    "cz-rodne-cislo": ("710319/2746", "711919/2745", "2024/01/02"),
}


def count(name: str, text: str) -> int:
    body = f"the number is {text}, as said".encode()
    return sum(seen.count for seen in DataPatterns((), (name,)).see(Member("", body)))


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in RIGHT.items() for text in texts]
)
def test_numbers_that_are_right(name: str, text: str) -> None:
    assert count(name, text) == 1


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts]
)
def test_numbers_that_are_not(name: str, text: str) -> None:
    assert count(name, text) == 0


def test_each_kind_of_number_is_tested() -> None:
    names = {identifier.name for identifier in NATIONAL_IDS}
    assert names == set(RIGHT) == set(WRONG)
    assert len(names) == len(NATIONAL_IDS)


def test_each_kind_says_where_its_rules_stand() -> None:
    from clearpane.content import national_ids

    checks = [getattr(national_ids, name) for name in dir(national_ids) if name.startswith("is_")]
    assert len(checks) == len(NATIONAL_IDS)
    assert all(check.__doc__ for check in checks)


LOOKALIKES = (
    "2024-11-25T17:52:09.123456789Z",
    "192.168.100.200",
    "+1 (800) 555-1234, 0171 1234567, 030/12345678",
    "550e8400-e29b-41d4-a716-446655440000",
    "00000000-0000-0000-0000-000000000000",
    "d41d8cd98f00b204e9800998ecf8427e",
    "1732550400, 1732550400000, 1732550400000000",
    "ISBN 978-3-16-148410-0",
    "EUR 1.234.567,89",
    "v1.2.3-20241125.1",
    "0.12345678901234567",
    "SGVsbG8gV29ybGQhIFRoaXMgaXMgYmFzZTY0Lg==",
)


@pytest.mark.parametrize("text", LOOKALIKES)
def test_what_looks_alike_is_no_number_of_any_state(text: str) -> None:
    names = [identifier.name for identifier in NATIONAL_IDS]
    seen = list(DataPatterns((), names).see(Member("", f"see {text} here".encode())))
    assert seen == []
