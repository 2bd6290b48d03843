"""The pages that stand in for what was blocked, as HTML or as JSON.

Every value is escaped and cut before it stands on a page, so that a page stays under the size the
firewall serves whatever a server calls itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from types import MappingProxyType

from clearpane.pages.builtin import BUILTIN
from clearpane.pages.escaping import VALUE_LIMIT, visible
from clearpane.pages.template import SIZE_LIMIT, render
from clearpane.pages.words import NOTHING, Facts, sentences

VIRUS = "virus-block-page"
CERTIFICATE = "ssl-cert-status-page"

CONTENT_STATUS = 403
CERTIFICATE_STATUS = 503

# No script runs and nothing is loaded, whatever a template or an escaped value holds.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
)
_LONG = 4  # a reason may be this many times as long as any other value


@dataclass(frozen=True, slots=True)
class Page:
    """A whole HTTP answer. The sender adds Content-Length."""

    status: int
    content_type: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": self.content_type, **_HEADERS}


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
    """The response pages of one configuration; `templates` replaces built-in ones by name."""

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
        tokens = {
            "user": reader.user,
            "fname": fname or "the content",
            "url": url or host,
            "category": category,
            "reason": why,
        }
        causes = ["virus"] * bool(threats) + list(reasons)
        return self._page(VIRUS, CONTENT_STATUS, reader, tokens, host, causes)

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
            "user": reader.user,
            "url": host,
            "category": category,
            "certname": certname,
            "issuer": issuer,
            "status": ", ".join(reasons),
            "reason": sentences(reasons, facts),
        }
        return self._page(CERTIFICATE, CERTIFICATE_STATUS, reader, tokens, host, reasons)

    def _page(
        self,
        name: str,
        status: int,
        reader: Reader,
        tokens: Mapping[str, str],
        host: str,
        reasons: Sequence[str],
    ) -> Page:
        if reader.wants_json:
            answer = {
                "error": visible(tokens["reason"], _LONG * VALUE_LIMIT),
                "reason": list(reasons),
                "host": visible(host),
                "status": status,
            }
            return Page(status, "application/json", dumps(answer).encode())
        body = _fitting(self._templates[name], tokens)
        return Page(status, "text/html; charset=utf-8", body)


def _fitting(template: str, tokens: Mapping[str, str]) -> bytes:
    """The page within the size limit: hostile values grow sixfold when escaped, and are cut."""
    for limit in (VALUE_LIMIT, 96, 32):
        limits = dict.fromkeys(tokens, limit) | {"reason": _LONG * limit}
        body = render(template, {token: visible(tokens[token], limits[token]) for token in tokens})
        if len(body) <= SIZE_LIMIT:
            break
    return body
