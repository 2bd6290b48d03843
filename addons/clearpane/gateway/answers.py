"""What pages ask of users, and what comes back: consent, going on all the same, a password.

An answer is a POST to a path of the very host that was asked for; it never reaches the server.
"""

import asyncio

from mitmproxy import http

from clearpane.gateway.core import Core
from clearpane.gateway.judge import Size
from clearpane.gateway.live import Live
from clearpane.gateway.messages import answer, reader_of
from clearpane.pages.answers import ANSWER_PATH, BODY_LIMIT, Choice, is_foreign, parse_answer
from clearpane.pages.forms import Form, Kind
from clearpane.pages.page import Page
from clearpane.pages.tokens import Claim, issue, read, way_back
from clearpane.records.actions import UrlLogged
from clearpane.sessions.ends import EndReason

_UNCLEAR = b"This answer can't be taken. Open the page again, and answer there.\n"


class Asking:
    """Makes forms, and acts on what they bring back."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @staticmethod
    def is_answer(flow: http.HTTPFlow) -> bool:
        return flow.request.path.partition("?")[0] == ANSWER_PATH

    def size(self, live: Live, flow: http.HTTPFlow, size: int) -> Size:
        """An answer is short; one of `size` bytes that is not gets what an unclear one gets."""
        if size <= BODY_LIMIT:
            return Size.HOLD
        live.pages[flow.id] = _unclear()
        return Size.REFUSE

    def form(self, live: Live, flow: http.HTTPFlow, kind: Kind, key: str = "") -> Form:
        """A form that only this user can send, from this host, for a quarter of an hour."""
        request = flow.request
        back = way_back(
            request.pretty_host,
            url=request.pretty_url,
            method=request.method,
            referer=request.headers.get("referer", ""),
        )
        return self._form(
            live, flow, Claim(kind, self._user(live, flow), request.pretty_host, back, key)
        )

    async def take(self, live: Live, flow: http.HTTPFlow) -> http.Response:
        """The response to an answer."""
        request, now = flow.request, self._core.now()
        sent = parse_answer(request.raw_content or b"") if request.method == "POST" else None
        host, user = request.pretty_host, self._user(live, flow)
        if sent is None or is_foreign(request.headers.get("origin"), host):
            return _unclear()
        claim = read(self._core.secret, sent.token, user=user, host=host, now=now)
        if claim is None:
            return _unclear()
        if sent.choice is Choice.NO:
            return self._refused(live, flow, claim)
        if claim.kind is Kind.URL_OVERRIDE and not await self._is_right(live, user, sent.password):
            _, page = self.password(live, flow, claim.key, claim, wrong=True)
            return answer(page)
        if claim.kind is Kind.OPT_OUT:
            self._core.consents.agree(user, now)
        else:
            self._core.consents.grant(user, claim.kind, claim.key, now)
        return answer(live.force.pages.onward(reader_of(live.session, flow), url=claim.url))

    def password(
        self,
        live: Live,
        flow: http.HTTPFlow,
        category: str,
        claim: Claim | None = None,
        *,
        wrong: bool = False,
    ) -> tuple[UrlLogged, Page]:
        """The page that asks for the administrator's password, or says that it is too late."""
        reader, pages, request = reader_of(live.session, flow), live.force.pages, flow.request
        host, url = request.pretty_host, claim.url if claim else request.pretty_url
        locked = self._core.consents.locked(reader.user, self._core.now())
        if locked:
            return UrlLogged.LOCKED_OUT, pages.url_override_locked(
                reader, url=url, host=host, category=category, seconds=locked
            )
        if claim:
            form = self._form(live, flow, claim)
        else:
            form = self.form(live, flow, Kind.URL_OVERRIDE, category)
        return UrlLogged.PASSWORD_ASKED, pages.url_override(
            reader, url=url, host=host, category=category, form=form, wrong=wrong
        )

    def _form(self, live: Live, flow: http.HTTPFlow, claim: Claim) -> Form:
        return Form(ANSWER_PATH, issue(self._core.secret, claim, self._core.now()), claim.kind)

    def _refused(self, live: Live, flow: http.HTTPFlow, claim: Claim) -> http.Response:
        """No is an answer to the opt-out page alone; the other forms have no such button."""
        if claim.kind is not Kind.OPT_OUT:
            return _unclear()
        now, reader = self._core.now(), reader_of(live.session, flow)
        self._core.consents.refuse(reader.user, now)
        live.session.note("opted-out")
        live.session.ends(EndReason.POLICY_DENY)
        page = live.force.pages.opt_out_refused(
            reader,
            host=claim.host,
            url=claim.url,
            seconds=self._core.consents.seconds(reader.user, now),
        )
        return answer(page)

    async def _is_right(self, live: Live, user: str, password: str) -> bool:
        """Checked in a thread: it takes 50 ms on purpose."""
        known = live.force.policy.override
        if known is None or not self._core.consents.attempt(user, self._core.now()):
            return False
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(live.force.executor, known.matches, password)
        if right:
            self._core.consents.succeeded(user)
        return right

    @staticmethod
    def _user(live: Live, flow: http.HTTPFlow) -> str:
        return reader_of(live.session, flow).user


def _unclear() -> http.Response:
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return http.Response.make(400, _UNCLEAR, headers)
