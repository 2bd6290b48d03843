"""Reads the keys that every rule may have, for both rulebases with the same messages.

Whatever is wrong is recorded at its place and the parse goes on, so that one run reports
everything; the rules are only good for use where no error was recorded.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.documents.place import Text
from clearpane.errors import Problems
from clearpane.rulebase import addresses, services, users
from clearpane.rulebase.addresses import AddressSet
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.matchers import AddressField, Matchers, ServiceField
from clearpane.rulebase.objects import Objects
from clearpane.rulebase.schedules import Schedule
from clearpane.rulebase.services import Ports
from clearpane.rulebase.spans import Span, merge

KEYS = (
    *("name", "description", "tag", "disabled", "from", "to"),
    *("source", "destination", "negate-source", "negate-destination", "source-user"),
    *("service", "category", "schedule", "expires"),
)

_REFUSED = {
    "pre-login": "is not supported: it is the state of a VPN client before its user logs in, "
    "which a proxy never sees",
}


def read_rules[R: Matchers](
    document: documents.Mapping,
    one: Callable[[documents.Mapping, int], R],
    if_none: str,
    problems: Problems,
) -> tuple[R, ...]:
    """All rules in their order, disabled and expired ones too; `if_none` is what follows where
    there is none."""
    document.only("rules")
    blocks = document.mappings("rules") if document.required("rules") else None
    if blocks == ():
        message = f"there are no rules: {if_none}"
        problems.warning(document.place_of("rules"), message, "write a rule")
    found: list[R] = []
    places: dict[str, str] = {}
    for number, block in enumerate(blocks or (), 1):
        rule = one(block, number)
        if rule.name and rule.name in places:
            message = f"the name {rule.name} is taken by the rule at {places[rule.name]}"
            problems.error(rule.place, message, "rename one of the two")
        places.setdefault(rule.name, rule.place)
        found.append(rule)
    return tuple(found)


def named(block: documents.Mapping, number: int) -> str:
    """The rule's name, which stands before every message about it."""
    block.label = f"rule {number}"
    name = block.text("name") if block.required("name") else ""
    if name:
        block.label = f'rule "{name}"'
    return name


class Fields:
    """What words can refer to; literals are parsed once however often they stand.

    `refused` are words of the firewall that the rulebase does not know, each with the reason.
    """

    def __init__(
        self, objects: Objects, categories: Categories, refused: Mapping[str, str]
    ) -> None:
        self._objects = objects
        self._categories = frozenset(categories.names) | objects.domain_lists.keys()
        self._refusals = {**_REFUSED, **refused}
        self._user_words = (*users.RESERVED, *objects.users.groups)
        self._literals: dict[str, AddressSet] = {}

    def read[R: Matchers](
        self, block: documents.Mapping, name: str, kind: Callable[..., R]
    ) -> Callable[..., R]:
        """The rule but for the keys that its own rulebase adds."""
        zones = self._objects.zones.names
        return partial(
            kind,
            name=name,
            place=str(block.place_of("name")),
            description=block.text("description"),
            tags=block.texts("tag") or (),
            disabled=block.flag("disabled"),
            from_zones=self.known(block, "from", "zone", zones),
            to_zones=self.known(block, "to", "zone", zones),
            source=self._address_field(block, "source", self._client_address),
            destination=self._address_field(block, "destination", self._address),
            users=self._users(block),
            service=self._service(block),
            categories=self.known(block, "category", "category or domain list", self._categories),
            schedule=self._schedule(block),
            expires=block.date("expires"),
        )

    def known(
        self, block: documents.Mapping, key: str, kind: str, options: Collection[str]
    ) -> tuple[Text, ...]:
        """The words of a field, each of which is one of the options."""
        words = self._words(block, key)
        for word in words:
            if word not in options:
                block.error(word, f"{key}: there is no {kind} {word}", did_you_mean(word, options))
        return words

    def refused(self, block: documents.Mapping, key: str, word: str) -> bool:
        """Words of the firewall that mean something which this gateway does not do."""
        if word in self._refusals:
            block.error(word, f"{key} {word} {self._refusals[word]}")
        return word in self._refusals

    def _words(self, block: documents.Mapping, key: str) -> tuple[Text, ...]:
        """The words of a field, none where it stands for any."""
        words = block.texts(key) or ()
        if "any" not in words:
            return tuple(word for word in words if not self.refused(block, key, word))
        if len(words) > 1:
            block.error(
                key, f"{key}: any matches without the other words", "leave any or the others out"
            )
        return ()

    def _address(self, word: str) -> AddressSet:
        found = self._literals.get(word)
        if found is None:
            found = self._literals[word] = addresses.resolve(word, self._objects.addresses)
        return found

    def _client_address(self, word: str) -> AddressSet:
        found = self._address(word)
        if found.names and not found.spans:
            raise ValueError(f"{word} is a name, and of a client only the address is known")
        return found

    def _address_field(
        self, block: documents.Mapping, key: str, resolve: Callable[[str], AddressSet]
    ) -> AddressField:
        words, sets = self._words(block, key), []
        for word in words:
            try:
                sets.append(resolve(word))
            except ValueError as error:
                cure = did_you_mean(word, self._objects.addresses)
                block.error(word, f"{key}: {error}", cure)
        negate = block.flag(f"negate-{key}")
        if negate and not words:
            block.error(f"negate-{key}", f"negate-{key} without {key} would match nothing")
        return AddressField(words, tuple(sets), negate)

    def _users(self, block: documents.Mapping) -> tuple[Text, ...]:
        """Names can't be checked: proxy authentication may know more users than the file."""
        words = self._words(block, "source-user")
        for word in words:
            name = word.casefold()
            if name not in self._user_words and name not in self._objects.users.names:
                cure = did_you_mean(name, self._user_words)
                if cure:
                    block.warning(word, f"source-user {word} is in no group and no user file", cure)
        return words

    def _service(self, block: documents.Mapping) -> ServiceField:
        words = self._words(block, "service")
        ports: list[Span] = []
        for word in words:
            try:
                ports.extend(self._ports(word))
            except ValueError as error:
                cure = did_you_mean(word, self._objects.services)
                block.error(word, f"service: {error}", cure)
        return ServiceField(words, merge(ports))

    def _ports(self, word: str) -> Ports:
        found = self._objects.services.get(word)
        return services.parse(word) if found is None else found

    def _schedule(self, block: documents.Mapping) -> Schedule | None:
        name, known = block.text("schedule"), self._objects.schedules
        if name and name not in known:
            block.error(name, f"there is no schedule {name}", did_you_mean(name, known))
        return known.get(name)
