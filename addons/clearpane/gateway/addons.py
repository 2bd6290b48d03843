"""The addons in their order, sharing one Core."""

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


def make_addons(*, script: bool) -> list[object]:
    """`script`: stock mitmproxy loads them with -s; else the caller calls `Start.begin`."""
    core = Core()
    asking = Asking(core)
    outcomes = Outcomes(core, asking)
    bodies = Bodies(core, outcomes)
    http = Http(core, Access(core, asking), asking, bodies)
    start = Start(core, http, script=script)
    before = [start, Connections(core), Transparent()]
    return [*before, Decide(core), Tls(core), http, bodies, Streams(core, Mails(core))]
