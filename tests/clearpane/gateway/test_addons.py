"""The addons and their order."""

from mitmproxy.tools.dump import DumpMaster

from clearpane.gateway.addons import make_addons
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
)


def test_one_addon_per_moment_in_its_order() -> None:
    names = [addon.name for addon in make_addons(script=False)]
    assert names == [
        "clearpane",
        "clearpane-connections",
        "clearpane-transparent",
        "clearpane-decide",
        "clearpane-tls",
        "clearpane-http",
        "clearpane-streams",
    ]


def test_they_share_one_core() -> None:
    cores = [getattr(addon, "_core", None) for addon in make_addons(script=False)]
    assert len(set(filter(None, cores))) == 1
    assert cores.count(None) == 1  # what TPROXY needs has nothing to do with sessions


async def test_mitmproxy_takes_them(master: DumpMaster) -> None:
    for addon in make_addons(script=False):
        master.addons.register(addon)
        assert master.addons.get(addon.name) is addon


def test_every_hook_that_decides_is_fail_closed() -> None:
    guarded = {fail_closed(each).__code__ for each in (_synchronous, _asynchronous)}
    found = {
        name: getattr(addon, name).__code__ in guarded
        for addon in make_addons(script=False)
        for name in DECIDING
        if hasattr(addon, name)
    }
    assert found == dict.fromkeys(DECIDING, True)


def _synchronous(_: object) -> None: ...


async def _asynchronous(_: object) -> None: ...
