"""What the gateway would do in one sentence, and what the user would see of it."""

from clearpane.cli.explaining.answer import Answer
from clearpane.documents.nearest import listed
from clearpane.pages.words import Facts, sentences
from clearpane.pipeline.connection import Step
from clearpane.rulebase.decision import Reason as Because
from clearpane.verification.reasons import SHOWN_BY_THE_LEAF, Reason

SIGNERS = {
    "forward-trust": "Forward Trust",
    "forward-untrust": "Forward Untrust",
    "inbound": "the server's own certificate",
}
_WARNINGS = {
    Reason.EXPIRED: "the expiry warning",
    Reason.NOT_YET_VALID: "the warning that it is not yet valid",
    Reason.NAME_MISMATCH: "the name warning",
}


def summary(answer: Answer) -> str:
    """The answer in one sentence."""
    target, course = answer.target, answer.course
    why = _ground(answer)
    if not answer.seen:
        return _unseen(answer, why)
    match course.step:
        case Step.DECRYPT if course.signer == "inbound":
            return f"{target} is decrypted: {why}, under the server's own certificate."
        case Step.DECRYPT:
            faults = f" because of {listed(course.reasons, 'and')}" if course.reasons else ""
            if course.signer == "forward-trust" and faults:
                faults = f", which does not hide {listed(course.reasons, 'and')}"
            return f"{target} is decrypted: {why}, signed by {SIGNERS[course.signer]}{faults}."
        case Step.BLOCK:
            return f"{target} is blocked: {listed(course.reasons, 'and')} ({why})."
        case Step.BYPASS:
            return f"{target} is not decrypted: {why}."


def view(answer: Answer) -> str:
    """What the user would see, as one sentence or a few."""
    course = answer.course
    if course.step is Step.BYPASS:
        return "The server's own certificate: the session is passed through untouched."
    if course.step is Step.BLOCK:
        return _blocked(answer)
    if course.signer == "inbound":
        return "The server's own certificate and chain, as without the gateway."
    if course.signer == "forward-untrust":
        return "An unknown-issuer warning: clients do not trust the Forward Untrust authority."
    warned = [_WARNINGS[Reason(each)] for each in course.reasons if each in SHOWN_BY_THE_LEAF]
    if warned:
        return _capital(f"{listed(warned, 'and')} of the real site.")
    return "No warning: clients trust the Forward Trust authority."


def _unseen(answer: Answer, why: str) -> str:
    unreachable = answer.failure == "server-unreachable"
    failed = "can't be reached" if unreachable else "makes no TLS handshake"
    answered = "not be decrypted" if answer.course.step is Step.BYPASS else "be decrypted"
    return f"{answer.target} {failed}: {answer.error}. It would {answered}: {why}."


def _blocked(answer: Answer) -> str:
    if not answer.peer:
        return "An error of the browser: there is no connection to the server."
    if answer.decision.type == "ssl-inbound-inspection":
        return "Nothing: the connection is closed."
    return f"A page with status 503: {sentences(answer.course.reasons, _facts(answer))}"


def _facts(answer: Answer) -> Facts:
    verdict = answer.verdict
    leaf = verdict.certificate if verdict else None
    if verdict is None or leaf is None:
        return Facts(answer.target.host)
    return Facts(
        host=answer.target.host,
        names=tuple(each.value for each in leaf.names),
        issuer=leaf.issuer_name,
        missing_issuer=verdict.missing_issuer,
        not_before=leaf.not_before,
        not_after=leaf.not_after,
    )


def _ground(answer: Answer) -> str:
    """On what ground: a rule, an exclusion, or what the server is."""
    decision, course = answer.decision, answer.course
    match decision.reason:
        case Because.EXCLUDED_PREDEFINED:
            return f"excluded by {decision.exclusion} of the predefined list"
        case Because.EXCLUDED_CUSTOM:
            return f"excluded by {decision.exclusion} in exclusions.yaml"
        case Because.EXCLUDED_LEARNED:
            learned = "the gateway has learned that this breaks it"
            return f"rule {decision.rule} says decrypt, but {learned}"
        case Because.NO_RULE:
            return "no rule matches"
        case Because.RULE:
            return f"rule {decision.rule} says no-decrypt{_category(answer)}"
        case Because.NONE if course.step is Step.BYPASS:
            return f"{listed(course.reasons, 'and')}, though rule {decision.rule} says decrypt"
        case _:
            return f"rule {decision.rule}"


def _category(answer: Answer) -> str:
    rule = answer.rule
    if rule and answer.decision.category in rule.categories:
        return f", category {answer.decision.category}"
    return ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
