"""HTTP/2: the page, several streams, and a connection that is asked for a second host."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e.harness import bodies, clients
from e2e.harness.h2_client import Http2
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import DECRYPT, LEAVE, Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.zoo import Zoo

HOST, BANK = "www.zoo.test", "bank.zoo.test"


@pytest.fixture(scope="module")
def tls(zoo: Zoo) -> Iterator[Origin]:
    with Origin(zoo.leaf("*.zoo.test")) as origin:
        yield origin


@pytest.fixture(scope="module")
def gateway(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    site = Site(
        folder / "site",
        decryption=[LEAVE, DECRYPT],
        categories={"private": [BANK]},
        roots=[zoo.root],
    )
    with Gateway(site) as running:
        yield running


@contextmanager
def connected(gateway: Gateway, tls: Origin) -> Iterator[tuple[Http2, int]]:
    with Tunnel(gateway, tls.port) as tunnel:
        tunnel.start_tls(HOST, alpn=("h2",))
        yield Http2(tunnel), tunnel.source_port


def test_the_page_is_an_answer_like_any_other(gateway: Gateway, tls: Origin) -> None:
    with connected(gateway, tls) as (client, port):
        seen = [client.get(HOST, path) for path in ("/page", "/files/eicar.com", "/page")]
    assert [each.status for each in seen] == [200, 403, 200]
    assert seen[0].body == seen[2].body == PAGE
    assert b"<html" in seen[1].body.lower() and bodies.EICAR not in seen[1].body
    record = gateway.site.record("threat", sport=port)
    assert record["misc"].endswith("eicar.com")


def test_a_coalesced_request_is_decided_anew(gateway: Gateway, tls: Origin) -> None:
    """The certificate covers the bank too, and browsers use the connection for both."""
    with connected(gateway, tls) as (client, _):
        assert client.get(HOST, "/page").status == 200
        refused = client.get(BANK, "/page?coalesced")
        again = client.get("other.zoo.test", "/page?same-answer")
    assert refused.status == 421
    assert not tls.contents.asked("?coalesced")
    assert (again.status, again.body) == (200, PAGE)


def test_a_server_without_http2_is_reached_all_the_same(gateway: Gateway, zoo: Zoo) -> None:
    with Origin(zoo.leaf(HOST), alpn=()) as old:
        reply = clients.curl(gateway, f"https://{HOST}/page", to=old.port, protocol="--http2")
    assert (reply.status, reply.body) == (200, PAGE), reply
