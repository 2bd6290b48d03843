import pytest

from clearpane.cli import url
from clearpane.errors import ClearpaneError
from sites import NOW, Site

DECRYPTION = """\
rules:
  - {name: switched-off, disabled: true, action: decrypt}
  - {name: private, from: [trust], category: [bank, pinned]}
  - {name: shops, category: [shop], action: decrypt}
  - name: rest
    action: decrypt
    to: [untrust]
    source: [10.1.0.0/16]
    negate-source: true
    service: [tcp/1, tcp/2, tcp/3, tcp/4, tcp/5, tcp/6, tcp/7]
    schedule: nights
"""
OBJECTS = """\
lists: {pinned: {type: domain, file: pinned.txt}}
schedules: {nights: {days: [mon], from: "20:00", to: "23:00"}}
"""
REST = (
    "  rules/decryption.yaml:5:11: rest, decrypt (category any; to untrust; source not "
    "10.1.0.0/16; service tcp/1, tcp/2, tcp/3, tcp/4, tcp/5, and 2 more; schedule nights)"
)
OPEN = "no security.yaml: allowed, url-filtering default: allow for "
DECIDES = "rules for it, of which the first that matches decides:"


@pytest.fixture
def site(site: Site) -> Site:
    site.write("decryption.yaml", DECRYPTION)
    site.write("objects.yaml", OBJECTS)
    site.write("pinned.txt", "app.example\n")
    site.write("categories/bank.txt", "# banks\nbank.example\n")
    site.write("categories/shop.txt", "shop.example\nbank.example/shop\n192.0.2.1\n")
    return site


def lines(text: str, site: Site) -> list[str]:
    return url.answer(text, site.load(), NOW).splitlines()


def test_a_host_with_the_line_that_says_so_and_its_rules(site: Site) -> None:
    assert lines("www.bank.example", site) == [
        "www.bank.example is in bank",
        "  rules/categories/bank.txt:2: bank.example",
        DECIDES,
        "  rules/decryption.yaml:3:12: private, no-decrypt (category bank; from trust)",
        REST,
        OPEN + "bank",
    ]


def test_a_path_counts_for_filtering_and_not_for_decryption(site: Site) -> None:
    assert lines("https://bank.example:8443/shop/cart?id=1", site)[:5] == [
        "bank.example is in bank",
        "bank.example/shop/cart?id=1 is in shop; decryption knows the host alone",
        "  rules/categories/bank.txt:2: bank.example",
        "  rules/categories/shop.txt:2: bank.example/shop",
        DECIDES,
    ]


def test_an_address_is_a_host(site: Site) -> None:
    assert lines("192.0.2.1", site)[:2] == [
        "192.0.2.1 is in shop",
        "  rules/categories/shop.txt:3: 192.0.2.1",
    ]


def test_a_domain_list_leads_to_rules_as_a_category_does(site: Site) -> None:
    assert lines("www.app.example", site)[:4] == [
        "www.app.example is in no category",
        "  rules/objects.yaml:1:9: the list pinned",
        DECIDES,
        "  rules/decryption.yaml:3:12: private, no-decrypt (category pinned; from trust)",
    ]


def test_an_exclusion_goes_before_the_rules(site: Site) -> None:
    site.write("exclusions.yaml", "exclusions: [{name: shop.example}]\n")
    assert lines("shop.example", site)[2:] == [
        "excluded by shop.example (rules/exclusions.yaml:1:21): never decrypted, no rule is asked",
        OPEN + "shop",
    ]
    assert lines("web.whatsapp.net", site)[1:] == [
        "excluded by *.whatsapp.net (predefined, reason pinned-cert): "
        "never decrypted, no rule is asked",
        OPEN + "unknown",
    ]


def test_where_no_rule_is_for_it(site: Site) -> None:
    site.write("decryption.yaml", "rules: [{name: shops, category: [shop], action: decrypt}]\n")
    assert lines("other.example", site) == [
        "other.example is in no category",
        "no rule is for it: not decrypted",
        OPEN + "unknown",
    ]


