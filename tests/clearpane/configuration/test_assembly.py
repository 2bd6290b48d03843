"""References across the files, without any file."""

from collections.abc import Mapping

import pytest

from clearpane.configuration.assembly import Assembled, assemble
from clearpane.configuration.sources import File, Name
from clearpane.documents.place import Text
from clearpane.errors import Problems
from clearpane.rulebase.categories import Categories
from sites import NOW

RULES = "rules: [{name: all, action: decrypt}]"


def assembled(texts: Mapping[Name, str | None]) -> tuple[Assembled | None, list[str]]:
    problems = Problems()
    files = {name: File(name, text) for name, text in texts.items()}

    def read(file: Text) -> str | None:
        problems.error(file.place, f"{file} is asked for")
        return None

    found = assemble("rules", files, Categories(), read, NOW, problems)
    return found, [str(problem) for problem in problems.found]


def test_a_rulebase_alone_is_enough() -> None:
    found, problems = assembled({Name.DECRYPTION: RULES})
    assert found is not None and [rule.name for rule in found.rulebase.rules] == ["all"]
    assert [text.split(": ")[:2] for text in problems] == [["rules/settings.yaml", "warning"]]


OFF = (
    "settings.yaml:1:13: warning: revocation checking is off: "
    "a revoked certificate passes under Forward Trust"
)


@pytest.mark.parametrize(
    ("revocation", "said"),
    [("{}", [OFF]), ("{ocsp: true}", []), ("{crl: yes}", [])],
    ids=["off", "OCSP", "CRL"],
)
def test_that_revocation_is_not_checked_is_said_at_its_place(
    revocation: str, said: list[str]
) -> None:
    texts = {Name.DECRYPTION: RULES, Name.SETTINGS: f"revocation: {revocation}"}
    assert assembled(texts)[1] == said


def test_words_of_one_file_are_known_in_another() -> None:
    found, problems = assembled(
        {
            Name.SETTINGS: "zones: {dmz: {networks: [192.0.2.0/24]}}",
            Name.PROFILES: "decryption: {strict: {}}",
            Name.OBJECTS: "addresses: {web: 192.0.2.10}\nservices: {alt: tcp/8443}\n"
            "schedules: {always: {}}",
            Name.DECRYPTION: "rules: [{name: a, to: [dmz], destination: [web], service: [alt], "
            "schedule: always, profile: strict}]",
        }
    )
    assert found is not None
    assert not [text for text in problems if "error" in text]


def test_files_that_are_named_are_asked_for() -> None:
    texts = {
        Name.SETTINGS: "users: {file: users.txt}",
        Name.OBJECTS: "lists: {partners: {type: address, file: partners.txt}}",
        Name.DECRYPTION: "rules: [{name: a, source: [partners]}]",
    }
    assert sorted(assembled(texts)[1]) == [
        "objects.yaml:1:41: error: partners.txt is asked for",
        "settings.yaml:1:15: error: users.txt is asked for",
    ]


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (Name.SETTINGS, "from: [trust], to: [dmz]"),
        (Name.PROFILES, "profile: strict"),
        (Name.OBJECTS, "source: [pool], service: [alt], category: [pinned], schedule: always"),
    ],
    ids=["settings", "profiles", "objects"],
)
def test_words_of_a_file_that_could_not_be_read_are_not_called_unknown(
    broken: Name, rule: str
) -> None:
    texts = {Name.DECRYPTION: f"rules: [{{name: a, {rule}, action: decrpyt}}]", broken: None}
    found, problems = assembled(texts)
    assert found is None
    assert len(problems) == 1 and "action must be" in problems[0]


def test_a_category_that_is_never_learned_must_be_one() -> None:
    texts = {
        Name.DECRYPTION: RULES,
        Name.SETTINGS: "revocation: {ocsp: true}\nlearned-exclusions: {never: [no-such]}",
    }
    assert assembled(texts)[1] == [
        "settings.yaml:2:30: error: learned-exclusions: never: there is no category no-such "
        "(name one of rules/categories)"
    ]


def test_security_rules_may_use_words_of_every_file() -> None:
    found, problems = assembled(
        {
            Name.SETTINGS: "zones: {dmz: {networks: [192.0.2.0/24]}}\nrevocation: {crl: true}",
            Name.PROFILES: "url-filtering: {strict: {block: [unknown]}}",
            Name.OBJECTS: "addresses: {web: 192.0.2.10}",
            Name.DECRYPTION: RULES,
            Name.SECURITY: "rules: [{name: a, to: dmz, destination: web, action: allow, "
            "profiles: {url-filtering: strict}}]",
        }
    )
    assert problems == []
    assert found is not None and found.security is not None
    assert found.security.rules[0].profiles.url_filtering == "strict"
    assert found.security.defaults.url_filtering == "default"


@pytest.mark.parametrize(
    ("broken", "keys"),
    [
        pytest.param(Name.SETTINGS, "to: dmz", id="zones"),
        pytest.param(Name.PROFILES, "profiles: {virus: strict}", id="profiles"),
        pytest.param(Name.OBJECTS, "source: pool, category: pinned", id="objects"),
    ],
)
def test_security_rules_are_not_blamed_for_another_file(broken: Name, keys: str) -> None:
    texts = {
        Name.DECRYPTION: RULES,
        Name.SECURITY: f"rules: [{{name: a, action: alow, {keys}}}]",
        Name.PROFILES: "url-filtering: {a: {block: [pinned]}}\n"
        "data-filtering: {a: {patterns: [{pattern: names, block-threshold: 1}]}}",
        Name.OBJECTS: "lists: {pinned: {type: domain, file: pinned.txt}}\n"
        "data-patterns: {names: {regex: apollo}}",
        broken: None,
    }
    found, problems = assembled(texts)
    errors = [text for text in problems if "is asked for" not in text]
    assert found is None
    assert len(errors) == 1 and "action must be" in errors[0]


def test_an_override_that_nobody_can_pass_is_said() -> None:
    texts = {
        Name.DECRYPTION: RULES,
        Name.SETTINGS: "revocation: {ocsp: true}",
        Name.PROFILES: "url-filtering: {default: {override: [unknown]}}",
    }
    assert assembled(texts)[1] == [
        "profiles.yaml:1:16: warning: url-filtering: override without a password lets nobody "
        "through (name its file in settings.yaml under url-admin-override)"
    ]
    texts[Name.SETTINGS] += "\nurl-admin-override: {password-file: secret.txt}"
    assert assembled(texts)[1] == []
