"""What a folder holds comes into force, or every problem of every file is reported at once."""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from clearpane.authorities import make
from clearpane.certificates import pem
from clearpane.configuration.load import fingerprint, load_rules
from clearpane.errors import ClearpaneError
from clearpane.hello import Hello
from clearpane.rulebase.decision import Action
from sites import NOW, Site

PLANTED = {
    "decryption.yaml": """\
rules:
  - name: first
    source: [10.0.0.0/33]
    action: decrpyt
  - name: second
    destinaton: [any]
  - name: first
  - service: [tcp/99999]
    profile: default
""",
    "profiles.yaml": """\
decryption:
  default:
    ssl-forward-proxy: {block-expired-certificate: maybe}
    ssl-protocol-settings: {min-version: tls1-9}
""",
}


def test_the_shipped_rules_come_into_force(site: Site) -> None:
    policy = site.load()
    client = ip_address("10.1.2.3")
    for name, action in (("www.paypal.com", Action.NO_DECRYPT), ("example.com", Action.DECRYPT)):
        hello = Hello(client, ip_address("93.184.216.34"), 443, sni=name)
        assert policy.rulebase.decide(hello, NOW).action is action
    assert set(policy.decryption_profiles) == {"default", "best-practice"}
    assert policy.antivirus is policy.antivirus_profiles["default"]
    assert policy.embedded is not None
    assert {"virus-block-page", "ssl-cert-status-page"} <= set(policy.pages)
    assert b"BEGIN CERTIFICATE" in policy.anchors[0] and policy.anchors[1] == ()


def test_a_rule_without_a_profile_checks_nothing(site: Site) -> None:
    site.write(
        "profiles.yaml", "decryption: {default: {ssl-no-proxy: {block-untrusted-issuer: yes}}}"
    )
    policy = site.load()
    assert policy.decryption_profile("default").no_proxy.block_untrusted_issuer
    assert not policy.decryption_profile("").no_proxy.block_untrusted_issuer


def test_eight_planted_errors_are_reported_in_one_go(site: Site) -> None:
    for name, text in PLANTED.items():
        site.write(name, text)
    expected = [
        ("profiles.yaml:3:52", 'decryption profile "default": block-expired-certificate must be'),
        ("profiles.yaml:4:42", 'decryption profile "default": min-version must be'),
        ("decryption.yaml:3:14", "rule \"first\": source: '10.0.0.0/33' is not a network"),
        ("decryption.yaml:4:13", 'rule "first": action must be decrypt or no-decrypt'),
        ("decryption.yaml:6:5", 'rule "second": unknown key destinaton'),
        ("decryption.yaml:7:11", "the name first is taken by the rule at"),
        ("decryption.yaml:8:5", "rule 4: name is missing"),
        ("decryption.yaml:8:15", "rule 4: service: 'tcp/99999' is not a service"),
    ]
    errors = site.errors()
    assert len(errors) == len(expected)
    for found, (place, message) in zip(errors, expected, strict=True):
        assert found.startswith(f"rules/{place}: error: {message}")
    assert errors[3].endswith('(did you mean "decrypt"?)')
    assert errors[4].endswith('(did you mean "destination"? else remove it)')


