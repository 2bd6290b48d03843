"""Each check of a server's certificate with its outcome, in the order in which they matter.

The outcome is the verdict's, told apart by what the reasons are about; the details say what was
compared. Nothing is judged here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from clearpane.authorities.checks import describe_key
from clearpane.certificates.certificate import Certificate
from clearpane.pages.escaping import visible
from clearpane.verification.reasons import Reason
from clearpane.verification.verdict import Verdict

_NAMES = 4


class State(StrEnum):
    """What came of a check."""

    OK = "ok"
    FAULT = "fault"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Check:
    """One check; `reasons` are the stable names behind a fault."""

    name: str
    state: State
    detail: str
    reasons: tuple[Reason, ...] = ()


_CHECKS = {
    "issuer": (Reason.UNKNOWN_ISSUER, Reason.SELF_SIGNED, Reason.INCOMPLETE_CHAIN),
    "signatures": (Reason.BAD_SIGNATURE,),
    "name": (Reason.NAME_MISMATCH,),
    "dates": (Reason.EXPIRED, Reason.NOT_YET_VALID),
    "issuer dates": (Reason.ISSUER_EXPIRED, Reason.ISSUER_NOT_YET_VALID),
    "keys": (Reason.WEAK_KEY,),
    "digests": (Reason.WEAK_DIGEST,),
    "constraints": (Reason.CONSTRAINTS_VIOLATED,),
    "purpose": (Reason.INVALID_PURPOSE,),
    "extensions": (Reason.INVALID_EXTENSION,),
    "contents": (Reason.MALFORMED_CERTIFICATE,),
    "revocation": (Reason.REVOKED, Reason.STATUS_UNKNOWN, Reason.STATUS_TIMEOUT),
}
_PLAIN = {
    "signatures": ("they all hold", "one in the chain is wrong"),
    "constraints": ("the authorities keep to their limits", "an authority's limits are broken"),
    "purpose": ("it is meant for servers", "it is not meant for servers"),
    "extensions": ("none is in the way", "one is unknown and critical, or stands twice"),
    "contents": ("it can be read", "it can't be read"),
}


def checks(verdict: Verdict, name: str, now: datetime) -> tuple[Check, ...]:
    """All checks of a verdict; `name` is what the server was asked for."""
    return tuple(_check(kind, verdict, name, now) for kind in _CHECKS)


def names(certificate: Certificate) -> str:
    """Whom it is for, the first few names; empty where it names nobody."""
    shown = [visible(each.value, 64) for each in certificate.names]
    more = [f"and {len(shown) - _NAMES} more"] if len(shown) > _NAMES else []
    return ", ".join([*shown[:_NAMES], *more])


def _check(kind: str, verdict: Verdict, name: str, now: datetime) -> Check:
    found = tuple(reason for reason in verdict.reasons if reason in _CHECKS[kind])
    leaf = verdict.certificate
    if kind == "revocation":
        return _revocation(verdict, found)
    if leaf is None:
        if kind == "contents":
            return Check(kind, State.FAULT, "it can't be read", found)
        return Check(kind, State.UNCHECKED, "nothing can be said of it", found)
    if kind == "signatures" and not found and verdict.missing_issuer:
        return Check(kind, State.UNCHECKED, "the key of the missing issuer is not known")
    if kind == "issuer dates" and len(verdict.path) < 2:
        return Check(kind, State.UNCHECKED, "there is no issuer to look at")
    state = State.FAULT if found else State.OK
    return Check(kind, state, _detail(kind, verdict, leaf, found, name, now), found)


def _revocation(verdict: Verdict, found: tuple[Reason, ...]) -> Check:
    if found:
        return Check("revocation", State.FAULT, _status(verdict), found)
    state = State.OK if verdict.revocation == "good" else State.UNCHECKED
    return Check("revocation", state, _status(verdict))


def _status(verdict: Verdict) -> str:
    if verdict.revocation == "unchecked":
        return visible(verdict.status) or "nobody was asked"
    detail = f": {visible(verdict.status)}" if verdict.status else ""
    return f"{verdict.revocation}{detail}"


def _detail(
    kind: str,
    verdict: Verdict,
    leaf: Certificate,
    found: tuple[Reason, ...],
    name: str,
    now: datetime,
) -> str:
    match kind:
        case "issuer":
            return _issuer(verdict, found)
        case "name":
            return _name(leaf, found, name)
        case "dates":
            return _dates(leaf, now)
        case "issuer dates":
            return _worst(verdict.path[1:], now)
        case "keys":
            return _listed(describe_key(each) for each in _signing(verdict))
        case "digests":
            return _listed(each.digest or "unknown" for each in _signing(verdict))
        case _:
            ok, wrong = _PLAIN[kind]
            return wrong if found else ok


def _issuer(verdict: Verdict, found: tuple[Reason, ...]) -> str:
    if Reason.INCOMPLETE_CHAIN in found:
        return f"{visible(verdict.missing_issuer)} was not sent and is not known here"
    if Reason.SELF_SIGNED in found:
        return "the server signed it itself, so nobody vouches for it"
    if found:
        return f"{visible(verdict.path[-1].issuer_name) or 'it'} is not trusted here"
    if not verdict.root_name:
        return "there is no trusted root above it"
    return f"{visible(verdict.root_name)} is trusted here"


def _name(leaf: Certificate, found: tuple[Reason, ...], name: str) -> str:
    if not found:
        return f"{name} is one of its names"
    shown = names(leaf)
    if not shown:
        return "it names no host: it has no subjectAltName that can be read"
    return f"it is for {shown}; not for {name}"


def _dates(certificate: Certificate, now: datetime) -> str:
    start, end = certificate.not_before, certificate.not_after
    if start is None or end is None:
        return "they can't be read"
    if end < now:
        return f"expired {_span(now - end)} ago, on {end:%Y-%m-%d}"
    if start > now:
        return f"not yet valid: in {_span(start - now)}, from {start:%Y-%m-%d}"
    return f"until {end:%Y-%m-%d}, {_span(end - now)} left"


def _worst(above: Sequence[Certificate], now: datetime) -> str:
    """The one that is out of its dates, else the one whose end is nearest."""
    out = [each for each in above if not _holds(each, now)]
    shown = out[0] if out else min(above, key=lambda each: each.not_after or now)
    return f"{_dates(shown, now)} ({visible(shown.common_name or shown.subject_name, 40)})"


def _holds(certificate: Certificate, now: datetime) -> bool:
    start, end = certificate.not_before, certificate.not_after
    return bool(start and end and start <= now <= end)


def _signing(verdict: Verdict) -> Sequence[Certificate]:
    """What is judged: an anchor is trusted as it stands."""
    below = verdict.path[:-1] if verdict.root_name else verdict.path
    return below or verdict.path


def _listed(each: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(each))


def _span(span: timedelta) -> str:
    if span.days:
        return f"{span.days} {'day' if span.days == 1 else 'days'}"
    hours, minutes = span.seconds // 3600, span.seconds // 60
    if hours:
        return f"{hours} {'hour' if hours == 1 else 'hours'}"
    return f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
