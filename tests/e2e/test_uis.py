"""What the administrator sees while it runs: the console under tmux, mitmweb's list and page."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import bodies, clients, origins, pki
from e2e.harness.browser import Browser
from e2e.harness.clamav import free_port
from e2e.harness.console import Console
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.site import DECRYPT, LEAVE, Site
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST, BANK, FORGER = "files.zoo.test", "bank.zoo.test", "forger.zoo.test"
PASSWORD = "for the tests"

WEB = {"mitmweb": ("mitmweb", "-s", "addons/gateway.py"), "clearpane web": ("clearpane", "web")}
CONSOLE = {
    "mitmproxy": ("mitmproxy", "-s", "addons/gateway.py"),
    "clearpane console": ("clearpane", "console"),
}

type Flow = dict[str, Any]


@pytest.fixture(scope="module")
def tls(zoo: Zoo) -> Iterator[Origin]:
    with Origin({HOST: zoo.leaf(HOST, BANK), FORGER: pki.leaf(None, FORGER)}) as origin:
        yield origin


def _site(folder: Path, zoo: Zoo) -> Site:
    return Site(
        folder,
        decryption=[LEAVE, DECRYPT],
        categories={"private": [BANK]},
        roots=[zoo.root],
    )


def _one_of_each(gateway: clients.Proxy, tls: Origin) -> None:
    """A clean page, a virus, an untrusted server, a session left alone, and one that fails."""
    for host, path in ((HOST, "page"), (HOST, "files/eicar.com"), (FORGER, "page"), (BANK, "page")):
        clients.curl(gateway, f"https://{host}/{path}", "-k", to=tls.port)
    with origins.misbehaving(origins.close_after_hello) as server:
        clients.handshake(gateway, "broken.zoo.test", server.port, trust=gateway.site.trust_file)


@dataclass
class Web:
    gateway: Gateway
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, *arguments: str) -> clients.Reply:
        login = ("-H", f"Authorization: Bearer {PASSWORD}")
        return clients.curl(None, f"{self.url}{path}", *login, *arguments)

    def flows(self) -> list[Flow]:
        flows: list[Flow] = json.loads(self.get("/flows").body)
        return flows


@pytest.fixture(scope="module", params=WEB)
def web(request: pytest.FixtureRequest, folder: Path, zoo: Zoo, tls: Origin) -> Iterator[Web]:
    port = free_port()
    options = ("--no-web-open-browser", "--web-host", "127.0.0.1", "--web-port", str(port))
    command = WEB[request.param]
    site = _site(folder / request.param, zoo)
    secret = ("--set", f"web_password={PASSWORD}")
    with Gateway(site, command, *options, *secret) as gateway:
        made = Web(gateway, port)
        until(lambda: made.get("/").status, "mitmweb answers")
        _one_of_each(gateway, tls)
        until(lambda: len(made.flows()) >= 5, "five flows in the list")
        yield made


# label -> (part of the request's line, how the comment begins)
VERDICTS = {
    "clean": (f"{HOST}/page", "decrypted · Trust"),
    "virus": (f"{HOST}/files/eicar.com", "virus · blocked"),
    "untrusted": (f"{FORGER}/page", "decrypted · Untrust"),
    "left alone": ("", "no-decrypt · "),
    "failed": ("", "blocked · "),
}


def _line(flow: Flow) -> str:
    """Host and path of a request, nothing for a session that was not decrypted."""
    request = flow.get("request")
    return f"{request['pretty_host']}{request['path']}" if request else ""


def test_mitmweb_lists_the_verdict_and_a_mark_for_each_class(web: Web) -> None:
    def look() -> list[Flow] | None:
        flows = web.flows()
        return flows if all(each["comment"] for each in flows) else None

    flows = until(look, "a comment on each flow")
    marks = set()
    for line, begins in VERDICTS.values():
        found = [each for each in flows if _line(each) == line]
        found = [each for each in found if each["comment"][:20].startswith(begins)]
        assert len(found) == 1, [(each["comment"], _line(each)) for each in flows]
        marks.add(found[0]["marked"])
    assert "" not in marks
    assert len(marks) >= 4, marks


def test_mitmweb_names_a_session_that_was_left_alone_and_keeps_no_bytes(web: Web) -> None:
    [flow] = [each for each in web.flows() if each["comment"].startswith("no-decrypt · ")]
    assert flow["type"] == "tcp"
    assert json.loads(web.get(f"/flows/{flow['id']}/messages/content/all.json").body) == []
    assert flow["client_conn"]["sni"] == BANK


def test_a_replay_from_mitmweb_is_no_way_around(web: Web, tls: Origin) -> None:
    """A replayed request belongs to no client's connection."""
    [flow] = [each for each in web.flows() if _line(each) == f"{HOST}/files/eicar.com"]
    begun = flow["response"]["timestamp_start"]
    token = "ab" * 16  # mitmweb compares the cookie with the header
    cross_site = ("-b", f"_mitmproxy_xsrf={token}", "-H", f"X-XSRFToken: {token}")
    path = f"/flows/{flow['id']}/replay"
    assert web.get(path, "-X", "POST", *cross_site).status == 200

    def look() -> Flow | None:
        [now] = [each for each in web.flows() if each["id"] == flow["id"]]
        response = now.get("response")
        done = now.get("error") or (response and response["timestamp_start"] != begun)
        return now if done else None

    until(look, "the replay comes to an end")
    content = web.get(f"/flows/{flow['id']}/response/content.data")
    assert bodies.EICAR not in content.body


def test_mitmweb_in_a_browser_shows_the_verdict_in_its_list(
    web: Web, folder: Path, request: pytest.FixtureRequest
) -> None:
    home = folder / re.sub(r"\W", "-", request.node.name)
    with Browser(home, web.gateway.site.trust_file) as browser:
        assert browser.open(f"{web.url}/?token={PASSWORD.replace(' ', '%20')}#/flows") == ""
        until(lambda: "virus · blocked" in browser.text, "the verdict in the list")
        assert "no-decrypt · " in browser.text


@pytest.mark.parametrize("name", CONSOLE)
def test_the_console_shows_marks_in_its_list_and_the_verdict_in_detail(
    folder: Path, zoo: Zoo, tls: Origin, name: str
) -> None:
    with Console(_site(folder / name, zoo), CONSOLE[name]) as console:
        clients.curl(console, f"https://{HOST}/files/eicar.com", to=tls.port)
        console.shows("eicar.com", "403")
        console.press("Enter")
        console.shows("Request", "Detail")
        console.press("Tab", "Tab")
        console.shows("virus · blocked")
        assert "Traceback" not in console.screen()


def test_the_console_lists_what_was_left_alone(folder: Path, zoo: Zoo, tls: Origin) -> None:
    with Console(_site(folder / "left", zoo), CONSOLE["mitmproxy"]) as console:
        clients.curl(console, f"https://{BANK}/page", "-k", to=tls.port)
        console.shows(str(tls.port))
        console.press("Enter")
        console.shows("Detail")
        console.press("Tab")
        console.shows("no-decrypt · ")