RULE_FILES = [
    (
        "rule-no: a bare NO is never False",
        "rules:\n  - {name: a, category: [NO, government]}\n",
        [":2:26: error: ", "is the bare word NO", 'write "NO" in quotes'],
    ),
    (
        "rule-on: a bare yes as a name",
        "rules:\n  - name: yes\n",
        [":2:11: error: ", "name is the bare word yes", 'write "yes" in quotes'],
    ),
    (
        "rule-octal: a port with a leading zero",
        "rules:\n  - {name: a, service: [tcp/0443]}\n",
        [":2:25: error: ", "0443 has a leading zero"],
    ),
    (
        "rule-octal: a bare number with a leading zero",
        "rules:\n  - {name: a, service: [0443]}\n",
        [":2:25: error: ", "'0443' is not a service"],
    ),
    (
        "rule-duplicate-key: both lines are named",
        "rules:\n  - name: a\n    action: decrypt\n    action: no-decrypt\n",
        [":4:5: error: ", "action stands twice in one block: in line 3 and here"],
    ),
    (
        "rule-unknown-key: the nearest right key is named",
        "rules:\n  - name: a\n    actoin: decrypt\n",
        [":3:5: error: ", "unknown key actoin", 'did you mean "action"?'],
    ),
    (
        "rule-action-case: the right spelling is named",
        "rules:\n  - name: a\n    action: Decrypt\n",
        [":3:13: error: ", "action must be", 'did you mean "decrypt"?'],
    ),
    (
        "rule-empty-list: nothing matches by accident",
        "rules:\n  - name: a\n    source: []\n",
        [":3:13: error: ", "source is an empty list"],
    ),
    ("rule-empty-file: an empty file", "", [":1:1: error: the file is empty"]),
    ("rule-empty-file: comments alone", "# nothing\n", [":1:1: error: the file is empty"]),
    ("rules without a value", "rules:\n", [":1:7: error: rules has no value"]),
    (
        "rule-alias-bomb: aliases are refused",
        "a: &a [x, x]\nb: &b [*a, *a]\nrules: *b\n",
        [":1:4: error: the anchor &a is not supported"],
    ),
    (
        "rule-regex-pasted: a regular expression is no host",
        "rules:\n  - name: a\n    destination: ['^(.+\\.)?microsoft\\.com:443$']\n",
        [":3:19: error: ", "is not a host name", "regular expressions are not supported"],
    ),
    (
        "an unquoted star",
        "rules:\n  - name: a\n    destination: [*.example.com]\n",
        [":3:20: error: not YAML", "quote a text that starts with *"],
    ),
    (
        "an unknown category",
        "rules:\n  - {name: a, category: [financial-service]}\n",
        [":2:26: error: ", "there is no category", 'did you mean "financial-services"?'],
    ),
    (
        "an unknown zone",
        "rules:\n  - {name: a, from: [turst]}\n",
        [":2:22: error: ", "there is no zone turst", 'did you mean "trust"?'],
    ),
    (
        "an unknown profile",
        "rules:\n  - {name: a, profile: best-practise}\n",
        [":2:24: error: ", "best-practise", 'did you mean "best-practice"?'],
    ),
    (
        "an unknown service",
        "rules:\n  - {name: a, service: [service-htps]}\n",
        [":2:25: error: ", "'service-htps' is not a service", "service-https"],
    ),
    (
        "an unknown list or address",
        "rules:\n  - {name: a, source: [partners]}\n",
        [":2:24: error: ", "named partners"],
    ),
]


@pytest.mark.parametrize(
    ("text", "parts"), [pytest.param(*row[1:], id=row[0]) for row in RULE_FILES]
)
def test_rule_files_that_are_refused(site: Site, text: str, parts: list[str]) -> None:
    site.write("decryption.yaml", text)
    (error,) = site.errors()
    assert error.startswith(f"rules/decryption.yaml{parts[0]}")
    for part in parts[1:]:
        assert part in error


@pytest.mark.parametrize(
    ("rule", "hello", "matches"),
    [
        pytest.param("name: 1e3", {}, True, id="rule-float: a name stays the text that it is"),
        pytest.param(
            "destination: [example.com]",
            {"sni": "examplexcom.test"},
            False,
            id="rule-dot-literal: a dot is a dot",
        ),
        *(
            pytest.param(
                f"destination: ['{spelt}']",
                {"sni": "xn--strae-oqa.example"},
                True,
                id=f"rule-case-idn: {spelt}",
            )
            for spelt in ("Straße.example", "XN--STRAE-OQA.Example", "straße.example.")
        ),
        pytest.param(
            "source: [10.0.0.0/8]",
            {"source": "::ffff:10.1.2.3"},
            True,
            id="rule-mapped: an IPv4 client of a dual-stack listener",
        ),
        pytest.param(
            "destination: [host.example.test, 192.0.2.7]",
            {"sni": "host.example.test", "destination": "192.0.2.99"},
            True,
            id="rule-ip-and-name: by the SNI",
        ),
        pytest.param(
            "destination: [host.example.test, 192.0.2.7]",
            {"destination": "192.0.2.7"},
            True,
            id="rule-ip-and-name: by the address",
        ),
    ],
)
def test_rule_files_that_mean_what_they_say(
    site: Site, rule: str, hello: dict[str, str], matches: bool
) -> None:
    name = "" if rule.startswith("name") else "name: one, "
    site.write("decryption.yaml", f"rules:\n  - {{{name}{rule}, action: decrypt}}\n")
    decision = site.load().rulebase.decide(
        Hello(
            ip_address(hello.get("source", "10.1.2.3")),
            ip_address(hello.get("destination", "192.0.2.1")),
            443,
            sni=hello.get("sni", ""),
        ),
        NOW,
    )
    assert (decision.action is Action.DECRYPT) is matches
    assert decision.rule == ("" if not matches else "one" if name else "1e3")


