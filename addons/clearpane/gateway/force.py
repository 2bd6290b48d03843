"""One policy with the adapters that were made for it, swapped as one.

A session keeps the one it began with. What a new policy left unchanged (authorities, anchors) keeps
its adapter, so that a save does not forge every leaf anew.
"""

from concurrent.futures import Executor
from dataclasses import dataclass

from clearpane.antivirus.scanner import Scanner
from clearpane.configuration.configuration import Configuration
from clearpane.gateway.engines import make_scanner
from clearpane.gateway.leaves import Leaves
from clearpane.pages.page import Pages
from clearpane.verification.handshake import Handshake, TrustStore


@dataclass(frozen=True, slots=True)
class Force:
    """What is in force for a connection."""

    policy: Configuration
    leaves: Leaves
    handshake: Handshake
    scanner: Scanner
    pages: Pages

    @property
    def patience(self) -> float:
        """Seconds that a handshake may take."""
        return self.policy.settings.handshake_timeout


def put_in_force(policy: Configuration, executor: Executor, before: Force | None = None) -> Force:
    """The adapters for a policy that was found valid."""
    same = before is not None and _fingerprints(before.policy) == _fingerprints(policy)
    leaves = before.leaves if before and same else Leaves(policy.authorities, executor)
    handshake = (
        before.handshake
        if before and before.policy.anchors == policy.anchors
        else Handshake(TrustStore(*policy.anchors))
    )
    scanner = make_scanner(policy, executor)
    return Force(policy, leaves, handshake, scanner, Pages(policy.pages))


def _fingerprints(policy: Configuration) -> tuple[str, ...]:
    return tuple(pair.certificate.fingerprint for pair in policy.authorities.all)
