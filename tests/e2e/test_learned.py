"""The exclude cache: what is learned and for whom, how long it stays, and what an administrator
sees of it and does about it."""

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.harness import clients, control, pki, rejecting
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.process import STOCK, Gateway
from e2e.harness.site import DECRYPT, Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.wait import until
from e2e.harness.watched import TLS13, Mutual, Version, WatchedOrigin
from e2e.harness.zoo import Zoo

TLS11 = (Version.TLSv1, Version.TLSv1_1)
OLD = ("--tlsv1.0", "--ciphers", "ALL:@SECLEVEL=0")
PROFILES: Mapping[str, Mapping[str, object]] = {
    "first": {"ssl-protocol-settings": {"keyxchg-algo-rsa": False}},
    "second": {},
}


def made(folder: Path, zoo: Zoo, **learning: object) -> Site:
    second = {**DECRYPT, "name": "second", "destination": ["*.second.test"], "profile": "second"}
    return Site(
        folder,
        decryption=[second, {**DECRYPT, "profile": "first"}],
        profiles={"decryption": PROFILES},
        categories={"watched": ["watched.test"]},
        settings={"learned-exclusions": learning} if learning else None,
        roots=[zoo.root],
    )


@dataclass
class World:
    """`learning` learns pinned servers, `suggesting` is as shipped."""

    zoo: Zoo
    mutual: Mutual
    learning: Gateway
    suggesting: Gateway

    def mtls(self, host: str, address: str = "127.0.0.1") -> WatchedOrigin:
        pair, authority = self.zoo.leaf(host), self.mutual.authority
        return WatchedOrigin(pair, clients=authority, versions=TLS13, address=address)


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    mutual = Mutual.made(folder / "client", "Zoo Client")
    learning = Gateway(made(folder / "learning", zoo, pinned="learn", never=["watched"]))
    suggesting = Gateway(made(folder / "suggesting", zoo))
    with learning, suggesting:
        yield World(zoo, mutual, learning, suggesting)


def fetch(
    gateway: Gateway, origin: Origin, host: str, *arguments: str | Path, trust: Path | None = None
) -> clients.Reply:
    url = f"https://{host}/page"
    return clients.curl(gateway, url, *arguments, to=origin.port, trust=trust)


def row_of(gateway: Gateway, origin: Origin, host: str) -> dict[str, object] | None:
    """`host` tells it from one that another test had at the same port."""
    rows = [
        row
        for row in control.learned(gateway.site)
        if str(row["server"]).startswith(host) and str(row["server"]).endswith(f":{origin.port}")
    ]
    assert len(rows) < 2, rows
    return rows[0] if rows else None


# Seen and cleared


def test_the_cache_is_shown_and_cleared(world: World, tmp_path: Path) -> None:
    site = made(tmp_path / "site", world.zoo)
    with world.mtls("one.test") as one, world.mtls("two.test") as two, Gateway(site) as gateway:
        assert control.servers(site) == []
        for origin, host in ((one, "one.test"), (two, "two.test")):
            for _ in range(2):
                reply = fetch(gateway, origin, host, *world.mutual.words, trust=world.zoo.root_file)
                assert reply.body == PAGE, reply
        names = [f"one.test:{one.port}", f"two.test:{two.port}"]
        newest, oldest = control.learned(site)
        assert [oldest["server"], newest["server"]] == names
        wanted = {"address": "127.0.0.1", "client": "any", "reason": "client-certificate-required"}
        wanted |= {"profile": "first"}
        assert oldest | wanted | {"count": 2} == oldest
        assert 12 * 3600 - 60 < oldest["timeout"] <= 12 * 3600

        shown = control.ask(site, "show", *control.CACHE)
        assert shown.returncode == 0, shown.stderr
        assert all(name in shown.stdout for name in (*names, "client-certificate-required"))

        cleared = control.ask(site, "clear", *control.CACHE, "server", names[0])
        assert cleared.returncode == 0 and "1 entry cleared" in cleared.stdout, cleared
        assert control.servers(site) == names[1:]
        control.ask(site, "clear", *control.CACHE)
        assert control.servers(site) == []

        before = two.accepted
        assert fetch(gateway, two, "two.test", *world.mutual.words, trust=world.zoo.root_file).body
        assert two.accepted == before + 2, "what was cleared is looked at again"