def test_rule_shadowed_is_a_warning_with_both_names(site: Site) -> None:
    site.write("decryption.yaml", "rules:\n  - {name: all, action: decrypt}\n  - {name: bank}\n")
    (found,) = [text for text in site.problems() if "decryption.yaml" in text]
    assert found.startswith("rules/decryption.yaml:3:")
    assert ": warning: " in found and '"bank"' in found and '"all"' in found


def test_no_rules_on_purpose_is_a_warning(site: Site) -> None:
    site.write("decryption.yaml", "rules: []\n")
    assert not site.errors()
    assert any(
        text.startswith("rules/decryption.yaml:1:8: warning: there are no rules")
        for text in site.problems()
    )


@pytest.mark.parametrize("way", ["list", "users"])
@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        pytest.param(lambda path: None, "does not exist", id="missing"),
        pytest.param(Path.mkdir, "is a folder", id="a folder"),
        pytest.param(os.mkfifo, "is no plain file", id="a pipe"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "no plain file", id="a device"),
        pytest.param(
            lambda path: path.symlink_to(path.name), "can't be read", id="a link to itself"
        ),
        pytest.param(lambda path: path.write_bytes(b"\xff\xfe1"), "not UTF-8", id="UTF-16"),
    ],
)
def test_rule_file_missing(
    site: Site, way: str, make_it: Callable[[Path], object], message: str
) -> None:
    if way == "list":
        site.write("objects.yaml", "lists: {partners: {type: address, file: there.txt}}\n")
    else:
        site.write("settings.yaml", "users: {file: there.txt}\nzones: {trust: {}}\n")
    make_it(Path("rules/there.txt"))
    (error,) = site.errors()
    assert message in error and "rules/there.txt" in error
    if message != "not UTF-8":
        place = "objects.yaml:1:41" if way == "list" else "settings.yaml:1:15"
        assert error.startswith(f"rules/{place}: error: the file rules/there.txt ")


def test_lines_of_lists_and_user_files_are_named_with_their_folder(site: Site) -> None:
    site.write("objects.yaml", "lists: {partners: {type: address, file: partners.txt}}\n")
    site.write("settings.yaml", "zones: {trust: {}}\nusers: {file: users.txt}\n")
    site.write("partners.txt", "192.0.2.1\n\n192.0.2.256\n")
    site.write("users.txt", "192.0.2.1 alice\nbob\n")
    places = [error.split(": ")[0] for error in site.errors()]
    assert places == ["rules/partners.txt:3", "rules/users.txt:2"]


def test_a_category_of_binary_rubbish_is_one_error(site: Site) -> None:
    site.write("categories/media.txt", b"a.com\n" + bytes(range(256)) * 64)
    (error,) = site.errors()
    assert error.startswith("rules/categories/media.txt:") and "binary data" in error


def test_a_file_that_would_not_be_read_is_pointed_out(site: Site) -> None:
    site.write("categories/domains", "example.com\n")
    site.write("categories/.media.txt.swp", b"\0")
    site.write("categories/README", "where these lists come from")
    (warning,) = [text for text in site.problems() if "categories" in text]
    assert warning == "rules/categories/domains: warning: this is not read (name it NAME.txt)"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param(
            lambda: shutil.rmtree("rules"),
            "rules: error: there is no folder with rules here (`clearpane init` makes one)",
            id="no rules folder",
        ),
        pytest.param(
            lambda: Path("rules/decryption.yaml").unlink(),
            "rules/decryption.yaml: error: this file is missing (`clearpane init` writes one; "
            "`rules: []` says that nothing is decrypted)",
            id="no decryption rulebase",
        ),
        pytest.param(
            lambda: Path("rules/objects.yaml").write_bytes(b"lists: {}\n# \xe4\n"),
            "rules/objects.yaml:2: error: this is not UTF-8 (save the file as UTF-8)",
            id="another encoding",
        ),
        pytest.param(
            lambda: shutil.rmtree("rules/threats"),
            "rules/threats: error: the engine embedded has no rules (put a .yar file there, or "
            "take embedded out of the engines)",
            id="no threat rules",
        ),
        pytest.param(
            lambda: Path("ca/forward-trust.key").chmod(0o644),
            "ca/forward-trust.key: error: others than its owner can read this key (mode 0644) "
            "(chmod 600 ca/forward-trust.key)",
            id="a key that others can read",
        ),
    ],
)
def test_folders_and_files(site: Site, change: Callable[[], object], error: str) -> None:
    change()
    assert site.errors() == [error]


