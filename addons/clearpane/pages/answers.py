"""What a reader's browser sends back from a page's form.

Anybody can send such a request: it is read within bounds, and what is not as a form of ours sends
it is None.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from clearpane.pages.forms import PASSWORD_LIMIT, TOKEN_LIMIT

# RFC 8615: a path that no site uses for a page of its own.
ANSWER_PATH = "/.well-known/clearpane/answer"

# A character of a password is at most four bytes of UTF-8, each written as %XX.
BODY_LIMIT = TOKEN_LIMIT + 12 * PASSWORD_LIMIT + 256
_FIELDS = 4


class Choice(StrEnum):
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was chosen; the token is not checked yet (`tokens.read`)."""

    token: str
    choice: Choice
    password: str = ""


def parse_answer(body: bytes) -> Answer | None:
    """A body of `application/x-www-form-urlencoded`; each field may be there once."""
    if len(body) > BODY_LIMIT:
        return None
    try:
        pairs = parse_qsl(body.decode("ascii"), True, True, errors="strict", max_num_fields=_FIELDS)
        fields = dict(pairs)
        if len(fields) < len(pairs) or len(fields.get("password", "")) > PASSWORD_LIMIT:
            return None
        return Answer(fields["token"], Choice(fields["answer"]), fields.get("password", ""))
    except (ValueError, KeyError):
        return None


def is_foreign(origin: str | None, host: str) -> bool:
    """Whether the Origin header (RFC 6454) names another site; `null` and nonsense do.

    A request without the header is not foreign: its token alone decides.
    """
    if not origin:
        return False
    try:
        parts = urlsplit(origin)
        named = parts.hostname
    except ValueError:
        return True
    return parts.scheme not in ("http", "https") or named != host.lower().strip("[]")