def test_without_a_gateway_the_command_says_so(world: World, tmp_path: Path) -> None:
    site = made(tmp_path / "site", world.zoo)
    done = control.ask(site, "show", *control.CACHE)
    assert done.returncode != 0 and "Traceback" not in done.stderr, done
    assert done.stderr.strip()


# Kept


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_what_was_learned_outlasts_the_gateway(world: World, end: str, tmp_path: Path) -> None:
    site, host = made(tmp_path / "site", world.zoo), "kept.test"
    file = site.state / "exclude-cache.jsonl"
    with world.mtls(host) as origin:
        with Gateway(site) as gateway:
            fetch(gateway, origin, host, *world.mutual.words, trust=world.zoo.root_file)
            if end == "stopped":
                assert gateway.stop() == 0
            else:
                until(file.exists, "the file")
                gateway.process.send_signal(signal.SIGKILL)
                gateway.ended()
        assert file.stat().st_mode & 0o777 == 0o600
        (site.state / "gateway.pid").unlink(missing_ok=True)
        before = origin.accepted
        with Gateway(site) as gateway:
            assert control.servers(site) == [f"{host}:{origin.port}"]
            reply = fetch(gateway, origin, host, *world.mutual.words, trust=world.zoo.root_file)
            assert reply.body == PAGE, reply
            assert origin.accepted == before + 1
            record = site.record("traffic", sport=reply.port)
            assert record["reason"] == ["excluded-learned"]


def test_what_was_learned_behind_another_proxy_is_kept_too(world: World, tmp_path: Path) -> None:
    """There a server's address is not known, only the name that the client asked for."""
    site, host = made(tmp_path / "site", world.zoo), "behind.test"
    with world.mtls(host) as origin, Gateway(Site(tmp_path / "next", decryption=[])) as behind:
        mode = ("--mode", f"upstream:http://{behind.address}")
        way = (*world.mutual.words, "--connect-to", f"::localhost:{origin.port}")
        for _ in range(2):
            with Gateway(site, STOCK, *mode) as gateway:
                url = f"https://{host}/page"
                reply = clients.curl(gateway, url, *way, trust=world.zoo.root_file)
                assert reply.body == PAGE, reply
        record = site.record("traffic", sport=reply.port)
    assert record["reason"] == ["excluded-learned"]


def test_a_changed_profile_takes_its_own_entries_with_it(world: World, tmp_path: Path) -> None:
    site = made(tmp_path / "site", world.zoo)
    hosts = ("one.first.test", "one.second.test")
    with world.mtls(hosts[0]) as one, world.mtls(hosts[1]) as two, Gateway(site) as gateway:
        for origin, host in zip((one, two), hosts, strict=True):
            fetch(gateway, origin, host, *world.mutual.words, trust=world.zoo.root_file)
        both = sorted((f"{hosts[0]}:{one.port}", f"{hosts[1]}:{two.port}"))
        assert control.servers(site) == both
        for changed, left in (({"third": {}}, both), ({"second": _strict()}, both[:1])):
            tree = site.read("profiles.yaml")
            tree["decryption"] |= changed
            said = len(gateway.lines)
            site.write("profiles.yaml", tree)
            gateway.reload()
            gateway.said("a new policy is in force", after=said)
            assert control.servers(site) == left
    file = site.state / "exclude-cache.jsonl"
    kept = file.read_text(encoding="utf-8")
    assert hosts[0] in kept and hosts[1] not in kept


def _strict() -> dict[str, object]:
    return {"ssl-forward-proxy": {"block-untrusted-issuer": True}}


def test_a_profile_changed_while_the_gateway_was_down_counts_too(
    world: World, tmp_path: Path
) -> None:
    site, host = made(tmp_path / "site", world.zoo), "one.second.test"
    with world.mtls(host) as origin:
        with Gateway(site) as gateway:
            fetch(gateway, origin, host, *world.mutual.words, trust=world.zoo.root_file)
            assert control.servers(site) == [f"{host}:{origin.port}"]
        tree = site.read("profiles.yaml")
        tree["decryption"]["second"] = _strict()
        site.write("profiles.yaml", tree)
        with Gateway(site):
            assert control.servers(site) == []


