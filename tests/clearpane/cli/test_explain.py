"""The command as a whole, with a server in this process; more servers are met end to end."""

import json
from collections.abc import Iterator

import pytest

from clearpane.cli import main
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
