"""What a CA Issuers address gives: one certificate in DER, PEM, or a PKCS#7 bag of them.

A stranger sent it, so anything that can't be read is nothing, and no more is read than the limit.
"""

import base64
import re
from collections.abc import Iterator
from itertools import islice

from clearpane.certificates import der, pem
from clearpane.certificates.certificate import Certificate

MOST = 10
LARGEST = 64 * 1024
_PKCS7_BLOCK = re.compile(rb"-----BEGIN (PKCS7|CMS)-----(?P<body>[^-]*)-----END \1-----")
_SIGNED_DATA = "1.2.840.113549.1.7.2"


def parse(body: bytes) -> tuple[bytes, ...]:
    """The certificates (DER), each once and at most `MOST`. RFC 5280 section 4.2.2.1 allows one in
    DER or a certs-only CMS message in DER; PEM is what some servers give."""
    if len(body) > LARGEST:
        return ()
    found = (each for blob in _blobs(body) for each in _certificates(blob))
    return tuple(dict.fromkeys(islice(found, MOST)))


def _blobs(body: bytes) -> list[bytes]:
    if b"-----BEGIN " not in body:
        return [body]
    try:
        found = pem.certificates(body)
        for block in _PKCS7_BLOCK.finditer(body):
            found.append(base64.b64decode(b"".join(block["body"].split()), validate=True))
    except ValueError:
        return []
    return found


def _certificates(blob: bytes) -> Iterator[bytes]:
    if _is_certificate(blob):
        yield blob
    else:
        yield from filter(_is_certificate, _bag(blob))


def _is_certificate(data: bytes) -> bool:
    try:
        Certificate.parse(data)
    except der.DerError:
        return False
    return True


def _bag(data: bytes) -> list[bytes]:
    """The certificates of signed data (RFC 5652 section 5.1). Tools put them in any order, which a
    strict reader would not have."""
    try:
        kind, content = der.items(der.only(data, der.SEQUENCE).content)
        if der.read_oid(der.expect(kind, der.OID).content) != _SIGNED_DATA:
            return []
        signed = der.only(der.expect(content, der.context(0)).content, der.SEQUENCE)
        bags = [part for part in der.items(signed.content) if part.tag == der.context(0)]
        return [each.raw for bag in bags for each in der.items(bag.content)]
    except ValueError:  # DerError, and other than two parts
        return []
