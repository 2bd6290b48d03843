"""Who signed the certificate that a client was shown."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from clearpane.authorities import store
from clearpane.authorities.authority import AuthorityName
from clearpane.certificates import pem
from clearpane.errors import Problems


class Signer(StrEnum):
    """In the words of the screen."""

    OWN = "own certificate"
    TRUST = "Trust leaf"
    UNTRUST = "Untrust leaf"
    OTHER = "a stranger's leaf"
    NOBODY = "no certificate"


class Signers:
    """The gateway's authorities, read from its folder `ca`; `servers` are certificates in DER."""

    def __init__(self, ca: Path, servers: Iterable[bytes]) -> None:
        self._servers = frozenset(servers)
        self._trust = _certificates(ca, AuthorityName.TRUST)
        self._untrust = _certificates(ca, AuthorityName.UNTRUST)

    @property
    def trust(self) -> list[str]:
        """What clients install, in PEM."""
        return [pem.to_pem(each) for each in self._trust]

    def of(self, certificate: bytes) -> Signer:
        if not certificate:
            return Signer.NOBODY
        if certificate in self._servers:
            return Signer.OWN
        if _signed(certificate, self._trust):
            return Signer.TRUST
        return Signer.UNTRUST if _signed(certificate, self._untrust) else Signer.OTHER


def _certificates(ca: Path, name: AuthorityName) -> list[bytes]:
    slots = [slot for slot in store.Slot if slot.authority is name and slot.exists(ca)]
    return [each.der for slot in slots for each in store.certificates(ca, slot, Problems())[:1]]


def _signed(certificate: bytes, authorities: Iterable[bytes]) -> bool:
    shown = x509.load_der_x509_certificate(certificate)
    for authority in map(x509.load_der_x509_certificate, authorities):
        try:
            shown.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False
