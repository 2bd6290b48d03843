"""OCSP (RFC 6960, RFC 5019): the question about a certificate, and what an answer is worth.

Whatever the octets, `read` returns a status. Only an answer about this very certificate, signed by
its issuer or by a responder to which that issuer delegated, and inside its window, is usable.
"""

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from urllib.parse import quote

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import OCSPExtensionOID

from clearpane.certificates import der
from clearpane.certificates.certificate import Certificate
from clearpane.verification import signatures
from clearpane.verification.answers import State, Status, UnusableError, lasts_until

LARGEST = 64 * 1024
# RFC 5019 section 5: longer ones go by POST.
_LONGEST_URL = 255
_SHA1 = "1.3.14.3.2.26"
_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_EXTENDED_KEY_USAGE = "2.5.29.37"
# What a responder's certificate may mark as critical (RFC 5280 section 4.2, RFC 6960 4.2.2.2.1).
_UNDERSTOOD = frozenset(
    (
        _EXTENDED_KEY_USAGE,
        "2.5.29.14",
        "2.5.29.15",
        "2.5.29.17",
        "2.5.29.19",
        "2.5.29.32",
        "2.5.29.35",
        "1.3.6.1.5.5.7.48.1.5",
    )
)
_MOST_CERTIFICATES = 4
# RFC 5019 section 2.2.1 wants one.
_MOST_SINGLES = 16
# The CA/Browser Forum's Baseline Requirements, section 4.9.10: ten days for a server's
# certificate, twelve months for a CA's.
_LONGEST = timedelta(days=10)
_LONGEST_FOR_A_CA = timedelta(days=367)


def request(certificate: Certificate, issuer: Certificate) -> bytes:
    """An OCSPRequest (DER) for one certificate, without a nonce so that it can be cached.

    The name and the key are hashed with SHA-1, the one digest that every responder knows.
    """
    identifier = der.sequence(
        der.sequence(der.oid(_SHA1), der.element(der.NULL)),
        der.octet_string(_digest(hashes.SHA1(), certificate.issuer)),
        der.octet_string(_digest(hashes.SHA1(), _key_bits(issuer))),
        der.integer(certificate.serial),
    )
    return der.sequence(der.sequence(der.sequence(der.sequence(identifier))))


def get_url(url: str, request: bytes) -> str | None:
    """The URL that asks by GET (RFC 6960 appendix A.1); None where only POST is possible."""
    asking = f"{url.removesuffix('/')}/{quote(base64.b64encode(request), safe='')}"
    return asking if len(asking) <= _LONGEST_URL and "?" not in url and "#" not in url else None


def read(answer: bytes, certificate: Certificate, issuer: Certificate, now: datetime) -> Status:
    """What an OCSPResponse (DER) says of the certificate, good, revoked, unknown or unusable."""
    try:
        return _read(answer, certificate, issuer, now)
    except UnusableError as error:
        return Status(State.UNUSABLE, detail=f"the OCSP answer is unusable: {error}")
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return Status(State.UNUSABLE, detail="the OCSP answer is unusable: it can't be read")


def _read(answer: bytes, certificate: Certificate, issuer: Certificate, now: datetime) -> Status:
    if len(answer) > LARGEST:
        raise UnusableError(f"it is larger than {LARGEST // 1024} KiB")
    response = ocsp.load_der_ocsp_response(answer)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        word = response.response_status.name.lower().replace("_", " ")
        raise UnusableError(f'the responder says "{word}"')
    single = _about(certificate, issuer, response.responses)
    _check_extensions(response)
    _check_signer(signatures.split(_basic(answer)), issuer, now)
    longest = _LONGEST_FOR_A_CA if certificate.is_ca else _LONGEST
    until = lasts_until(single.this_update_utc, single.next_update_utc, now, longest)
    match single.certificate_status:
        case ocsp.OCSPCertStatus.GOOD:
            return Status(State.GOOD, until, "OCSP: good")
        case ocsp.OCSPCertStatus.REVOKED:
            return Status(State.REVOKED, until, f"OCSP: revoked{_circumstances(single)}")
    return Status(State.UNKNOWN, detail="OCSP: the responder does not know the certificate")