def test_what_is_broken_in_several_places_is_reported_at_once(site: Site) -> None:
    site.write("settings.yaml", "handshake-timeout: never\nzones: {trust: {}}\n")
    site.write("exclusions.yaml", "exclusions: [{name: 'a/b'}]\n")
    site.write("threats/own.yar", "rule broken { condition: }")
    site.write("pages/virus-block-page.html", "<!DOCTYPE html><fnam/>")
    site.write("categories/media.txt", b"\0\1\2")
    Path("ca/forward-untrust.crt").unlink()
    files = [error.split(":")[0] for error in site.errors()]
    assert sorted(set(files)) == [
        "ca/forward-untrust.crt",
        "rules/categories/media.txt",
        "rules/exclusions.yaml",
        "rules/pages/virus-block-page.html",
        "rules/settings.yaml",
        "rules/threats/own.yar",
    ]


def test_a_broken_file_does_not_make_its_words_unknown(site: Site) -> None:
    site.write("settings.yaml", "zones: [\n")
    site.write("profiles.yaml", "")
    site.write("objects.yaml", "a: b: c\n")
    rule = "{name: a, from: [trust], source: [pool], profile: strict, action: decrpyt}"
    site.write("decryption.yaml", f"rules:\n  - {rule}\n")
    errors = site.errors()
    assert [error.split(":")[0] for error in errors] == [
        f"rules/{name}.yaml" for name in ("settings", "profiles", "objects", "decryption")
    ]
    assert "action must be" in errors[3]


def test_optional_files_may_be_missing(site: Site) -> None:
    for name in ("profiles", "objects", "exclusions", "settings"):
        Path(f"rules/{name}.yaml").unlink()
    site.write("decryption.yaml", "rules: [{name: all, action: decrypt, profile: default}]\n")
    assert site.load().settings.handshake_timeout == 10


def test_a_file_that_was_in_force_may_not_vanish_in_a_save(site: Site) -> None:
    before = site.load()
    Path("rules/exclusions.yaml").unlink()
    assert site.errors(before) == [
        "rules/exclusions.yaml: error: this file was in force and is gone "
        "(put it back, or leave {} in it if nothing is meant)"
    ]
    site.write("exclusions.yaml", "{}\n")
    assert not site.errors(before)


def test_revocation_that_is_off_is_always_said(site: Site) -> None:
    said = "revocation checking is off: a revoked certificate passes under Forward Trust"
    assert any(text.endswith(said) for text in site.problems())
    Path("rules/settings.yaml").unlink()
    site.write("decryption.yaml", "rules: [{name: all}]\n")
    assert f"rules/settings.yaml: warning: {said}" in site.problems()


def test_rules_load_without_authorities(site: Site) -> None:
    shutil.rmtree("ca")
    assert load_rules(site.rules, NOW).rulebase.rules
    site.write("decryption.yaml", "")
    with pytest.raises(ClearpaneError, match="the file is empty"):
        load_rules(site.rules, NOW)


def anchor() -> bytes:
    key = make.new_key(make.KeyKind.EC_P256)
    return make.certificate(key, make.subject("Device"), NOW - timedelta(days=1), 30)


def test_trusted_roots_are_anchors_in_pem_and_in_der(site: Site) -> None:
    roots, ders = Path("ca/trusted-roots"), [anchor() for _ in range(3)]
    roots.mkdir()
    (roots / "a.pem").write_text("Bag Attributes\n" + pem.to_pem(ders[0]) + pem.to_pem(ders[1]))
    (roots / "b.crt").write_bytes(ders[2])
    (roots / "notes.txt").write_text("no certificate")
    assert site.load().anchors[1] == tuple(ders)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "certificate 1 can't be read", id="an empty file"),
        pytest.param(b"\x30\x03abc", "certificate 1 can't be read", id="rubbish"),
        pytest.param(b"-----BEGIN X-----", "there is no certificate in this file", id="no block"),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
            "certificate 1 is not base64",
            id="half a block",
        ),
    ],
)
def test_a_broken_trusted_root_is_named(site: Site, content: bytes, message: str) -> None:
    Path("ca/trusted-roots").mkdir()
    Path("ca/trusted-roots/device.crt").write_bytes(content)
    (error,) = site.errors()
    assert error.startswith(f"ca/trusted-roots/device.crt: error: {message}")


def test_our_own_authority_is_no_anchor(site: Site) -> None:
    Path("ca/trusted-roots").mkdir()
    shutil.copy("ca/forward-trust.crt", "ca/trusted-roots/own.pem")
    (error,) = site.errors()
    assert error.startswith("ca/trusted-roots/own.pem: error: this is the gateway's own authority")


INBOUND = "name: r, action: decrypt, type: ssl-inbound-inspection"


