"""Which rules match in each field, as masks: bit N stands for rule N.

A decision looks up one mask per field and takes what they have in common, so that it costs the same
for ten rules and for thousands. The explanation reads the very same masks.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from clearpane.rulebase.addresses import AddressSet
from clearpane.rulebase.matchers import AddressField, Matchers, ServiceField
from clearpane.rulebase.names import Names, parents
from clearpane.rulebase.spans import SpanMap

# The fields in the order in which they are compared and explained.
FIELDS = (
    *("from", "to", "source", "destination", "source-user", "service", "category"),
    "application",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one connection, each found out once.

    Addresses are the numbers of `addresses.number`; `words` is all that a rule can say of the user;
    `application` is empty where none is known yet.
    """

    from_zone: str
    to_zone: str
    source: int
    destination: int | None
    names: tuple[str, ...]
    words: frozenset[str]
    port: int
    categories: frozenset[str]
    application: str = ""


class Words:
    """A field whose words are compared as they stand."""

    __slots__ = ("_any", "_by_word")

    def __init__(self, fields: Iterable[Iterable[str]]) -> None:
        self._any = 0
        self._by_word: dict[str, int] = {}
        for number, words in enumerate(fields):
            bit = 1 << number
            self._any |= 0 if words else bit
            for word in words:
                self._by_word[word] = self._by_word.get(word, 0) | bit

    def match(self, words: Iterable[str]) -> int:
        mask = self._any
        for word in words:
            mask |= self._by_word.get(word, 0)
        return mask

    def covering(self, words: Collection[str]) -> int:
        """The rules that match whatever one of these words matches; no word stands for any."""
        mask = self._any if not words else -1
        for word in words:
            mask &= self.match((word,))
        return mask


class Addresses:
    """`source` or `destination`: any of an address and some names matches."""

    __slots__ = ("_any", "_below", "_hosts", "_lists", "_negated", "_spans", "_words")

    def __init__(self, fields: Sequence[AddressField]) -> None:
        self._any = _mask(number for number, field in enumerate(fields) if not field.words)
        self._negated = _mask(number for number, field in enumerate(fields) if field.negate)
        self._words = Words([field.words for field in fields])
        sets = _rules_by_set(fields)
        self._spans = SpanMap.of([(each.spans, mask) for each, mask in sets if each.spans])
        self._hosts = _rules_by_name((each.names.hosts, mask) for each, mask in sets)
        self._below = _rules_by_name((each.names.wildcards, mask) for each, mask in sets)
        # Lists may hold a million domains: they are asked, not copied.
        self._lists: list[tuple[Names, int]] = [
            (Names(domains=each.names.domains), mask) for each, mask in sets if each.names.domains
        ]

    def match(self, address: int | None, names: Iterable[str] = ()) -> int:
        mask = 0 if address is None else self._spans.at(address)
        for name in names:
            mask |= self._hosts.get(name, 0)
            if self._below:
                for up in parents(name):
                    mask |= self._below.get(up, 0)
            for domains, rules in self._lists:
                if domains.covers(name):
                    mask |= rules
        return (mask ^ self._negated) | self._any

    def covering(self, field: AddressField) -> int:
        """No fewer than the rules that match all that the field matches, found by samples.

        A negated field is covered by one that leaves out some of the same words and no others.
        """
        if field.negate:
            return self._any | self._negated & self._words.match(field.words)
        if not field.words:
            return self._any
        mask = self._any | ~self._negated
        for each in field.sets:
            mask &= self._covering_sample(each)
        return mask

    def _covering_sample(self, covered: AddressSet) -> int:
        names = covered.names
        if covered.spans:
            return self.match(covered.spans[0][0])
        wildcard = next((f"*.{name}" for name in names.wildcards), None)
        name = next(iter(names.hosts or names.domains), wildcard)
        return self.match(None, [name]) if name else -1


class Ports:
    """`service`."""

    __slots__ = ("_any", "_spans")

    def __init__(self, rules: Sequence[Matchers]) -> None:
        self._any = _mask(number for number, rule in enumerate(rules) if not rule.service.words)
        self._spans = SpanMap.of([(rule.service.ports, 1 << n) for n, rule in enumerate(rules)])

    def match(self, port: int) -> int:
        return self._spans.at(port) | self._any

    def covering(self, field: ServiceField) -> int:
        mask = self._any if not field.words else -1
        for first, _ in field.ports:
            mask &= self.match(first)
        return mask


class Index:
    """All fields of all rules; `lists` are the domain lists that `category` names."""

    __slots__ = (
        "_application",
        "_category",
        "_destination",
        "_from",
        "_service",
        "_source",
        "_to",
        "_user",
        "lists",
    )

    def __init__(self, rules: Sequence[Matchers], lists: Mapping[str, Names]) -> None:
        used = {word for rule in rules for word in rule.categories}
        self.lists = {name: names for name, names in lists.items() if name in used}
        self._from = Words(rule.from_zones for rule in rules)
        self._to = Words(rule.to_zones for rule in rules)
        self._source = Addresses([rule.source for rule in rules])
        self._destination = Addresses([rule.destination for rule in rules])
        self._user = Words(tuple(word.casefold() for word in rule.users) for rule in rules)
        self._service = Ports(rules)
        self._category = Words(rule.categories for rule in rules)
        self._application = Words(rule.applications for rule in rules)

    def masks(self, facts: Facts) -> tuple[int, ...]:
        """One mask per field, in the order of `FIELDS`."""
        return (
            self._from.match((facts.from_zone,)),
            self._to.match((facts.to_zone,)),
            self._source.match(facts.source),
            self._destination.match(facts.destination, facts.names),
            self._user.match(facts.words),
            self._service.match(facts.port),
            self._category.match(facts.categories),
            self._application.match((facts.application,)),
        )

    def covering(self, rule: Matchers, users: Iterable[frozenset[str]]) -> int:
        """No fewer than the rules that match every connection that the rule matches.

        `users` is all that can be said of each user whom the rule names.
        """
        mask = -1 if rule.users else self._user.match(())
        for words in users:
            mask &= self._user.match(words)
        return (
            mask
            & self._from.covering(rule.from_zones)
            & self._to.covering(rule.to_zones)
            & self._source.covering(rule.source)
            & self._destination.covering(rule.destination)
            & self._service.covering(rule.service)
            & self._category.covering(rule.categories)
            & self._application.covering(rule.applications)
        )


def _mask(numbers: Iterable[int]) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def _rules_by_set(fields: Sequence[AddressField]) -> list[tuple[AddressSet, int]]:
    """Every set once, however many rules name it, with the mask of those rules."""
    sets: dict[int, tuple[AddressSet, int]] = {}
    for number, field in enumerate(fields):
        for each in field.sets:
            before = sets[id(each)][1] if id(each) in sets else 0
            sets[id(each)] = each, before | 1 << number
    return list(sets.values())


def _rules_by_name(entries: Iterable[tuple[Iterable[str], int]]) -> dict[str, int]:
    by_name: dict[str, int] = {}
    for names, mask in entries:
        for name in names:
            by_name[name] = by_name[name] | mask if name in by_name else mask
    return by_name
