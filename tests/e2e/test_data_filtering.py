"""Data filtering: what is confidential is found wherever it stands, and never written down."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from clearpane.content.data_patterns import PREDEFINED
from clearpane.content.kinds import FAMILIES, FileType
from e2e.harness import bodies, clients
from e2e.harness.messages import Answer
from e2e.harness.questions import examples, mistakes
from e2e.harness.site import PRODUCT, Record, Site
from e2e.harness.ways import WAYS, Ways, between
from e2e.harness.zoo import Zoo

# Numbers that the schemes publish for tests; each is right by Luhn.
CARDS = ["4111111111111111", "5500005555555559", "6011000990139424", "3530111333300000"]
WRONG = ["4111111111111112", "5500005555555550", "6011000990139420", "3530111333300009"]
IBAN = "DE89370400440532013000"
CODEWORD = "project apollo"
CATEGORIES = ["malware", "gambling", "games"]  # of the docs
PATTERNS = {"codewords": {"regex": "(?i)project (apollo|gemini)", "weight": 2}}


def _large(size: int) -> tuple[bytes, int]:
    """Text with a number across each border that pieces could have, and how many they are."""
    body = bytearray((b"the quick brown fox jumps over the lazy dog\n" * (size // 44 + 1))[:size])
    borders = range(1 << 16, size, 1 << 16)
    for number, border in enumerate(borders):
        body[border - 9 : border + 9] = f" {CARDS[number % 4]} ".encode()
    return bytes(body), len(borders)


LARGE, IN_LARGE = _large(5 << 20)
# Each host of this name has the profile of this name.
PROFILES: dict[str, list[dict[str, Any]]] = {
    "cards": [{"pattern": "payment-card", "alert-threshold": 1, "block-threshold": 4}],
    "exact": [{"pattern": "payment-card", "block-threshold": IN_LARGE}],
    "one-more": [{"pattern": "payment-card", "block-threshold": IN_LARGE + 1}],
    "weighed": [
        {"pattern": "payment-card", "weight": 10, "alert-threshold": 10, "block-threshold": 30}
    ],
    "own": [{"pattern": "codewords", "alert-threshold": 2, "block-threshold": 6}],
    "several": [
        {"pattern": "payment-card", "alert-threshold": 1},
        {"pattern": "iban", "block-threshold": 1},
    ],
}


@pytest.fixture(scope="module")
def ways(folder: Path, zoo: Zoo) -> Iterator[Ways]:
    site = Site(
        folder / "site",
        profiles={"data-filtering": {name: {"patterns": each} for name, each in PROFILES.items()}},
        roots=[zoo.root],
    )
    site.write("objects.yaml", {**site.read("objects.yaml"), "data-patterns": PATTERNS})
    rules: list[dict[str, Any]] = [
        {
            "name": name,
            "destination": f"{name}.zoo.test",
            "action": "allow",
            "profiles": {"data-filtering": name},
        }
        for name in PROFILES
    ]
    site.write("security.yaml", {"rules": [*rules, {"name": "rest", "action": "allow"}]})
    with between(site, zoo) as running:
        yield running
        assert_nowhere(running, *CARDS, IBAN, CODEWORD)


def assert_nowhere(ways: Ways, *secrets: str) -> None:
    """Neither in a record nor in a capture nor in what the gateway said."""
    files = [path for path in ways.site.state.rglob("*") if path.is_file()]
    assert len(files) > 3, files
    for secret in secrets:
        spelled = {secret, " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}
        for each in spelled:
            holding = [path for path in files if each.encode() in path.read_bytes()]
            assert not holding and each not in ways.gateway.output, (each, holding)


def assert_recorded(record: Record, action: str, pattern: str, count: int, **fields: Any) -> None:
    wanted = {
        "type": "THREAT",
        "subtype": "data",
        "action": action,
        "count": count,
        "severity": "low",
        "app": "web-browsing",
        **fields,
    }
    assert record | wanted == record
    assert record["threatid"].startswith(f"{pattern}(6")
    assert record["match"] and all(each.startswith("****…") for each in record["match"])


def assert_page(reply: clients.Reply) -> None:
    assert (reply.error, reply.status) == (0, 403), reply
    page = reply.body.decode()
    assert "This transfer was blocked" in page
    assert not [card for card in CARDS if card in page]


def serve(ways: Ways, way: str, path: str, content: bytes, **headers: str) -> None:
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    ways.origin(way).contents.routes[path] = lambda _: Answer(headers=given, body=content)


def docx(text: str) -> bytes:
    """A document as a word processor packs it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f"<w:document><w:t>{text}</w:t></w:document>")
    return out.getvalue()


