import pytest

from clearpane.content.data_patterns import DataPatterns
from clearpane.content.member import Member

PATTERNS = DataPatterns((), ("payment-card", "iban"))


def found(text: str) -> dict[str, int]:
    return {seen.pattern: seen.count for seen in PATTERNS.see(Member("", text.encode()))}


# Numbers that the schemes and their processors publish for tests; none was ever given out.
CARDS = {
    "Visa": "4111111111111111",
    "Visa, 13 digits": "4222222222222",
    "Visa, 13 digits in groups": "4222 222 222 222",
    "Visa, 19 digits": "4111111111111111110",
    "Visa, 19 digits in groups": "4111 1111 1111 1111 110",
    "Visa in groups": "4012 8888 8888 1881",
    "Visa with dashes": "4012-8888-8888-1881",
    "Mastercard": "5555555555554444",
    "Mastercard of the second series": "2223003122003222",
    "the first of that series": "2221000000000009",
    "American Express": "378282246310005",
    "American Express in groups": "3782 822463 10005",
    "American Express with dashes": "3714-496353-98431",
    "Diners Club": "30569309025904",
    "Diners Club in groups": "3056 930902 5904",
    "Diners Club of another range": "38520000023237",
    "Discover": "6011111111111117",
    "Discover, 65": "6500000000000002",
    "JCB": "3530111333300000",
    "UnionPay": "6200000000000005",
    "UnionPay, 19 digits": "6205500000000000004",
    "Maestro": "6759649826438453",
    "Mir": "2200000000000004",
}


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS)
def test_cards(number: str) -> None:
    assert found(f"pay with {number}, please") == {"payment-card": 1}


PLACES = {
    "JSON": '{"card":"%s"}',
    "a JSON number": '{"card":%s}',
    "a line of a JSON text": '{"text":"card:\\n%s\\n"}',
    "CSV": "1,%s,12/28,123",
    "CSV with semicolons": "1;%s;12/28",
    "a form": "name=a&card=%s&cvc=1",
    "XML": "<card>%s</card>",
    "a number before it": "no 12 %s",
    "a date behind it": "%s 12/28",
    "groups that are no card before it": "4111 %s",
    "the end of a sentence": "It is %s.",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_where_cards_stand(place: str) -> None:
    assert found(place % "4111 1111 1111 1111") == {"payment-card": 1}


NO_CARDS = {
    "a wrong check digit": "4111111111111112",
    "nobody gives it out": "9111111111111112",
    "all zeros": "0000000000000000",
    "too short": "411111111111116",
    "a wrong length of its scheme": "34111111111111",
    "Mastercard just below its second series": "2220990000000007",
    "groups of the wrong size": "41111 11111 11111 1",
    "groups that are separated in different ways": "4111 1111-1111 1111",
    "two spaces": "4111  1111  1111  1111",
    "in a longer number": "94111111111111111",
    "in a decimal fraction": "0.4111111111111111",
    "with decimals": "4111111111111111.5",
    "in a word": "x4111111111111111",
    "in a hash": "4111111111111111ab",
    "in base64": "aGVsbG84111111111111111d29ybGQ=",
    "in an identifier": "order_4111111111111111",
    "behind a plus": "+4111111111111111",
    "a UUID of digits": "41111111-1111-1111-1111-111111111111",
    "the middle of a UUID": "12345678-4111-1111-1111-1111a1111111",
    "a barcode (EAN-13) that is right by Luhn too": "4000000000006",
    "milliseconds since 1970": "1732550400000",
    "microseconds since 1970": "1732550400000000",
    "nanoseconds since 1970": "1732550400000000000",
    "a telephone number": "+49 171 1234567890123",
    "an IMEI": "990000862471854",
    "an order number": "ORD-2024-4111-1111",
    "a random number": "4539578763621487",
}


@pytest.mark.parametrize("text", NO_CARDS.values(), ids=NO_CARDS)
def test_what_is_no_card(text: str) -> None:
    assert found(f"see {text} here") == {}


# The registry's own examples.
IBANS = {
    "Germany": "DE89370400440532013000",
    "Germany in groups": "DE89 3704 0044 0532 0130 00",
    "United Kingdom": "GB29NWBK60161331926819",
    "United Kingdom in groups": "GB29 NWBK 6016 1331 9268 19",
    "France": "FR1420041010050500013M02606",
    "Norway, the shortest": "NO9386011117947",
    "Norway in groups": "NO93 8601 1117 947",
    "Malta": "MT84MALT011000012345MTLCAST001S",
    "Saint Lucia": "LC55HEMM000100010012001200023015",
    "Switzerland": "CH9300762011623852957",
    "Belgium": "BE68539007547034",
    "Netherlands": "NL91ABNA0417164300",
    "Poland": "PL61109010140000071219812874",
    "words in capitals behind it": "GB29 NWBK 6016 1331 9268 19 BIC NWBKGB2L",
}


@pytest.mark.parametrize("number", IBANS.values(), ids=IBANS)
def test_ibans(number: str) -> None:
    assert found(f"IBAN: {number}") == {"iban": 1}


NO_IBANS = {
    "a wrong check digit": "DE88370400440532013000",
    "too short": "DE8937040044053201300",
    "too long": "DE893704004405320130001",
    "no such country": "ZZ89370400440532013000",
    "a part of a word": "XDE89370400440532013000",
    "a product key": "AB12-CD34-EF56-GH78",
    "capitals and digits": "AT12 THE QUICK BROWN FOXX",
    "small letters": "de89370400440532013000",
}


@pytest.mark.parametrize("text", NO_IBANS.values(), ids=NO_IBANS)
def test_what_is_no_iban(text: str) -> None:
    assert found(f"see {text} here") == {}
