import socket
from pathlib import Path

import pytest

from clearpane.cli.demonstration.process import Gateway
from clearpane.errors import ClearpaneError
from sites import SHIPPED


def gateway(folder: Path, rules: Path) -> Gateway:
    return Gateway(folder, rules, folder / "ca", folder / "var")


def test_it_runs_within_the_block_and_is_gone_afterwards(tmp_path: Path) -> None:
    with gateway(tmp_path, SHIPPED) as running:
        port = running.port()
        socket.create_connection(("127.0.0.1", port), 10).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 10)
    assert not (tmp_path / "var" / "gateway.pid").exists()


def test_it_is_gone_where_the_block_ends_before_it_listens(tmp_path: Path) -> None:
    with gateway(tmp_path, SHIPPED) as running:
        process = running._process
    assert process
    assert process.poll() is not None


def test_what_it_printed_is_the_reason_where_it_refuses_to_start(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "decryption.yaml").write_text("rules: [{name: all, action: decrpyt}]\n")
    with (
        gateway(tmp_path, rules) as running,
        pytest.raises(ClearpaneError) as raised,
    ):
        running.port()
    first, *others = raised.value.problems
    assert str(first) == "the gateway did not start"
    assert any("decryption.yaml:1:29: error:" in str(problem) for problem in others)
