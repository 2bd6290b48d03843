"""URL filtering: what each action shows and records, and what pages ask of users.

Users are told apart by their address. What one was granted holds for a category, so that each test
that grants something has a category of its own.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import clients
from e2e.harness.forms import form_of
from e2e.harness.messages import PAGE
from e2e.harness.questions import mistakes
from e2e.harness.site import DECRYPT, LEAVE, Record, Site
from e2e.harness.ways import WAYS, Ways, between
from e2e.harness.zoo import Zoo

PASSWORD = "open, sesame"
ASKED = [f"asked-{each}" for each in (*WAYS, "post", "foreign", "forged", "no", "stays")]
LEFT = ["alerted", "blocked", "asked-left", "secret-left"]
CATEGORIES = {
    **{each: [f"{each}.zoo.test"] for each in (*ASKED, "allowed", "secret", "locked")},
    **{each: [f"{each}.zoo.test", f"left-{each}.zoo.test"] for each in LEFT},
    "also-blocked": ["alerted.zoo.test/worse"],
    "private": [f"left-{each}.zoo.test" for each in (*LEFT, "allowed")],
}
PROFILE = {
    "allow": ["allowed", "private"],
    "alert": ["alerted", "unknown"],
    "continue": [*ASKED, "asked-left"],
    "override": ["secret", "locked", "secret-left"],
    "block": ["blocked", "also-blocked"],
}


def site(folder: Path, zoo: Zoo, **ssl_decrypt: bool) -> Site:
    made = Site(
        folder,
        decryption=[LEAVE, DECRYPT],
        settings={
            "ssl-decrypt": ssl_decrypt,
            "url-admin-override": {"password-file": "override.txt"},
        },
        profiles={"url-filtering": {"default": PROFILE}},
        categories=CATEGORIES,
        roots=[zoo.root],
    )
    password = made.rules / "override.txt"
    password.touch(0o600)
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def ways(folder: Path, zoo: Zoo) -> Iterator[Ways]:
    with between(site(folder / "closes", zoo), zoo) as running:
        yield running


def assert_recorded(record: Record, action: str, category: str, **fields: Any) -> None:
    wanted = {
        "type": "THREAT",
        "subtype": "url",
        "action": action,
        "category": category,
        "threatid": "(9999)",
        "severity": "informational",
        "direction": "client-to-server",
        **fields,
    }
    assert record | wanted == record


def assert_page(reply: clients.Reply, *words: str) -> str:
    assert (reply.error, reply.status) == (0, 403), reply
    assert PAGE not in reply.body
    page = reply.body.decode()
    assert "<html lang=" in page and not [word for word in words if word not in page], page
    return page


# Without a question


@pytest.mark.parametrize("way", WAYS)
def test_what_is_allowed_passes_without_a_record(ways: Ways, way: str) -> None:
    reply = ways.fetch(way, "allowed.zoo.test/page")
    assert (reply.status, reply.body) == (200, PAGE), reply
    ways.nothing_on_record(reply)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("category", ["alerted", "unknown"])
def test_an_alert_passes_and_is_recorded(ways: Ways, way: str, category: str) -> None:
    reply = ways.fetch(way, f"{category}.zoo.test/page")
    assert (reply.status, reply.body) == (200, PAGE), reply
    listed = {} if category == "unknown" else {"url_category_list": [category]}
    misc = f"{category}.zoo.test/page"
    assert_recorded(ways.threat(reply), "alert", category, misc=misc, **listed)
    assert ways.traffic(reply)["session_end_reason"] != "threat"


@pytest.mark.parametrize("way", WAYS)
def test_what_is_blocked_gets_the_page(ways: Ways, way: str) -> None:
    reply = ways.fetch(way, f"blocked.zoo.test/page?{way}")
    page = assert_page(reply, "This site is not allowed here", "blocked.zoo.test/page")
    assert "<form" not in page
    assert not ways.origin(way).contents.asked(f"/page?{way}")
    record = ways.threat(reply)
    assert_recorded(record, "block-url", "blocked", misc=f"blocked.zoo.test/page?{way}")
    assert record["decrypted"] is (way != "http")
    assert ways.traffic(reply)["session_end_reason"] == "threat"


def test_the_category_may_be_one_of_a_path(ways: Ways) -> None:
    reply = ways.fetch("https", "alerted.zoo.test/worse/page")
    assert_page(reply)
    assert_recorded(ways.threat(reply), "block-url", "also-blocked")


def test_a_blocked_upload_is_not_sent_on(ways: Ways, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(3 << 20))
    for way in WAYS:
        assert_page(ways.fetch(way, f"blocked.zoo.test/up/{way}", "-T", tmp_path / "big"))
        assert not ways.asked(f"/up/{way}")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("greeted, meant", [("allowed", "blocked"), ("blocked", "allowed")])
def test_a_front_does_not_help(ways: Ways, way: str, greeted: str, meant: str) -> None:
    """The connection is for one host, the request for another: the stricter answer holds."""
    header = ("-H", f"Host: {meant}.zoo.test")
    option = f"front-{way}-{greeted}"
    reply = ways.fetch(way, f"{greeted}.zoo.test/page?{option}", *header)
    if way == "http" and meant == "allowed":
        assert reply.body == PAGE, "without TLS nothing names the front"
        return
    assert_page(reply)
    assert not ways.asked(option)
    assert_recorded(ways.threat(reply), "block-url", "blocked")


# Whoever is asked whether to go on


@pytest.mark.parametrize("way", WAYS)
def test_a_user_goes_on_after_saying_so(ways: Ways, way: str) -> None:
    category = f"asked-{way}"
    url = f"{category}.zoo.test/page?way={way}&b=2"
    asked = ways.fetch(way, url)
    assert_page(asked, "This site needs a decision", category)
    assert_recorded(ways.threat(asked), "block-continue", category)
    onward = ways.answer(way, url, form_of(asked.body))
    assert onward.status == 200, onward
    assert f"{category}.zoo.test/page?way={way}&amp;b=2" in onward.body.decode()
    assert not ways.asked(f"?way={way}"), "nothing was sent on before"
    opened = ways.fetch(way, url)
    assert (opened.status, opened.body) == (200, PAGE), opened
    assert_recorded(ways.threat(opened), "continue", category)
    other = ways.fetch(way, url, "--interface", "127.0.0.4")
    assert_page(other)
    assert not ways.asked(form_of(asked.body).action), "answers stay here"


def test_a_form_that_was_being_sent_is_not_forwarded(ways: Ways) -> None:
    url = "asked-post.zoo.test/up/order"
    back = ("-H", "Referer: https://asked-post.zoo.test/basket")
    asked = ways.fetch("https", url, "--data", "amount=1", *back)
    assert_page(asked, "This site needs a decision")
    onward = ways.answer("https", url, form_of(asked.body))
    assert "https://asked-post.zoo.test/basket" in onward.body.decode()
    assert not ways.asked("/up/order")
    assert ways.fetch("https", url, "--data", "amount=1").status == 200


REFUSED: dict[str, dict[str, Any]] = {
    "from another site": {"origin": "https://evil.zoo.test"},
    "from a sandbox": {"origin": "null"},
}


@pytest.mark.parametrize("origin", REFUSED)
def test_an_answer_from_elsewhere_is_refused(ways: Ways, origin: str) -> None:
    url = "asked-foreign.zoo.test/page"
    form = form_of(ways.fetch("https", url).body)
    reply = ways.answer("https", url, form, **REFUSED[origin])
    assert reply.status == 400, reply
    assert_page(ways.fetch("https", url))


@pytest.mark.parametrize("case", ["another user", "another host", "altered", "made up", "twice"])
def test_a_token_is_the_users_own(ways: Ways, case: str) -> None:
    url = "asked-forged.zoo.test/page"
    form = form_of(ways.fetch("https", url).body)
    words: tuple[str, ...] = ()
    to = url
    match case:
        case "another user":
            words = ("--interface", "127.0.0.3")
        case "another host":
            to = "asked-stays.zoo.test/page"
        case "altered":
            form = replace(form, token=form.token[:-1] + ("A" if form.token[-1] == "Q" else "Q"))
        case "made up":
            form = replace(form, token="e30." + "A" * 43)
        case "twice":
            words = ("--data", f"token={form.token}")
    reply = ways.answer("https", to, form, *words)
    assert reply.status == 400, reply
    assert_page(ways.fetch("https", url, *(words if case == "another user" else ())))
    assert_page(ways.fetch("https", url))


def test_who_says_no_stays(ways: Ways) -> None:
    url = "asked-no.zoo.test/page"
    form = form_of(ways.fetch("https", url).body)
    refused = ways.answer("https", url, form, choice="no")
    assert refused.status in (200, 400, 403) and PAGE not in refused.body
    assert_page(ways.fetch("https", url))


def test_the_way_of_answers_leads_to_no_server(ways: Ways, tmp_path: Path) -> None:
    """Whoever calls it without a form, with too much, or for a site that never asked."""
    (tmp_path / "big").write_bytes(bytes(1 << 20))
    path = "allowed.zoo.test/.well-known/clearpane/answer"
    for way in WAYS:
        for words in ((), ("--data", "x"), ("--data-binary", f"@{tmp_path / 'big'}")):
            reply = ways.fetch(way, path, *words)
            assert reply.status == 400, (way, words, reply)
    assert not ways.asked("/.well-known/clearpane")


# Whoever is asked for the password


def test_the_password_opens_a_category(ways: Ways) -> None:
    url = "secret.zoo.test/page"
    asked = ways.fetch("https", url)
    assert_page(asked, 'type="password"')
    assert_recorded(ways.threat(asked), "block-override", "secret")
    wrong = ways.answer("https", url, form_of(asked.body), password="guess")
    assert_page(wrong, 'type="password"')
    assert_page(ways.fetch("https", url))
    right = ways.answer("https", url, form_of(wrong.body), password=PASSWORD)
    assert right.status == 200, right
    assert f"https://{url}" in right.body.decode()
    opened = ways.fetch("https", url)
    assert (opened.status, opened.body) == (200, PAGE), opened
    assert_recorded(ways.threat(opened), "override", "secret")
    assert not ways.asked("sesame") and PASSWORD not in ways.gateway.output


def test_three_wrong_passwords_lock_the_user_out(ways: Ways) -> None:
    url, me = "locked.zoo.test/page", ("--interface", "127.0.0.9")
    form = form_of(ways.fetch("https", url, *me).body)
    for _ in range(3):
        wrong = ways.answer("https", url, form, *me, password="guess")
        assert wrong.status == 403, wrong
    late = ways.answer("https", url, form, *me, password=PASSWORD)
    assert "<form" not in assert_page(late, "minutes")
    again = ways.fetch("https", url, *me)
    assert "<form" not in assert_page(again)
    assert_recorded(ways.threat(again), "override-lockout", "locked")
    assert 'type="password"' in assert_page(ways.fetch("https", url)), "others may"


# Sessions that are not decrypted


@pytest.mark.parametrize("category", ["blocked", "asked-left", "secret-left"])
def test_what_is_not_decrypted_is_closed(ways: Ways, zoo: Zoo, category: str) -> None:
    """Nobody can be asked there."""
    name = f"left-{category}.zoo.test"
    reply = ways.fetch("https", f"{name}/page", trust=zoo.root_file)
    assert reply.error and not reply.body, reply
    assert_recorded(ways.threat(reply), "block-url", category, misc=name, decrypted=False)
    assert ways.traffic(reply)["session_end_reason"] == "threat"


@pytest.mark.parametrize("category, record", [("allowed", False), ("alerted", True)])
def test_what_is_not_decrypted_passes(ways: Ways, zoo: Zoo, category: str, record: bool) -> None:
    reply = ways.fetch("https", f"left-{category}.zoo.test/page", trust=zoo.root_file)
    assert reply.body == PAGE, reply
    if record:
        assert_recorded(ways.threat(reply), "alert", category, decrypted=False)
    else:
        ways.nothing_on_record(reply)


def test_the_page_is_shown_where_url_proxy_says_so(folder: Path, zoo: Zoo) -> None:
    with between(site(folder / "shows", zoo, **{"url-proxy": True}), zoo) as ways:
        for way in ("https", "h2"):
            reply = ways.fetch(way, "left-blocked.zoo.test/page?shown")
            assert_page(reply, "This site is not allowed here", "left-blocked.zoo.test")
            assert_recorded(ways.threat(reply), "block-url", "blocked", decrypted=False)
            assert ways.traffic(reply)["session_end_reason"] == "threat"
        passed = ways.fetch("https", "left-alerted.zoo.test/page", trust=zoo.root_file)
        assert passed.body == PAGE, passed
        assert not ways.asked("?shown")
        assert_goes_on(ways, zoo, "asked-left", "block-continue", "continue")
        assert_goes_on(ways, zoo, "secret-left", "block-override", "override", password=PASSWORD)


def assert_goes_on(
    ways: Ways, zoo: Zoo, category: str, asked: str, granted: str, **answer: str
) -> None:
    """The page under Forward Trust, the answer to it, and then the server's own certificate."""
    url = f"left-{category}.zoo.test/page"
    page = ways.fetch("https", url)
    assert_page(page, "This site needs a decision")
    assert_recorded(ways.threat(page), asked, category, decrypted=False)
    onward = ways.answer("https", url, form_of(page.body), **answer)
    assert (onward.status, f"https://{url}" in onward.body.decode()) == (200, True), onward
    opened = ways.fetch("https", url, trust=zoo.root_file)
    assert opened.body == PAGE, opened
    assert_recorded(ways.threat(opened), granted, category, decrypted=False)