# What is learned


def test_a_category_in_never_is_never_learned(world: World) -> None:
    with world.mtls("www.watched.test") as origin:
        for accepted in (2, 4):
            reply = fetch(
                world.learning,
                origin,
                "www.watched.test",
                *world.mutual.words,
                trust=world.zoo.root_file,
            )
            assert reply.body == PAGE, reply
            assert origin.accepted == accepted
        assert row_of(world.learning, origin, "www.watched.test") is None


@pytest.mark.parametrize("reason", ["unsupported-version", "unsupported-cipher"])
def test_a_server_with_nothing_that_the_profile_allows(world: World, reason: str) -> None:
    host = f"{reason}.test"
    pair = pki.leaf(world.zoo.issuing, host, key="rsa2048")
    versions, ciphers = (TLS11, "ALL") if "version" in reason else (None, "")
    if "cipher" in reason:
        versions, ciphers = (Version.TLSv1_2, Version.TLSv1_2), "AES128-GCM-SHA256"
    with WatchedOrigin(pair, versions=versions, ciphers=ciphers) as origin:
        for accepted, wanted in ((2, reason), (3, "excluded-learned")):
            reply = fetch(world.learning, origin, host, *OLD, trust=world.zoo.root_file)
            assert reply.body == PAGE, reply
            assert origin.accepted == accepted
            record = world.learning.site.record("traffic", sport=reply.port)
            assert (record["reason"], record["decrypted"]) == ([wanted], False)
        row = row_of(world.learning, origin, host)
    assert row and (row["reason"], row["client"]) == (reason, "any")


# Clients that pin


def rejected(gateway: Gateway, origin: Origin, host: str, how: str, trust: Path) -> int:
    """The client's port; its record is there when this returns."""
    if how == "TLS 1.2 alert":
        return rejecting.in_the_handshake(gateway, host, origin.port, "-tls1_2", trust)
    if how == "TLS 1.3 alert":
        return rejecting.in_the_handshake(gateway, host, origin.port, "-tls1_3", trust)
    if how == "hangs up":
        port = rejecting.by_hanging_up(gateway, host, origin.port)
    else:
        alert = rejecting.INTERNAL_ERROR if "other" in how else rejecting.BAD_CERTIFICATE
        port = rejecting.after_the_handshake(gateway, host, origin.port, alert)
    gateway.site.record("traffic", sport=port)
    return port


ALERTS = ("TLS 1.2 alert", "TLS 1.3 alert", "alert after the handshake")


@pytest.mark.parametrize("how", ALERTS)
def test_learn_lets_this_client_pass_and_no_other(world: World, how: str) -> None:
    host = "pinned.test"
    gateway, root, trust = world.learning, world.zoo.root_file, world.learning.site.trust_file
    with Origin(world.zoo.leaf(host)) as origin:
        port = rejected(gateway, origin, host, how, root)
        record = gateway.site.record("decryption", sport=port)
        assert record["reason"] == ["client-rejected-certificate"], record
        assert "alert" in record["error"]
        row = row_of(gateway, origin, host)
        assert row and row["client"] == "127.0.0.1"
        assert row["reason"] == "client-rejected-certificate"

        again = fetch(gateway, origin, host, trust=root)
        other = fetch(gateway, origin, host, "--interface", "127.0.0.2", trust=trust)
        assert (again.body, other.body) == (PAGE, PAGE), (again, other)
        records = [gateway.site.record("traffic", sport=each.port) for each in (again, other)]
    assert [each["decrypted"] for each in records] == [False, True]
    assert records[0]["reason"] == ["excluded-learned"]


def test_a_close_without_an_alert_counts_the_second_time(world: World) -> None:
    host, gateway = "hanging.test", world.learning
    with Origin(world.zoo.leaf(host)) as origin:
        rejected(gateway, origin, host, "hangs up", world.zoo.root_file)
        assert row_of(gateway, origin, host) is None
        rejected(gateway, origin, host, "hangs up", world.zoo.root_file)
        row = row_of(gateway, origin, host)
        assert row and (row["reason"], row["client"]) == (
            "client-rejected-certificate",
            "127.0.0.1",
        )