class TestInbound:
    """The protected servers' certificates and the rules that name them."""

    def test_they_are_found_by_name(self, site: Site) -> None:
        server = site.protect("www")
        site.write("decryption.yaml", f"rules: [{{{INBOUND}, certificates: www}}]")
        assert {name: each.certificate.der for name, each in site.load().inbound.items()} == {
            "www": server.der
        }
        assert not any("ca/inbound" in text for text in site.problems())

    def test_one_that_is_not_there_is_an_error_beside_all_others(self, site: Site) -> None:
        site.protect("www")
        rules = f"rules:\n  - {{{INBOUND}, certificates: [wwww, www]}}\n  - {{nam: x}}\n"
        site.write("decryption.yaml", rules)
        (site.ca / "forward-trust.key").chmod(0o640)
        errors = site.errors()
        assert errors[0].startswith(
            'rules/decryption.yaml:2:77: error: rule "r": certificates: there is no certificate '
            'wwww in ca/inbound (did you mean "www"? else put '
        )
        assert [text.split(":")[0] for text in errors] == [
            *["rules/decryption.yaml"] * 3,
            "ca/forward-trust.key",
        ]

    def test_one_that_cannot_be_read_is_one_error(self, site: Site) -> None:
        site.protect("www")
        (site.ca / "inbound" / "www.key").unlink()
        site.write("decryption.yaml", f"rules: [{{{INBOUND}, certificates: www}}]")
        (error,) = site.errors()
        assert error.startswith("ca/inbound/www.key: error: this file is missing")

    def test_one_that_no_rule_names_is_a_warning(self, site: Site) -> None:
        site.protect("www")
        assert (
            "ca/inbound/www.crt: warning: no rule uses the certificate www "
            "(name it in a rule under certificates, or move it)"
        ) in site.problems()

    def test_no_server_has_the_key_of_an_authority(self, site: Site) -> None:
        key = site.load().authorities.untrust.key
        site.protect("www", key=key)
        (error,) = site.errors()
        assert error.startswith("ca/inbound/www.crt: error: the server has the same key as one of")

    def test_rules_alone_are_read_without_them(self, site: Site) -> None:
        site.write("decryption.yaml", f"rules: [{{{INBOUND}, certificates: www}}]")
        assert load_rules(site.rules, NOW).rulebase.rules[0].certificates == ("www",)

    def test_a_change_is_noticed(self, site: Site) -> None:
        seen = {fingerprint(site.rules, site.ca)}
        for change in (
            lambda: site.protect("www"),
            lambda: site.protect("www"),
            lambda: (site.ca / "inbound" / "www.pass").write_text("secret"),
            lambda: (site.ca / "inbound" / "www.crt").unlink(),
        ):
            change()
            assert len(seen | {fingerprint(site.rules, site.ca)}) == len(seen) + 1
            seen.add(fingerprint(site.rules, site.ca))


def test_a_fingerprint_changes_with_every_file_that_counts(site: Site, tmp_path: Path) -> None:
    outside = tmp_path / "partners.txt"
    outside.write_text("192.0.2.1\n")
    site.write("objects.yaml", "lists: {partners: {type: address, file: ../partners.txt}}\n")
    files = site.load().files
    seen = {fingerprint(site.rules, site.ca, files)}
    assert {fingerprint(site.rules, site.ca, files)} == seen
    changes: list[Callable[[], object]] = [
        lambda: site.write("categories/media.txt", "example.com\n"),
        lambda: os.utime("rules/settings.yaml", ns=(1, 1)),
        lambda: outside.write_text("192.0.2.2\n192.0.2.3\n"),
        lambda: Path("ca/forward-trust.key").chmod(0o640),
        lambda: Path("rules/pages/virus-block-page.html").unlink(),
    ]
    for number, change in enumerate(changes, 2):
        change()
        seen.add(fingerprint(site.rules, site.ca, files))
        assert len(seen) == number
    site.write(".decryption.yaml.swp", "an editor's own file")
    assert fingerprint(site.rules, site.ca, files) in seen


def test_what_did_not_change_is_not_parsed_again(site: Site) -> None:
    site.write(
        "categories/media.txt", "\n".join(["not one word", *map("{}.example".format, range(200))])
    )
    before = site.load()
    same = site.load(before)
    assert same.rulebase.categories is before.rulebase.categories
    assert same.embedded is before.embedded
    site.write("categories/shopping.txt", "shop.example\n")
    after = site.load(same)
    media = "rules/categories/media.txt"
    assert after.categories[media] is before.categories[media]
    assert after.rulebase.categories_of("shop.example") == {"shopping"}
    assert sum("media.txt" in str(warning) for warning in after.warnings) == 1