# Mistakes

MISTAKES = {
    "{block: [gamez]}": "there is no category gamez",
    "{block: [any]}": "list the categories",
    "{blok: [allowed]}": 'unknown key blok (did you mean "block"?',
    "{block: [allowed], alert: [allowed]}": "category allowed stands under",
}


@pytest.fixture(scope="module")
def wrong(folder: Path) -> Site:
    return Site(folder / "wrong", categories={"allowed": ["allowed.zoo.test"]})


def test_each_mistake_is_named_with_its_place(wrong: Site) -> None:
    profiles = (f"  p{line}: {profile}\n" for line, profile in enumerate(MISTAKES, 2))
    wrong.save("profiles.yaml", f"url-filtering:\n{''.join(profiles)}")
    found = mistakes(wrong)
    assert len(found) == len(MISTAKES), found
    for line, profile in enumerate(MISTAKES, 2):
        (error,) = (each for each in found if f"profiles.yaml:{line}:" in each)
        assert MISTAKES[profile] in error


def test_a_password_that_others_can_read_is_refused(wrong: Site) -> None:
    wrong.as_shipped("profiles.yaml")
    password = wrong.rules / "override.txt"
    password.write_text("secret\n", encoding="utf-8")
    password.chmod(0o644)
    override = {"password-file": "override.txt"}
    wrong.write("settings.yaml", {**wrong.read("settings.yaml"), "url-admin-override": override})
    (found,) = mistakes(wrong)
    assert "override.txt" in found and "secret" not in found
