"""Who is never decrypted, by which name, until when."""

from datetime import date

import pytest

from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.rulebase.exclusions import Exclusions, key, parse

TODAY = date(2026, 11, 25)
FILE = """
exclusions:
  - {name: "*.pinned.example", description: "pinned: pinned-cert", expires: 2027-06-30}
  - {name: Exact.Example.}
  - {name: Robot Client}
  - {name: 192.0.2.7}
  - {name: old.example, expires: 2026-11-24}
  - {name: today.example, expires: 2026-11-25}
  - {name: web.whatsapp.net, expires: 2020-01-01}
predefined: {"*.WhatsApp.net": true, "AnyDesk Client": false, "*.icloud.com": no}
"""


def exclusions(text: str) -> tuple[Exclusions, list[str]]:
    problems = Problems()
    found = parse(read(text, "exclusions.yaml", problems) if text else None, problems)
    return found, [str(each) for each in problems.found]


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        pytest.param("a.b.pinned.example", "*.pinned.example", id="below a wildcard"),
        pytest.param("pinned.example", "", id="the wildcard's own domain"),
        pytest.param("exact.example", "Exact.Example.", id="a host in another spelling"),
        pytest.param("www.exact.example", "", id="a host has no sub-domains"),
        pytest.param("192.0.2.7", "192.0.2.7", id="an address"),
        pytest.param("old.example", "", id="expired yesterday"),
        pytest.param("today.example", "today.example", id="the last day counts"),
        pytest.param("web.whatsapp.net", "*.whatsapp.net", id="an expired own one hides nothing"),
        pytest.param("itunes.apple.com", "itunes.apple.com", id="predefined"),
        pytest.param("p01.icloud.com", "", id="predefined, switched off"),
    ],
)
def test_a_host_name_is_excluded_by(name: str, entry: str) -> None:
    found, messages = exclusions(FILE)
    excluded = found.find(name, TODAY)

    assert messages == []
    assert (excluded.name if excluded else "") == entry


@pytest.mark.parametrize(
    ("names", "entry"),
    [
        pytest.param(["x.test", "www.pinned.example"], "*.pinned.example", id="one of its names"),
        pytest.param(["*.pinned.example"], "*.pinned.example", id="the same wildcard"),
        pytest.param(["*.a.pinned.example"], "*.pinned.example", id="a wildcard below it"),
        pytest.param(["*.example"], "", id="a wildcard that stands for more"),
        pytest.param(["WWW.Pinned.Example."], "*.pinned.example", id="another spelling"),
        pytest.param(["robot client"], "Robot Client", id="a name that is no host name"),
        pytest.param(["AnyNet Relay"], "AnyNet Relay", id="a predefined one"),
        pytest.param(["node7.SoftEther VPN"], "*.SoftEther VPN", id="a predefined wildcard"),
        pytest.param(["AnyDesk Client"], "", id="switched off"),
        pytest.param(["", "\x00", "a^b", "*", "."], "", id="rubbish"),
        pytest.param([], "", id="no names"),
    ],
)
def test_a_certificate_is_excluded_by(names: list[str], entry: str) -> None:
    excluded = exclusions(FILE)[0].find_certificate(names, TODAY)

    assert (excluded.name if excluded else "") == entry


def test_own_entries_go_before_predefined_ones() -> None:
    found, _ = exclusions('exclusions: [{name: "*.whatsapp.net", description: ours}]')
    excluded = found.find("web.whatsapp.net", TODAY)

    assert excluded is not None
    assert (excluded.custom, excluded.description) == (True, "ours")


def test_predefined_entries_carry_their_reason() -> None:
    excluded = exclusions("")[0].find("web.whatsapp.net", TODAY)

    assert excluded is not None
    assert (excluded.custom, excluded.reason) == (False, "pinned-cert")


def test_switching_off_takes_one_entry_away() -> None:
    everything, some = exclusions("")[0], exclusions(FILE)[0]

    assert len(everything.predefined) == len(some.predefined) + 2
    assert [each.name for each in everything.custom] == []
    assert len(some.custom) == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('exclusions: [{name: "^a$"}]', "regular expressions", id="a regex"),
        pytest.param('exclusions: [{name: "a.example/b"}]', "URL", id="a URL"),
        pytest.param('exclusions: [{name: "a b^"}]', "regular expressions", id="a regex of words"),
        pytest.param("exclusions: [{description: x}]", "name is missing", id="no name"),
        pytest.param(
            "exclusions: [{name: a.example, until: 2027-01-01}]", "unknown key until", id="a slip"
        ),
        pytest.param(
            "exclusions: [{name: a.example, expires: soon}]", "must be a date", id="no date"
        ),
        pytest.param(
            "exclusions: [{name: a.example}, {name: A.example.}]",
            "excluded at exclusions.yaml:1:21 already",
            id="twice",
        ),
        pytest.param(
            'predefined: {"*.whatsap.net": false}',
            'did you mean "*.whatsapp.net"?',
            id="switching off what is not there",
        ),
        pytest.param(
            'predefined: {"*.whatsapp.net": off}', "must be true or false", id="no yes or no"
        ),
        pytest.param("exclusion: []", "unknown key exclusion", id="an unknown section"),
    ],
)
def test_slips_are_reported_once(text: str, message: str) -> None:
    _, messages = exclusions(text)

    assert len(messages) == 1
    assert message in messages[0]
    assert messages[0].startswith("exclusions.yaml:1:")


def test_keys_compare_spellings() -> None:
    assert key("Straße.example.") == key("XN--STRAE-OQA.example")
    assert key("::FFFF:192.0.2.7") == "192.0.2.7"
    assert key("AnyDesk  Client ") == "anydesk  client"
