"""What was agreed and shown in a session's TLS handshakes, as plain values for the records.

Names are OpenSSL's (`TLSv1.3`, `ECDHE-RSA-AES128-GCM-SHA256`, `prime256v1`); a record puts them in
the firewall's words. Empty means that it is not known.
"""

from dataclasses import dataclass
from datetime import datetime

from clearpane.certificates import der, distinguished
from clearpane.certificates.certificate import Certificate

# A page names three and says that there are more; some certificates carry ten thousand.
_NAMES_KEPT = 4


@dataclass(frozen=True, slots=True)
class Leg:
    """One side's handshake: the client's with us, or ours with the server."""

    version: str = ""
    cipher: str = ""
    group: str = ""


UNKNOWN = Leg()


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """What the server's own certificate says, however little of it can be read.

    `issuer` is the whole name, `fingerprint` SHA-256 in hex, `bits` the key's size; `version`
    counts from 1 (0: unknown). `names` are the first few that it is for.
    `missing_issuer` and `ca_issuers` say what would complete a chain that lacks an intermediate.
    """

    common_name: str = ""
    issuer: str = ""
    issuer_cn: str = ""
    root: str = ""
    serial: int | None = None
    fingerprint: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    version: int = 0
    bits: int = 0
    names: tuple[str, ...] = ()
    missing_issuer: str = ""
    ca_issuers: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, certificate: Certificate, *, root: str = "", missing_issuer: str = ""
    ) -> "ServerCertificate":
        """What to remember of a server's certificate; `root` is the name its chain leads to."""
        names = [name.value for name in certificate.names if name.kind in ("dns", "ip")]
        return cls(
            common_name=certificate.common_name,
            issuer=certificate.issuer_name,
            issuer_cn=_common_name(certificate.issuer) or certificate.issuer_name,
            root=root,
            serial=certificate.serial,
            fingerprint=certificate.fingerprint,
            not_before=certificate.not_before,
            not_after=certificate.not_after,
            # Extensions came with version 3; without them it may be any.
            version=3 if certificate.extensions else 0,
            bits=certificate.key_bits,
            names=tuple(names[:_NAMES_KEPT]),
            missing_issuer=missing_issuer,
            ca_issuers=certificate.ca_issuers,
        )


def _common_name(name: bytes) -> str:
    try:
        return distinguished.parse(name).common_name
    except der.DerError:
        return ""
