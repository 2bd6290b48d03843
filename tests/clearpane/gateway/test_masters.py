"""mitmproxy's user interfaces with the gateway built in."""

from argparse import Namespace
from pathlib import Path

import pytest
from mitmproxy import options
from mitmproxy.tools import cmdline
from mitmproxy.tools.console.master import ConsoleMaster
from mitmproxy.tools.dump import DumpMaster
from mitmproxy.tools.web.master import WebMaster

from clearpane.gateway import masters
from clearpane.gateway.start import Start
from gateways import end_master
from sites import Site


@pytest.mark.parametrize(
    ("interface", "base", "parser"),
    [
        ("dump", DumpMaster, cmdline.mitmdump),
        ("console", ConsoleMaster, cmdline.mitmproxy),
        ("web", WebMaster, cmdline.mitmweb),
    ],
)
async def test_each_interface_has_the_gateway(interface: str, base: type, parser: object) -> None:
    found, its_parser = masters._stock(interface)
    assert (found, its_parser) == (base, parser)
    made = masters._with_gateway(base)
    assert issubclass(made, base)


@pytest.fixture
async def gateway_master(own_authority: Path, site: Site):  # type: ignore[no-untyped-def]
    opts = options.Options(confdir=str(own_authority))
    made = masters._with_gateway(DumpMaster)(opts, with_termlog=False)
    yield made
    await made.addons.get("proxyserver").servers.update([])
    await end_master(made)


async def test_the_addons_stand_before_every_script(gateway_master: DumpMaster) -> None:
    chain = [type(addon).__name__.lower() for addon in gateway_master.addons.chain]
    at = chain.index("scriptloader")
    assert chain[at - 1] == "suite"
    assert at < chain.index("nextlayer")
    assert at < chain.index("tlsconfig")


async def test_the_options_are_there_before_arguments_are_read(gateway_master: DumpMaster) -> None:
    assert "clearpane_rules" in gateway_master.options


async def test_nothing_is_validated_before_it_runs(
    gateway_master: DumpMaster, capsys: pytest.CaptureFixture[str]
) -> None:
    """The options are not known earlier."""
    gateway_master.options.update(clearpane_rules="nowhere")
    assert not Path("var").exists()
    with pytest.raises(SystemExit) as ended:
        await gateway_master.run()
    assert ended.value.code == 2
    assert "nowhere" in capsys.readouterr().err
    assert not gateway_master.addons.get("proxyserver").listen_addrs()


async def test_it_listens_once_all_is_validated(gateway_master: DumpMaster) -> None:
    gateway_master.options.update(mode=["regular@0"], listen_host="127.0.0.1", onboarding=False)
    suite = gateway_master.addons.get("clearpane")
    start = suite.parts[0]
    assert isinstance(start, Start)
    gateway_master.shutdown()  # as soon as it runs
    await gateway_master.run()
    assert start._core.force.policy


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([], {}, id="none"),
        pytest.param(
            ["~u", "a.test"],
            dict.fromkeys(("save_stream_filter", "readfile_filter", "dumper_filter"), "~u a.test"),
            id="the words after the options are a filter",
        ),
    ],
)
def test_filter_arguments(words: list[str], expected: dict[str, str]) -> None:
    assert masters._filter(Namespace(filter_args=words)) == expected
