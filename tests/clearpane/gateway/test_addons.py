"""The addons and their order."""

from typing import Any

from mitmproxy.hooks import all_hooks
from mitmproxy.tools.dump import DumpMaster

from clearpane.gateway.addons import Suite, make_addons
from clearpane.gateway.boundary import fail_closed

DECIDING = (
    "client_connected",
    "next_layer",
    "tls_start_server",
    "tls_established_server",
    "tls_start_client",
    "http_connect",
    "requestheaders",
    "request",
    "response",
    "tcp_start",
    "websocket_message",
    "clearpane_body",
    "clearpane_chunk",
)


def parts() -> tuple[object, ...]:
    (suite,) = make_addons(script=False)
    return suite.parts


def test_one_part_per_moment_in_its_order() -> None:
    assert [type(part).__name__ for part in parts()] == [
        "Start",
        "Connections",
        "Transparent",
        "Decide",
        "Tls",
        "Http",
        "Bodies",
        "Streams",
    ]


def test_they_share_one_core() -> None:
    cores = [getattr(part, "_core", None) for part in parts()]
    assert len(set(filter(None, cores))) == 1
    assert cores.count(None) == 1  # what TPROXY needs has nothing to do with sessions


async def test_mitmproxy_takes_them_as_one(master: DumpMaster) -> None:
    (suite,) = make_addons(script=False)
    master.addons.register(suite)
    assert master.addons.get("clearpane") is suite


def test_every_hook_of_every_part_is_called() -> None:
    (suite,) = make_addons(script=False)
    wanted = {hook for part in suite.parts for hook in all_hooks if hasattr(part, hook)}
    assert {hook for hook in all_hooks if hasattr(suite, hook)} == wanted
    assert wanted >= {*DECIDING, "done", "running", "error"}


def test_two_parts_may_have_the_same_moment() -> None:
    called: list[tuple[int, str]] = []

    class Part:
        def __init__(self, number: int) -> None:
            self.number = number

        def client_connected(self, client: str) -> None:
            called.append((self.number, client))

    suite: Any = Suite(Part(1), Part(2), Part(3))
    suite.client_connected("alice")
    assert called == [(1, "alice"), (2, "alice"), (3, "alice")]


def test_every_hook_that_decides_is_fail_closed() -> None:
    guarded = {fail_closed(each).__code__ for each in (_synchronous, _asynchronous)}
    found = {
        name: getattr(part, name).__code__ in guarded
        for part in parts()
        for name in DECIDING
        if hasattr(part, name)
    }
    assert found == dict.fromkeys(DECIDING, True)


def _synchronous(_: object) -> None: ...


async def _asynchronous(_: object) -> None: ...
