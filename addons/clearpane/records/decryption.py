"""The DECRYPTION record: what the handshakes of one session agreed, showed and failed on.

What was not looked at is called uninspected or left out; nothing is made up.
"""

from collections.abc import Collection
from datetime import datetime

from clearpane.pages.words import Facts, sentences
from clearpane.records.cipher import curve, suite
from clearpane.records.row import filled, head, tail, timestamp
from clearpane.records.text import Row
from clearpane.rulebase.decision import RuleType
from clearpane.sessions.ends import alert_words
from clearpane.sessions.session import Session
from clearpane.sessions.tls import ServerCertificate

# Why a session was left alone, which is no fault of its handshake.
_CHOICES = frozenset(
    {"rule", "no-rule", "excluded-predefined", "excluded-custom", "excluded-learned"}
    | {"opted-out", "opt-out-asked"}
)
_UNKNOWN_ROOT = frozenset({"unknown-issuer", "self-signed"})
_BROKEN_CHAIN = _UNKNOWN_ROOT | {
    *("bad-signature", "constraints-violated", "invalid-purpose", "invalid-extension"),
    *("weak-key", "weak-digest", "issuer-expired", "issuer-not-yet-valid"),
    "malformed-certificate",
}
# The firewall's eight categories; every reason that is not listed is about the certificate.
_INDEX = {
    "unsupported-version": "Version",
    "unsupported-cipher": "Cipher",
    "client-certificate-required": "Feature",
    "chain-too-large": "Feature",
    "no-resource": "Resource",
    "server-unreachable": "Protocol",
    "handshake-failed": "Protocol",
    "handshake-timeout": "Protocol",
    "not-tls": "Protocol",
    "invalid-server-name": "Protocol",
}


def wanted(session: Session) -> bool:
    """Whether the rule asks for this record: `log-fail` for one with a reason, else `log-success`.

    As on the firewall, traffic that no decryption rule matches leaves none.
    """
    decision = session.decision
    if not session.tls or decision is None or session.reasons == ["no-rule"]:
        return False
    return decision.log_fail if session.reasons else decision.log_success


def row(session: Session, now: datetime) -> Row:
    """The record of one session's handshakes."""
    client, agreed = session.client, suite(session.client.cipher, session.client.group)
    return filled(
        head(session, "DECRYPTION", "0", now)
        | {
            "action": session.handling,
            "tls_version": _version(client.version),
            "tls_keyxchg": agreed.keyxchg,
            "tls_enc": agreed.enc,
            "tls_auth": agreed.auth,
            "ec_curve": curve(client.group),
            "server_tls_version": _version(session.server.version),
            "server_tls_cipher": session.server.cipher,
            "err_index": error_index(session.reasons),
            "root_status": root_status(session),
            "chain_status": chain_status(session),
            "proxy_type": _proxy_type(session),
        }
        | _certificate(session.certificate, now)
        | {
            "revocation": session.revocation,
            "revocation_detail": session.status,
            "issuer_fetched_from": list(session.fetched),
            "authority": session.authority,
            "ech": "offered" if session.ech else "",
            "reason": list(session.reasons),
            "error": error(session),
        }
        | tail(session, now)
    )


def error_index(reasons: Collection[str]) -> str:
    """The firewall's category of the first reason that is a fault, `None` (a word) without one."""
    faults = [reason for reason in reasons if reason not in _CHOICES]
    return _INDEX.get(faults[0], "Certificate") if faults else "None"


def root_status(session: Session) -> str:
    """`uninspected` also where the chain ends before any root: which one it is, nobody knows."""
    found = _found(session)
    if session.certificate is None or "incomplete-chain" in found:
        return "uninspected"
    return "trusted" if _UNKNOWN_ROOT.isdisjoint(found) else "untrusted"


def chain_status(session: Session) -> str:
    if session.certificate is None:
        return "Uninspected"
    found = _found(session)
    if "incomplete-chain" in found:
        return "Incomplete"
    return "Trusted" if _BROKEN_CHAIN.isdisjoint(found) else "Untrusted"


def _found(session: Session) -> frozenset[str]:
    """A session that passed for another reason may have a faulty certificate all the same."""
    return frozenset((*session.reasons, *session.faults))


def error(session: Session) -> str:
    """What failed, in plain words; the address of a missing issuer where one is named."""
    faults = [reason for reason in session.reasons if reason not in _CHOICES]
    certificate = session.certificate or ServerCertificate()
    facts = Facts(
        host=session.host,
        names=certificate.names,
        issuer=certificate.issuer,
        missing_issuer=certificate.missing_issuer,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
    )
    parts = []
    if session.alert:
        words = alert_words(session.alert).split()
        name = "".join("CA" if word == "ca" else word.capitalize() for word in words)
        parts.append(f"Received fatal alert {name} from client.")
        faults = [reason for reason in faults if reason != "client-rejected-certificate"]
    if faults:
        parts.append(sentences(faults, facts))
    if "incomplete-chain" in faults and certificate.ca_issuers:
        parts.append(f"CA Issuer URL: {' '.join(certificate.ca_issuers)}")
    return " ".join(parts)


def _certificate(certificate: ServerCertificate | None, now: datetime) -> Row:
    if certificate is None:
        return {}
    serial = certificate.serial
    return {
        "cert_serial": "" if serial is None else f"{serial:x}",
        "fingerprint": certificate.fingerprint,
        "notbefore": _date(certificate.not_before, now),
        "notafter": _date(certificate.not_after, now),
        "cert_ver": f"V{certificate.version}" if certificate.version else "",
        "cert_size": certificate.bits or None,
        "cn": certificate.common_name,
        "issuer_cn": certificate.issuer_cn or certificate.issuer,
        "root_cn": certificate.root,
    }


def _date(date: datetime | None, now: datetime) -> str:
    """In the zone of the other columns, where the calendar allows it."""
    if date is None:
        return ""
    try:
        return timestamp(date.astimezone(now.tzinfo))
    except OverflowError:
        return timestamp(date)


def _version(version: str) -> str:
    """`TLSv1.3` in the firewall's spelling; OpenSSL calls 1.0 plainly `TLSv1`."""
    return "TLS1.0" if version == "TLSv1" else version.replace("TLSv", "TLS")


def _proxy_type(session: Session) -> str:
    """What the rulebase asked for; a session that was passed through in the end stays Forward."""
    if session.decision is None or not session.decision.decrypts:
        return "No Decrypt"
    inbound = session.inbound or session.decision.type is RuleType.INBOUND_INSPECTION
    return "Inbound" if inbound else "Forward"
