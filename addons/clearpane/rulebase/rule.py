"""One rule of the decryption rulebase: what it asks for, and what it says.

It refers only to what is known at the ClientHello.
"""

from dataclasses import dataclass

from clearpane.rulebase.decision import Action, RuleType
from clearpane.rulebase.matchers import Matchers


@dataclass(frozen=True, slots=True)
class Rule(Matchers):
    """A rule decrypts nothing unless it says so; without a profile it checks nothing."""

    action: Action = Action.NO_DECRYPT
    type: RuleType = RuleType.FORWARD_PROXY
    certificates: tuple[str, ...] = ()
    profile: str = ""
    log_success: bool = False
    log_fail: bool = True