@pytest.mark.parametrize("how", ALERTS)
def test_suggest_says_the_line_and_learns_nothing(world: World, how: str) -> None:
    gateway = world.suggesting
    host = f"pinned{ALERTS.index(how)}.test"
    with Origin(world.zoo.leaf(host)) as origin:
        said = len(gateway.lines)
        port = rejected(gateway, origin, host, how, world.zoo.root_file)
        line = f'- {{name: "{host}", description: "pinned: pinned-cert"}}'
        assert gateway.said(line.replace("{", r"\{"), after=said)
        assert row_of(gateway, origin, host) is None
        record = gateway.site.record("decryption", sport=port)
        assert record["reason"] == ["client-rejected-certificate"], record
        reply = fetch(gateway, origin, host)
        assert reply.body == PAGE, reply
        assert gateway.site.record("traffic", sport=reply.port)["decrypted"] is True


def test_the_suggested_line_is_an_exclusion(world: World, tmp_path: Path) -> None:
    host, site = "paste.test", made(tmp_path / "site", world.zoo)
    with Origin(world.zoo.leaf(host)) as origin, Gateway(site) as gateway:
        rejected(gateway, origin, host, ALERTS[0], world.zoo.root_file)
        line = gateway.said(r"- \{name: .*\}$")[0]
        said = len(gateway.lines)
        site.save("exclusions.yaml", f"exclusions:\n  {line}\n")
        gateway.reload()
        gateway.said("a new policy is in force", after=said)
        reply = fetch(gateway, origin, host, trust=world.zoo.root_file)
        assert reply.body == PAGE, reply
        record = site.record("traffic", sport=reply.port)
    assert record["reason"] == ["excluded-custom"]


@pytest.mark.parametrize("how", [*ALERTS[:2], "hangs up"])
@pytest.mark.parametrize("fault", ["expired", "unknown-issuer", "name-mismatch"])
def test_who_rejects_a_faulty_server_is_not_taken_for_pinned(
    world: World, fault: str, how: str
) -> None:
    host, gateway, now = f"{fault}.test", world.learning, pki.NOW
    pair = {
        "expired": lambda: pki.leaf(
            world.zoo.issuing, host, dates=(now - 90 * pki.DAY, now - 3 * pki.DAY)
        ),
        "unknown-issuer": lambda: pki.leaf(world.zoo.stranger, host),
        "name-mismatch": lambda: world.zoo.leaf("another.test"),
    }[fault]()
    with Origin(pair) as origin:
        for _ in range(2):
            rejected(gateway, origin, host, how, gateway.site.trust_file)
        assert row_of(gateway, origin, host) is None


def test_an_alert_about_something_else_teaches_nothing(world: World) -> None:
    host, gateway = "other.test", world.learning
    with Origin(world.zoo.leaf(host)) as origin:
        for _ in range(2):
            rejected(gateway, origin, host, "other alert after", world.zoo.root_file)
        assert row_of(gateway, origin, host) is None


# Who claims another's name


def test_a_claimed_name_gains_nothing_for_the_real_host(world: World) -> None:
    """The client's own server asks for a certificate and stands under the victim's name."""
    host, gateway = "victim.test", world.learning
    with world.mtls(host, "127.0.0.3") as own, Origin(world.zoo.leaf(host)) as real:
        with Tunnel(gateway, own.port, "127.0.0.3") as tunnel:
            shown = tunnel.start_tls(host)
            port = tunnel.source_port
        assert shown, "the session was not passed through"
        record = gateway.site.record("traffic", sport=port)
        assert record["reason"] == ["client-certificate-required"]
        row = row_of(gateway, own, host)
        assert row and row["address"] == "127.0.0.3"
        reply = fetch(gateway, real, host)
        assert reply.body == PAGE, reply
        assert gateway.site.record("traffic", sport=reply.port)["decrypted"] is True
