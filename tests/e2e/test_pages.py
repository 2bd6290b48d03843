"""The response pages: what stands in for each kind of block, and what its form leads to."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.harness import asking, bodies, clients, pki
from e2e.harness.browser import Browser
from e2e.harness.forms import Form, form_of, has_form
from e2e.harness.messages import PAGE, Answer
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway
from e2e.harness.questions import answer, examples, shown
from e2e.harness.site import Record, Site
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST = asking.HOST
ANSWER_PATH = "/.well-known/clearpane/answer"
WAYS = {"HTTP/1.1": "--http1.1", "HTTP/2": "--http2"}
SCREENS = {"wide": (1200, False), "narrow": (320, False), "narrow and dark": (320, True)}
# curl's words for an address where nobody was before: each is a user of its own.
ADDRESSES = (("--interface", f"127.0.0.{last}") for last in range(8, 250))
PAST = (pki.NOW - 90 * pki.DAY, pki.NOW - 3 * pki.DAY)


@dataclass
class World:
    """`left` is the server that is not decrypted, `expired` the one with an old certificate."""

    gateway: Gateway
    origin: Origin
    left: Origin
    expired: Origin

    def url(self, page: str) -> str:
        if page == "url-proxy":
            return f"https://{HOST}:{self.left.port}/page"
        if page == "certificate":
            return f"https://{HOST}:{self.expired.port}/page"
        return f"https://{HOST}:{self.origin.port}{asking.PATHS[page]}"

    def ask(self, page: str, *words: str, way: str = "--http1.1") -> clients.Reply:
        return clients.curl(self.gateway, self.url(page), *words, protocol=way)

    def send(self, body: str, *words: str) -> clients.Reply:
        url = f"https://{HOST}:{self.origin.port}{ANSWER_PATH}"
        return clients.curl(self.gateway, url, "--data-raw", body, *words)

    def threat(self, reply: clients.Reply) -> Record:
        return self.gateway.site.record("threat", sport=reply.port)


@pytest.fixture(scope="module")
def world(zoo: Zoo, folder: Path) -> Iterator[World]:
    with ExitStack() as stack:
        origin = stack.enter_context(asking.furnish(Origin(zoo.leaf(HOST))))
        left = stack.enter_context(Origin(zoo.leaf(HOST)))
        expired = stack.enter_context(Origin(pki.leaf(zoo.issuing, HOST, dates=PAST)))
        site = asking.site(folder / "pages", zoo, left=left.port)
        gateway = stack.enter_context(Gateway(site))
        yield World(gateway, origin, left, expired)


@pytest.fixture(scope="module")
def browser(folder: Path, world: World) -> Iterator[Browser]:
    site = world.gateway.site
    with Browser(folder / "browser", site.trust_file, world.gateway.address) as running:
        yield running


# Each of them

# page -> (status, reason in JSON, (subtype, action) of its threat record, words on the page)
PAGES = {
    "virus": (403, "virus", ("virus", "reset-both"), "Eicar Test File(100000)"),
    "certificate": (503, "expired", None, "certificate expired"),
    "url-block": (403, "url-block", ("url", "block-url"), "barred"),
    "url-continue": (403, "url-continue", ("url", "block-continue"), "gambling"),
    "url-override": (403, "url-override", ("url", "block-override"), "needs a password"),
    "file-block": (403, "file-block", ("file", "block"), "tool.exe"),
    "file-continue": (403, "file-continue", ("file", "block-continue"), "paper.pdf"),
    "data": (403, "data-block", ("data", "block"), "cards.csv"),
    "application": (403, "application-block", None, "web-browsing"),
    "url-proxy": (403, "url-block", ("url", "block-url"), "here"),
}
ASKING = {"url-continue": ("yes",), "url-override": ("yes",), "file-continue": ("yes",)}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_sent_in_place_of_what_it_is_about(world: World, page: str, way: str) -> None:
    status, _, logged, words = PAGES[page]
    reply = world.ask(page, "--interface", "127.0.0.7", way=way)

    assert (reply.error, reply.status) == (0, status), reply
    text = reply.body.decode("utf-8")
    assert words in text
    assert "127.0.0.7" in text
    assert len(reply.body) < 17_999
    assert not [hidden for hidden in asking.HIDDEN if hidden in reply.body]
    head = reply.head.lower()
    assert "content-type: text/html; charset=utf-8" in head
    assert "cache-control: no-store" in head
    assert f"form-action {"'self'" if page in ASKING else "'none'"}" in head
    assert has_form(reply.body) == (page in ASKING)
    if page in ASKING:
        assert form_of(reply.body).buttons == ASKING[page]
    if logged:
        record = world.threat(reply)
        assert (record["subtype"], record["action"]) == logged


@pytest.mark.parametrize("page", PAGES)
def test_json_clients_get_json(world: World, page: str) -> None:
    status, reason, _, _ = PAGES[page]
    reply = world.ask(page, "-H", "Accept: application/json")
    assert (reply.error, reply.status) == (0, status), reply
    assert "content-type: application/json" in reply.head.lower()
    said = json.loads(reply.body)
    assert said.pop("error")
    assert said == {"reason": [reason], "host": HOST, "status": status}


def test_a_browser_that_takes_anything_gets_html(world: World) -> None:
    for accept in ("*/*", "application/json, text/html;q=0.1", "text/*", ""):
        assert b"<html" in world.ask("url-block", "-H", f"Accept: {accept}").body


def test_of_a_session_that_is_not_decrypted_nothing_reached_the_server(world: World) -> None:
    assert world.ask("url-proxy").status == 403
    assert not world.left.contents.requests


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS.keys())
@pytest.mark.parametrize("page", PAGES)
def test_a_browser_shows_the_page(
    world: World, browser: Browser, page: str, screen: tuple[int, bool]
) -> None:
    width, dark = screen
    browser.as_wide_as(width, dark=dark)

    assert browser.open(world.url(page)) == ""
    assert PAGES[page][3] in browser.text
    assert browser.driver.find_element("tag name", "h1").text == browser.driver.title
    assert browser.spill == 0
    assert browser.complaints == []


def test_an_outsiders_text_is_shown_and_does_nothing(world: World, browser: Browser) -> None:
    name = "<img src=x onerror=alert(1)>.com"
    world.origin.contents.files[name] = bodies.EICAR
    path = "".join(f"%{byte:02x}" for byte in name.encode())
    assert browser.open(f"https://{HOST}:{world.origin.port}/files/{path}") == ""
    assert "onerror=alert(1)" in browser.text
    assert browser.driver.title == "This file was blocked"
    assert not browser.driver.find_elements("tag name", "img")
    assert browser.complaints == []


# What their forms lead to


def test_continue_leads_to_the_site(world: World, browser: Browser) -> None:
    browser.open(world.url("url-continue"))
    browser.press("Continue")
    until(lambda: browser.driver.title == "Zoo", "the site")
    assert browser.driver.current_url == world.url("url-continue")
    assert browser.complaints == []
    assert browser.open(world.url("url-continue")) == ""
    assert browser.driver.title == "Zoo"  # not asked again
    assert world.gateway.site.records("threat", subtype="url", action="continue")


def test_a_wrong_password_is_said_and_the_right_one_leads_to_the_site(
    world: World, browser: Browser
) -> None:
    browser.open(world.url("url-override"))
    browser.type("guess")
    browser.press("Continue")
    until(lambda: "was not right" in browser.text, "the page says so")
    browser.type(asking.PASSWORD)
    browser.press("Continue")
    until(lambda: browser.driver.title == "Zoo", "the site")
    assert browser.driver.current_url == world.url("url-override")
    assert browser.complaints == []
    assert world.gateway.site.records("threat", subtype="url", action="override")
    assert "sesame" not in world.gateway.output
    assert b"sesame" not in world.gateway.site.log("threat").read_bytes()


def test_three_wrong_passwords_lock_the_user_out(world: World) -> None:
    here = next(ADDRESSES)
    form = form_of(world.ask("url-override", *here).body)
    tries = [world.send(form.answer("yes", password=f"guess {n}"), *here) for n in range(3)]
    assert [reply.status for reply in tries] == [403] * 3
    assert has_form(tries[1].body)
    late = world.send(form.answer("yes", password=asking.PASSWORD), *here)
    assert late.status == 403
    assert b"Three passwords were not right" in late.body
    assert not has_form(late.body)
    reply = world.ask("url-override", *here)
    assert not has_form(reply.body)
    assert world.threat(reply)["action"] == "override-lockout"
    assert has_form(world.ask("url-override", *next(ADDRESSES)).body)


def test_continue_lets_a_file_of_the_type_through(world: World, browser: Browser) -> None:
    browser.open(world.url("file-continue"))
    browser.press("Continue")
    until(lambda: browser.driver.current_url == world.url("file-continue"), "the file")
    reply = world.ask("file-continue")  # from the same address
    assert (reply.status, reply.body) == (200, asking.PDF)
    assert world.ask("file-continue", *next(ADDRESSES)).status == 403


def test_who_goes_on_with_a_file_is_on_record(world: World) -> None:
    here = next(ADDRESSES)
    answered(world, "file-continue", here)
    record = world.threat(world.ask("file-continue", *here))
    assert (record["action"], record["filetype"]) == ("continue", "pdf")


def test_going_on_with_one_type_is_not_going_on_with_another(world: World) -> None:
    """An archive holds a type that was agreed to, and one that nobody asked about."""
    here = next(ADDRESSES)
    answered(world, "file-continue", here)
    reply = world.ask("file-continue", *here)
    assert reply.body == asking.PDF
    url = f"https://{HOST}:{world.origin.port}/files/both.zip"
    reply = clients.curl(world.gateway, url, *here)
    assert reply.status == 403
    assert b"type rtf" in reply.body


def test_who_may_go_on_may_not_have_a_virus(world: World) -> None:
    here = next(ADDRESSES)
    world.origin.contents.routes["/games/eicar"] = lambda _: Answer(body=bodies.EICAR)
    assert answered(world, "url-continue", here).status == 200
    assert world.ask("url-continue", *here).body == PAGE
    url = f"https://{HOST}:{world.origin.port}/games/eicar"
    assert clients.curl(world.gateway, url, *here).status == 403


@pytest.mark.parametrize("other", ["url-override", "file-continue", "url-block"])
def test_one_page_does_not_answer_for_another(world: World, other: str) -> None:
    here = next(ADDRESSES)
    assert answered(world, "url-continue", here).status == 200
    assert world.ask(other, *here).status == 403


@pytest.mark.parametrize("page", ASKING)
def test_nobody_else_answers(world: World, page: str) -> None:
    here, there = next(ADDRESSES), next(ADDRESSES)
    form = form_of(world.ask(page, *here).body)
    right = form.answer("yes", password=asking.PASSWORD)
    assert world.send(right, *there).status == 400
    assert world.send(right, *here, "-H", "Origin: https://evil.test").status == 400
    assert world.send(form.answer("no"), *here).status == 400
    assert world.ask(page, *here).status == world.ask(page, *there).status == 403


def answered(world: World, page: str, here: tuple[str, str]) -> clients.Reply:
    form: Form = form_of(world.ask(page, *here).body)
    return world.send(form.answer("yes"), *here)


# What the docs show


def test_the_commands_say_what_the_docs_show(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    said = shown("pages.md", "pages")
    assert len(said) == 3
    assert {command: answer(site, command) for command in said} == said


def test_json_is_what_the_docs_show(world: World) -> None:
    (block,) = [each for each in examples("pages.md") if each.startswith("$ curl")]
    reply = world.ask("file-block", "-H", "Accept: application/json")
    assert json.loads(reply.body) | {"host": ""} == json.loads(block.split("\n")[1]) | {"host": ""}


def test_no_answer_reached_a_server(world: World) -> None:
    assert not world.origin.contents.asked("clearpane")
