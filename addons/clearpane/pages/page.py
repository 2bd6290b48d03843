"""The pages that stand in for what was blocked or has to be asked, as HTML or as JSON.

Every value is escaped and cut before it stands on a page, so that a page stays under the size the
firewall serves whatever a server calls itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from types import MappingProxyType

from clearpane.content.direction import Direction
from clearpane.pages.builtin import BUILTIN, ONWARD
from clearpane.pages.escaping import VALUE_LIMIT, visible
from clearpane.pages.forms import Form
from clearpane.pages.template import SIZE_LIMIT, render
from clearpane.pages.words import NOTHING, Facts, sentences

VIRUS = "virus-block-page"
CERTIFICATE = "ssl-cert-status-page"
URL = "url-block-page"
URL_COACH = "url-coach-text"
FILE = "file-block-page"
FILE_CONTINUE = "file-block-continue-page"
DATA = "data-filter-block-page"
APPLICATION = "application-block-page"
OPT_OUT = "ssl-optout-text"

CONTENT_STATUS = 403
CERTIFICATE_STATUS = 503
OPT_OUT_STATUS = 511  # RFC 6585 section 6: the network asks something before it gives access

# No script runs and nothing is loaded, whatever a template or an escaped value holds.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; frame-ancestors 'none'; form-action "
)
_HEADERS = MappingProxyType({"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
_LONG = 4  # a reason may be this many times as long as any other value
_WAY = {Direction.UPLOAD: "upload", Direction.DOWNLOAD: "download"}


@dataclass(frozen=True, slots=True)
class Page:
    """A whole HTTP answer. The sender adds Content-Length."""

    status: int
    content_type: str
    body: bytes
    asks: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """A page that asks may send its form to its own site; a browser tells the true Origin with
        it only where it may send a Referer there (Fetch, "append a request `Origin` header")."""
        return {
            "Content-Type": self.content_type,
            "Content-Security-Policy": _POLICY + ("'self'" if self.asks else "'none'"),
            "Referrer-Policy": "same-origin" if self.asks else "no-referrer",
            **_HEADERS,
        }


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is shown the page: the user's name or address, and the request's Accept header."""

    user: str
    accept: str = ""

    @property
    def wants_json(self) -> bool:
        """Only where JSON is named, and neither HTML nor anything at all would do."""
        kinds = [part.partition(";")[0].strip().lower() for part in self.accept.split(",")]
        if not {"*/*", "text/*", "text/html", "application/xhtml+xml"}.isdisjoint(kinds):
            return False
        return any(kind.endswith(("/json", "+json")) for kind in kinds)


