"""May the certificates of a path speak for a TLS server, by what their extensions say.

As OpenSSL's check of the purpose `sslserver`, which its path check alone does not make: whoever
limits the usages names this one. What can't be read permits nothing.
"""

from collections.abc import Iterable, Iterator

from clearpane.certificates import der
from clearpane.certificates.certificate import Certificate
from clearpane.verification.faults import Fault

_KEY_USAGE, _EXTENDED_KEY_USAGE = "2.5.29.15", "2.5.29.37"
_SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
# digitalSignature, keyEncipherment, keyAgreement: what TLS does with a server's key.
_BY_A_SERVER = 0x80 | 0x20 | 0x08
_UNSUITED = 26  # X509_V_ERR_INVALID_PURPOSE


def faults(path: Iterable[Certificate]) -> Iterator[Fault]:
    """One for each certificate that may not serve; the path begins with the leaf."""
    for depth, certificate in enumerate(path):
        if not (_may_authenticate(certificate) and (depth or _may_serve(certificate))):
            yield _UNSUITED, depth


def _may_authenticate(certificate: Certificate) -> bool:
    try:
        return all(
            _SERVER_AUTH in {der.read_oid(each.content) for each in der.items(usages.content)}
            for usages in _sequences(certificate)
        )
    except der.DerError:
        return False


def _sequences(certificate: Certificate) -> Iterator[der.Element]:
    for extension in certificate.extensions:
        if extension.oid == _EXTENDED_KEY_USAGE:
            yield der.only(extension.value, der.SEQUENCE)


def _may_serve(certificate: Certificate) -> bool:
    usages = [each.value for each in certificate.extensions if each.oid == _KEY_USAGE]
    try:
        # The first octet of a BIT STRING counts its unused bits.
        first = [der.only(usage, der.BIT_STRING).content[1:2] for usage in usages]
    except der.DerError:
        return False
    return all(octet and octet[0] & _BY_A_SERVER for octet in first)
