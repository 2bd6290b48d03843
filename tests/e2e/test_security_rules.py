"""The security rulebase: what each action does to whom, which rule matches, and what is said."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import clients, pki
from e2e.harness.h2_client import Http2
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.process import STOCK, Gateway
from e2e.harness.questions import answer, examples, mistakes, say, shown
from e2e.harness.site import DECRYPT, LEAVE, Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.ways import WAYS, Ways, between
from e2e.harness.zoo import Zoo

PAGED = ["deny", "reset-client", "reset-server", "reset-both"]
REFUSING = [*PAGED, "drop"]
IN_FORCE = "new policy is in force"

# Each of these hosts is in a category of the same name; left-* are not decrypted.
CATEGORIES = {
    **{action: [f"{action}.zoo.test", f"left-{action}.zoo.test"] for action in REFUSING},
    "private": [f"left-{action}.zoo.test" for action in [*REFUSING, "allow"]],
    "games": ["paths.zoo.test/games"],
    "chess": ["paths.zoo.test/games/chess"],
    "twice": ["twice.zoo.test"],
    "off": ["off.zoo.test"],
    "past": ["past.zoo.test"],
    "hours": ["hours.zoo.test"],
    "other-hours": ["other-hours.zoo.test"],
    "inside": ["inside.zoo.test"],
}


def days(*ahead: int) -> list[str]:
    """Days of the week, counted from today, so that a run over midnight changes nothing."""
    today = pki.NOW.astimezone()
    return [f"{today + timedelta(days=each):%a}".lower() for each in ahead]


SCHEDULES = {"now": {"days": days(-1, 0, 1)}, "another-day": {"days": days(3, 4)}}
RULES: list[dict[str, Any]] = [
    *({"name": f"{action}s", "category": action, "action": action} for action in REFUSING),
    {"name": "off", "category": "off", "action": "deny", "disabled": True},
    {"name": "past", "category": "past", "action": "deny", "expires": "2020-01-01"},
    {"name": "in-hours", "category": "hours", "action": "deny", "schedule": "now"},
    {
        "name": "out-of-hours",
        "category": "other-hours",
        "action": "deny",
        "schedule": "another-day",
    },
    {"name": "first", "category": "twice", "action": "allow"},
    {"name": "second", "category": "twice", "action": "deny"},
    {"name": "no-games", "category": "games", "action": "deny"},
    {"name": "by-port", "destination": "ports.zoo.test", "service": "tcp/1", "action": "deny"},
    {"name": "rest", "category": ["private", "off", "past", "other-hours"], "action": "allow"},
    {"name": "open", "destination": ["*.zoo.test", "127.0.0.1"], "action": "allow"},
]


@pytest.fixture(scope="module")
def ways(folder: Path, zoo: Zoo) -> Iterator[Ways]:
    site = Site(
        folder / "site",
        decryption=[LEAVE, DECRYPT],
        categories=CATEGORIES,
        roots=[zoo.root],
    )
    site.write("objects.yaml", {**site.read("objects.yaml"), "schedules": SCHEDULES})
    site.write("security.yaml", {"rules": RULES})
    with between(site, zoo) as running:
        yield running


# What each action does


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("action", PAGED)
def test_a_request_that_is_refused_gets_the_page(ways: Ways, way: str, action: str) -> None:
    """The answer has not begun, so a reset would only tell the user less."""
    reply = ways.fetch(way, f"{action}.zoo.test/page?{way}-{action}")
    assert (reply.error, reply.status) == (0, 403), reply
    page = reply.body.decode()
    assert "This application is not allowed here" in page
    assert "web-browsing" in page and f"{action}.zoo.test" in page and "127.0.0.1" in page
    assert not ways.asked(f"?{way}-{action}")
    assert_refused(ways, reply.port, action)


@pytest.mark.parametrize("way", WAYS)
def test_a_dropped_request_gets_nothing(ways: Ways, way: str) -> None:
    reply = ways.fetch(way, f"drop.zoo.test/page?{way}-drop", "--max-time", "5")
    assert reply.error and not reply.body, reply
    assert not ways.asked(f"?{way}-drop")
    assert_refused(ways, reply.port, "drop")


@pytest.mark.parametrize("action", REFUSING)
def test_a_session_that_is_not_decrypted_is_closed(ways: Ways, zoo: Zoo, action: str) -> None:
    """No page: it would be shown with a certificate that nobody asked for."""
    accepted = ways.tls.accepted
    reply = ways.fetch("https", f"left-{action}.zoo.test/page", trust=zoo.root_file)
    assert reply.error and not reply.body, reply
    traffic = assert_refused(ways, reply.port, action)
    assert (traffic["app"], traffic["decrypted"]) == ("ssl", False)
    assert "security-rule" in traffic["reason"]
    assert ways.tls.accepted - accepted <= 1, "at most a look at the server's certificate"


def assert_refused(ways: Ways, port: int, action: str) -> dict[str, Any]:
    traffic = ways.site.record("traffic", sport=port)
    assert (traffic["action"], traffic["rule"]) == (action, f"{action}s")
    assert traffic["session_end_reason"] == "policy-deny"
    return traffic


def test_a_session_that_is_not_decrypted_passes_where_it_may(ways: Ways, zoo: Zoo) -> None:
    reply = ways.fetch("https", "left-allow.zoo.test/page", trust=zoo.root_file)
    assert reply.body == PAGE, reply
    traffic = ways.traffic(reply)
    assert (traffic["app"], traffic["rule"], traffic["action"]) == ("ssl", "rest", "allow")


def test_an_upload_that_is_refused_is_not_sent_on(ways: Ways, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(3 << 20))
    for way in WAYS:
        reply = ways.fetch(way, f"deny.zoo.test/up/{way}", "-T", tmp_path / "big")
        assert reply.status == 403, reply
        assert not ways.asked(f"/up/{way}")


def test_a_refused_request_leaves_the_others_of_the_connection_alone(ways: Ways) -> None:
    with Tunnel(ways.gateway, ways.tls.port) as tunnel:
        tunnel.start_tls("paths.zoo.test", alpn=("h2",))
        client = Http2(tunnel)
        seen = [client.get("paths.zoo.test", path) for path in ("/page", "/games/x", "/page")]
    assert [each.status for each in seen] == [200, 403, 200]
    assert seen[2].body == PAGE


# Which rule matches

# host and path -> (the rule, whether the page is shown)
MATCHES = {
    "twice.zoo.test/page": ("first", False),
    "off.zoo.test/page": ("rest", False),
    "past.zoo.test/page": ("rest", False),
    "hours.zoo.test/page": ("in-hours", True),
    "other-hours.zoo.test/page": ("rest", False),
    "paths.zoo.test/page": ("open", False),
    "paths.zoo.test/games": ("no-games", True),
    "paths.zoo.test/games/go?x": ("no-games", True),
    "paths.zoo.test/page/../games": ("no-games", True),
    "paths.zoo.test/games/chess/page": ("open", False),
    "PATHS.zoo.test./games": ("no-games", True),
    "ports.zoo.test/page": ("open", False),
}


@pytest.mark.parametrize("url", MATCHES)
def test_the_first_rule_that_matches_decides(ways: Ways, url: str) -> None:
    rule, refused = MATCHES[url]
    reply = ways.fetch("h2", url)
    assert (reply.status == 403) == refused, reply
    assert ways.traffic(reply)["rule"] == rule


def test_an_encoded_path_is_the_path(ways: Ways) -> None:
    assert ways.fetch("https", "paths.zoo.test/%67ames", "--path-as-is").status == 403
    assert ways.fetch("https", "paths.zoo.test//games", "--path-as-is").status == 403
    assert ways.fetch("https", "paths.zoo.test/./games", "--path-as-is").status == 403


def test_the_category_that_a_rule_went_by_is_on_record(ways: Ways) -> None:
    reply = ways.fetch("https", "paths.zoo.test/games")
    assert ways.traffic(reply)["category"] == "games"


# Behind all rules


def test_what_stays_in_its_zone_passes_and_the_rest_is_denied(folder: Path, zoo: Zoo) -> None:
    zones = {
        "trust": {"networks": ["127.0.0.1/32"]},
        "untrust": {"networks": ["127.0.0.2/32"]},
    }
    site = Site(folder / "zones", settings={"zones": zones}, roots=[zoo.root])
    site.write("security.yaml", {"rules": []})
    pair = zoo.leaf("*.zoo.test")
    with Origin(pair) as within, Origin(pair, address="127.0.0.2") as outside:
        with Gateway(site) as gateway:
            near = clients.curl(gateway, "https://near.zoo.test/page", to=within.port)
            way = ("--connect-to", f"::127.0.0.2:{outside.port}")
            far = clients.curl(gateway, "https://far.zoo.test/page", *way)
            seen = site.record("traffic", sport=near.port), site.record("traffic", sport=far.port)
        asked = list(outside.contents.requests)
    assert (near.status, far.status) == (200, 403), (near, far)
    assert [each["rule"] for each in seen] == ["intrazone-default", "interzone-default"]
    assert [each["action"] for each in seen] == ["allow", "deny"]
    assert not asked


def test_without_the_file_everything_is_allowed(folder: Path, zoo: Zoo) -> None:
    with between(Site(folder / "without", roots=[zoo.root]), zoo) as ways:
        reply = ways.fetch("https", "any.zoo.test/page")
        assert reply.body == PAGE, reply
        assert "rule" not in ways.traffic(reply)


# Changes


def test_a_saved_rulebase_is_in_force_for_new_connections(folder: Path, zoo: Zoo) -> None:
    site = Site(folder / "reload", roots=[zoo.root])
    site.write("security.yaml", {"rules": [{"name": "all", "action": "allow"}]})
    with between(site, zoo) as ways, Tunnel(ways.gateway, ways.tls.port) as kept:
        kept.start_tls("any.zoo.test")
        site.write("security.yaml", {"rules": [{"name": "none", "action": "deny"}]})
        ways.gateway.said(IN_FORCE)
        assert ways.fetch("https", "any.zoo.test/page").status == 403
        assert PAGE in kept.ask("any.zoo.test", "/page"), "a session keeps its policy"
        lines = len(ways.gateway.lines)
        site.write("security.yaml", {"rules": [{"name": "none", "action": "denied"}]})
        ways.gateway.said("action must be", after=lines)
        assert ways.fetch("https", "any.zoo.test/page").status == 403
        lines = len(ways.gateway.lines)
        site.write("security.yaml", {"rules": [{"name": "all", "action": "allow"}]})
        ways.gateway.said(IN_FORCE, after=lines)
        assert ways.fetch("https", "any.zoo.test/page").status == 200


# Mistakes

MISTAKES = {
    "action: denny": 'rule "r2": action must be',
    "action: allow, aplication: ssh": 'unknown key aplication (did you mean "application"?',
    "action: allow, application: [sssh]": 'no application sssh (did you mean "ssh"?)',
    "action: allow, application: incomplete": "there is no application incomplete",
    "action: allow, service: application-default": "application-default is not supported",
    "action: allow, profiles: {virus: strickt}": "there is no virus profile strickt",
    "action: allow, profiles: {url: default}": "unknown key url",
    "action: allow, category: gamez": "there is no category or domain list gamez",
    "action: allow, from: trusted": 'there is no zone trusted (did you mean "trust"?)',
    "from: trust": "action is missing",
}


@pytest.fixture(scope="module")
def found(folder: Path) -> list[str]:
    site = Site(folder / "wrong")
    rules = (f"  - {{name: r{line}, {keys}}}\n" for line, keys in enumerate(MISTAKES, 2))
    site.save("security.yaml", f"rules:\n{''.join(rules)}")
    return mistakes(site)


@pytest.mark.parametrize("keys", MISTAKES)
def test_a_mistake_is_named_with_its_place(found: list[str], keys: str) -> None:
    line = 2 + list(MISTAKES).index(keys)
    (error,) = (each for each in found if f"security.yaml:{line}:" in each)
    assert MISTAKES[keys] in error


# Questions to the rules


def test_the_rules_answer_what_the_gateway_does(ways: Ways) -> None:
    words = ["source", "127.0.0.1", "destination", "paths.zoo.test", "destination-port", "443"]
    question = ("test", "security-policy-match", *words)
    free = say(ways.site, *question)
    games = say(ways.site, *question, "category", "games")
    assert free.stdout.startswith("matched rule: open, allow"), free
    assert "virus default" in free.stdout
    assert games.stdout.startswith("matched rule: no-games, deny"), games
    assert "skipped denys: category" in games.stdout


def test_a_url_leads_to_its_security_rules(ways: Ways) -> None:
    done = say(ways.site, "test", "url", "https://paths.zoo.test/games/go")
    assert "paths.zoo.test/games/go is in games" in done.stdout
    assert "no-games, deny (category games)" in done.stdout
    assert "where no security rule matches: intrazone-default, allow" in done.stdout


def test_the_docs_show_what_the_program_says(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    site.as_shipped("settings.yaml", "decryption.yaml")
    lunch = {"lunch": {"days": ["mon"], "from": "12:00", "to": "13:00"}}
    strict = {"strict": {"rules": [{"file-type": "pe", "action": "block"}]}}
    site.write("objects.yaml", {**site.read("objects.yaml"), "schedules": lunch})
    site.write("profiles.yaml", {**site.read("profiles.yaml"), "file-blocking": strict})
    site.save("security.yaml", examples("security.md", "yaml")[0])
    said = shown("security.md", "test")
    assert len(said) == 3
    for command, expected in said.items():
        answered = answer(site, command)
        assert answered.endswith(expected.removeprefix("...\n")), answered


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_rule_knows_the_user_of_a_request(zoo: Zoo, named: Gateway, scheme: str) -> None:
    """A plain request names its user itself; with TLS the CONNECT before it has."""
    with Origin(zoo.leaf("www.zoo.test") if scheme == "https" else None) as origin:
        host = "www.zoo.test" if scheme == "https" else f"127.0.0.1:{origin.port}"
        replies = [
            clients.curl(
                named, f"{scheme}://{host}/page", "--proxy-user", f"{user}:x", to=origin.port
            )
            for user in ("alice", "bob")
        ]
    assert [reply.status for reply in replies] == [403, 200]
    records = [named.site.record("traffic", sport=reply.port) for reply in replies]
    assert [record["srcuser"] for record in records] == ["alice", "bob"]
    assert [record["rule"] for record in records] == ["not-alice", "open"]


@pytest.fixture(scope="module")
def named(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    site = Site(folder / "named", roots=[zoo.root])
    denied = {"name": "not-alice", "source-user": "alice", "action": "deny"}
    site.write("security.yaml", {"rules": [denied, {"name": "open", "action": "allow"}]})
    with Gateway(site, STOCK, "--set", "proxyauth=any") as running:
        yield running
