"""What the user interfaces show of a decision: a mark, and a comment that begins with the verdict.

mitmweb's list has room for about 20 characters of the comment and never gets a flow's metadata; the
console's list shows the mark alone. So the verdict stands first and the reason follows.
"""

from mitmproxy import connection, ctx, flow, tcp

from clearpane.content.detection import Detection, Finding
from clearpane.gateway.live import Live
from clearpane.pipeline.message import Outcome
from clearpane.sessions.session import Session

_ROOM = 20
_AUTHORITIES = {
    "forward-trust": ("decrypted · Trust", ":unlock:"),
    "forward-untrust": ("decrypted · Untrust", ":warning:"),
}


def session(live: Live, shown: flow.Flow) -> None:
    """Labels a flow with what became of its session."""
    live.shown = live.shown or shown
    text, mark = _verdict(live.session)
    _label(shown, text, mark, _why(live.session))


def finding(shown: flow.Flow, found: Finding, blocked: bool) -> None:
    """Labels a flow with what was found in it."""
    outcome = "blocked" if blocked else "alert"
    if isinstance(found, Detection):
        _label(shown, f"virus · {outcome}", ":biohazard:", f"{found} {found.member}".strip())
    else:
        _label(shown, f"unscanned · {outcome}", ":see_no_evil:", str(found))


def filtered(shown: flow.Flow, outcome: Outcome) -> None:
    """Labels a flow with what a file or data profile said of it."""
    end = "blocked" if outcome.blocks else "alert"
    if outcome.file:
        about = f"{outcome.file.kind} {outcome.file.member}".strip()
        _label(shown, f"file · {end}", ":package:", about)
    elif outcome.data:
        _label(shown, f"data · {end}", ":page_facing_up:", outcome.data.pattern)


def is_shown() -> bool:
    """Whether a user interface lists flows; mitmdump has none."""
    return ctx.master.addons.get("view") is not None


def ended(live: Live) -> None:
    """Lists a TLS session that came to nothing before any flow was made for it."""
    view = ctx.master.addons.get("view")
    if view is None or live.shown is not None or not live.session.tls:
        return
    client = live.handler.client if live.handler else None
    if client is None:
        return
    server = connection.Server(address=(live.session.host or live.session.sni, live.session.port))
    shown = tcp.TCPFlow(client, server)
    session(live, shown)
    view.add([shown])


def _verdict(session: Session) -> tuple[str, str]:
    reason = session.reasons[0] if session.reasons else ""
    if session.blocked:
        return f"blocked · {reason}", ":no_entry:"
    if session.alert:
        return f"rejected · {session.alert}", ":no_entry:"
    if session.decrypted or session.authority:
        return _AUTHORITIES.get(session.authority, ("decrypted", ":unlock:"))
    if session.tls or reason == "not-tls":
        return f"no-decrypt · {reason}", ":lock:"
    return "not encrypted", ""


def _why(session: Session) -> str:
    said = [", ".join(session.reasons)] if session.reasons else []
    if session.decision and session.decision.rule:
        said.append(f'rule "{session.decision.rule}"')
    if session.decision and session.decision.exclusion:
        said.append(f'exclusion "{session.decision.exclusion}"')
    if session.decision and session.decision.category != "any":
        said.append(f"category {session.decision.category}")
    if session.alert:
        said.append(f"alert: {session.alert}")
    return "; ".join(said)


def _label(shown: flow.Flow, text: str, mark: str, why: str) -> None:
    shown.comment = f"{text[:_ROOM]} — {why}" if why else text[:_ROOM]
    shown.marked = mark
