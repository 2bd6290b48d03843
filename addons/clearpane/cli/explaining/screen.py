"""The answer of `clearpane explain` as text of 80 columns: the answer first, then the grounds.

Whatever the server wrote is one line of visible characters. What is there to be copied (an URL, a
fingerprint, the line that would change the answer) is left whole.
"""

import textwrap
from collections.abc import Iterator, Sequence

from clearpane.authorities.checks import describe_key
from clearpane.certificates.certificate import Certificate
from clearpane.cli.explaining.answer import Answer
from clearpane.cli.explaining.checks import Check, State
from clearpane.cli.explaining.remedy import Remedy, remedy
from clearpane.cli.explaining.view import SIGNERS, summary, view
from clearpane.pages.escaping import visible

WIDTH = 80
_LABEL = 14
_MARKS = {State.OK: "ok", State.FAULT: "FAULT", State.UNCHECKED: "-"}


def screen(answer: Answer) -> str:
    """All lines."""
    parts = [
        _wrapped(summary(answer), ""),
        ["", "The rule", *_rule(answer)],
        ["", "The server", *_server(answer)],
    ]
    if answer.verdict:
        parts.append(["", "Its chain, from the top", *_chain(answer)])
        parts.append(["", "The checks", *_checks(answer.checks)])
    parts.append(["", "The user", *_user(answer)])
    return "\n".join(line for part in parts for line in part)


def _rule(answer: Answer) -> Iterator[str]:
    decision, rule = answer.decision, answer.rule
    if decision.exclusion:
        yield from _row("exclusion", f"{decision.exclusion}; exclusions go before every rule")
    elif rule is None:
        yield from _row("rule", "none matches, and what no rule matches is not decrypted")
    else:
        yield from _row("rule", f"{rule.name}, {rule.action} ({rule.place})")
        yield from _row("profile", decision.profile or "none")
    yield from _row("category", decision.category)
    for place in answer.places:
        yield from _row("", place)
    yield from _row("client", _client(answer))
    if answer.unnamed:
        host = answer.target.host
        shown = f"the server's certificate is not for {host}"
        why = shown if answer.verdict else f"no certificate shows that the server is {host}"
        yield from _row("not by", f"{answer.opening.rule}: {why}")
    for each in answer.explanation.skipped:
        yield from _row("skipped", f"{each.rule}: {each.because}")


def _client(answer: Answer) -> str:
    decision = answer.opening
    user = f", user {answer.user}" if answer.user else ""
    zones = f"from {decision.from_zone or 'no zone'} to {decision.to_zone or 'no zone'}"
    return f"{answer.hello.source}{user}, {zones}"


def _server(answer: Answer) -> Iterator[str]:
    verdict = answer.verdict
    yield from _row("address", answer.peer or ", ".join(answer.addresses) or "none")
    if answer.error and answer.failure != "client-certificate-required":
        yield from _row("handshake", f"{answer.error} ({answer.failure})")
    if verdict and verdict.version:
        agreed = (verdict.version, verdict.cipher, verdict.group)
        yield from _row("TLS", ", ".join(filter(None, agreed)))
        yield from _row("ALPN", visible(verdict.alpn) or "none")
    if verdict or answer.asked:
        yield from _row("client cert.", _asked(answer))


def _asked(answer: Answer) -> str:
    if not answer.asked:
        return "not asked for"
    required = answer.failure == "client-certificate-required"
    without = ", and without one it ends the handshake" if required else ""
    return f"the server asks for a client certificate{without}"


def _chain(answer: Answer) -> Iterator[str]:
    verdict = answer.verdict
    assert verdict
    path = verdict.path[::-1]
    depth = 0
    if verdict.missing_issuer:
        yield from _named(depth, f"{visible(verdict.missing_issuer)}  MISSING")
        yield from (f"    from {visible(url, 2048)}" for url in verdict.ca_issuers)
        depth += 1
    yield from (f"    asked {visible(url, 2048)}" for url in verdict.fetched)
    for each in path:
        note = "  trusted here" if verdict.root_name and each is path[0] else ""
        yield from _certificate(depth, each, note)
        depth += 1


def _certificate(depth: int, certificate: Certificate, note: str) -> Iterator[str]:
    yield from _named(depth, (visible(certificate.subject_name) or "(no subject)") + note)
    start, end = certificate.not_before, certificate.not_after
    dates = f"{start:%Y-%m-%d} to {end:%Y-%m-%d}" if start and end else "dates can't be read"
    margin = "   " * depth
    yield f"  {margin}{dates}, {describe_key(certificate)}, {certificate.signature_algorithm}"
    yield f"  {margin}{certificate.fingerprint}"


def _named(depth: int, text: str) -> list[str]:
    branch = "   " * (depth - 1) + "`- " if depth else ""
    return _wrapped(text, f"  {branch}", "  " + "   " * depth)


def _checks(checks: Sequence[Check]) -> Iterator[str]:
    for each in checks:
        reasons = f" [{', '.join(each.reasons)}]" if each.reasons else ""
        label = f"  {each.name:<{_LABEL}}{_MARKS[each.state]:<6}"
        yield from _wrapped(f"{each.detail}{reasons}", label)


def _user(answer: Answer) -> Iterator[str]:
    yield from _row("sees", view(answer))
    if answer.signer:
        yield from _row("signed by", f"{visible(answer.signer)} ({SIGNERS[answer.course.signer]})")
    if answer.learns:
        yield from _row("from then on", "it is learned: passed through undecrypted for 12 hours")
    yield from _change(remedy(answer))


def _change(change: Remedy) -> Iterator[str]:
    yield from ("", "What would change it")
    yield from _wrapped(f"{change.purpose}{':' if change.line else ''}", "  ")
    if change.line:
        yield f"    {change.line}"


def _row(label: str, text: str) -> list[str]:
    return _wrapped(text, f"  {label:<{_LABEL}}")


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