class Pages:
    """The response pages of one configuration; `templates` replaces built-in ones by name.

    `host` is the name of the site, and `url` the whole address where it is known.
    """

    def __init__(self, templates: Mapping[str, str] | None = None) -> None:
        self._templates = {**BUILTIN, **(templates or {})}

    def virus(
        self,
        reader: Reader,
        *,
        fname: str,
        host: str,
        url: str = "",
        category: str = "",
        threats: Sequence[str] = (),
        reasons: Sequence[str] = (),
    ) -> Page:
        """For content that holds `threats` (their names), or could not be judged for `reasons`."""
        found = [f"It contains {visible(threat)}." for threat in threats]
        why = " ".join([*found, *([sentences(reasons)] if reasons else [])])
        tokens = {"fname": _file(fname), "url": url or host, "category": category, "reason": why}
        causes = ["virus"] * bool(threats) + list(reasons)
        return self._blocked(VIRUS, reader, tokens, host, causes)

    def certificate(
        self,
        reader: Reader,
        *,
        host: str,
        reasons: Sequence[str],
        facts: Facts = NOTHING,
        certname: str = "",
        issuer: str = "",
        category: str = "",
    ) -> Page:
        """For a server whose certificate or handshake does not allow to go on."""
        tokens = {
            "url": host,
            "category": category,
            "certname": certname,
            "issuer": issuer,
            "status": ", ".join(reasons),
            "reason": sentences(reasons, facts),
        }
        return self._page(CERTIFICATE, CERTIFICATE_STATUS, reader, tokens, host, reasons)

    def url_block(
        self, reader: Reader, *, url: str, host: str, category: str, rule: str = ""
    ) -> Page:
        """For a site that may not be visited; `rule` is the security rule, where it may be told."""
        why = f"It is in the category {visible(category)}, which is blocked."
        tokens = {"url": url or host, "category": category, "rule": rule, "reason": why}
        return self._blocked(URL, reader, tokens, host, ["url-block"])

    def url_continue(
        self, reader: Reader, *, url: str, host: str, category: str, form: Form
    ) -> Page:
        """For a site that the reader may visit after he was told of its category."""
        why = f"It is in the category {visible(category)}. You may go on, and it is recorded."
        tokens = {"url": url or host, "category": category, "reason": why}
        return self._blocked(URL_COACH, reader, tokens, host, ["url-continue"], form)

    def url_override(
        self,
        reader: Reader,
        *,
        url: str,
        host: str,
        category: str,
        form: Form,
        wrong: bool = False,
    ) -> Page:
        """For a site that needs the administrator's password; `wrong` after one that was not."""
        why = (
            f"It is in the category {visible(category)}, which needs a password from your "
            "administrator."
        )
        if wrong:
            why = f"This password was not right; after three, you have to wait. {why}"
        tokens = {"url": url or host, "category": category, "reason": why}
        return self._blocked(URL_COACH, reader, tokens, host, ["url-override"], form)

    def url_override_locked(
        self, reader: Reader, *, url: str, host: str, category: str, seconds: int
    ) -> Page:
        """For the time after three wrong passwords: the same page without its form."""
        why = (
            f"Three passwords were not right. You can try again in {_duration(seconds)}. "
            f"The site is in the category {visible(category)}."
        )
        tokens = {"url": url or host, "category": category, "reason": why}
        return self._blocked(URL_COACH, reader, tokens, host, ["url-override"])

    def file_block(self, reader: Reader, *, fname: str, kind: str, host: str, url: str) -> Page:
        """For a file whose type (`kind`, by its content) may not pass."""
        why = f"Its content is of the type {visible(kind)}, which is blocked."
        tokens = {"fname": _file(fname), "url": url or host, "reason": why}
        return self._blocked(FILE, reader, tokens, host, ["file-block"])

    def file_continue(
        self, reader: Reader, *, fname: str, kind: str, host: str, url: str, form: Form
    ) -> Page:
        """For a file that the reader may have after he was told of its type."""
        why = f"Its content is of the type {visible(kind)}. You may go on, and it is recorded."
        tokens = {"fname": _file(fname), "url": url or host, "reason": why}
        return self._blocked(FILE_CONTINUE, reader, tokens, host, ["file-continue"], form)

    def data_block(
        self,
        reader: Reader,
        *,
        fname: str,
        appname: str,
        direction: Direction,
        host: str,
        url: str,
    ) -> Page:
        """For content with data that may not pass; what it is, is not repeated on the page."""
        tokens = {
            "fname": _file(fname),
            "appname": appname,
            "direction": _WAY[direction],
            "url": url or host,
            "reason": f"The data filter stopped this {_WAY[direction]}.",
        }
        return self._blocked(DATA, reader, tokens, host, ["data-block"])

    def application_block(self, reader: Reader, *, appname: str, host: str, url: str) -> Page:
        """For an application that a security rule denies."""
        why = f"The application {visible(appname)} is blocked by a rule."
        tokens = {"appname": appname, "url": url or host, "reason": why}
        return self._blocked(APPLICATION, reader, tokens, host, ["application-block"])

    def opt_out(self, reader: Reader, *, host: str, url: str, form: Form, posted: bool) -> Page:
        """The question whether to be decrypted; `posted` where the request carried something,
        which is never repeated for the reader."""
        why = "Nothing was exchanged with the site yet."
        if posted:
            why = (
                "What you sent was held back and did not reach the site. Answer first, then go "
                "back and send it again."
            )
        tokens = {"url": url or host, "reason": why}
        status = CONTENT_STATUS if reader.wants_json else OPT_OUT_STATUS
        return self._page(OPT_OUT, status, reader, tokens, host, ["opt-out"], form)

    def opt_out_refused(self, reader: Reader, *, host: str, url: str, seconds: int) -> Page:
        """For the time after a No: nothing is asked, so the status is that of a block."""
        why = (
            "You chose not to be decrypted, so no secure site opens now. You are asked again in "
            f"{_duration(seconds)}."
        )
        tokens = {"url": url or host, "reason": why}
        return self._blocked(OPT_OUT, reader, tokens, host, ["opted-out"])

    def onward(self, reader: Reader, *, url: str) -> Page:
        """After an answer: leads on to the URL of the claim, which is ASCII and bounded."""
        body = render(ONWARD, {"user": visible(reader.user), "url": url})
        return Page(200, "text/html; charset=utf-8", body)

    def _blocked(
        self,
        name: str,
        reader: Reader,
        tokens: Mapping[str, str],
        host: str,
        reasons: Sequence[str],
        form: Form | None = None,
    ) -> Page:
        return self._page(name, CONTENT_STATUS, reader, tokens, host, reasons, form)

    def _page(
        self,
        name: str,
        status: int,
        reader: Reader,
        tokens: Mapping[str, str],
        host: str,
        reasons: Sequence[str],
        form: Form | None = None,
    ) -> Page:
        if reader.wants_json:
            answer = {
                "error": visible(tokens["reason"], _LONG * VALUE_LIMIT),
                "reason": list(reasons),
                "host": visible(host),
                "status": status,
            }
            return Page(status, "application/json", dumps(answer).encode())
        filled = {"user": reader.user, **tokens}
        body = _fitting(self._templates[name], filled, form.html() if form else "")
        return Page(status, "text/html; charset=utf-8", body, form is not None)


def _duration(seconds: int) -> str:
    """In minutes where it is long, rounded up."""
    number, unit = (-(-seconds // 60), "minute") if seconds > 90 else (max(1, seconds), "second")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _file(name: str) -> str:
    return name or "the content"


def _fitting(template: str, tokens: Mapping[str, str], form: str) -> bytes:
    """The page within the size limit: hostile values grow sixfold when escaped, and are cut."""
    for limit in (VALUE_LIMIT, 96, 32):
        limits = dict.fromkeys(tokens, limit) | {"reason": _LONG * limit}
        cut = {token: visible(tokens[token], limits[token]) for token in tokens}
        body = render(template, cut, form)
        if len(body) <= SIZE_LIMIT:
            break
    return body
