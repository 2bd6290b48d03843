"""The gateway is a process that ends with code 7 at SIGHUP; what the real one does then has its own
tests."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearpane.cli import main
from sites import Site

_GATEWAY = """
import os, pathlib, signal, sys
from clearpane.gateway.places import PidFile
signal.signal(signal.SIGHUP, lambda *_: sys.exit(7))
own = PidFile(pathlib.Path("var"))
own.claim(os.getpid())
print(flush=True)
signal.pause()
"""


@pytest.fixture
def gateway(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", _GATEWAY], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def test_valid_rules_are_sent(
    gateway: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["commit"]) == 0
    assert gateway.wait(10) == 7
    out = capsys.readouterr().out
    assert "rules are valid" in out
    assert out.endswith(
        f"sent to the gateway (process {gateway.pid}); its log says when the policy is in force\n"
    )


def test_rules_that_are_not_valid_are_not(
    site: Site, gateway: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    site.write("decryption.yaml", "rules: [{name: all, action: decrpyt}]\n")
    assert main(["commit"]) == 1
    assert gateway.poll() is None
    out = capsys.readouterr().out
    assert "rules/decryption.yaml:1:29: error:" in out
    assert out.endswith("nothing was sent: the policy that is in force stays\n")


def test_without_a_gateway_one_line_says_so(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["commit"]) == 2
    assert capsys.readouterr().err == (
        "clearpane: var/gateway.pid: error: no gateway runs with this state folder "
        "(start one with `clearpane dump`, or name its folder with --state)\n"
    )


def test_the_number_of_a_process_that_is_gone_is_no_gateway(
    gateway: subprocess.Popen[bytes],
) -> None:
    gateway.kill()
    gateway.wait(10)
    assert main(["commit"]) == 2


def test_the_state_folder_can_be_named(gateway: subprocess.Popen[bytes]) -> None:
    Path("var").rename("other")
    assert main(["commit"]) == 2
    assert main(["commit", "--state", "other"]) == 0
    assert gateway.wait(10) == 7
