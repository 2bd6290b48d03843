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
        "excluded by shop.example (rules/exclusions.yaml:1:21): never decrypted, no rule is asked"
    ]
    assert lines("web.whatsapp.net", site)[1:] == [
        "excluded by *.whatsapp.net (predefined, reason pinned-cert): "
        "never decrypted, no rule is asked"
    ]


def test_where_no_rule_is_for_it(site: Site) -> None:
    site.write("decryption.yaml", "rules: [{name: shops, category: [shop], action: decrypt}]\n")
    assert lines("other.example", site) == [
        "other.example is in no category",
        "no rule is for it: not decrypted",
    ]


def test_many_rules_do_not_fill_the_screen(site: Site) -> None:
    rules = "".join(f"  - {{name: rule-{n}, service: [tcp/{n}]}}\n" for n in range(1, 21))
    site.write("decryption.yaml", f"rules:\n{rules}")
    assert lines("other.example", site)[-2:] == [
        "  rules/decryption.yaml:13:12: rule-12, no-decrypt (category any; service tcp/12)",
        "  and 8 more",
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("WWW.Example.com.", ("www.example.com", ""), id="a host in its one form"),
        pytest.param("example.com/a/b", ("example.com", "/a/b"), id="host and path"),
        pytest.param("http://example.com:80", ("example.com", ""), id="a URL with a port"),
        pytest.param("[2001:db8::1]:443/x", ("2001:db8::1", "/x"), id="an IPv6 address"),
        pytest.param("münchen.example", ("xn--mnchen-3ya.example", ""), id="an international name"),
    ],
)
def test_what_is_taken_for_host_and_path(text: str, parts: tuple[str, str]) -> None:
    assert url.split(text) == parts


@pytest.mark.parametrize("text", ["", "/", "http://", "a^b", "[::1", "a..b"])
def test_what_names_no_host_is_refused(text: str) -> None:
    with pytest.raises(ClearpaneError, match="names no host"):
        url.split(text)
