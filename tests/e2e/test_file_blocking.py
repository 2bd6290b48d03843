"""File blocking: by what a file is, whatever it is called, wherever it is packed."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import bodies, clean, clients, papers
from e2e.harness.forms import form_of
from e2e.harness.messages import Answer
from e2e.harness.questions import mistakes
from e2e.harness.site import Record, Site
from e2e.harness.ways import WAYS, Ways, between
from e2e.harness.zoo import Zoo

HOST = "files.zoo.test"
RULES: list[dict[str, Any]] = [
    {"name": "programs", "file-type": "pe", "direction": "download", "action": "block"},
    {"name": "papers", "file-type": ["docx", "doc"], "direction": "upload", "action": "block"},
    {"name": "books", "file-type": "epub", "action": "alert"},
    {"name": "look-ups", "file-type": "gif", "application": "dns-over-https", "action": "block"},
    {"name": "letters", "file-type": "rtf", "action": "continue"},
    {"name": "sheets", "file-type": "xlsx", "direction": "upload", "action": "continue"},
]


def body(kind: str) -> bytes:
    return clean.FILES[kind].body()


PROGRAM, PAPER = body("a Windows program"), body("a docx")
BIG = PROGRAM + clean.NOISE * 25

# what is served as notes.txt -> (the body, the name inside it)
DISGUISES: dict[str, tuple[bytes, str]] = {
    "a program": (PROGRAM, ""),
    "a program in a zip": (bodies.zipped("tools/setup.doc", PROGRAM), "tools/setup.doc"),
    "a program in a zip in a zip": (
        bodies.zipped("inner.zip", bodies.zipped("setup.exe", PROGRAM)),
        "setup.exe",
    ),
    "a program in gzip": (gzip.compress(PROGRAM, mtime=0), ""),
    "a program in mail": (papers.mail("setup.txt", PROGRAM), "setup.txt"),
}


@pytest.fixture(scope="module")
def ways(folder: Path, zoo: Zoo) -> Iterator[Ways]:
    site = Site(
        folder / "site",
        profiles={"file-blocking": {"default": {"rules": RULES}}},
        roots=[zoo.root],
    )
    with between(site, zoo) as running:
        yield running


def serve(ways: Ways, way: str, path: str, content: bytes, **headers: str) -> None:
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    ways.origin(way).contents.routes[path] = lambda _: Answer(headers=given, body=content)


def send(ways: Ways, way: str, path: str, content: bytes, folder: Path) -> clients.Reply:
    (folder / "body").write_bytes(content)
    return ways.fetch(way, f"{HOST}{path}", "-T", folder / "body")


def assert_recorded(record: Record, action: str, kind: str, **fields: Any) -> None:
    wanted = {
        "type": "THREAT",
        "subtype": "file",
        "action": action,
        "filetype": kind,
        "severity": "low",
        "app": "web-browsing",
        **fields,
    }
    assert record | wanted == record


def assert_page(reply: clients.Reply, content: bytes, *words: str) -> None:
    assert (reply.error, reply.status) == (0, 403), reply
    assert content[:60] not in reply.body
    page = reply.body.decode()
    assert not [word for word in words if word not in page], page


# Down


@pytest.mark.parametrize("way", WAYS)
def test_a_program_is_blocked_under_any_name(ways: Ways, way: str) -> None:
    serve(ways, way, "/notes.txt", PROGRAM, content_type="text/plain")
    reply = ways.fetch(way, f"{HOST}/notes.txt")
    assert_page(reply, PROGRAM, "This file is not allowed here", "notes.txt", "exe")
    record = ways.threat(reply)
    assert_recorded(record, "block", "exe", misc="notes.txt", direction="server-to-client")
    assert record["threatid"] == "Windows Executable (EXE)(52020)"
    assert record["decrypted"] is (way != "http")
    assert ways.traffic(reply)["session_end_reason"] == "threat"


@pytest.mark.parametrize("disguise", DISGUISES)
def test_nothing_that_it_is_packed_in_hides_it(ways: Ways, disguise: str) -> None:
    content, member = DISGUISES[disguise]
    serve(ways, "https", "/packed/notes.txt", content)
    reply = ways.fetch("https", f"{HOST}/packed/notes.txt")
    assert_page(reply, content)
    record = ways.threat(reply)
    assert_recorded(record, "block", "exe", misc="notes.txt")
    assert member in record.get("member", "")


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "gzip-twice"])
def test_no_content_coding_hides_it(ways: Ways, coding: str) -> None:
    name, pack = bodies.CODINGS[coding]
    serve(ways, "h2", f"/{coding}/notes.txt", pack(PROGRAM), content_encoding=name)
    assert_page(ways.fetch("h2", f"{HOST}/{coding}/notes.txt"), pack(PROGRAM))


def test_the_name_that_it_is_offered_by_is_on_record(ways: Ways) -> None:
    offered = 'attachment; filename="minutes.pdf"'
    serve(ways, "https", "/get", PROGRAM, content_disposition=offered)
    assert ways.threat(ways.fetch("https", f"{HOST}/get"))["misc"] == "minutes.pdf"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("content", [BIG, bodies.zipped("setup.exe", BIG)], ids=["bare", "zip"])
def test_a_large_one_is_stopped_on_its_way(ways: Ways, way: str, content: bytes) -> None:
    """What it is shows at its beginning, which has not been passed on by then."""
    serve(ways, way, "/large.iso", content)
    reply = ways.fetch(way, f"{HOST}/large.iso")
    assert reply.error or reply.status == 403, reply
    assert len(reply.body) < len(content) // 2
    assert_recorded(ways.threat(reply), "block", "exe", misc="large.iso")


def test_what_only_its_name_calls_a_program_passes(ways: Ways) -> None:
    serve(ways, "https", "/setup.exe", clean.TEXT, content_type="application/x-msdownload")
    reply = ways.fetch("https", f"{HOST}/setup.exe")
    assert (reply.status, reply.body) == (200, clean.TEXT), reply
    ways.nothing_on_record(reply)


@pytest.mark.parametrize("way", WAYS)
def test_an_alert_passes_and_is_recorded(ways: Ways, way: str) -> None:
    book = body("an epub")
    serve(ways, way, "/a.epub", book)
    reply = ways.fetch(way, f"{HOST}/a.epub")
    assert (reply.status, reply.body) == (200, book), reply
    assert_recorded(ways.threat(reply), "alert", "epub", misc="a.epub")


# Up


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("packed", [False, True], ids=["bare", "in a zip"])
def test_an_upload_is_blocked(ways: Ways, way: str, packed: bool, tmp_path: Path) -> None:
    content = bodies.zipped("a.docx", PAPER) if packed else PAPER
    path = f"/up/{way}-{packed}"
    reply = send(ways, way, path, content, tmp_path)
    assert_page(reply, content, "This file is not allowed here", "docx")
    record = ways.threat(reply)
    assert_recorded(record, "block", "docx", direction="client-to-server")
    assert record.get("member", "").endswith("a.docx" if packed else "")
    assert not [each for each in ways.origin(way).contents.asked(path) if each.body]


def test_a_file_in_a_form_is_blocked(ways: Ways, tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(PAPER)
    form = ("-F", "note=hello", "-F", f"file=@{tmp_path / 'a.docx'};filename=a.png")
    reply = ways.fetch("https", f"{HOST}/up/form", *form)
    assert_page(reply, PAPER)
    record = ways.threat(reply)
    assert_recorded(record, "block", "docx", member="a.png")
    assert not ways.asked("/up/form")


def test_a_rule_has_its_direction(ways: Ways, tmp_path: Path) -> None:
    up = send(ways, "https", "/up/program", PROGRAM, tmp_path)
    assert up.body.decode() == f"{len(PROGRAM)} {bodies.digest(PROGRAM)}", up
    serve(ways, "https", "/a.docx", PAPER)
    down = ways.fetch("https", f"{HOST}/a.docx")
    assert (down.status, down.body) == (200, PAPER)
    for reply in (up, down):
        ways.nothing_on_record(reply)


# By application


def test_a_rule_has_its_application(ways: Ways) -> None:
    picture = body("a GIF")
    serve(ways, "https", "/a.gif", picture)
    web = ways.fetch("https", f"{HOST}/a.gif")
    assert (web.status, web.body) == (200, picture)
    dns = ways.fetch("https", f"{HOST}/a.gif", "-H", "Accept: application/dns-message")
    assert dns.status == 403, dns
    assert_recorded(ways.threat(dns), "block", "gif", app="dns-over-https")


# Whoever is asked


@pytest.mark.parametrize("way", ["https"])
def test_a_user_goes_on_after_saying_so(ways: Ways, way: str) -> None:
    letter = body("an rtf")
    serve(ways, way, "/a.rtf", letter)
    url = f"{HOST}/a.rtf"
    asked = ways.fetch(way, url)
    assert_page(asked, letter, "This file needs a decision", "a.rtf", "rtf")
    assert_recorded(ways.threat(asked), "block-continue", "rtf")
    onward = ways.answer(way, url, form_of(asked.body))
    assert onward.status == 200 and f"https://{url}" in onward.body.decode()
    opened = ways.fetch(way, url)
    assert (opened.status, opened.body) == (200, letter), opened
    assert_recorded(ways.threat(opened), "continue", "rtf")
    other = ways.fetch(way, url, "--interface", "127.0.0.4")
    assert_page(other, letter)


def test_an_upload_is_sent_again_after_saying_so(ways: Ways, tmp_path: Path) -> None:
    sheet = body("an xlsx")
    asked = send(ways, "https", "/up/sheet", sheet, tmp_path)
    assert_page(asked, sheet, "This file needs a decision")
    assert not [each for each in ways.tls.contents.asked("/up/sheet") if each.body]
    ways.answer("https", f"{HOST}/up/sheet", form_of(asked.body))
    again = send(ways, "https", "/up/sheet", sheet, tmp_path)
    assert again.body.decode() == f"{len(sheet)} {bodies.digest(sheet)}", again


# Mistakes

MISTAKES = {
    "{file-type: exee, action: block}": 'there is no file-type exee (did you mean "exe"?)',
    "{file-type: exe, action: blok}": "action must be",
    "{file-type: exe, direction: up, action: block}": "direction must be",
    "{file-type: exe, application: web, action: block}": "there is no application web",
    "{file-type: [any, exe], action: block}": "any leaves nothing to add",
    "{filetype: exe, action: block}": "unknown key filetype",
    "{file-type: exe}": "action is missing",
}


def test_each_mistake_is_named_with_its_place(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    rules = (f"      - {rule}\n" for rule in MISTAKES)
    site.save("profiles.yaml", f"file-blocking:\n  default:\n    rules:\n{''.join(rules)}")
    found = mistakes(site)
    assert len(found) == len(MISTAKES), found
    for line, rule in enumerate(MISTAKES, 4):
        (error,) = (each for each in found if f"profiles.yaml:{line}:" in each)
        assert MISTAKES[rule] in error