def _circumstances(single: ocsp.OCSPSingleResponse) -> str:
    on = f" on {single.revocation_time_utc:%Y-%m-%d}" if single.revocation_time_utc else ""
    return on + (f" ({single.revocation_reason.value})" if single.revocation_reason else "")


def _about(
    certificate: Certificate, issuer: Certificate, singles: Iterable[ocsp.OCSPSingleResponse]
) -> ocsp.OCSPSingleResponse:
    """The newest of the single answers whose CertID is the certificate's."""
    found = [
        single
        for single in islice(singles, _MOST_SINGLES)
        if single.serial_number == certificate.serial
        and single.issuer_name_hash == _digest(single.hash_algorithm, certificate.issuer)
        and single.issuer_key_hash == _digest(single.hash_algorithm, _key_bits(issuer))
    ]
    if not found:
        raise UnusableError("it is about another certificate")
    return max(found, key=lambda single: single.this_update_utc)


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    hashed = hashes.Hash(algorithm)
    hashed.update(data)
    return hashed.finalize()


def _key_bits(issuer: Certificate) -> bytes:
    """The public key without tag, length and count of unused bits (RFC 6960 section 4.1.1)."""
    *_, bits = der.items(der.only(issuer.spki, der.SEQUENCE).content)
    return bits.content[1:]


def _check_extensions(response: ocsp.OCSPResponse) -> None:
    if any(each.critical and each.oid != OCSPExtensionOID.NONCE for each in response.extensions):
        raise UnusableError("it has a critical extension that is not understood")


def _basic(answer: bytes) -> bytes:
    """The BasicOCSPResponse inside an answer that was read already."""
    _status, wrapped = der.items(der.only(answer, der.SEQUENCE).content)
    _kind, octets = der.items(der.only(wrapped.content, der.SEQUENCE).content)
    return octets.content


def _check_signer(basic: signatures.Signed, issuer: Certificate, now: datetime) -> None:
    if signatures.is_signed_by(basic, issuer.spki):
        return
    for responder in _certificates(basic):
        # In this order a stranger's key, which may be a costly one, is never used.
        if _is_from(issuer, responder) and signatures.is_signed_by(basic, responder.spki):
            _check_delegation(responder, now)
            return
    raise UnusableError("its signature is neither the issuer's nor a delegated responder's")


def _is_from(issuer: Certificate, responder: Certificate) -> bool:
    return responder.issuer == issuer.subject and signatures.is_signed_by(
        signatures.split(responder.der), issuer.spki
    )


def _certificates(basic: signatures.Signed) -> Iterator[Certificate]:
    for wrapped in basic.rest[:1]:
        found = list(der.items(der.only(wrapped.content, der.SEQUENCE).content))
        for each in found[:_MOST_CERTIFICATES]:
            yield Certificate.parse(each.raw)


def _check_delegation(responder: Certificate, now: datetime) -> None:
    """RFC 6960 section 4.2.2.2: issued by the issuer itself, which was seen to, for this."""
    if _OCSP_SIGNING not in _purposes(responder):
        raise UnusableError("its responder's certificate is not for OCSP signing")
    if responder.duplicates or any(
        extension.critical and extension.oid not in _UNDERSTOOD
        for extension in responder.extensions
    ):
        raise UnusableError("its responder's certificate has extensions that are not understood")
    start, end = responder.not_before, responder.not_after
    if start is None or end is None or not start <= now <= end:
        raise UnusableError("its responder's certificate is not valid now")


def _purposes(responder: Certificate) -> Iterator[str]:
    for extension in responder.extensions:
        if extension.oid == _EXTENDED_KEY_USAGE:
            for purpose in der.items(der.only(extension.value, der.SEQUENCE).content):
                yield der.read_oid(purpose.content)
