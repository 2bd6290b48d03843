"""A rulebase from the texts of its files, as an administrator would write them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from clearpane.documents.mapping import Mapping as Document
from clearpane.documents.place import Place, Text
from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.hello import Hello, address, host_name
from clearpane.rulebase import categories, exclusions, objects, rules, security_rules
from clearpane.rulebase.categories import Categories
from clearpane.rulebase.rulebase import Rulebase
from clearpane.rulebase.security import ProfileKind, SecurityRulebase

ZONES = """
trust: {networks: [10.0.0.0/8, 127.0.0.0/8], listeners: ["regular@8080"]}
dmz: {networks: [192.0.2.0/24]}
untrust: {networks: [0.0.0.0/0, "::/0"]}
"""


@dataclass(frozen=True)
class Built:
    """What the files gave, and what was wrong with them."""

    rulebase: Rulebase
    problems: Problems
    secured: SecurityRulebase | None = None

    @property
    def security(self) -> SecurityRulebase:
        assert self.secured, self.messages
        return self.secured

    @property
    def messages(self) -> list[str]:
        return [str(problem) for problem in self.problems.found]


type Build = Callable[..., Built]

PROFILES = {
    ProfileKind.VIRUS: ["default", "strict"],
    ProfileKind.URL_FILTERING: ["default", "strict"],
    ProfileKind.FILE_BLOCKING: ["default"],
    ProfileKind.DATA_FILTERING: ["cards"],
}


def document(text: str, file: str, problems: Problems) -> Document | None:
    return read(text, file, problems) if text else None


def build(
    decryption: str = "rules: []",
    *,
    of_security: str = "",
    of_objects: str = "",
    zones: str = ZONES,
    users: str = "",
    of_categories: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    of_exclusions: str = "",
    inbound: Collection[str] | None = None,
) -> Built:
    problems = Problems()
    known = {**(files or {}), "users.txt": users}
    users_file = Text("users.txt", Place("settings.yaml", 9, 9)) if users else None
    found = objects.parse(
        document(of_objects, "objects.yaml", problems),
        document(zones, "settings.yaml", problems),
        users_file,
        known.get,
        problems,
    )
    listed = Categories(
        categories.parse(name, text, f"categories/{name}.txt", problems)
        for name, text in (of_categories or {}).items()
    )
    root = document(decryption, "decryption.yaml", problems)
    assert root is not None, problems.found
    parsed = rules.parse(root, found, listed, ["default", "strict"], problems, inbound)
    own = exclusions.parse(document(of_exclusions, "exclusions.yaml", problems), problems)
    security = None
    if secured := document(of_security, "security.yaml", problems):
        protecting = security_rules.parse(secured, found, listed, PROFILES, problems)
        defaults = security_rules.defaults(PROFILES)
        security = SecurityRulebase(protecting, found, listed, defaults)
    return Built(Rulebase(parsed, found, listed, own), problems, security)


def hello(
    sni: str = "www.example.com",
    *,
    source: str = "10.1.2.3",
    destination: str = "203.0.113.9",
    port: int = 443,
    host: str = "",
    user: str = "",
    listener: str = "",
) -> Hello:
    return Hello(
        source=address(source),
        destination=address(destination) if destination else None,
        port=port,
        listener=listener,
        host=host_name(host) if host else "",
        sni=host_name(sni) if sni else "",
        user=user,
    )


@pytest.fixture(name="build")
def build_fixture() -> Build:
    return build


@pytest.fixture(name="hello")
def hello_fixture() -> Callable[..., Hello]:
    return hello


@pytest.fixture
def now() -> datetime:
    """A Wednesday, shortly after noon."""
    return datetime(2026, 11, 25, 12, 5, tzinfo=UTC)
