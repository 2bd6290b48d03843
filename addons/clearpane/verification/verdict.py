"""What is known of a server after its handshake.

Which authority signs follows from the reasons alone: Untrust as soon as one of them asks for it, so
that the user is never shown less of a warning than without the gateway.
"""

from dataclasses import dataclass
from enum import StrEnum

from clearpane.certificates.certificate import Certificate
from clearpane.certificates.general_names import Kind
from clearpane.verification.reasons import NO_LEAF, UNTRUST, Reason


class Signer(StrEnum):
    """The authority under which the forged leaf is made."""

    FORWARD_TRUST = "forward-trust"
    FORWARD_UNTRUST = "forward-untrust"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One server connection's certificate, judged; no reasons mean that all is well.

    `path` begins with the certificate and ends with the anchor, or where the search ended; then
    `missing_issuer` names who was not found and `ca_issuers` where the last one says he is.
    `root_name` is empty unless the path has an anchor. `asks_for_certificate` is whether the
    server wants one of its client, at need or as it likes. `fetched` are the addresses that were
    asked for a missing issuer, `status` says who answered what about revocation.
    """

    reasons: tuple[Reason, ...]
    certificate: Certificate | None = None
    path: tuple[Certificate, ...] = ()
    version: str = ""
    cipher: str = ""
    group: str = ""
    alpn: str = ""
    revocation: str = "unchecked"
    missing_issuer: str = ""
    ca_issuers: tuple[str, ...] = ()
    root_name: str = ""
    asks_for_certificate: bool = False
    fetched: tuple[str, ...] = ()
    status: str = ""

    @property
    def signer(self) -> Signer | None:
        """None where no leaf can be made."""
        if self.certificate is None or not NO_LEAF.isdisjoint(self.reasons):
            return None
        if UNTRUST.isdisjoint(self.reasons):
            return Signer.FORWARD_TRUST
        return Signer.FORWARD_UNTRUST

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which exclusions know the server: dNSNames and the CommonName."""
        if self.certificate is None:
            return ()
        found = [name.value for name in self.certificate.names if name.kind is Kind.DNS]
        return tuple(dict.fromkeys(filter(None, (*found, self.certificate.common_name))))