def test_many_rules_do_not_fill_the_screen(site: Site) -> None:
    rules = "".join(f"  - {{name: rule-{n}, service: [tcp/{n}]}}\n" for n in range(1, 21))
    site.write("decryption.yaml", f"rules:\n{rules}")
    assert lines("other.example", site)[-3:-1] == [
        "  rules/decryption.yaml:13:12: rule-12, no-decrypt (category any; service tcp/12)",
        "  and 8 more",
    ]


SECURITY = """\
rules:
  - {name: off, disabled: true, action: deny}
  - {name: shopping, from: [trust], category: [shop], action: allow, profiles: {url-filtering: sh}}
  - {name: apps, category: [own], application: [ssh, web-browsing], action: drop}
  - {name: free, source-user: [alice], action: allow, profiles: {url-filtering: none}}
"""
PROFILES = """\
url-filtering: {default: {block: [listed]}, sh: {continue: [shop], alert: [unknown]}}
"""
LISTS = "lists: {own: {type: domain, file: own.txt}, listed: {type: domain, file: listed.txt}}\n"


@pytest.fixture
def secured(site: Site) -> Site:
    site.write("security.yaml", SECURITY)
    site.write("profiles.yaml", PROFILES)
    site.write("decryption.yaml", "rules: [{name: none, disabled: true}]\n")
    site.write("objects.yaml", LISTS)
    site.write("own.txt", "own.example\n")
    site.write("listed.txt", "listed.example\n")
    return site


FREE = "  rules/security.yaml:5:12: free, allow (category any; source-user alice), no url-filtering"
BEHIND = "where no security rule matches: intrazone-default, allow, url-filtering default: "
DENY = "; interzone-default, deny"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "bank.example/shop/cart",
            [
                "  rules/security.yaml:3:12: shopping, allow (category shop; from trust), "
                "url-filtering sh: continue for shop",
                FREE,
                BEHIND + "allow for shop" + DENY,
            ],
            id="the path counts",
        ),
        pytest.param(
            "www.own.example",
            [
                "  rules/security.yaml:4:12: apps, drop (category own; application ssh, "
                "web-browsing)",
                FREE,
                BEHIND + "allow for own" + DENY,
            ],
            id="a list that a rule names",
        ),
        pytest.param(
            "listed.example",
            [FREE, BEHIND + "block for listed" + DENY],
            id="a list that a profile names",
        ),
    ],
)
def test_security_rules_that_a_url_leads_to(text: str, said: list[str], secured: Site) -> None:
    found = lines(text, secured)
    first = found.index("security rules for it, of which the first that matches decides:")
    assert found[first + 1 :] == said


def test_where_no_security_rule_is_for_it(secured: Site) -> None:
    secured.write("security.yaml", "rules: [{name: a, category: [shop], action: allow}]\n")
    secured.write("profiles.yaml", "{}\n")
    secured.write("objects.yaml", "{}\n")
    assert lines("other.example", secured)[1:] == [
        "no rule is for it: not decrypted",
        BEHIND + "allow for unknown" + DENY,
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("WWW.Example.com.", ("www.example.com", ""), id="a host in its one form"),
        pytest.param("example.com/a/b", ("example.com", "/a/b"), id="host and path"),
        pytest.param("http://example.com:80", ("example.com", ""), id="a URL with a port"),
        pytest.param("[2001:db8::1]:443/x", ("2001:db8::1", "/x"), id="an IPv6 address"),
        pytest.param("2001:db8::1/x", ("2001:db8::1", "/x"), id="an IPv6 address as it is"),
        pytest.param(
            "https://a.example/r?to=https://b.example/",
            ("a.example", "/r?to=https://b.example/"),
            id="a URL in a URL",
        ),
        pytest.param("münchen.example", ("xn--mnchen-3ya.example", ""), id="an international name"),
    ],
)
def test_what_is_taken_for_host_and_path(text: str, parts: tuple[str, str]) -> None:
    assert url.split(text) == parts


@pytest.mark.parametrize("text", ["", "/", "http://", "a^b", "[::1", "a..b"])
def test_what_names_no_host_is_refused(text: str) -> None:
    with pytest.raises(ClearpaneError, match="names no host"):
        url.split(text)
