"""PEM text, as servers, browsers and PKCS#12 tools write it.

What stands between the blocks ("Bag Attributes", comments, keys) is passed over.
"""

import base64
import binascii
import re
import textwrap

_BLOCK = re.compile(
    rb"-----BEGIN (?P<label>(?:X509 )?CERTIFICATE)-----"
    rb"(?P<body>[^-]*)"
    rb"-----END (?P=label)-----"
)


class PemError(ValueError):
    """A block says it is a certificate and is not base64."""


def certificates(text: bytes) -> list[bytes]:
    """The certificates of a PEM text as DER, in order; raises PemError. Whether they are
    certificates inside is for `Certificate.parse` to say."""
    found = []
    for number, block in enumerate(_BLOCK.finditer(text), start=1):
        try:
            found.append(base64.b64decode(b"".join(block["body"].split()), validate=True))
        except binascii.Error as error:
            raise PemError(f"certificate {number} is not base64") from error
    return found


def to_pem(der: bytes) -> str:
    """One certificate as PEM with a line end."""
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode("ascii"), 64))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
