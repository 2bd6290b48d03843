"""The two dates of a certificate.

A date that breaks RFC 5280 section 4.1.2.5, or is none (30 February, the year 0), is None.
"""

import re
from datetime import UTC, datetime

from clearpane.certificates import der

type Dates = tuple[datetime | None, datetime | None]

# OpenSSL and browsers take these two forms and no others: in UTC, with seconds, without fractions.
_FORMS = {
    der.UTC_TIME: re.compile(rb"\d{12}Z"),
    der.GENERALIZED_TIME: re.compile(rb"\d{14}Z"),
}


def parse(validity: bytes) -> Dates:
    """notBefore and notAfter of a Validity (DER), in UTC."""
    try:
        found = list(der.items(der.only(validity, der.SEQUENCE).content))
    except der.DerError:
        return None, None
    return (_date(found[0]), _date(found[1])) if len(found) == 2 else (None, None)


def _date(element: der.Element) -> datetime | None:
    form = _FORMS.get(element.tag)
    if form is None or not form.fullmatch(element.content):
        return None
    digits = element.content[:-1].decode("ascii")
    if element.tag == der.UTC_TIME:
        digits = ("19" if digits >= "50" else "20") + digits
    month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
    try:
        return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
