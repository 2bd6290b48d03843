"""Fail closed: what a hook raises ends the connection it was raised for.

mitmproxy logs an exception of a hook and lets the traffic go on. Every hook that decides is wrapped
by `fail_closed`; it is the only place in the product where `except Exception` may stand.
"""

import functools
import inspect
import logging
import socket
import struct
import traceback
from collections.abc import Callable
from typing import Any

from mitmproxy import connection, ctx, exceptions, flow
from mitmproxy.proxy import layer

from .layers import Closed

logger = logging.getLogger(__name__)


def fail_closed[**P, R](hook: Callable[P, R]) -> Callable[P, R]:
    """A hook of one argument after `self`, synchronous or not, that lets nothing through."""

    if inspect.iscoroutinefunction(hook):

        @functools.wraps(hook)
        async def guarded_async(*args: Any, **kwargs: Any) -> Any:
            try:
                return await hook(*args, **kwargs)
            except exceptions.AddonHalt:
                raise
            except Exception as error:  # noqa: BLE001 - the boundary itself
                _end(hook.__name__, args[-1], error)

        return guarded_async  # type: ignore[return-value]

    @functools.wraps(hook)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return hook(*args, **kwargs)
        except exceptions.AddonHalt:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary itself
            _end(hook.__name__, args[-1], error)

    return guarded


def client_of(data: Any) -> connection.Client:
    """The client of whatever a hook was given."""
    data = getattr(data, "flow", data)  # of a passage
    if isinstance(data, connection.Client):
        return data
    if isinstance(data, flow.Flow):
        return data.client_conn
    client: connection.Client = data.context.client if hasattr(data, "context") else data.client
    return client


def abort(client: connection.Client) -> None:
    """Ends every connection of a client at once, whatever a layer is waiting for.

    With a reset (SO_LINGER of 0 seconds): after a clean end what came short would look complete.
    """
    handler = ctx.master.addons.get("proxyserver").connections.get(client.id)
    for io in list(handler.transports.values()) if handler else ():
        if io.writer and hasattr(io.writer, "transport"):
            if here := io.writer.get_extra_info("socket"):
                here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            io.writer.transport.abort()


def _end(hook: str, data: Any, error: Exception) -> None:
    data = getattr(data, "flow", data)  # of a passage
    client = client_of(data)
    where = traceback.extract_tb(error.__traceback__)[-1]
    logger.error(
        f"{hook} failed at {where.name}:{where.lineno}, the connection is closed: {error!r}",
        extra={"client": client.peername},
    )
    logger.debug(f"{hook} failed", exc_info=error)
    if isinstance(data, layer.NextLayer):
        data.layer = Closed(data.context)
    if isinstance(data, flow.Flow) and data.killable:
        data.kill()
    if isinstance(data, connection.Client):
        client.error = "refused: a decision could not be made"
    elif hasattr(data, "server") and isinstance(data.server, connection.Server):
        data.server.error = "refused: a decision could not be made"
    abort(client)
