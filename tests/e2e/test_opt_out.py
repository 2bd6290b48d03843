"""The opt-out page: users are asked before they are decrypted, each for himself, and nobody else
can answer for them.

Each test is a user of its own: an address, or a name where the proxy knows names.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from e2e.harness import bodies, clients
from e2e.harness.forms import Form, form_of, has_form
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.process import STOCK, Gateway
from e2e.harness.questions import examples
from e2e.harness.site import DECRYPT, LEAVE, Site
from e2e.harness.zoo import Zoo

HOST, OTHER, PRIVATE = "www.zoo.test", "shop.zoo.test", "bank.zoo.test"
ANSWER_PATH = "/.well-known/clearpane/answer"
JSON = ("-H", "Accept: application/json")
WAYS = {"HTTP/1.1": "--http1.1", "HTTP/2": "--http2"}

_addresses = (f"127.0.{third}.{fourth}" for third in range(1, 9) for fourth in range(1, 255))
_names = (f"user{number}" for number in itertools.count(1))


@dataclass
class User:
    """Whoever asks through `gateway`; `words` are what curl is told so that he is known."""

    gateway: Gateway
    origin: Origin
    words: tuple[str, ...]

    def ask(
        self, path: str = "/page", *arguments: str | Path, host: str = HOST, way: str = "--http1.1"
    ) -> clients.Reply:
        url, port = f"https://{host}{path}", self.origin.port
        words = (*self.words, *arguments)
        return clients.curl(self.gateway, url, *words, to=port, protocol=way)

    def send(
        self, body: str, *arguments: str, host: str = HOST, way: str = "--http1.1"
    ) -> clients.Reply:
        """Sends an answer."""
        return self.ask(ANSWER_PATH, "--data-raw", body, *arguments, host=host, way=way)

    def form(self, path: str = "/page", host: str = HOST) -> Form:
        """That of the page that he is shown."""
        return form_of(self.ask(path, host=host).body)

    def answer(self, choice: str) -> clients.Reply:
        return self.send(self.form().answer(choice))


@pytest.fixture(scope="module")
def origin(zoo: Zoo) -> Iterator[Origin]:
    with Origin(zoo.leaf(HOST, OTHER, PRIVATE)) as running:
        yield running


def _site(folder: Path, zoo: Zoo) -> Site:
    return Site(
        folder,
        roots=[zoo.root],
        decryption=[LEAVE, DECRYPT],
        categories={"private": [PRIVATE]},
        settings=yaml.safe_load(examples("opt-out.md", "yaml")[0]),
    )


@pytest.fixture(scope="module")
def gateway(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    with Gateway(_site(folder / "addresses", zoo)) as running:
        yield running


@pytest.fixture(scope="module")
def naming(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    """Knows users by name: any name and password will do."""
    with Gateway(_site(folder / "names", zoo), STOCK, "--set", "proxyauth=any") as running:
        yield running


@pytest.fixture
def user(gateway: Gateway, origin: Origin) -> User:
    """At an address where nobody was before."""
    return User(gateway, origin, ("--interface", next(_addresses)))


@pytest.fixture
def neighbour(gateway: Gateway, origin: Origin) -> User:
    """At another one."""
    return User(gateway, origin, ("--interface", next(_addresses)))


def named(naming: Gateway, origin: Origin) -> User:
    """By a name, at the address of all the others."""
    return User(naming, origin, ("--proxy-user", f"{next(_names)}:secret"))


# The question


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_whoever_was_not_asked_gets_the_page(user: User, way: str) -> None:
    reply = user.ask("/page?first", way=way)

    assert (reply.error, reply.status) == (0, 511), reply
    assert form_of(reply.body).buttons == ("yes", "no")
    assert form_of(reply.body).action == ANSWER_PATH
    assert b"decrypt" in reply.body
    assert len(reply.body) < 17_999
    head = reply.head.lower()
    assert "cache-control: no-store" in head
    assert "content-security-policy: default-src 'none';" in head
    assert "set-cookie" not in head
    assert not user.origin.contents.asked("?first")


def test_what_a_page_would_load_gets_it_too(user: User) -> None:
    for path, kind in {"/logo.png": "image/avif,image/*,*/*;q=0.8", "/app.js": "*/*"}.items():
        assert user.ask(path, "-H", f"Accept: {kind}").status == 511
        assert not user.origin.contents.asked(path)


def test_json_clients_get_json(user: User) -> None:
    reply = user.ask("/page?json", *JSON)

    assert (reply.error, reply.status) == (0, 403), reply
    assert "content-type: application/json" in reply.head.lower()
    said = json.loads(reply.body)
    assert said["error"]
    assert (said["reason"], said["host"], said["status"]) == (["opt-out"], HOST, 403)
    (block,) = [each for each in examples("opt-out.md") if each.startswith("$ curl")]
    assert json.loads(block.split("\n")[1]) | {"host": HOST} == said
    assert not user.origin.contents.asked("?json")


def test_what_is_not_decrypted_is_not_asked_about(user: User) -> None:
    with Origin() as plain:
        url = f"http://127.0.0.1:{plain.port}/page"
        assert clients.curl(user.gateway, url, *user.words).body == PAGE
    assert user.ask("/page", "-k", host=PRIVATE).body == PAGE
    assert user.ask().status == 511


# Yes


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_yes_leads_on_to_the_site(user: User, way: str) -> None:
    form = user.form("/page?after=yes")

    thanks = user.send(form.answer("yes"), way=way)

    assert (thanks.error, thanks.status) == (0, 200), thanks
    assert f'content="0;url=https://{HOST}/page?after=yes"'.encode() in thanks.body
    assert not has_form(thanks.body)
    for host in (HOST, OTHER):
        reply = user.ask(host=host, way=way)
        assert (reply.status, reply.body) == (200, PAGE)


def test_a_yes_that_is_sent_again_changes_nothing(user: User) -> None:
    body = user.form().answer("yes")
    assert [user.send(body).status for _ in range(3)] == [200, 200, 200]
    assert user.ask().body == PAGE


def test_a_yes_is_nobody_elses(user: User, neighbour: User) -> None:
    user.answer("yes")
    assert neighbour.ask().status == 511


# No


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_no_blocks_secure_sites_for_a_minute(user: User, way: str) -> None:
    answer = user.send(user.form().answer("no"), way=way)
    assert (answer.error, answer.status) == (0, 403), answer
    for host in (HOST, OTHER):
        reply = user.ask("/page?refused", host=host, way=way)
        assert (reply.error, reply.status) == (0, 403), reply
        assert not has_form(reply.body)
        assert b"seconds" in reply.body
    assert json.loads(user.ask("/page?refused", *JSON).body)["reason"] == ["opted-out"]
    assert not user.origin.contents.asked("?refused")


def test_after_a_no_http_and_what_is_not_decrypted_still_work(user: User) -> None:
    user.answer("no")
    with Origin() as plain:
        url = f"http://127.0.0.1:{plain.port}/page"
        assert clients.curl(user.gateway, url, *user.words).body == PAGE
    assert user.ask("/page", "-k", host=PRIVATE).body == PAGE


def test_the_records_say_who_was_asked_and_who_declined(user: User) -> None:
    asked = user.ask()
    refused = user.send(form_of(asked.body).answer("no"))
    later = user.ask()
    said = {asked.port: "opt-out-asked", refused.port: "opted-out", later.port: "opted-out"}
    for port, reason in said.items():
        for kind in ("traffic", "decryption"):
            record = user.gateway.site.record(kind, sport=port)
            assert (record["reason"], record["decrypted"]) == ([reason], True)
        assert (record["err_index"], record["action"]) == ("None", "allow")


def test_who_declined_is_denied_by_policy(user: User) -> None:
    refused = user.answer("no")
    for reply in (refused, user.ask()):
        record = user.gateway.site.record("traffic", sport=reply.port)
        assert record["session_end_reason"] == "policy-deny"


# What was sent before the answer


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("size", [20, 5 << 20], ids=["a short form", "a long upload"])
def test_what_was_posted_is_held_back_and_can_be_sent_again(
    user: User, way: str, size: int, tmp_path: Path
) -> None:
    (tmp_path / "body").write_bytes(b"secret" + bodies.clean(size))
    path = f"/post?{size}{way}"
    post = ("--data-binary", f"@{tmp_path / 'body'}", "-H", "Expect:")
    referer = ("-H", f"Referer: https://{HOST}/the/form")

    reply = user.ask(path, *post, *referer, way=way)

    assert reply.status == 511, reply
    assert b"send it again" in reply.body
    assert not user.origin.contents.asked(path)
    thanks = user.send(form_of(reply.body).answer("yes"))
    assert f'content="0;url=https://{HOST}/the/form"'.encode() in thanks.body  # no repetition
    assert not user.origin.contents.asked(path)
    assert user.ask(path, *post, way=way).status == 200
    (received,) = user.origin.contents.asked(path)
    assert received.body == (tmp_path / "body").read_bytes()


# Nobody else answers


def _as_it_is(form: Form) -> str:
    return form.answer("yes")


REFUSED: dict[str, tuple[Callable[[Form], str], tuple[str, ...]]] = {
    "from another site": (_as_it_is, ("-H", "Origin: https://evil.test")),
    "from a sandboxed frame": (_as_it_is, ("-H", "Origin: null")),
    "from a site whose name begins alike": (_as_it_is, ("-H", f"Origin: https://{HOST}.evil.test")),
    "by GET": (_as_it_is, ("-G",)),
    "by PUT": (_as_it_is, ("-X", "PUT")),
    "without a token": (lambda _: "answer=yes", ()),
    "with an altered token": (lambda form: form.answer("yes").replace(".", "A.", 1), ()),
    "with half a token": (lambda form: f"token={form.token.partition('.')[0]}.&answer=yes", ()),
    "with two answers": (lambda form: form.answer("no") + "&answer=yes", ()),
    "with another answer": (lambda form: form.answer("perhaps"), ()),
    "with a token that is too long": (
        lambda form: form.answer("yes").replace("=", "=" + "A" * 3_000, 1),
        (),
    ),
    "with too long a body": (lambda form: form.answer("yes", rest="A" * 50_000), ()),
    "with megabytes": (lambda form: form.answer("yes") + "A" * (100 << 10), ()),
    "as JSON": (lambda form: json.dumps({"token": form.token, "answer": "yes"}), ()),
}


@pytest.mark.parametrize("how", REFUSED)
def test_an_answer_is_refused(user: User, how: str) -> None:
    change, words = REFUSED[how]
    reply = user.send(change(user.form()), *words, way="--http2")
    assert (reply.error, reply.status) == (0, 400), reply
    assert user.ask().status == 511


def test_an_answer_from_the_page_itself_is_taken(user: User) -> None:
    reply = user.send(user.form().answer("yes"), "-H", f"Origin: https://{HOST}")
    assert reply.status == 200


def test_another_users_token_is_refused(user: User, neighbour: User) -> None:
    assert user.send(neighbour.form().answer("yes")).status == 400
    assert (user.ask().status, neighbour.ask().status) == (511, 511)


def test_another_hosts_token_is_refused(user: User) -> None:
    assert user.send(user.form().answer("yes"), host=OTHER).status == 400
    assert user.ask().status == 511


def test_no_request_for_the_answers_place_reaches_a_server(user: User) -> None:
    user.answer("yes")
    for words in (("-I",), ("-X", "OPTIONS"), ("-X", "DELETE"), ("--data-raw", "anything")):
        for path in (ANSWER_PATH, f"{ANSWER_PATH}?query"):
            user.ask(path, *words)
            user.ask(path, *words, way="--http2")
    with Origin() as plain:
        url = f"http://127.0.0.1:{plain.port}{ANSWER_PATH}"
        assert clients.curl(user.gateway, url, *user.words).status == 400
        assert not plain.contents.requests
    assert not user.origin.contents.asked("clearpane")


# Users with a name


def test_users_behind_one_address_are_asked_each(naming: Gateway, origin: Origin) -> None:
    alice, bob, carol = (named(naming, origin) for _ in range(3))
    alice.answer("yes")
    bob.answer("no")
    assert [each.ask().status for each in (alice, bob, carol)] == [200, 403, 511]


def test_another_names_token_is_refused(naming: Gateway, origin: Origin) -> None:
    alice, bob = named(naming, origin), named(naming, origin)
    assert bob.send(alice.form().answer("yes")).status == 400
    assert bob.ask().status == 511


def test_the_page_names_the_user(naming: Gateway, origin: Origin) -> None:
    alice = named(naming, origin)
    assert f"<dd>{alice.words[1].partition(':')[0]}</dd>".encode() in alice.ask().body
