"""What an independent scanner finds of a TLS server."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .process import environment

PATIENCE = 100.0  # seconds; a scan takes about three
_OLD = ("--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1")
_CHECKS = ("--tlsv1_2", "--tlsv1_3", "--elliptic_curves", "--compression", "--reneg", "--robot")
_HOLES = ("--heartbleed", "--openssl_ccs", "--early_data", "--fallback", "--ems", "--resum")


@dataclass(frozen=True)
class Grade:
    """The scanner's results by the name of the check."""

    results: Mapping[str, Any]

    def suites(self, version: str) -> list[str]:
        """The suites (IANA's names) that were agreed on in this version, as in "tls_1_2"."""
        accepted = self.results[f"{version}_cipher_suites"]["accepted_cipher_suites"]
        return [each["cipher_suite"]["name"] for each in accepted]

    @property
    def curves(self) -> set[str]:
        return {each["name"] for each in self.results["elliptic_curves"]["supported_curves"]}

    def found(self, check: str) -> Any:
        """The check's one result."""
        (result,) = self.results[check].values()
        return result


def grade(port: int, host: str, trust: Path) -> Grade:
    """Scans `port` of 127.0.0.1 as `host`, with the authorities of `trust`. A scan that leaves a
    check undone fails."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sslyze", "--json_out=-"),
            *(*_OLD, *_CHECKS, *_HOLES, "--certinfo", f"--certinfo_ca_file={trust}"),
            *(f"--sni={host}", f"127.0.0.1:{port}"),
        ],
        capture_output=True,
        env=environment(trust.parent),
        timeout=PATIENCE,
        check=False,
    )
    said = (done.stdout[-2000:] + done.stderr[-2000:]).decode(errors="replace")
    (scan,) = json.loads(done.stdout)["server_scan_results"] if done.stdout else (None,)
    assert scan and scan["scan_status"] == "COMPLETED", said
    made = {name: each for name, each in scan["scan_result"].items() if name != "http_headers"}
    undone = {name: each["error_trace"] for name, each in made.items() if not each["result"]}
    assert not undone, undone
    return Grade({name: each["result"] for name, each in made.items()})
