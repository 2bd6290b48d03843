"""A saved file, SIGHUP and `clearpane commit` put the whole policy in force, or leave it alone."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import clients
from e2e.harness.origins import Origin
from e2e.harness.process import BIN, STOCK, Gateway, environment
from e2e.harness.site import DECRYPT, LEAVE, PRODUCT, Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST, BANK = "www.zoo.test", "bank.zoo.test"
IN_FORCE = "new policy is in force"


@pytest.fixture(scope="module")
def tls(zoo: Zoo) -> Iterator[Origin]:
    with Origin(zoo.leaf("*.zoo.test")) as origin:
        yield origin


@pytest.fixture
def gateway(tmp_path: Path, zoo: Zoo) -> Iterator[Gateway]:
    site = Site(
        tmp_path / "site",
        decryption=[LEAVE, DECRYPT],
        categories={"private": [BANK]},
        roots=[zoo.root],
    )
    with Gateway(site) as running:
        yield running


def decrypted(gateway: Gateway, tls: Origin, host: str) -> bool:
    seen = clients.handshake(gateway, host, tls.port, trust=gateway.site.trust_file)
    return seen.leaf.issuer == gateway.site.trust.leaf.subject


def clearpane(gateway: Gateway, *words: str) -> subprocess.CompletedProcess[str]:
    site = gateway.site
    places = ("--rules", site.rules, "--ca", site.ca, "--state", site.state)
    return subprocess.run(
        [BIN / "clearpane", *words, *places],
        capture_output=True,
        text=True,
        env=environment(site.folder),
        cwd=PRODUCT,
        timeout=30,
        check=False,
    )


def test_a_saved_rulebase_comes_into_force(gateway: Gateway, tls: Origin) -> None:
    assert decrypted(gateway, tls, HOST)
    gateway.site.write("decryption.yaml", {"rules": [{**DECRYPT, "action": "no-decrypt"}]})
    until(lambda: not decrypted(gateway, tls, HOST), "the saved rule is in force")
    gateway.said(IN_FORCE)


def test_a_saved_category_comes_into_force(gateway: Gateway, tls: Origin) -> None:
    assert not decrypted(gateway, tls, BANK)
    gateway.site.category("private", [HOST])
    until(lambda: decrypted(gateway, tls, BANK), "the saved category is in force")
    assert not decrypted(gateway, tls, HOST)


def test_a_session_keeps_the_policy_it_began_with(gateway: Gateway, tls: Origin) -> None:
    with Tunnel(gateway, tls.port) as tunnel:
        tunnel.start_tls(HOST)
        lines = len(gateway.lines)
        gateway.site.write("decryption.yaml", {"rules": []})
        gateway.said(IN_FORCE, after=lines)
        assert b"the zoo's page" in tunnel.ask(HOST, "/page")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("# all gone\n", id="comments only"),
        pytest.param("rules:\n  - {name: x, actoin: decrypt}\n", id="misspelt"),
        pytest.param("rules:\n  - {name: x, act", id="caught halfway"),
        pytest.param("rules:\n  - {name: x, action: decrypt, profile: gone}\n", id="dangling"),
    ],
)
def test_a_bad_save_leaves_the_old_policy_and_says_so(
    gateway: Gateway, tls: Origin, text: str
) -> None:
    gateway.site.save("decryption.yaml", text)
    gateway.said(r"decryption\.yaml:\d+")
    gateway.said("(?i)stays in force|not valid")
    assert decrypted(gateway, tls, HOST)
    assert not decrypted(gateway, tls, BANK)


def test_sighup_takes_the_policy_anew_and_ends_nothing(gateway: Gateway, tls: Origin) -> None:
    gateway.reload()
    gateway.said(IN_FORCE)
    assert decrypted(gateway, tls, HOST)
    assert not decrypted(gateway, tls, BANK)


def test_commit_validates_and_reloads(gateway: Gateway, tls: Origin) -> None:
    lines = len(gateway.lines)
    done = clearpane(gateway, "commit")
    assert done.returncode == 0, done.stderr
    gateway.said(IN_FORCE, after=lines)


def test_commit_refuses_a_bad_policy_and_signals_nobody(gateway: Gateway, tls: Origin) -> None:
    gateway.site.save("decryption.yaml", "rules:\n  - {name: x, action: Decrypt}\n")
    done = clearpane(gateway, "commit")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "decryption.yaml:2:" in said and "Traceback" not in said
    assert decrypted(gateway, tls, HOST)


def test_commit_without_a_gateway_says_so(gateway: Gateway) -> None:
    gateway.stop()
    done = clearpane(gateway, "commit")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_the_gateways_own_script_may_be_touched(gateway: Gateway, tls: Origin) -> None:
    """mitmproxy watches scripts and would go on without a gateway when one can't be read."""
    assert STOCK[-1] == "addons/gateway.py"
    lines = len(gateway.lines)
    script = PRODUCT / STOCK[-1]
    script.touch()
    gateway.reload()
    gateway.said(IN_FORCE, after=lines)
    assert "Loading script" not in "\n".join(gateway.lines[lines:])
    assert decrypted(gateway, tls, HOST)
