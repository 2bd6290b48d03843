from datetime import datetime

import pytest

from clearpane.cli import match
from clearpane.errors import ClearpaneError
from clearpane.rulebase.rulebase import Rulebase
from sites import NOW, Site

DECRYPTION = """\
rules:
  - {name: switched-off, disabled: true, action: decrypt}
  - {name: private, from: [trust], category: [financial-services, pinned]}
  - {name: branch, source: [branch], to: [untrust], action: decrypt, profile: default}
  - {name: odd-port, from: [trust], service: [tcp/8443]}
  - {name: staff, source-user: [finance], action: decrypt}
  - {name: strangers, source-user: [unknown], from: [trust], destination: ["*.example.com"]}
"""
OBJECTS = """\
addresses: {branch: 10.2.0.0/16}
lists: {pinned: {type: domain, file: pinned.txt}}
user-groups: {finance: [alice]}
"""


@pytest.fixture
def rulebase(site: Site) -> Rulebase:
    site.write("decryption.yaml", DECRYPTION)
    site.write("objects.yaml", OBJECTS)
    site.write("pinned.txt", "pinned.example\n")
    site.write("categories/financial-services.txt", "bank.example\n")
    return site.load().rulebase


def ask(words: str, rulebase: Rulebase, now: datetime = NOW) -> match.Answer:
    return match.ask(match.read(words.split(), rulebase), rulebase, now)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        pytest.param(
            "from trust destination www.bank.example",
            "matched rule: private, no-decrypt",
            id="a host is in its category",
        ),
        pytest.param(
            "category financial-services source 10.9.9.9",
            "matched rule: private, no-decrypt",
            id="a category stands in for the host's, and the source tells the zone",
        ),
        pytest.param(
            "from trust category pinned",
            "matched rule: private, no-decrypt",
            id="a domain list is a category too",
        ),
        pytest.param(
            "destination 8.8.8.8 source 10.2.3.4",
            "matched rule: branch, decrypt",
            id="addresses tell both zones, in any order of words",
        ),
        pytest.param(
            "source ::ffff:10.2.3.4 destination www.example.org to untrust",
            "matched rule: branch, decrypt",
            id="a mapped address is its IPv4 address, and a zone can be said for a name",
        ),
        pytest.param(
            "from trust destination-port 8443",
            "matched rule: odd-port, no-decrypt",
            id="a port",
        ),
        pytest.param(
            "source-user Alice",
            "matched rule: staff, decrypt",
            id="a user is in her group",
        ),
        pytest.param(
            "source-user finance",
            "matched rule: staff, decrypt",
            id="a group stands for its members",
        ),
        pytest.param(
            "source-user unknown from trust destination www.example.com",
            "matched rule: strangers, no-decrypt",
            id="unknown is nobody",
        ),
        pytest.param(
            "from any to any source any category any",
            "no rule matches: not decrypted",
            id="any says nothing",
        ),
        pytest.param("", "no rule matches: not decrypted", id="nothing is said at all"),
        pytest.param(
            "from trust source 10.2.0.1 destination web.whatsapp.net",
            "no rule matches: not decrypted",
            id="an exclusion goes before the rules",
        ),
    ],
)
def test_the_first_line_is_the_answer(words: str, first: str, rulebase: Rulebase) -> None:
    assert str(ask(words, rulebase)).splitlines()[0] == first


def test_the_rules_above_say_why_they_do_not_match(rulebase: Rulebase) -> None:
    answer = ask("from trust source 192.168.1.1 destination-port 8443", rulebase)
    assert str(answer).splitlines() == [
        "matched rule: odd-port, no-decrypt",
        "rules/decryption.yaml:5:12: ssl-forward-proxy, no profile, category any",
        "skipped switched-off: disabled",
        "skipped private: category of none is not in financial-services, pinned",
        "skipped branch: to no zone is not in untrust",
        "not said, so taken as: a server in no zone",
    ]


