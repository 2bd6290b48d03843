"""The answer of `clearpane explain` as one JSON object.

Its keys are stable. What there is nothing to tell of is empty; times are ISO 8601 in UTC.
"""

from clearpane.authorities.checks import describe_key
from clearpane.certificates.certificate import Certificate
from clearpane.cli.explaining.answer import Answer
from clearpane.cli.explaining.remedy import remedy
from clearpane.cli.explaining.view import summary, view

type Document = dict[str, object]


def document(answer: Answer) -> Document:
    course, change = answer.course, remedy(answer)
    return {
        "host": answer.target.host,
        "port": answer.target.port,
        "summary": summary(answer),
        "step": str(course.step),
        "reasons": list(course.reasons),
        "authority": course.signer,
        "authority_subject": answer.signer,
        "client_sees": view(answer),
        "change": {"purpose": change.purpose, "line": change.line},
        "learns": answer.learns,
        "rule": _rule(answer),
        "client": {
            "source": str(answer.hello.source),
            "zone": answer.opening.from_zone,
            "user": answer.user,
        },
        "server": _server(answer),
        **_certificate(answer),
    }


def _rule(answer: Answer) -> Document:
    decision, skipped = answer.decision, answer.explanation.skipped
    return {
        "name": decision.rule,
        "place": answer.rule.place if answer.rule else "",
        "action": str(decision.action),
        "type": str(decision.type),
        "profile": decision.profile,
        "reason": str(decision.reason),
        "exclusion": decision.exclusion,
        "category": decision.category,
        "category_lines": list(answer.places),
        "before_server_seen": answer.opening.rule,
        "skipped": [{"rule": each.rule, "because": each.because} for each in skipped],
    }


def _server(answer: Answer) -> Document:
    verdict = answer.verdict
    return {
        "addresses": list(answer.addresses),
        "address": answer.peer,
        "zone": answer.opening.to_zone,
        "failure": answer.failure,
        "error": answer.error,
        "version": verdict.version if verdict else "",
        "cipher": verdict.cipher if verdict else "",
        "group": verdict.group if verdict else "",
        "alpn": verdict.alpn if verdict else "",
        "asks_for_client_certificate": answer.asked,
    }


def _certificate(answer: Answer) -> Document:
    verdict = answer.verdict
    leaf = verdict.certificate if verdict else None
    return {
        "certificate_reasons": [str(each) for each in verdict.reasons] if verdict else [],
        "checks": [
            {"check": each.name, "state": str(each.state), "detail": each.detail}
            | {"reasons": [str(reason) for reason in each.reasons]}
            for each in answer.checks
        ],
        "names": [name.value for name in leaf.names] if leaf else [],
        "chain": [_shown(each) for each in verdict.path] if verdict else [],
        "root": verdict.root_name if verdict else "",
        "missing_issuer": verdict.missing_issuer if verdict else "",
        "ca_issuers": list(verdict.ca_issuers) if verdict else [],
        "fetched": list(verdict.fetched) if verdict else [],
        "revocation": verdict.revocation if verdict else "",
        "revocation_detail": verdict.status if verdict else "",
    }


def _shown(certificate: Certificate) -> Document:
    start, end = certificate.not_before, certificate.not_after
    return {
        "subject": certificate.subject_name,
        "issuer": certificate.issuer_name,
        "not_before": start.isoformat() if start else "",
        "not_after": end.isoformat() if end else "",
        "key": describe_key(certificate),
        "signature": certificate.signature_algorithm,
        "serial": f"{certificate.serial:x}",
        "fingerprint": certificate.fingerprint,
        "ocsp": list(certificate.ocsp),
        "ca_issuers": list(certificate.ca_issuers),
    }
