import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.rulebase import exclusions
from clearpane.rulebase.learned import (
    LIMIT,
    Cause,
    Entry,
    LearnedExclusions,
    ProfileId,
    Server,
    suggestion,
    to_text,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SHOP = Server("shop.test", "192.0.2.1", 443)
PROFILE = ProfileId("default", "f1")
ALICE, MALLORY = "10.0.0.1", "10.0.0.66"
MTLS, PINNED = Cause.CLIENT_CERTIFICATE_REQUIRED, Cause.CLIENT_REJECTED_CERTIFICATE


@pytest.fixture
def table() -> LearnedExclusions:
    return LearnedExclusions()


def later(**passed: float) -> datetime:
    return NOW + timedelta(**passed)


def servers(table: LearnedExclusions, now: datetime = NOW) -> list[str]:
    return [str(entry.server) for entry in table.entries(now)]


def test_what_was_learned_from_the_server_holds_for_every_client(table: LearnedExclusions) -> None:
    learned = table.learn(SHOP, PROFILE, MTLS, NOW)
    assert (learned.cause, learned.client, learned.count) == (MTLS, "", 1)
    assert learned.expires == later(hours=12)
    found = table.find(SHOP, PROFILE, ALICE, later(hours=1))
    assert found and found.count == 2
    found = table.find(SHOP, PROFILE, MALLORY, later(hours=1))
    assert found and found.count == 3 and found.learned == NOW


def test_what_was_learned_from_a_client_holds_for_it_alone(table: LearnedExclusions) -> None:
    table.learn(SHOP, PROFILE, PINNED, NOW, MALLORY)
    assert table.find(SHOP, PROFILE, MALLORY, NOW)
    assert table.find(SHOP, PROFILE, ALICE, NOW) is None


@pytest.mark.parametrize(
    ("server", "profile"),
    [
        pytest.param(Server("shop.test", "203.0.113.66", 443), PROFILE, id="the name elsewhere"),
        pytest.param(Server("bank.test", "192.0.2.1", 443), PROFILE, id="another name there"),
        pytest.param(Server("", "192.0.2.1", 443), PROFILE, id="no name there"),
        pytest.param(Server("shop.test", "192.0.2.1", 8443), PROFILE, id="another port"),
        pytest.param(SHOP, ProfileId("strict", "f1"), id="another profile"),
        pytest.param(SHOP, ProfileId("default", "f2"), id="the profile after a change"),
    ],
)
def test_nothing_else_is_exempt(
    table: LearnedExclusions, server: Server, profile: ProfileId
) -> None:
    table.learn(SHOP, PROFILE, MTLS, NOW)
    assert table.find(server, profile, ALICE, NOW) is None


def test_an_entry_ages_out_after_twelve_hours_however_often_it_is_met(
    table: LearnedExclusions,
) -> None:
    table.learn(SHOP, PROFILE, MTLS, NOW)
    assert table.learn(SHOP, PROFILE, MTLS, later(hours=11)).count == 2
    assert table.find(SHOP, PROFILE, ALICE, later(hours=12, seconds=-1))
    assert servers(table, later(hours=12, seconds=-1)) == ["shop.test:443"]
    assert servers(table, later(hours=12)) == []
    assert table.find(SHOP, PROFILE, ALICE, later(hours=12)) is None
    again = table.learn(SHOP, PROFILE, MTLS, later(hours=13))
    assert (again.count, again.learned) == (1, later(hours=13))


def test_when_it_is_full_the_one_learned_first_goes(table: LearnedExclusions) -> None:
    for n in range(LIMIT):
        table.learn(Server(f"{n}.test", "192.0.2.1", 443), PROFILE, MTLS, NOW)
    first, second = (Server(f"{n}.test", "192.0.2.1", 443) for n in (0, 1))
    assert table.find(first, PROFILE, ALICE, NOW)  # a use does not save it
    table.learn(SHOP, PROFILE, MTLS, NOW)
    assert len(table.entries(NOW)) == LIMIT
    assert table.find(first, PROFILE, ALICE, NOW) is None
    assert table.find(second, PROFILE, ALICE, NOW)
    assert table.entries(NOW)[0].server == SHOP  # newest first


def test_one_trust_alert_counts_as_pinning(table: LearnedExclusions) -> None:
    assert table.rejected(SHOP, PROFILE, ALICE, NOW, closed=False)
    assert table.entries(NOW) == ()  # learning is the caller's decision


@pytest.mark.parametrize(
    ("client", "server", "after", "pinned"),
    [
        pytest.param(ALICE, SHOP, timedelta(minutes=10), True, id="again within ten minutes"),
        pytest.param(ALICE, SHOP, timedelta(minutes=11), False, id="again later"),
        pytest.param(ALICE, SHOP, timedelta(minutes=-1), False, id="the clock was set back"),
        pytest.param(MALLORY, SHOP, timedelta(0), False, id="another client"),
        pytest.param(
            ALICE, Server("b.test", "192.0.2.1", 443), timedelta(0), False, id="another server"
        ),
    ],
)
def test_it_takes_two_closes_without_an_alert(
    table: LearnedExclusions, client: str, server: Server, after: timedelta, pinned: bool
) -> None:
    assert not table.rejected(SHOP, PROFILE, ALICE, NOW, closed=True)
    assert table.rejected(server, PROFILE, client, NOW + after, closed=True) is pinned


def test_after_two_closes_the_count_begins_anew(table: LearnedExclusions) -> None:
    said = [table.rejected(SHOP, PROFILE, ALICE, NOW, closed=True) for _ in range(4)]
    assert said == [False, True, False, True]


def test_suspicions_are_bounded(table: LearnedExclusions) -> None:
    table.rejected(SHOP, PROFILE, ALICE, NOW, closed=True)
    for n in range(LIMIT):
        table.rejected(Server(f"{n}.test", "192.0.2.1", 443), PROFILE, MALLORY, NOW, closed=True)
    assert not table.rejected(SHOP, PROFILE, ALICE, NOW, closed=True)


@pytest.mark.parametrize(
    ("match", "left"),
    [
        ("", []),
        ("shop.test", ["[2001:db8::1]:443"]),
        ("SHOP.test", ["[2001:db8::1]:443"]),
        ("shop.test:8443", ["[2001:db8::1]:443", "shop.test:443"]),
        ("192.0.2.1", ["[2001:db8::1]:443"]),
        ("[2001:DB8::1]:443", ["shop.test:8443", "shop.test:443"]),
        ("2001:db8::1", ["shop.test:8443", "shop.test:443"]),
        ("test", ["[2001:db8::1]:443", "shop.test:8443", "shop.test:443"]),
    ],
)
def test_clear_forgets_all_or_one_server(
    table: LearnedExclusions, match: str, left: list[str]
) -> None:
    for server in (SHOP, Server("shop.test", "192.0.2.1", 8443), Server("", "2001:db8::1", 443)):
        table.learn(server, PROFILE, MTLS, NOW)
    assert table.clear(match) == 3 - len(left)
    assert servers(table) == left


def test_clear_forgets_suspicions_too(table: LearnedExclusions) -> None:
    table.rejected(SHOP, PROFILE, ALICE, NOW, closed=True)
    assert table.clear() == 0
    assert not table.rejected(SHOP, PROFILE, ALICE, NOW, closed=True)


def test_what_was_learned_under_a_profile_that_is_gone_or_changed_is_forgotten(
    table: LearnedExclusions,
) -> None:
    for name in ("same", "changed", "gone"):
        table.learn(Server(f"{name}.test", "192.0.2.1", 443), ProfileId(name, "f1"), MTLS, NOW)
    assert table.keep({"same": "f1", "changed": "f2", "new": "f1"}) == 2
    assert servers(table) == ["same.test:443"]


def test_the_version_tells_when_there_is_something_to_write(table: LearnedExclusions) -> None:
    seen = [table.version]
    for act in (
        lambda: table.learn(SHOP, PROFILE, MTLS, NOW),
        lambda: table.clear(),
        lambda: table.learn(SHOP, PROFILE, MTLS, NOW),
        lambda: table.keep({}),
    ):
        act()
        seen.append(table.version)
    assert len(set(seen)) == len(seen)
    table.find(SHOP, PROFILE, ALICE, NOW)
    table.keep({})
    table.clear()
    assert table.version == seen[-1]


def test_a_restart_loses_nothing(table: LearnedExclusions) -> None:
    table.learn(SHOP, PROFILE, MTLS, NOW)
    table.learn(Server("", "2001:db8::1", 8443), PROFILE, PINNED, later(minutes=1), ALICE)
    table.find(SHOP, PROFILE, ALICE, NOW)
    entries = table.entries(later(minutes=1))
    loaded = LearnedExclusions.from_text(to_text(entries), later(minutes=1))
    assert loaded.entries(later(minutes=1)) == entries
    assert loaded.version == 0
    assert LearnedExclusions.from_text(to_text(entries), later(hours=12)).entries(NOW) == (
        entries[0],
    )


def test_only_the_newest_of_a_file_that_is_too_long_are_loaded() -> None:
    entries = [
        Entry(Server(f"{n}.test", "192.0.2.1", 443), PROFILE, MTLS, "", 1, later(seconds=n))
        for n in range(LIMIT + 5)
    ]
    loaded = LearnedExclusions.from_text(to_text(reversed(entries)), later(hours=1))
    assert loaded.entries(NOW) == tuple(reversed(entries[5:]))


RIGHT = json.loads(to_text([Entry(SHOP, PROFILE, PINNED, ALICE, 3, NOW)]))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("", id="an empty line"),
        pytest.param("{", id="half a line"),
        pytest.param("[" * 4_000, id="deep nesting"),
        pytest.param('{"port": ' + "9" * 4_000 + "}", id="a giant number"),
        pytest.param("[]", id="a list"),
        *(
            pytest.param(json.dumps(RIGHT | wrong), id=str(wrong)[:60])
            for wrong in (
                {"name": "no host name"},
                {"name": "Shop.test"},
                {"name": None},
                {"address": ""},
                {"address": "no host"},
                {"address": "::ffff:192.0.2.1"},
                {"port": 0},
                {"port": 65_536},
                {"port": "443"},
                {"cause": "rule"},
                {"client": "alice"},
                {"count": 0},
                {"count": 1.5},
                {"count": 10**30},
                {"learned": "yesterday"},
                {"learned": "2026-11-25T12:00:00"},
                {"learned": "2026-11-25T12:00:01+00:00"},
                {"learned": "2026-11-25T00:00:00+00:00"},
                {"learned": "9999-12-31T23:59:59+00:00"},
                {"profile": "x" * 5_000},
            )
        ),
        pytest.param(json.dumps({k: v for k, v in RIGHT.items() if k != "client"}), id="no client"),
    ],
)
def test_a_wrong_line_is_left_out_and_the_right_ones_are_loaded(line: str) -> None:
    other = to_text([Entry(Server("b.test", "192.0.2.2", 443), PROFILE, MTLS, "", 1, NOW)])
    loaded = LearnedExclusions.from_text(f"{json.dumps(RIGHT)}\n{line}\n{other}", NOW)
    assert servers(loaded) == ["b.test:443", "shop.test:443"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(RIGHT)), VALUES | st.sampled_from(list(Cause))))
