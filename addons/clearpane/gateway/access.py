"""May this request go on: the user's consent, the security rules, the category of its URL.

The answer is a response of our own, or none; what is asked of a user comes back to `answers`.
"""

from dataclasses import replace

from mitmproxy import http

from clearpane.content.applications import Application
from clearpane.content.naming import of_request
from clearpane.filtering.url import UrlAction, UrlJudgement
from clearpane.gateway.answers import Asking
from clearpane.gateway.core import BY_CATEGORY, Core
from clearpane.gateway.facts import name_of, site_of
from clearpane.gateway.hellos import hello_for
from clearpane.gateway.live import Granted, Live
from clearpane.gateway.messages import answer, fields_of, reader_of
from clearpane.pages.forms import Kind
from clearpane.pages.page import Page
from clearpane.records.actions import UrlLogged
from clearpane.rulebase.security import SecurityAction, SecurityDecision
from clearpane.sessions.consent import Consent
from clearpane.sessions.ends import EndReason


class Access:
    """Answers requests that may not go on."""

    def __init__(self, core: Core, asking: Asking) -> None:
        self._core, self._asking = core, asking

    def gate(self, live: Live, flow: http.HTTPFlow) -> http.Response | None:
        """The response that the request gets instead of the server's; a dropped one is killed."""
        if page := self._consent(live, flow):
            return answer(page)
        application = application_of(flow)
        live.session.app = application
        policy, host = live.force.policy, flow.request.pretty_host
        categories = self._categories(live, flow, site_of(host))
        decision = None
        if policy.security:
            hello = hello_for(live, flow, name_of(host))
            decision = policy.security.decide(hello, self._core.now(), application, categories)
            self._core.govern(live, decision)
        live.granted[flow.id] = Granted(
            application,
            policy.content_profiles(decision),
            decision.rule if decision else "",
            tuple(sorted(categories)),
        )
        if decision and not decision.allows:
            return self._denied(live, flow, decision, application)
        return self._filtered(live, flow, categories)

    def barred(self, live: Live, flow: http.HTTPFlow, reason: str) -> http.Response:
        """A session that is not decrypted may not pass, and got as far as a page."""
        reader, pages = reader_of(live.session, flow), live.force.pages
        host, url = flow.request.pretty_host, flow.request.pretty_url
        if reason == BY_CATEGORY and (judged := live.filtered):
            _, page = self._url_page(live, flow, judged)
            return answer(page) if page else again()
        return answer(pages.application_block(reader, appname=Application.SSL, host=host, url=url))

    def _consent(self, live: Live, flow: http.HTTPFlow) -> Page | None:
        """The opt-out page, where it is switched on: whoever was not asked yet is asked."""
        wanted = live.force.policy.settings.notify_user
        if not wanted or not live.session.decrypted or live.inbound:
            return None
        reader, request, now = reader_of(live.session, flow), flow.request, self._core.now()
        state = self._core.consents.state(reader.user, now)
        if state is Consent.YES:
            return None
        live.session.note("opted-out" if state is Consent.NO else "opt-out-asked")
        if state is Consent.NO:
            live.session.ends(EndReason.POLICY_DENY)
            return live.force.pages.opt_out_refused(
                reader,
                host=request.pretty_host,
                url=request.pretty_url,
                seconds=self._core.consents.seconds(reader.user, now),
            )
        return live.force.pages.opt_out(
            reader,
            host=request.pretty_host,
            url=request.pretty_url,
            form=self._asking.form(live, flow, Kind.OPT_OUT),
            posted=request.method not in ("GET", "HEAD", "OPTIONS"),
        )

    @staticmethod
    def _categories(live: Live, flow: http.HTTPFlow, site: str) -> frozenset[str]:
        """Those of the URL; where the request names another host than the connection, of both."""
        policy, path = live.force.policy, flow.request.path
        found = policy.url_categories(site, path) if site else frozenset[str]()
        other = live.hello.name if live.hello else ""
        return found if other in ("", site) else found | policy.url_categories(other, path)

    def _denied(
        self,
        live: Live,
        flow: http.HTTPFlow,
        decision: SecurityDecision,
        application: Application,
    ) -> http.Response | None:
        if decision.action is SecurityAction.DROP:
            flow.kill()
            return None
        request = flow.request
        page = live.force.pages.application_block(
            reader_of(live.session, flow),
            appname=application,
            host=request.pretty_host,
            url=request.pretty_url,
        )
        return answer(page)

    def _filtered(
        self, live: Live, flow: http.HTTPFlow, categories: frozenset[str]
    ) -> http.Response | None:
        profile = live.granted[flow.id].profiles.url
        if profile is None:
            return None
        judged = profile.judge(categories)
        if judged.action is UrlAction.ALLOW:
            return None
        granted = live.granted[flow.id]
        live.granted[flow.id] = replace(
            granted, categories=tuple(dict.fromkeys((judged.category, *granted.categories)))
        )
        action, page = self._url_page(live, flow, judged)
        self._core.reporter.url(live, flow, action, live.granted[flow.id], self._core.now())
        if page is None:
            return None
        live.session.ends(EndReason.THREAT)
        return answer(page)

    def _url_page(
        self, live: Live, flow: http.HTTPFlow, judged: UrlJudgement
    ) -> tuple[UrlLogged, Page | None]:
        """What is recorded, and the page where the request goes no further."""
        reader, pages, category = reader_of(live.session, flow), live.force.pages, judged.category
        host, url = flow.request.pretty_host, flow.request.pretty_url
        logged = self._core.filtered(live, judged)
        match logged:
            case UrlLogged.BLOCK:
                rule = live.granted[flow.id].rule if flow.id in live.granted else ""
                page = pages.url_block(reader, url=url, host=host, category=category, rule=rule)
                return logged, page
            case UrlLogged.ASKED:
                form = self._asking.form(live, flow, Kind.URL_CONTINUE, category)
                return logged, pages.url_continue(
                    reader, url=url, host=host, category=category, form=form
                )
            case UrlLogged.PASSWORD_ASKED:
                return self._asking.password(live, flow, category)
            case _:
                return logged, None


def again() -> http.Response:
    """RFC 9110 section 15.5.20: the client asks anew on another connection."""
    return http.Response.make(421, b"This host is not served on this connection.\n")


def application_of(flow: http.HTTPFlow) -> Application:
    fields = fields_of(flow.request)
    return of_request(
        method=flow.request.method,
        path=flow.request.path,
        content_type=fields.get("content-type", ""),
        accept=fields.get("accept", ""),
        upgrade=fields.get("upgrade", ""),
    )
