"""The addons in their order, sharing one Core, as mitmproxy is given them: as one."""

from collections.abc import Callable
from typing import Any

from mitmproxy.hooks import all_hooks

from clearpane.gateway.access import Access
from clearpane.gateway.answers import Asking
from clearpane.gateway.bodies import Bodies
from clearpane.gateway.connections import Connections
from clearpane.gateway.core import Core
from clearpane.gateway.decide import Decide
from clearpane.gateway.http import Http
from clearpane.gateway.mails import Mails
from clearpane.gateway.outcomes import Outcomes
from clearpane.gateway.start import Start
from clearpane.gateway.streams import Streams
from clearpane.gateway.tls import Tls
from clearpane.gateway.transparent import Transparent


class Suite:
    """All addons as one: mitmproxy goes through every addon for every event, twice for those of a
    flow, and seven that have nothing to say took a twelfth of a request."""

    name = "clearpane"

    def __init__(self, *parts: object) -> None:
        self.parts = parts
        for part in parts:
            for hook in all_hooks:
                if method := getattr(part, hook, None):
                    earlier = self.__dict__.get(hook)
                    setattr(self, hook, _both(earlier, method) if earlier else method)


def make_addons(*, script: bool) -> list[Suite]:
    """`script`: stock mitmproxy loads it with -s; else the caller calls `Start.begin`."""
    core = Core()
    asking = Asking(core)
    outcomes = Outcomes(core, asking)
    bodies = Bodies(core, outcomes)
    http = Http(core, Access(core, asking), asking, bodies)
    first = (Start(core, http, script=script), Connections(core), Transparent())
    return [Suite(*first, Decide(core), Tls(core), http, bodies, Streams(core, Mails(core)))]


def _both(one: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., None]:
    """Two parts at the same moment; none of those that may wait has a second one."""

    def hook(*args: Any) -> None:
        one(*args)
        other(*args)

    return hook
