"""The command as a whole, with a server in this process; more servers are met end to end."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from clearpane.cli import explain, main
from clearpane.cli.clock import now
from clearpane.gateway import operate
from clearpane.hello import address
from clearpane.rulebase import learned
from clearpane.rulebase.learned import Cause, LearnedExclusions, Server
from e2e.harness import pki
from e2e.harness.origins import Origin
from sites import Site

RULES = "rules:\n  - {name: all, from: [trust], action: decrypt, profile: default}\n"


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin(pki.leaf(None, "localhost", "127.0.0.1")) as server:
        yield server


@pytest.fixture
def decrypting(site: Site) -> Site:
    site.write("decryption.yaml", RULES)
    return site


def test_text_and_json_say_the_same(
    decrypting: Site, origin: Origin, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", f"127.0.0.1:{origin.port}"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert main(["explain", f"127.0.0.1:{origin.port}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert text.startswith(found["summary"])
    assert found["authority"] == "forward-untrust"
    assert found["authority_subject"] in text


def test_a_server_that_is_not_there_ends_with_one(
    decrypting: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    with Origin() as gone:
        port = gone.port

    assert main(["explain", f"127.0.0.1:{port}"]) == 1
    assert "refused" in capsys.readouterr().out.partition("\n")[0]


def test_junk_ends_with_two(decrypting: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "no server"]) == 2
    assert "names no server" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ago", "client", "step"),
    [
        pytest.param(timedelta(hours=1), "", "bypass", id="for everybody"),
        pytest.param(timedelta(hours=1), "127.0.0.1", "bypass", id="for this client"),
        pytest.param(timedelta(hours=1), "127.0.0.2", "decrypt", id="for another client"),
        pytest.param(timedelta(hours=13), "", "decrypt", id="too long ago"),
    ],
)
def test_what_the_gateway_has_learned_counts(
    decrypting: Site,
    origin: Origin,
    capsys: pytest.CaptureFixture[str],
    ago: timedelta,
    client: str,
    step: str,
) -> None:
    decrypting.now = now()  # type: ignore[misc]
    known, then = LearnedExclusions(), now() - ago
    server = Server("", str(address("127.0.0.1")), origin.port)
    profile = decrypting.load().profile_id("default")
    known.learn(server, profile, Cause.UNSUPPORTED_VERSION, then, client)
    state = decrypting.rules.parent / "var"
    state.mkdir()
    text = learned.to_text(known.entries(then))
    (state / explain.LEARNED).write_text(text, encoding="utf-8")

    assert main(["explain", f"127.0.0.1:{origin.port}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["step"] == step


def test_the_learned_are_read_where_the_gateway_writes_them() -> None:
    assert explain.LEARNED == operate.LEARNED
