"""mitmproxy's three user interfaces with the gateway built in.

Unlike with -s, everything is validated after the options are read and before anything else, and an
option that does not exist is refused. The addons stand where a script's would: before mitmproxy
chooses layers and certificates.
"""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from mitmproxy import hooks, options
from mitmproxy.master import Master
from mitmproxy.tools import cmdline, main

from clearpane.gateway.addons import make_addons
from clearpane.gateway.start import Start

type _Parser = Callable[[options.Options], ArgumentParser]


def run(interface: str, arguments: list[str]) -> None:
    """`dump`, `console` or `web`; takes every argument of mitmproxy's own command."""
    base, parser = _stock(interface)
    main.run(_with_gateway(base), parser, arguments, _filter if interface == "dump" else None)


def _stock(interface: str) -> tuple[type[Master], _Parser]:
    """Imported when asked for: the console brings a terminal, mitmweb a web server."""
    match interface:
        case "console":
            from mitmproxy.tools.console.master import ConsoleMaster

            return ConsoleMaster, cmdline.mitmproxy
        case "web":
            from mitmproxy.tools.web.master import WebMaster

            return WebMaster, cmdline.mitmweb
        case _:
            from mitmproxy.tools.dump import DumpMaster

            return DumpMaster, cmdline.mitmdump


def _with_gateway(base: type[Master]) -> type[Master]:
    class Gateway(base):  # type: ignore[misc, valid-type]
        """The interface, and the gateway's addons before its script loader."""

        def __init__(self, opts: options.Options, **given: Any) -> None:
            super().__init__(opts, **given)
            (self.clearpane,) = make_addons(script=False)
            place = self.addons.chain.index(self.addons.get("scriptloader"))
            self.addons.chain.insert(place, self.addons.register(self.clearpane))

        async def run(self) -> None:
            start = self.clearpane.parts[0]
            assert isinstance(start, Start)
            start.begin()
            # Options left at their defaults are told to no addon that was registered by hand.
            configure = hooks.ConfigureHook(self.options.keys())
            self.addons.invoke_addon_sync(self.clearpane, configure)
            await super().run()

    return Gateway


def _filter(args: Any) -> dict[str, str]:
    """mitmdump's trailing arguments are a filter."""
    words = " ".join(args.filter_args)
    names = ("save_stream_filter", "readfile_filter", "dumper_filter")
    return dict.fromkeys(names, words) if words else {}
