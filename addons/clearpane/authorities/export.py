"""The public part of an authority, as clients want it, and where each platform takes it.

No key passes through here.
"""

from collections.abc import Sequence
from enum import StrEnum

from clearpane.certificates import der, pem
from clearpane.certificates.certificate import Certificate


class Format(StrEnum):
    """`p7b` holds the chain too, the others the authority's own certificate alone."""

    PEM = "pem"
    DER = "der"
    P7B = "p7b"


def encode(certificates: Sequence[Certificate], form: Format) -> bytes:
    """`certificates` holds the authority's own one first."""
    match form:
        case Format.PEM:
            return pem.to_pem(certificates[0].der).encode("ascii")
        case Format.DER:
            return certificates[0].der
        case Format.P7B:
            return _pkcs7(certificates)


def hints(file: str, authority: Certificate) -> str:
    """How to make clients trust it; `file` is what was written."""
    if not authority.self_issued:
        return (
            f"This authority lies under {authority.issuer_name}.\n"
            "Clients that trust that root need nothing more: the gateway sends the chain along.\n"
        )
    return f"""\
Make the clients trust it (browsers are restarted afterwards):
  Windows, by GPO    Computer Configuration > Policies > Windows Settings > Security Settings >
                     Public Key Policies > Trusted Root Certification Authorities > Import
  Windows, alone     certutil -addstore -f Root {file}
  Intune             Devices > Configuration > Trusted certificate profile (wants --format der)
  macOS              sudo security add-trusted-cert -d -r trustRoot
                       -k /Library/Keychains/System.keychain {file}
                     with an MDM: a profile with a Certificate payload
  Firefox            in policies.json, under "policies":
                       "Certificates": {{"ImportEnterpriseRoots": true}}
  Debian, Ubuntu     copy to /usr/local/share/ca-certificates/NAME.crt, then update-ca-certificates
  Fedora, RHEL       copy to /etc/pki/ca-trust/source/anchors/, then update-ca-trust
  Chrome on Linux    certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n clearpane -i {file}
"""


def _pkcs7(certificates: Sequence[Certificate]) -> bytes:
    """RFC 2315 section 9.1: signed data without content or signers, for the certificates alone.
    They are a set, which DER has in the order of its octets."""
    signed = der.sequence(
        der.integer(1),
        der.element(der.SET),
        der.sequence(der.oid("1.2.840.113549.1.7.1")),
        der.element(der.context(0), *sorted(c.der for c in certificates)),
        der.element(der.SET),
    )
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.element(der.context(0), signed))