def test_any_value_in_a_line_is_loaded_or_left_out(wrong: dict[str, object]) -> None:
    loaded = LearnedExclusions.from_text(json.dumps(RIGHT | wrong), NOW)
    to_text(loaded.entries(NOW))


@given(st.text())
def test_any_text_is_loaded_or_left_out(text: str) -> None:
    assert LearnedExclusions.from_text(text, NOW).entries(NOW) == ()


@pytest.mark.parametrize(
    ("server", "name"),
    [
        pytest.param(SHOP, "shop.test", id="a host name"),
        pytest.param(Server("", "192.0.2.1", 443), "192.0.2.1", id="no name"),
        pytest.param(Server("", "2001:db8::1", 443), "2001:db8::1", id="no name, IPv6"),
        pytest.param(Server("no", "192.0.2.1", 443), "no", id="a word that YAML knows"),
        pytest.param(Server("8.8.8.8", "192.0.2.1", 443), "192.0.2.1", id="another's address"),
        pytest.param(Server("*.test", "192.0.2.1", 443), "192.0.2.1", id="a wildcard"),
        pytest.param(Server('a", b: "c', "192.0.2.1", 443), "192.0.2.1", id="a quotation mark"),
        pytest.param(Server("a\nb", "192.0.2.1", 443), "192.0.2.1", id="a line break"),
    ],
)
def test_the_suggestion_names_what_was_met(server: Server, name: str) -> None:
    line = suggestion(server)
    assert line == f'- {{name: "{name}", description: "pinned: pinned-cert"}}'


@given(st.text())
def test_the_suggestion_can_be_pasted_whatever_the_name(name: str) -> None:
    line = suggestion(Server(name, "192.0.2.1", 443))
    problems = Problems()
    found = exclusions.parse(read(f"exclusions:\n  {line}\n", "x", problems), problems)
    assert not problems.found
    assert [e.name for e in found.custom] in ([name], ["192.0.2.1"])
