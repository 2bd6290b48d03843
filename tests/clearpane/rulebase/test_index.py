"""Masks per field: what matches, and what may cover a rule."""

from clearpane.hello import address
from clearpane.rulebase.addresses import number, parse
from clearpane.rulebase.index import FIELDS, Addresses, Facts, Index, Ports, Words
from clearpane.rulebase.matchers import AddressField, ServiceField
from clearpane.rulebase.names import Names
from clearpane.rulebase.rule import Rule


def field(*words: str, negate: bool = False) -> AddressField:
    return AddressField(words, tuple(parse(word) for word in words), negate)


def test_words_match_as_they_stand_and_no_words_match_anything() -> None:
    words = Words([("trust",), (), ("dmz", "trust")])

    assert words.match(["trust"]) == 0b111
    assert words.match(["dmz"]) == 0b110
    assert words.match(["other"]) == words.match([]) == 0b010


def test_words_cover_where_each_of_them_matches() -> None:
    words = Words([("trust",), (), ("dmz", "trust")])

    assert words.covering(("trust", "dmz")) == 0b110
    assert words.covering(()) == 0b010


def test_addresses_match_by_address_or_by_any_name() -> None:
    index = Addresses([field("10.0.0.0/8"), field("a.example", "*.b.example"), field()])
    inside = number(address("10.1.2.3"))

    assert index.match(inside) == 0b101
    assert index.match(None, ["a.example"]) == 0b110
    assert index.match(inside, ["x.test", "y.b.example"]) == 0b111
    assert index.match(None, ["b.example"]) == index.match(None) == 0b100


def test_negation_turns_a_field_round_but_never_any() -> None:
    index = Addresses([field("10.0.0.0/8", "a.example", negate=True), field()])

    assert index.match(number(address("10.1.2.3"))) == 0b10
    assert index.match(number(address("11.1.2.3")), ["a.example"]) == 0b10
    assert index.match(number(address("11.1.2.3")), ["b.example"]) == 0b11


def test_an_address_in_two_words_of_one_rule_counts_once() -> None:
    index = Addresses([field("10.0.0.0/8", "10.1.0.0/16"), field("10.1.2.0/24")])

    assert index.match(number(address("10.1.2.3"))) == 0b11
    assert index.match(number(address("10.1.3.3"))) == 0b01


def test_ports() -> None:
    rules = [
        Rule("a", service=ServiceField(("x",), ((443, 443), (8000, 8099)))),
        Rule("b"),
    ]
    ports = Ports(rules)

    assert [ports.match(port) for port in (443, 8050, 80)] == [0b11, 0b11, 0b10]
    assert ports.covering(rules[0].service) == 0b11
    assert ports.covering(rules[1].service) == 0b10


def test_one_mask_per_field() -> None:
    rules = (
        Rule("a", from_zones=("trust",), users=("Alice",), categories=("shopping",)),
        Rule("b", to_zones=("dmz",), source=field("10.0.0.0/8"), destination=field("a.example")),
    )
    index = Index(rules, {"pinned": Names()})
    facts = Facts("trust", "", 0, None, ("a.example",), frozenset(["alice"]), 443, frozenset())

    assert len(index.masks(facts)) == len(FIELDS)
    assert index.masks(facts) == (0b11, 0b01, 0b01, 0b11, 0b11, 0b11, 0b10, 0b11)


def test_only_lists_that_a_rule_names_as_category_are_asked() -> None:
    lists = {"pinned": Names(), "unused": Names()}

    assert set(Index((Rule("a", categories=("pinned", "shopping")),), lists).lists) == {"pinned"}


def test_covering_never_misses_a_rule_that_covers() -> None:
    rules = (
        Rule("wide", source=field("10.0.0.0/8"), destination=field("*.example")),
        Rule("negated", source=field("11.0.0.0/8", negate=True)),
        Rule("other", source=field("12.0.0.0/8")),
        Rule("narrow", source=field("10.1.0.0/16"), destination=field("*.b.example")),
    )

    assert Index(rules, {}).covering(rules[3], []) & 0b0111 == 0b0001


def test_covering_looks_at_what_is_said_of_the_user() -> None:
    rules = (Rule("any"), Rule("group", users=("Finance",)), Rule("user", users=("alice",)))
    index = Index(rules, {})

    assert index.covering(rules[0], []) == 0b001
    assert index.covering(rules[2], [frozenset(["alice", "finance"])]) == 0b111
    assert index.covering(rules[2], [frozenset(["alice"]), frozenset(["bob"])]) == 0b001


def test_covering_a_negated_field_looks_at_its_words() -> None:
    rules = (
        Rule("any"),
        Rule("less", source=field("10.0.0.0/8", negate=True)),
        Rule("plain", source=field("10.0.0.0/8")),
        Rule("other", source=field("12.0.0.0/8", negate=True)),
        Rule("more", source=field("10.0.0.0/8", "11.0.0.0/8", negate=True)),
    )

    assert Index(rules, {}).covering(rules[4], []) & 0b01111 == 0b00011