# Up


@pytest.mark.parametrize("way", WAYS)
def test_a_form_is_blocked(ways: Ways, way: str) -> None:
    written = " and ".join(" ".join(card[at : at + 4] for at in range(0, 16, 4)) for card in CARDS)
    reply = ways.fetch(way, f"cards.zoo.test/up/{way}", "--data-urlencode", f"note={written}")
    assert_page(reply)
    record = ways.threat(reply)
    assert_recorded(record, "block", "payment-card", 4, direction="client-to-server", weight=4)
    assert record["decrypted"] is (way != "http")
    assert ways.traffic(reply)["session_end_reason"] == "threat"
    assert not [each for each in ways.origin(way).contents.asked(f"/up/{way}") if each.body]


def test_a_document_in_a_form_is_blocked(ways: Ways, tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(docx(", ".join(CARDS)))
    reply = ways.fetch("https", "cards.zoo.test/up/docx", "-F", f"file=@{tmp_path / 'a.docx'}")
    assert_page(reply)
    assert_recorded(ways.threat(reply), "block", "payment-card", 4)
    assert not ways.asked("/up/docx")


def test_what_is_below_the_threshold_passes_with_an_alert(ways: Ways) -> None:
    body = f"card={CARDS[0]}&other={CARDS[1]}"
    reply = ways.fetch("https", "cards.zoo.test/up/few", "--data", body)
    assert reply.body.decode() == f"{len(body)} {bodies.digest(body.encode())}", reply
    assert_recorded(ways.threat(reply), "alert", "payment-card", 2)
    assert ways.traffic(reply)["session_end_reason"] != "threat"


def test_numbers_that_are_no_cards_pass(ways: Ways) -> None:
    body = " ".join(WRONG)
    reply = ways.fetch("https", "cards.zoo.test/up/wrong", "--data", f"note={body}")
    assert reply.status == 200, reply
    ways.nothing_on_record(reply)


def test_a_rule_without_the_profile_looks_for_nothing(ways: Ways) -> None:
    reply = ways.fetch("https", "other.zoo.test/up/any", "--data", f"note={' '.join(CARDS)}")
    assert reply.status == 200, reply
    ways.nothing_on_record(reply)


# Down


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_a_download_is_blocked(ways: Ways, way: str, coding: str) -> None:
    name, pack = bodies.CODINGS[coding] if coding else ("identity", bytes)
    content = pack(json.dumps({"customers": [{"card": card} for card in CARDS]}).encode())
    path = f"/customers-{coding}.json"
    serve(ways, way, path, content, content_type="application/json", content_encoding=name)
    reply = ways.fetch(way, f"cards.zoo.test{path}")
    assert_page(reply)
    record = ways.threat(reply)
    assert_recorded(record, "block", "payment-card", 4, direction="server-to-client")
    assert record["misc"] == path[1:]


@pytest.mark.parametrize("packed", [docx, lambda text: bodies.zipped("a.csv", text.encode())])
def test_a_packed_download_is_blocked(ways: Ways, packed: Any) -> None:
    serve(ways, "https", "/packed", packed(", ".join(CARDS)))
    reply = ways.fetch("https", "cards.zoo.test/packed")
    assert_page(reply)
    assert_recorded(ways.threat(reply), "block", "payment-card", 4)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host, whole", [("exact", False), ("one-more", True)])
def test_each_number_of_a_large_download_counts_once(
    ways: Ways, way: str, host: str, whole: bool
) -> None:
    """The threshold is what is in it, or one more than that."""
    serve(ways, way, "/large.txt", LARGE)
    reply = ways.fetch(way, f"{host}.zoo.test/large.txt")
    assert (reply.body == LARGE) == whole, reply
    ways.traffic(reply)
    records = ways.site.records("threat", sport=reply.port)
    assert [each["action"] for each in records] == ([] if whole else ["block"])
    assert [each["count"] for each in records] == ([] if whole else [IN_LARGE])


@pytest.mark.parametrize("way", WAYS)
def test_a_large_transfer_never_ends_well(ways: Ways, way: str, tmp_path: Path) -> None:
    """What has gone before the threshold was reached has gone; the end has not."""
    serve(ways, way, "/large.txt", LARGE)
    down = ways.fetch(way, "cards.zoo.test/large.txt")
    assert down.error or down.status == 403, down
    (tmp_path / "large").write_bytes(LARGE)
    up = ways.fetch(way, f"cards.zoo.test/up/large-{way}", "-T", tmp_path / "large")
    assert up.error or up.status == 403, up
    assert not [
        each for each in ways.origin(way).contents.asked(f"/up/large-{way}") if each.complete
    ]
    for reply in (down, up):
        ways.traffic(reply)
        record = ways.site.records("threat", sport=reply.port)[-1]
        assert (record["subtype"], record["action"]) == ("data", "block")


# Thresholds, weights, patterns of one's own


# host, body -> (action, pattern, count, weight); none: it passes without a record
WEIGHED: dict[str, tuple[str, str, tuple[str, str, int, int] | None]] = {
    "one card of weight 10": ("weighed", CARDS[0], ("alert", "payment-card", 1, 10)),
    "three cards of weight 10": ("weighed", " ".join(CARDS[:3]), ("block", "payment-card", 3, 30)),
    "a word of one's own": ("own", CODEWORD.upper(), ("alert", "codewords", 1, 2)),
    "often": ("own", "Project Gemini, " * 3, ("block", "codewords", 3, 6)),
    "hardly": ("own", "the projects Apollo and Gemini", None),
    "the strictest line": ("several", f"{CARDS[0]} {IBAN}", ("block", "iban", 1, 1)),
    "an IBAN in groups": ("several", "DE89 3704 0044 0532 0130 00", ("block", "iban", 1, 1)),
}


@pytest.mark.parametrize("case", WEIGHED)
def test_a_threshold_is_reached_by_weight(ways: Ways, case: str) -> None:
    name, body, expected = WEIGHED[case]
    url = f"{name}.zoo.test/up/{name}"
    reply = ways.fetch("https", url, "-H", "Content-Type: text/plain", "--data-binary", body)
    if expected is None:
        assert reply.status == 200, reply
        ways.nothing_on_record(reply)
        return
    action, pattern, count, weight = expected
    assert reply.status == (403 if action == "block" else 200), reply
    assert_recorded(ways.threat(reply), action, pattern, count, weight=weight)


# Mistakes

MISTAKES = {
    "{pattern: payment-cards, block-threshold: 1}": 'did you mean "payment-card"?',
    "{pattern: iban}": "no threshold",
    "{pattern: iban, block-threshold: many}": "block-threshold must be",
    "{pattern: iban, treshold: 1}": "unknown key treshold",
    "{pattern: iban, weight: 300, block-threshold: 1}": "weight must be",
}
REGEXES = {
    "(a": "regex can't be used",
    "(?=secret)": "regex can't be used",
    "a*": "regex matches where there is nothing",
}


def test_each_mistake_is_named_with_its_place(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    lines = (f"  p{number}: {{patterns: [{each}]}}\n" for number, each in enumerate(MISTAKES, 2))
    site.save("profiles.yaml", f"data-filtering:\n{''.join(lines)}")
    own = (f"  p{number}: {{regex: '{each}'}}\n" for number, each in enumerate(REGEXES, 2))
    site.save("objects.yaml", f"data-patterns:\n{''.join(own)}")
    found = mistakes(site)
    for file, rows in (("profiles.yaml", MISTAKES), ("objects.yaml", REGEXES)):
        for line, row in enumerate(rows, 2):
            errors = [each for each in found if f"{file}:{line}:" in each]
            assert any(rows[row] in each for each in errors), (row, errors)


# The docs


def test_the_examples_of_the_docs_are_valid(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", categories={each: [] for each in CATEGORIES})
    password = site.rules / "override.txt"
    password.touch(0o600)
    password.write_text("secret\n", encoding="utf-8")
    files = {"data-patterns": "objects.yaml", "url-admin-override": "settings.yaml"}
    seen = set()
    for example in examples("filtering.md", "yaml"):
        for key, value in yaml.safe_load(example).items():
            file = files.get(key, "profiles.yaml")
            site.write(file, {**site.read(file), key: value})
            seen.add(key)
    assert len(seen) == 5
    assert not mistakes(site)


def test_the_docs_list_all_patterns_and_types() -> None:
    text = (PRODUCT / "docs" / "filtering.md").read_text(encoding="utf-8")
    types = text[text.index("| types | what |") : text.index("## Data filtering")]
    patterns = text[text.index("| pattern | what |") : text.index("**Your own**")]
    assert set(re.findall(r"`([\w-]+)`", types)) == {*FileType, *FAMILIES}
    assert set(re.findall(r"^\| `([\w-]+)`", patterns, re.MULTILINE)) == {*PREDEFINED}
