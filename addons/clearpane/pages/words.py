"""Reasons in plain words: one sentence for each stable name, the same on pages and in records.

A sentence names what was found and when, never what the reader should think of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clearpane.pages.escaping import visible


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence may name; each part may be missing."""

    host: str = ""
    names: tuple[str, ...] = ()
    issuer: str = ""
    missing_issuer: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    alert: str = ""


NOTHING = Facts()

# Not strftime: the console sets the process's locale, and the pages are in English.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_SENTENCES = {
    "unknown-issuer": "The server's certificate was not issued by an authority that is trusted here"
    "{issued by}.",
    "self-signed": "The server signed its certificate itself, so nobody vouches for it.",
    "incomplete-chain": "The certificate of its issuer was not sent and is not known here"
    "{missing}.",
    "bad-signature": "A signature in the server's certificate chain is wrong.",
    "constraints-violated": "The server's certificate chain breaks the limits that its own "
    "authorities set.",
    "invalid-purpose": "The server's certificate is not meant for servers.",
    "invalid-extension": "The server's certificate holds an extension that can't be accepted.",
    "weak-key": "The server's certificate chain uses a key that is too weak.",
    "weak-digest": "The server's certificate chain is signed with an outdated method.",
    "issuer-expired": "The certificate of an authority in the server's chain has expired.",
    "issuer-not-yet-valid": "The certificate of an authority in the server's chain is not yet "
    "valid.",
    "expired": "The server's certificate expired{on end}.",
    "not-yet-valid": "The server's certificate is not yet valid{until start}.",
    "name-mismatch": "The server's certificate is for another name{for names}.",
    "malformed-certificate": "The server's certificate can't be read.",
    "unverified": "The server's certificate could not be checked.",
    "revoked": "The server's certificate was revoked by its authority.",
    "status-unknown": "Whether the server's certificate was revoked could not be found out.",
    "status-timeout": "The status of the server's certificate could not be asked in time.",
    "certificate-mismatch": "The server's certificate is not the one that is set up here.",
    "chain-too-large": "The server's certificate chain is too large.",
    "client-certificate-required": "The server asks for a certificate of the client.",
    "client-rejected-certificate": "The client did not accept the certificate{alert}.",
    "unsupported-version": "The server speaks only versions of TLS that are not allowed here.",
    "unsupported-cipher": "The server offers no encryption that is allowed here.",
    "no-resource": "The gateway has no capacity left to decrypt this connection.",
    "server-unreachable": "The server can't be reached, or it closed the connection.",
    "handshake-failed": "No secure connection with the server could be agreed.",
    "handshake-timeout": "The server did not answer in time.",
    "opt-out-asked": "The user was asked whether to be decrypted.",
    "opted-out": "The user declined decryption.",
    "not-tls": "The connection does not speak TLS.",
    "invalid-server-name": "The client asked for something that is no host name.",
    "rule": "A rule exempts this connection from decryption.",
    "no-rule": "No rule decrypts this connection.",
    "excluded-predefined": "The site is on the predefined list of exclusions.",
    "excluded-learned": "The site was found to work only without decryption.",
    "excluded-custom": "The site is on the administrator's list of exclusions.",
    "unscanned-too-big": "The content is too big to be checked for viruses.",
    "unscanned-encrypted": "The content is encrypted and can't be checked for viruses.",
    "unscanned-limit": "The content is packed too deeply to be checked for viruses.",
    "unscanned-malformed": "The content is damaged and can't be checked for viruses.",
    "unscanned-engine-down": "The virus check is not available.",
    "unscanned-protocol": "The content is in a form that can't be checked for viruses.",
    "unscanned-stream": "The content is a stream and can't be checked for viruses.",
    "unscanned-budget": "Too much is being checked for viruses at this moment.",
}


def sentence(reason: str, facts: Facts = NOTHING) -> str:
    """What a reason means; an unknown one stands for itself, so that none is left out."""
    text = _SENTENCES.get(reason)
    if text is None:
        return f"Reason: {visible(reason)}."
    start, brace, rest = text.partition("{")
    slot, _, end = rest.partition("}")
    return start + _detail(slot, facts) + end if brace else text


def sentences(reasons: Iterable[str], facts: Facts = NOTHING) -> str:
    """All of them, one after the other."""
    return " ".join(sentence(reason, facts) for reason in reasons)


def _detail(slot: str, facts: Facts) -> str:
    match slot:
        case "issued by" if facts.issuer:
            return f": it names {visible(facts.issuer)}"
        case "missing" if facts.missing_issuer:
            return f": {visible(facts.missing_issuer)}"
        case "on end" if facts.not_after:
            return f" on {_day(facts.not_after)}"
        case "until start" if facts.not_before:
            return f", but from {_day(facts.not_before)}"
        case "for names" if facts.names:
            shown = ", ".join(visible(name, 64) for name in facts.names[:3])
            return f": {shown}" + (" and others" if len(facts.names) > 3 else "")
        case "alert" if facts.alert:
            return f": {visible(facts.alert)}"
    return ""


def _day(date: datetime) -> str:
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"
