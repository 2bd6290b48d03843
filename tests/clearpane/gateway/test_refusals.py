"""Every option that would undo the gateway, by its own value."""

from collections.abc import Iterator

import pytest
from mitmproxy import options
from mitmproxy.test import taddons
from mitmproxy.tools.dump import DumpMaster

from clearpane.gateway import refusals


@pytest.fixture
async def opts() -> Iterator[options.Options]:  # type: ignore[misc]
    made = options.Options()
    DumpMaster(made, with_termlog=False)
    yield made


def test_defaults_are_not_refused(opts: options.Options) -> None:
    assert list(refusals.refused(opts, {})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emudhra", True),
        ("emudhra_old", True),
        ("ssl_insecure", True),
        ("ignore_hosts", ["example"]),
        ("allow_hosts", ["example"]),
        ("tcp_hosts", ["example"]),
        ("udp_hosts", ["example"]),
        ("stream_large_bodies", "1m"),
        ("upstream_cert", False),
        ("connection_strategy", "lazy"),
        ("validate_inbound_headers", False),
        ("client_certs", "/tmp"),
        ("certs", ["x.pem"]),
    ],
)
def test_an_option_that_would_undo_the_gateway(
    opts: options.Options, name: str, value: object
) -> None:
    with taddons.context(options=opts):
        opts.__dict__["_options"][name].set(value)
    (problem,) = refusals.refused(opts, {})
    assert problem.place == name
    assert problem.message and name in problem.cure


@pytest.mark.parametrize("name", ["SSLKEYLOGFILE", "MITMPROXY_SSLKEYLOGFILE"])
def test_a_key_log(opts: options.Options, name: str) -> None:
    (problem,) = refusals.refused(opts, {name: "/tmp/keys"})
    assert problem.cure == f"unset {name}"
    assert list(refusals.refused(opts, {name: ""})) == []


def test_another_mitmproxy(opts: options.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "version", lambda _: "13.0.0")
    (problem,) = refusals.refused(opts, {})
    assert "13.0.0" in problem.message


def test_doubtful_options_are_warned_of(opts: options.Options) -> None:
    found = {problem.place for problem in refusals.doubtful(opts)}
    assert found == {"onboarding"}
    opts.update(onboarding=False, flow_detail=3, map_remote=["|a|b"])
    assert {p.place for p in refusals.doubtful(opts)} == {"flow_detail", "map_remote"}


@pytest.mark.parametrize(
    ("host", "warned"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("a.test", True),
    ],
)
def test_a_web_interface_that_others_can_reach(
    opts: options.Options, host: str, warned: bool
) -> None:
    opts.add_option("web_host", str, host, "")
    assert ("web_host" in {p.place for p in refusals.doubtful(opts)}) is warned