def test_a_client_of_whom_nothing_is_said_is_in_no_zone(rulebase: Rulebase) -> None:
    skipped = ask("", rulebase).explanation.skipped
    assert skipped[1].because == "from no zone is not in trust"


def test_an_exclusion_that_wins_is_named(rulebase: Rulebase) -> None:
    assert str(ask("from trust destination web.whatsapp.net", rulebase)).splitlines()[:2] == [
        "no rule matches: not decrypted",
        "excluded-predefined: *.whatsapp.net; exclusions go before every rule",
    ]


def test_the_answer_as_json(rulebase: Rulebase) -> None:
    assert ask("source 10.2.3.4 destination 8.8.8.8", rulebase).as_json() == {
        "rule": "branch",
        "action": "decrypt",
        "profile": "default",
        "reason": "",
        "exclusion": "",
        "skipped": [
            {"rule": "switched-off", "because": "disabled"},
            {
                "rule": "private",
                "because": "category of none is not in financial-services, pinned",
            },
        ],
    }


def test_no_rule_as_json(rulebase: Rulebase) -> None:
    found = ask("destination web.whatsapp.net", rulebase).as_json()
    assert found == {
        "rule": "",
        "action": "no-decrypt",
        "profile": "",
        "reason": "excluded-predefined",
        "exclusion": "*.whatsapp.net",
        "skipped": [],
    }


@pytest.mark.parametrize(
    ("words", "assumed"),
    [
        pytest.param(
            "",
            ("a client at 0.0.0.0, in no zone", "a server in no zone", "destination-port 443"),
            id="nothing is said",
        ),
        pytest.param(
            "from trust to untrust destination-port 443",
            ("a client at 0.0.0.0",),
            id="zones and port are said",
        ),
        pytest.param(
            "source 10.0.0.1 destination 8.8.8.8 destination-port 443",
            (),
            id="addresses and port are said",
        ),
    ],
)
def test_what_was_not_said_is_said_to_be_taken_as_something(
    words: str, assumed: tuple[str, ...], rulebase: Rulebase
) -> None:
    assert ask(words, rulebase).assumed == assumed


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        pytest.param(
            "frm trust",
            """'frm' is no word of the question (did you mean "from"?)""",
            id="a slip in a word",
        ),
        pytest.param(
            "x y",
            "'x' is no word of the question (use from, to, source, destination, "
            "destination-port, source-user or category)",
            id="a word from nowhere",
        ),
        pytest.param("from", f"from has no value ({match.USAGE})", id="a word without its value"),
        pytest.param("to trust to untrust", "to is said twice (say it once)", id="said twice"),
        pytest.param(
            "from trst",
            """from: there is no zone trst (did you mean "trust"?)""",
            id="a slip in a zone",
        ),
        pytest.param(
            "to moon", "to: there is no zone moon (known: trust, untrust)", id="a zone from nowhere"
        ),
        pytest.param(
            "category governmant",
            'category: there is no category governmant (did you mean "government"?)',
            id="a slip in a category",
        ),
        pytest.param(
            "source host.example",
            "source: 'host.example' does not appear to be an IPv4 or IPv6 address",
            id="a source is an address",
        ),
        pytest.param(
            "destination a^b", "destination: 'a^b' is not a host name", id="a destination is a host"
        ),
        pytest.param(
            "destination-port 0", "destination-port: '0' is not a port from 1 to 65535", id="port 0"
        ),
        pytest.param(
            "destination-port https",
            "destination-port: 'https' is not a port from 1 to 65535",
            id="a port's name",
        ),
    ],
)
def test_a_question_that_makes_no_sense(words: str, problem: str, rulebase: Rulebase) -> None:
    with pytest.raises(ClearpaneError) as raised:
        ask(words, rulebase)
    assert str(raised.value) == problem


def test_all_that_is_wrong_with_a_question_is_said_at_once(rulebase: Rulebase) -> None:
    with pytest.raises(ClearpaneError) as raised:
        ask("from trst source x destination-port y colour", rulebase)
    assert len(raised.value.problems) == 4
