"""External lists of addresses and of domains."""

import pytest

from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.hello import address
from clearpane.rulebase.lists import ExternalList, ListType, parse

FILES = {
    "partners.txt": "\ufeff# partners\n10.1.0.0/16\n10.9.0.1-10.9.0.9 # range\r\n\n2001:db8::/32\n",
    "pinned.txt": "pinned.example\n*.below.example\nurl.example/path\n",
    "slips.txt": "10.0.0.0/8\nexample.com\n10.0.0.256\n",
    "rubbish.txt": "no address\n" * 20,
    "empty.txt": "# nothing\n",
    "binary.txt": "a.example\n\x00\x01\n",
}


def parsed(text: str) -> tuple[ExternalList, list[str]]:
    problems = Problems()
    root = read(f"it: {text}", "objects.yaml", problems)
    block = root.mapping("it") if root else None
    assert block is not None
    return parse(block, FILES.get, problems), [str(each) for each in problems.found]


def test_a_list_of_addresses() -> None:
    found, messages = parsed("{type: address, file: partners.txt}")

    assert messages == []
    assert found.type is ListType.ADDRESS
    for held in ("10.1.2.3", "10.9.0.5", "2001:db8::1", "::ffff:10.1.2.3"):
        assert found.entries.holds(address(held))
    assert not found.entries.holds(address("10.9.0.10"))


def test_a_line_of_a_domain_list_covers_what_lies_below() -> None:
    found, messages = parsed("{type: domain, file: pinned.txt}")
    names = found.entries.names

    assert messages == []
    assert found.type is ListType.DOMAIN
    assert names.covers("pinned.example")
    assert names.covers("www.pinned.example")
    assert names.covers("a.below.example")
    assert not names.covers("below.example")
    assert not names.covers("url.example")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "{type: address, file: slips.txt}",
            ["slips.txt:2: error: 'example.com'", "slips.txt:3: error: '10.0.0.256'"],
            id="slips with their lines",
        ),
        pytest.param(
            "{type: domain, file: binary.txt}",
            ["binary.txt:2: error: binary data"],
            id="binary rubbish",
        ),
        pytest.param(
            "{type: domain, file: empty.txt}",
            ["objects.yaml:1:26: warning: empty.txt lists nothing"],
            id="an empty list",
        ),
        pytest.param("{type: address}", ["objects.yaml:1:5: error: file is missing"], id="no file"),
        pytest.param("{file: x}", ["objects.yaml:1:5: error: type is missing"], id="no type"),
        pytest.param(
            "{type: domains, file: pinned.txt}",
            ["objects.yaml:1:12: error: type must be address or domain"],
            id="an unknown type",
        ),
        pytest.param("{type: domain, file: gone.txt}", [], id="what the reader reported already"),
    ],
)
def test_what_is_wrong_is_reported(text: str, expected: list[str]) -> None:
    _, messages = parsed(text)

    assert len(messages) == len(expected)
    assert all(message.startswith(start) for message, start in zip(messages, expected, strict=True))


def test_many_slips_are_counted() -> None:
    _, messages = parsed("{type: address, file: rubbish.txt}")

    assert messages[5] == "rubbish.txt: error: 15 more lines are no addresses"
