"""What the one class of mitmproxy that is replaced asks of the addons."""

from enum import Enum, auto
from typing import Protocol

from mitmproxy import connection, http
from mitmproxy.proxy import layer


class Size(Enum):
    """What becomes of a body, as far as its size and kind tell."""

    HOLD = auto()  # held back until the verdict
    INSPECT = auto()  # passed on while it is inspected
    STREAM = auto()  # passed on unseen
    REFUSE = auto()  # the page


class Judge(Protocol):
    """What the addons answer to a stream."""

    def body(self, flow: http.HTTPFlow, request: bool, expected: int, held: int) -> Size:
        """`expected` is the announced size (-1: not announced), `held` what has come so far."""

    def refusal(self, flow: http.HTTPFlow) -> http.Response:
        """The page for a body that was refused."""

    def opening(self, client: connection.Client, flow: http.HTTPFlow) -> None:
        """A server connection is about to be asked for."""

    def opened(self, flow: http.HTTPFlow, server: connection.Server | None) -> http.Response | None:
        """The page where the request must not go on; `server` is None where there is none."""

    def upgraded(self, flow: http.HTTPFlow, relay: layer.Layer) -> None:
        """The exchange has become a WebSocket, which `relay` relays."""

    def gathers(self, flow: http.HTTPFlow, size: int) -> bool:
        """Whether a WebSocket message may grow beyond `size` bytes."""
