"""Is any certificate of a path revoked: who is asked about which, and what the answers come to.

Nothing is made up: a path counts as good only if its leaf was asked about. What names no address,
or only such as are switched off, is unchecked; that is not unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from clearpane.certificates.certificate import Certificate
from clearpane.verification import crl
from clearpane.verification.answers import State, Status
from clearpane.verification.reasons import Reason
from clearpane.verification.status_cache import CertificateId

# More than any public CA names; the rest is not asked.
_MOST_URLS = 2


@dataclass(frozen=True, slots=True)
class Checking:
    """What settings.yaml says under `revocation`; times in seconds."""

    ocsp: bool = False
    crl: bool = False
    ocsp_timeout: float = 5
    crl_timeout: float = 5
    status_timeout: float = 5

    @property
    def on(self) -> bool:
        return self.ocsp or self.crl

    @property
    def total(self) -> float:
        """The firewall's rule: whichever is less, the status timeout or the enabled receive
        timeouts together."""
        receiving = self.ocsp * self.ocsp_timeout + self.crl * self.crl_timeout
        return min(self.status_timeout, receiving)


class Outcome(StrEnum):
    """The words of records."""

    UNCHECKED = "unchecked"
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    TIMEOUT = "timeout"


_REASONS = {
    Outcome.REVOKED: (Reason.REVOKED,),
    Outcome.UNKNOWN: (Reason.STATUS_UNKNOWN,),
    Outcome.TIMEOUT: (Reason.STATUS_TIMEOUT,),
}


@dataclass(frozen=True, slots=True)
class Revocation:
    """What the check of one path came to; `detail` says which certificate and which source."""

    state: Outcome
    detail: str = ""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return _REASONS.get(self.state, ())


@dataclass(frozen=True, slots=True)
class Question:
    """One certificate to ask about. The addresses are all http; `staple` is what the server sent
    with it, if that counts."""

    certificate: Certificate
    issuer: Certificate
    responders: tuple[str, ...]
    lists: tuple[str, ...]
    staple: bytes = b""
    is_leaf: bool = False

    @property
    def id(self) -> CertificateId:
        return CertificateId(self.certificate.fingerprint, self.issuer.fingerprint)


def questions(path: Sequence[Certificate], staple: bytes, checking: Checking) -> list[Question]:
    """What to ask about a path from the leaf to its anchor, which itself is not asked about."""
    found = []
    for depth, (certificate, issuer) in enumerate(pairwise(path)):
        responders = certificate.ocsp if checking.ocsp else ()
        lists = crl.urls(certificate) if checking.crl else ()
        stapled = staple if checking.ocsp and depth == 0 else b""
        if responders or lists or stapled:
            asked = Question(
                certificate, issuer, _http(responders), _http(lists), stapled, depth == 0
            )
            found.append(asked)
    return found


def _http(urls: Sequence[str]) -> tuple[str, ...]:
    """RFC 5280 section 8: https would need the check that is being made, ldap is not spoken."""
    plain = (url for url in urls if url[:7].lower() == "http://")
    return tuple(dict.fromkeys(plain))[:_MOST_URLS]


# The worst first.
_ORDER = (
    (Outcome.REVOKED, (State.REVOKED,)),
    (Outcome.TIMEOUT, (State.TIMEOUT,)),
    (Outcome.UNKNOWN, (State.UNKNOWN, State.UNUSABLE)),
)


def conclude(answers: Iterable[tuple[Question, Status]]) -> Revocation:
    """The worst answer counts; all are good only if the leaf's is among them."""
    answered = list(answers)
    for outcome, states in _ORDER:
        for question, status in answered:
            if status.state in states:
                return Revocation(outcome, _line(question, status))
    if not any(question.is_leaf for question, _ in answered):
        return Revocation(Outcome.UNCHECKED, "the certificate names nobody who could be asked")
    return Revocation(Outcome.GOOD, "; ".join(_line(*each) for each in answered))


def _line(question: Question, status: Status) -> str:
    return (
        f"{question.certificate.subject_name or 'a certificate without a subject'}: {status.detail}"
    )
