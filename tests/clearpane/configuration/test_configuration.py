"""What is in force answers for the profiles that rules name."""

from ipaddress import ip_address

import pytest

from clearpane.content.applications import Application
from clearpane.content.member import Member
from clearpane.hello import Hello
from clearpane.verification.profile import DecryptionProfile
from sites import NOW, Site


def test_a_rule_has_the_profile_that_it_names_or_one_that_checks_nothing(site: Site) -> None:
    policy = site.load()
    assert policy.decryption_profile("best-practice").forward_proxy.block_untrusted_issuer
    assert policy.decryption_profile("") == DecryptionProfile()


def test_content_is_inspected_under_the_default_profile(site: Site) -> None:
    policy = site.load()
    assert policy.antivirus is policy.antivirus_profiles["default"]


SECURITY = """\
rules:
  - {name: a, category: [own], action: allow, profiles: {virus: none, url-filtering: strict,
     file-blocking: none, data-filtering: cards}}
  - {name: b, action: deny, disabled: true, profiles: {data-filtering: unused}}
"""
PROFILES = """\
antivirus: {default: {on-unscanned: alert}}
url-filtering: {strict: {block: [listed]}}
data-filtering:
  cards: {patterns: [{pattern: payment-card, block-threshold: 1}]}
  unused: {patterns: [{pattern: names, block-threshold: 1}]}
"""
OBJECTS = """\
lists:
  own: {type: domain, file: own.txt}
  listed: {type: domain, file: listed.txt}
  other: {type: domain, file: other.txt}
data-patterns: {names: {regex: apollo}}
"""


@pytest.fixture
def secured(site: Site) -> Site:
    site.write("security.yaml", SECURITY)
    site.write("profiles.yaml", PROFILES)
    site.write("objects.yaml", OBJECTS)
    site.write("categories/shops.txt", "shop.example/buy\n")
    site.write("decryption.yaml", "rules: [{name: none}]\n")
    for name in ("own", "listed", "other"):
        site.write(f"{name}.txt", f"{name}.example\n")
    return site


def test_without_security_rules_the_default_profiles_inspect(site: Site) -> None:
    policy = site.load()
    found = policy.content_profiles(None)
    assert policy.security is None and not policy.patterns
    assert found.virus is policy.antivirus
    assert found.url is policy.url_profiles["default"]
    assert found.files is policy.file_profiles["default"]
    assert found.data is policy.data_profiles["default"]


def test_a_security_rule_names_what_inspects(secured: Site) -> None:
    policy = secured.load()
    assert policy.security is not None
    hello = Hello(ip_address("10.1.1.1"), None, 443, sni="www.own.example")
    first = policy.security.decide(hello, NOW, Application.WEB_BROWSING)
    found = policy.content_profiles(first)
    assert first.rule == "a"
    assert found.virus is None and found.files is None
    assert found.url is policy.url_profiles["strict"]
    assert found.data is policy.data_profiles["cards"]
    other = policy.security.decide(hello, NOW, Application.WEB_BROWSING, frozenset())
    assert other.rule == "interzone-default"
    assert policy.content_profiles(other).virus == policy.antivirus


def test_what_no_rule_in_force_asks_for_is_not_looked_for(secured: Site) -> None:
    def seen(body: bytes) -> list[str]:
        return [each.pattern for each in patterns.see(Member("", body))]

    patterns = secured.load().patterns
    assert seen(b"4111 1111 1111 1111 apollo") == ["payment-card"]
    secured.write("security.yaml", SECURITY.replace("disabled: true, ", ""))
    patterns = secured.load().patterns
    assert seen(b"4111 1111 1111 1111 apollo") == ["names", "payment-card"]


@pytest.mark.parametrize(
    ("host", "path", "categories"),
    [
        pytest.param("shop.example", "/buy/it?x=1", {"shops"}, id="a path"),
        pytest.param("shop.example", "/", set(), id="another path"),
        pytest.param("www.own.example", "/", {"own"}, id="a list that a rule names"),
        pytest.param("listed.example", "/", {"listed"}, id="a list that a profile names"),
        pytest.param("other.example", "/", set(), id="a list that neither names"),
    ],
)
def test_categories_of_a_url(secured: Site, host: str, path: str, categories: set[str]) -> None:
    assert secured.load().url_categories(host, path) == categories


def test_two_readings_are_two_policies(site: Site) -> None:
    assert site.load() != site.load()
