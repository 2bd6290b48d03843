"""Does a certificate cover a server's name.

As browsers do (RFC 9525): by subjectAltName alone, a wildcard is the whole left-most label and
stands for exactly one, an address is compared with addresses only.
"""

from clearpane.certificates.certificate import Certificate
from clearpane.certificates.general_names import Kind
from clearpane.hello import address, host_name


def covers(certificate: Certificate, name: str) -> bool:
    """Whether `name`, a host name in any spelling or an address, is one of the certificate's."""
    try:
        kind, wanted = Kind.IP, {str(address(name.removesuffix(".")))}
    except ValueError:
        kind, wanted = Kind.DNS, _spellings(name)
    return any(each.kind is kind and each.value.lower() in wanted for each in certificate.names)


def covers_by_common_name(certificate: Certificate, name: str) -> bool:
    """The same by the CommonName of a certificate without subjectAltName, as clients did once."""
    try:
        return certificate.san is None and host_name(certificate.common_name) == host_name(name)
    except ValueError:
        return False


def _spellings(name: str) -> set[str]:
    """What a dNSName may be to cover the name; comparing whole leaves no room for partial
    wildcards, and a NUL or an octet above ASCII equals nothing here."""
    try:
        host = host_name(name)
    except ValueError:
        return set()
    parent = host.partition(".")[2]
    # A wildcard right above a top-level domain covers nobody, in OpenSSL and in browsers.
    return {host, f"*.{parent}"} if "." in parent else {host}
