"""What the decryption rulebase answers for one ClientHello.

The values of the enums are the words that administrators write in rules and read in records.
"""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What happens to a session; `no-decrypt` passes it through untouched."""

    DECRYPT = "decrypt"
    NO_DECRYPT = "no-decrypt"


class RuleType(StrEnum):
    """Whose certificate the client sees: a forged one, or the protected server's own."""

    FORWARD_PROXY = "ssl-forward-proxy"
    INBOUND_INSPECTION = "ssl-inbound-inspection"


class Reason(StrEnum):
    """Why a session is not decrypted, as far as the rulebase decides it."""

    NONE = ""
    RULE = "rule"
    NO_RULE = "no-rule"
    EXCLUDED_PREDEFINED = "excluded-predefined"
    EXCLUDED_CUSTOM = "excluded-custom"
    EXCLUDED_LEARNED = "excluded-learned"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and what a record needs to say why.

    `rule` is empty where none matched, `exclusion` the entry that exempts the session, `category`
    the one that the rule asked for, else the host's first, `any` where it has none.
    """

    action: Action
    reason: Reason
    rule: str = ""
    type: RuleType = RuleType.FORWARD_PROXY
    profile: str = ""
    log_success: bool = False
    log_fail: bool = True
    certificates: tuple[str, ...] = ()
    from_zone: str = ""
    to_zone: str = ""
    category: str = "any"
    exclusion: str = ""

    @property
    def decrypts(self) -> bool:
        return self.action is Action.DECRYPT
