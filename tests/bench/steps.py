"""What single steps cost, each against its ceiling."""

import shutil
from pathlib import Path

from . import micro, revocation
from .compare import Row
from .proxies import ROOT

CEILINGS = {
    "decision": 50e-6,
    "leaf": 0.4e-3,
    "scan of 1 KiB": 0.1e-3,
    "revocation, answer cached": 50e-6,
    "handshake, noticing a CertificateRequest": 20e-6,
}


def run(folder: Path) -> list[Row]:
    """The rows that are a time."""
    shutil.copytree(ROOT / "rules", folder / "steps")
    costs = {
        "decision": micro.decision(folder / "steps"),
        "leaf": micro.forged_leaf(),
        "scan of 1 KiB": micro.scan(),
        "revocation, answer cached": revocation.cached_answer(),
        "handshake, noticing a CertificateRequest": micro.noticing(),
    }
    return [
        {"what": name, "us": 1e6 * cost, "ceiling us": 1e6 * CEILINGS[name],
         "ok": cost <= CEILINGS[name]}
        for name, cost in costs.items()
    ]  # fmt: skip
