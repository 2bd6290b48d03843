"""Inbound certificates against what uses them: the rules, and the authorities that they are not."""

from collections.abc import Iterable

from clearpane.authorities.authority import Authorities
from clearpane.authorities.inbound import InboundCertificate
from clearpane.errors import Problems
from clearpane.rulebase.rule import Rule


def check_used(
    certificates: Iterable[InboundCertificate], rules: Iterable[Rule], problems: Problems
) -> None:
    """One that no rule names protects nothing."""
    used = {name for rule in rules for name in rule.certificates}
    for each in certificates:
        if each.name not in used:
            message = f"no rule uses the certificate {each.name}"
            problems.warning(each.file, message, "name it in a rule under certificates, or move it")


def check_apart(
    certificates: Iterable[InboundCertificate], authorities: Authorities, problems: Problems
) -> None:
    """A server's key that also signed leaves would make its owner an authority of ours."""
    own = {pair.certificate.spki for pair in authorities.all}
    for each in certificates:
        if each.certificate.spki in own:
            problems.error(
                each.file,
                "the server has the same key as one of the gateway's authorities",
                "give the server a key of its own, or make the authorities anew",
            )
