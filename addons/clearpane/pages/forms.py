"""The forms that stand for `<pan_form/>`: what a reader may answer, and how it is sent.

A form is plain HTML without a script or a cookie: its signed token says who was asked what.
"""

from dataclasses import dataclass
from enum import StrEnum

from clearpane.pages.escaping import html

# What a form takes of its page at most, in bytes: the longest token, and the words around it.
TOKEN_LIMIT = 2_048
ROOM = TOKEN_LIMIT + 1_024
PASSWORD_LIMIT = 128  # characters


class Kind(StrEnum):
    """What is asked; the firewall's words for the URL actions."""

    OPT_OUT = "opt-out"
    URL_CONTINUE = "url-continue"
    URL_OVERRIDE = "url-override"
    FILE_CONTINUE = "file-continue"


@dataclass(frozen=True, slots=True)
class Form:
    """Where an answer goes (a path of the same site), and the token that goes with it."""

    action: str
    token: str
    kind: Kind

    def html(self) -> str:
        """At most `ROOM` bytes where the token has at most `TOKEN_LIMIT`."""
        return (
            f'<form method="post" action="{html(self.action)}" accept-charset="utf-8">\n'
            f'<input type="hidden" name="token" value="{html(self.token)}">\n'
            f"{_FIELDS[self.kind]}\n</form>"
        )


_CONTINUE = '<p><button name="answer" value="yes">Continue</button></p>'
_FIELDS = {
    Kind.OPT_OUT: (
        "<p>Do you agree that your connections are decrypted?</p>\n"
        '<p><button name="answer" value="yes">Yes, decrypt and go on</button>\n'
        '<button name="answer" value="no">No, leave this site</button></p>'
    ),
    Kind.URL_CONTINUE: _CONTINUE,
    Kind.FILE_CONTINUE: _CONTINUE,
    Kind.URL_OVERRIDE: (
        '<p><label for="password">Password</label>\n'
        '<input id="password" name="password" type="password" required autocomplete="off"'
        f' maxlength="{PASSWORD_LIMIT}"></p>\n{_CONTINUE}'
    ),
}
