"""What an administrator wants to know of an authority, as values and as text.

Everything here is public: no key is looked at.
"""

from dataclasses import dataclass
from datetime import datetime

from clearpane.authorities.checks import describe_key
from clearpane.certificates.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Summary:
    """One authority. Dates are ISO 8601 in UTC, empty where they can't be read; `fingerprint` is
    SHA-256 and `serial` the serial number, both in hex."""

    name: str
    subject: str
    issuer: str
    not_before: str
    not_after: str
    days_left: int
    key: str
    serial: str
    fingerprint: str
    file: str

    @property
    def text(self) -> str:
        end = f"{self.days_left} days left" if self.days_left >= 0 else "expired"
        rows = {
            "file": self.file,
            "subject": self.subject,
            "issuer": self.issuer,
            "valid": f"{self.not_before[:10]} to {self.not_after[:10]} ({end})",
            "key": self.key,
            "serial": self.serial,
            "SHA-256": self.fingerprint,
        }
        return "\n".join((self.name, *(f"  {word:8}  {value}" for word, value in rows.items())))


def summarise(certificate: Certificate, name: str, file: str, now: datetime) -> Summary:
    start, end = certificate.not_before, certificate.not_after
    return Summary(
        name=name,
        subject=certificate.subject_name,
        issuer=certificate.issuer_name,
        not_before=start.isoformat() if start else "",
        not_after=end.isoformat() if end else "",
        days_left=(end - now).days if end else -1,
        key=describe_key(certificate),
        serial=f"{certificate.serial:x}",
        fingerprint=certificate.fingerprint,
        file=file,
    )
