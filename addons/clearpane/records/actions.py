"""What a threat record says was done, in the firewall's words.

A page that asks leaves two records: one that it was shown, and one that the user went on.
"""

from enum import StrEnum


class UrlLogged(StrEnum):
    """URL filtering (PAN-OS, "URL Filtering Log Fields")."""

    ALERT = "alert"
    BLOCK = "block-url"
    ASKED = "block-continue"
    WENT_ON = "continue"
    PASSWORD_ASKED = "block-override"
    PASSWORD_GIVEN = "override"
    LOCKED_OUT = "override-lockout"


class FileLogged(StrEnum):
    """File blocking."""

    ALERT = "alert"
    BLOCK = "block"
    ASKED = "block-continue"
    WENT_ON = "continue"


class DataLogged(StrEnum):
    """Data filtering."""

    ALERT = "alert"
    BLOCK = "block"


# Those that keep the user from what was asked for.
DENIALS = frozenset(
    {UrlLogged.BLOCK, UrlLogged.ASKED, UrlLogged.PASSWORD_ASKED, UrlLogged.LOCKED_OUT}
)
