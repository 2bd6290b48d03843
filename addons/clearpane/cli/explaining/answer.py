"""All that was found out about one server.

Nothing is decided here: the rulebase, the pipeline and the verdict have done that.
"""

from dataclasses import dataclass
from datetime import datetime

from clearpane.cli.explaining.checks import Check, checks
from clearpane.cli.explaining.question import Target
from clearpane.hello import Hello
from clearpane.pipeline.connection import Course
from clearpane.rulebase.decision import Decision
from clearpane.rulebase.explanation import Explanation
from clearpane.rulebase.rule import Rule
from clearpane.verification.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """One server through the eyes of the gateway.

    `explanation` is the rulebase's, `course` what the gateway would do and `course.decision` on
    what ground; `opening` is the decision before the server was seen. `places` are the lines of
    category files that list the host. `verdict` is None where no certificate was seen; then
    `failure` and `error` say why, and they may stand beside one. `signer` is the subject of the
    authority that would sign, `learns` whether the server is passed from then on, `rules` and `ca`
    are the folders as they were given.
    """

    target: Target
    hello: Hello
    now: datetime
    opening: Decision
    explanation: Explanation
    rule: Rule | None
    course: Course
    places: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    peer: str = ""
    failure: str = ""
    error: str = ""
    asked: bool = False
    verdict: Verdict | None = None
    signer: str = ""
    learns: bool = False
    user: str = ""
    rules: str = "rules"
    ca: str = "ca"

    @property
    def decision(self) -> Decision:
        return self.course.decision or self.opening

    @property
    def unnamed(self) -> bool:
        """Whether another decision holds because the server has not the name that it goes by."""
        return not self.decision.exclusion and self.decision.rule != self.opening.rule

    @property
    def checks(self) -> tuple[Check, ...]:
        return checks(self.verdict, self.target.host, self.now) if self.verdict else ()

    @property
    def seen(self) -> bool:
        """Whether the server answered as a TLS server does."""
        return self.failure not in ("server-unreachable", "handshake-timeout", "not-tls")
