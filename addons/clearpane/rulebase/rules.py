"""From decryption.yaml to rules.

Whatever is wrong is recorded at its place and the parse goes on, so that one run reports
everything; the rules are only good for use where no error was recorded.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.documents.place import Text
from clearpane.errors import Problems
from clearpane.rulebase import addresses, services, users
from clearpane.rulebase.addresses import AddressSet
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.decision import Action, RuleType
from clearpane.rulebase.objects import Objects
from clearpane.rulebase.rule import AddressField, Rule, ServiceField
from clearpane.rulebase.schedules import Schedule
from clearpane.rulebase.services import Ports
from clearpane.rulebase.spans import Span, merge

KEYS = (
    *("name", "description", "tag", "disabled", "from", "to"),
    *("source", "destination", "negate-source", "negate-destination", "source-user"),
    *("service", "category", "schedule", "action", "type", "certificates", "profile"),
    *("log-success", "log-fail", "monitor", "expires"),
)

# PAN-OS 10.2, multiple certificate support: at most twelve per rule.
_CERTIFICATES = 12

_REFUSED = {
    "decrypt-and-forward": "is not supported: decrypted data never leaves the gateway",
    "ssh-proxy": "is not supported: SSH is no TLS, and mitmproxy does not decrypt it",
    "pre-login": "is not supported: it is the state of a VPN client before its user logs in, "
    "which a proxy never sees",
    "application-default": "is not supported: no application is known when a client says hello",
}


def parse(
    document: documents.Mapping,
    objects: Objects,
    categories: Categories,
    profiles: Collection[str],
    problems: Problems,
    inbound: Collection[str] | None = None,
) -> tuple[Rule, ...]:
    """All rules in their order, disabled and expired ones too. `inbound` are the names of the
    certificates that a rule may list; None where they are not known, and any will do."""
    document.only("rules")
    blocks = document.mappings("rules") if document.required("rules") else None
    if blocks == ():
        problems.warning(
            document.place_of("rules"), "there are no rules: nothing is decrypted", "write a rule"
        )
    _clashes(objects, categories, problems)
    context = _Context(objects, categories, profiles, inbound)
    found: list[Rule] = []
    places: dict[str, str] = {}
    for number, block in enumerate(blocks or (), 1):
        rule = _rule(block, number, context)
        if rule.name and rule.name in places:
            message = f"the name {rule.name} is taken by the rule at {places[rule.name]}"
            problems.error(rule.place, message, "rename one of the two")
        places.setdefault(rule.name, rule.place)
        found.append(rule)
    return tuple(found)


def _clashes(objects: Objects, categories: Categories, problems: Problems) -> None:
    """`category` can name both, so that their names must differ."""
    for each in objects.defined:
        if each.section == "lists" and each.name in categories.names:
            problems.error(
                each.place, f"{each.name} is the name of a category too", "rename the list"
            )


class _Context:
    """What words can refer to; literals are parsed once however often they stand."""

    def __init__(
        self,
        objects: Objects,
        categories: Categories,
        profiles: Collection[str],
        inbound: Collection[str] | None,
    ) -> None:
        self.objects = objects
        self.inbound = inbound
        self.categories = frozenset(categories.names) | objects.domain_lists.keys()
        self.profiles = profiles
        self.user_words = (*users.RESERVED, *objects.users.groups)
        self._literals: dict[str, AddressSet] = {}

    def address(self, word: str) -> AddressSet:
        found = self._literals.get(word)
        if found is None:
            found = self._literals[word] = addresses.resolve(word, self.objects.addresses)
        return found

    def client_address(self, word: str) -> AddressSet:
        found = self.address(word)
        if found.names and not found.spans:
            raise ValueError(f"{word} is a name, and of a client only the address is known")
        return found

    def ports(self, word: str) -> Ports:
        found = self.objects.services.get(word)
        return services.parse(word) if found is None else found


def _rule(block: documents.Mapping, number: int, context: _Context) -> Rule:
    block.label = f"rule {number}"
    name = block.text("name") if block.required("name") else ""
    if name:
        block.label = f'rule "{name}"'
    block.only(*KEYS)
    if block.flag("monitor"):
        block.warning("monitor", "monitor is not acted on yet: the rule's action is taken")
    action, kind = _action(block), _type(block)
    return Rule(
        name=name,
        place=str(block.place_of("name")),
        description=block.text("description"),
        tags=block.texts("tag") or (),
        disabled=block.flag("disabled"),
        from_zones=_known(block, "from", "zone", context.objects.zones.names),
        to_zones=_known(block, "to", "zone", context.objects.zones.names),
        source=_address_field(block, "source", context.client_address, context),
        destination=_address_field(block, "destination", context.address, context),
        users=_users(block, context),
        service=_service(block, context),
        categories=_known(block, "category", "category or domain list", context.categories),
        schedule=_schedule(block, context.objects.schedules),
        expires=block.date("expires"),
        action=action,
        type=kind,
        certificates=_certificates(block, action, kind, context),
        profile=_profile(block, context.profiles),
        log_success=block.flag("log-success"),
        log_fail=block.flag("log-fail", True),
    )


def _words(block: documents.Mapping, key: str) -> tuple[Text, ...]:
    """The words of a field, none where it stands for any."""
    words = block.texts(key) or ()
    if "any" not in words:
        return tuple(word for word in words if not _refused(block, key, word))
    if len(words) > 1:
        block.error(
            key, f"{key}: any matches without the other words", "leave any or the others out"
        )
    return ()


def _refused(block: documents.Mapping, key: str, word: str) -> bool:
    """Words of the firewall that mean something which this gateway does not do."""
    if word in _REFUSED:
        block.error(word, f"{key} {word} {_REFUSED[word]}")
    return word in _REFUSED


def _known(
    block: documents.Mapping, key: str, kind: str, options: Collection[str]
) -> tuple[Text, ...]:
    words = _words(block, key)
    for word in words:
        if word not in options:
            block.error(word, f"{key}: there is no {kind} {word}", did_you_mean(word, options))
    return words


def _address_field(
    block: documents.Mapping, key: str, resolve: Callable[[str], AddressSet], context: _Context
) -> AddressField:
    words, sets = _words(block, key), []
    for word in words:
        try:
            sets.append(resolve(word))
        except ValueError as error:
            cure = did_you_mean(word, context.objects.addresses)
            block.error(word, f"{key}: {error}", cure)
    negate = block.flag(f"negate-{key}")
    if negate and not words:
        block.error(f"negate-{key}", f"negate-{key} without {key} would match nothing")
    return AddressField(words, tuple(sets), negate)


def _users(block: documents.Mapping, context: _Context) -> tuple[Text, ...]:
    """Names can't be checked, for proxy authentication may know more users than the file."""
    words = _words(block, "source-user")
    for word in words:
        name = word.casefold()
        if name not in context.user_words and name not in context.objects.users.names:
            cure = did_you_mean(name, context.user_words)
            if cure:
                block.warning(word, f"source-user {word} is in no group and no user file", cure)
    return words


