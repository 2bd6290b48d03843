"""Certificates that nothing uses, and a server that would be an authority."""

import pytest

from chains import NOW, Party, Spec, authority, issue
from clearpane.authorities.authority import Authorities, Authority, AuthorityName
from clearpane.authorities.inbound import InboundCertificate
from clearpane.certificates.certificate import Certificate
from clearpane.configuration import inbound
from clearpane.errors import Problems
from clearpane.rulebase.decision import Action
from clearpane.rulebase.rule import Rule

TRUST, UNTRUST, SECOND = (authority(None, each) for each in ("Trust", "Untrust", "Second"))


def server(name: str, party: Party | None = None) -> InboundCertificate:
    own = party or issue(None, Spec())
    shown = Certificate.parse(own.der)
    return InboundCertificate(name, shown, (), own.key, f"ca/inbound/{name}.crt")


def signing(party: Party, name: AuthorityName) -> Authority:
    return Authority(name, Certificate.parse(party.der), (), party.key)  # type: ignore[arg-type]


AUTHORITIES = Authorities(
    signing(TRUST, AuthorityName.TRUST),
    signing(UNTRUST, AuthorityName.UNTRUST),
    untrust_ecdsa=signing(SECOND, AuthorityName.UNTRUST),
)


def said(problems: Problems) -> list[str]:
    return [str(problem) for problem in problems.found]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("r", certificates=("www", "mail"), action=Action.DECRYPT),
        Rule("r", certificates=("www", "mail")),
        Rule("r", certificates=("www", "mail"), disabled=True),
    ],
    ids=["decrypt", "no-decrypt", "disabled"],
)
def test_a_certificate_that_a_rule_names_is_used(rule: Rule) -> None:
    problems = Problems()
    certificates = [server(name) for name in ("www", "old", "mail")]
    inbound.check_used(certificates, [Rule("a"), rule], problems)
    assert said(problems) == [
        "ca/inbound/old.crt: warning: no rule uses the certificate old "
        "(name it in a rule under certificates, or move it)"
    ]


@pytest.mark.parametrize("party", [TRUST, UNTRUST, SECOND], ids=["trust", "untrust", "second pair"])
def test_a_servers_key_is_no_authoritys(party: Party) -> None:
    """Whatever certificate it stands in."""
    other = issue(None, Spec(key=lambda: party.key, start=NOW))
    problems = Problems()
    inbound.check_apart([server("mail"), server("www", other)], AUTHORITIES, problems)
    assert said(problems) == [
        "ca/inbound/www.crt: error: the server has the same key as one of the gateway's "
        "authorities (give the server a key of its own, or make the authorities anew)"
    ]
