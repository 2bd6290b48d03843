"""From decryption.yaml to rules.

The keys that every rule may have are read by `fields`; here are those of decryption alone.
"""

from collections.abc import Collection, Iterable

from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.documents.place import Text
from clearpane.errors import Problems
from clearpane.rulebase import fields
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.decision import Action, RuleType
from clearpane.rulebase.fields import Fields
from clearpane.rulebase.objects import Objects
from clearpane.rulebase.rule import Rule

KEYS = (
    *fields.KEYS,
    *("action", "type", "certificates", "profile", "log-success", "log-fail", "monitor"),
)

# PAN-OS 10.2, multiple certificate support: at most twelve per rule.
_CERTIFICATES = 12

_REFUSED = {
    "decrypt-and-forward": "is not supported: decrypted data never leaves the gateway",
    "ssh-proxy": "is not supported: SSH is no TLS, and mitmproxy does not decrypt it",
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
    _clashes(objects, categories, problems)
    shared = Fields(objects, categories, _REFUSED)
    return fields.read_rules(
        document,
        lambda block, number: _rule(block, number, shared, profiles, inbound),
        "nothing is decrypted",
        problems,
    )


def _clashes(objects: Objects, categories: Categories, problems: Problems) -> None:
    """`category` can name both, so that their names must differ."""
    for each in objects.defined:
        if each.section == "lists" and each.name in categories.names:
            problems.error(
                each.place, f"{each.name} is the name of a category too", "rename the list"
            )


def _rule(
    block: documents.Mapping,
    number: int,
    shared: Fields,
    profiles: Collection[str],
    inbound: Collection[str] | None,
) -> Rule:
    name = fields.named(block, number)
    block.only(*KEYS)
    if block.flag("monitor"):
        block.warning("monitor", "monitor is not acted on yet: the rule's action is taken")
    rule = shared.read(block, name, Rule)
    action, kind = _action(block, shared), _type(block, shared)
    return rule(
        action=action,
        type=kind,
        certificates=_certificates(block, action, kind, inbound),
        profile=_profile(block, profiles),
        log_success=block.flag("log-success"),
        log_fail=block.flag("log-fail", True),
    )


def _action(block: documents.Mapping, shared: Fields) -> Action:
    if shared.refused(block, "action", block.text("action")):
        return Action.NO_DECRYPT
    return block.choice("action", Action, Action.NO_DECRYPT)


def _type(block: documents.Mapping, shared: Fields) -> RuleType:
    if shared.refused(block, "type", block.text("type")):
        return RuleType.FORWARD_PROXY
    return block.choice("type", RuleType, RuleType.FORWARD_PROXY)


def _certificates(
    block: documents.Mapping, action: Action, kind: RuleType, known: Collection[str] | None
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
    if inbound and known is not None:
        _present(block, found, known)
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