def _service(block: documents.Mapping, context: _Context) -> ServiceField:
    words = _words(block, "service")
    ports: list[Span] = []
    for word in words:
        try:
            ports.extend(context.ports(word))
        except ValueError as error:
            block.error(word, f"service: {error}", did_you_mean(word, context.objects.services))
    return ServiceField(words, merge(ports))


def _schedule(block: documents.Mapping, schedules: Mapping[str, Schedule]) -> Schedule | None:
    name = block.text("schedule")
    if name and name not in schedules:
        block.error(name, f"there is no schedule {name}", did_you_mean(name, schedules))
    return schedules.get(name)


def _action(block: documents.Mapping) -> Action:
    if _refused(block, "action", block.text("action")):
        return Action.NO_DECRYPT
    return block.choice("action", Action, Action.NO_DECRYPT)


def _type(block: documents.Mapping) -> RuleType:
    if _refused(block, "type", block.text("type")):
        return RuleType.FORWARD_PROXY
    return block.choice("type", RuleType, RuleType.FORWARD_PROXY)


def _certificates(
    block: documents.Mapping, action: Action, kind: RuleType, context: _Context
) -> tuple[Text, ...]:
    """A rule that passes sessions through needs none, whatever its type, as on the firewall."""
    found = block.texts("certificates") or ()
    inbound = kind is RuleType.INBOUND_INSPECTION
    if found and not inbound:
        block.error("certificates", f"certificates are for the type {RuleType.INBOUND_INSPECTION}")
    if inbound and action is Action.DECRYPT and "certificates" not in block:
        block.error("type", f"{kind} needs certificates", "name those under ca/inbound")
    if len(found) > _CERTIFICATES:
        block.error(
            "certificates", f"certificates: {len(found)} are over the limit of {_CERTIFICATES}"
        )
    if inbound and context.inbound is not None:
        _present(block, found, context.inbound)
    return found


def _present(block: documents.Mapping, names: Iterable[Text], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            guess = did_you_mean(name, known)
            cure = f"put {name}.crt and {name}.key, or {name}.p12, there"
            message = f"certificates: there is no certificate {name} in ca/inbound"
            block.error(name, message, f"{guess} else {cure}" if guess else cure)


def _profile(block: documents.Mapping, profiles: Collection[str]) -> str:
    name = block.text("profile")
    if name and name not in profiles:
        block.error(name, f"there is no decryption profile {name}", did_you_mean(name, profiles))
    return name
