import asyncio
import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from typing import NamedTuple

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from archived import EICAR, bomb, nested, tarred, zip_member, zipped
from clearpane.antivirus.embedded import Embedded
from clearpane.content.detection import Detection, Finding, Unread, Unscanned, worst
from clearpane.errors import ClearpaneError
from e2e.harness import corpus
from e2e.harness.hiding import Hidden

MIB = 1 << 20
ZIP = zipped({"eicar.com": EICAR}, zipfile.ZIP_STORED)


class Blocked(NamedTuple):
    """The test file is found, in this member."""

    member: str = ""


class Unjudged(NamedTuple):
    """Nothing is found, and what could not be read is said."""

    reason: Unread


class Body(NamedTuple):
    body: bytes
    name: str = ""
    encodings: tuple[str, ...] = ()
    content_type: str = ""


CLEAN = None
type Expected = Blocked | Unjudged | None


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


def mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "invoice"
    message.set_content("see the attachment")
    message.add_attachment(EICAR, maintype="application", subtype="x-com", filename="eicar.com")
    return message.as_bytes()


def encrypted_zip() -> bytes:
    """The flag that says so, and data that is not readable as it is."""
    archive = bytearray(zipped({"eicar.com": os.urandom(80)}, zipfile.ZIP_STORED))
    archive[6] = archive[archive.index(b"PK\1\2") + 8] = 1
    return bytes(archive)


def lying_zip() -> bytes:
    archive = zipped({"eicar.com": EICAR})
    at = archive.index(b"PK\1\2") + 20
    return archive[:at] + bytes(8) + archive[at + 8 :]


def ranges() -> bytes:
    head = b"--cut\r\nContent-Type: text/plain\r\nContent-Range: bytes "
    return (
        head + b"0-9/99\r\n\r\nharmless..\r\n" + head + b"20-87/99\r\n\r\n" + EICAR + b"\r\n--cut--"
    )


def form() -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="evil.com"\r\n\r\n'
    return head + EICAR + b"\r\n--x--\r\n"


def big_tail() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, body in (("clean.bin", os.urandom(MIB) * 30), ("eicar.com", EICAR)):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


# The rows of the field's cases, in their order.
FIELD: dict[str, tuple[Callable[[], Body], Expected]] = {
    "the 68 bytes": (lambda: Body(EICAR, "eicar.com"), Blocked()),
    "followed by blanks and a newline": (lambda: Body(EICAR + b" " * 20 + b"\r\n"), Blocked()),
    "quoted in a page": (lambda: Body(b"<html><p>" + EICAR + b"</p></html>"), CLEAN),
    "with the type and name of a picture": (
        lambda: Body(EICAR, "a.png", (), "image/png"),
        Blocked(),
    ),
    "gzip": (lambda: Body(gzip.compress(EICAR), "", ("gzip",)), Blocked()),
    "x-gzip": (lambda: Body(gzip.compress(EICAR), "", ("x-gzip",)), Blocked()),
    "deflate": (lambda: Body(zlib.compress(EICAR), "", ("deflate",)), Blocked()),
    "deflate, raw": (lambda: Body(raw_deflate(EICAR), "", ("deflate",)), Blocked()),
    "brotli": (lambda: Body(brotli.compress(EICAR), "", ("br",)), Blocked()),
    "zstandard": (lambda: Body(zstandard.compress(EICAR), "", ("zstd",)), Blocked()),
    "gzip, gzip": (
        lambda: Body(gzip.compress(gzip.compress(EICAR)), "", ("gzip", "gzip")),
        Blocked(),
    ),
    "a coding that nobody knows": (
        lambda: Body(gzip.compress(b"clean"), "", ("sdch", "gzip")),
        Unjudged(Unread.MALFORMED),
    ),
    "gzip that says nothing": (
        lambda: Body(gzip.compress(EICAR), "eicar.com.gz"),
        Blocked("eicar.com"),
    ),
    "gzip, its last 12 bytes missing": (
        lambda: Body(gzip.compress(EICAR)[:-12], "", ("gzip",)),
        Blocked(),
    ),
    "gzip with rubbish behind": (
        lambda: Body(gzip.compress(EICAR) + b"rubbish", "", ("gzip",)),
        Blocked(),
    ),
    "behind gzip": (lambda: Body(gzip.compress(b"clean") + EICAR, "", ("gzip",)), Blocked()),
    "512 MiB of zeros": (lambda: Body(bomb(512), "", ("gzip",)), Unjudged(Unread.LIMIT)),
    "zip": (lambda: Body(ZIP, "eicar.zip"), Blocked("eicar.com")),
    "zip in zip": (
        lambda: Body(nested(2, EICAR), "eicarcom2.zip"),
        Blocked("1.zip/eicar.com"),
    ),
    "zip, five levels": (lambda: Body(nested(5, EICAR)), Unjudged(Unread.LIMIT)),
    "zip, encrypted": (lambda: Body(encrypted_zip()), Unjudged(Unread.ENCRYPTED)),
    "zip whose directory says size 0": (lambda: Body(lying_zip()), Blocked("eicar.com")),
    "two zips in a row": (
        lambda: Body(ZIP + zipped({"clean.txt": b"nothing here"})),
        Blocked("eicar.com"),
    ),
    "a picture in front of a zip": (
        lambda: Body(b"GIF89a\x01\0\x01\0\0\0\0;" + ZIP),
        Blocked("eicar.com"),
    ),
    "zip with bzip2": (
        lambda: Body(zipped({"eicar.com": EICAR}, zipfile.ZIP_BZIP2)),
        Blocked("eicar.com"),
    ),
    "zip with lzma": (
        lambda: Body(zipped({"eicar.com": EICAR}, zipfile.ZIP_LZMA)),
        Blocked("eicar.com"),
    ),
    "tar.gz": (
        lambda: Body(tarred({"eicar.com": EICAR}, "w:gz"), "eicar.tar.gz"),
        Blocked("eicar.tar/eicar.com"),
    ),
    "xz": (lambda: Body(lzma.compress(EICAR), "eicar.com.xz"), Blocked("eicar.com")),
    "bzip2": (lambda: Body(bz2.compress(EICAR), "eicar.com.bz2"), Blocked("eicar.com")),
    "mail": (lambda: Body(mail(), "mail.eml", (), "message/rfc822"), Blocked("eicar.com")),
    "a tar of 30 MiB, at its end": (lambda: Body(big_tail()), Blocked("eicar.com")),
    "as one of two ranges": (
        lambda: Body(ranges(), "", (), "multipart/byteranges; boundary=cut"),
        Blocked(),
    ),
    "a clean zip": (lambda: Body(zipped({"a": b"hello\n" * 500, "b": os.urandom(9999)})), CLEAN),
    "a clean text, gzip, gzip": (
        lambda: Body(gzip.compress(gzip.compress(b"text" * 99)), "", ("gzip", "gzip")),
        CLEAN,
    ),
    "a browser's form": (
        lambda: Body(form(), "upload", (), "multipart/form-data; boundary=x"),
        Blocked("evil.com"),
    ),
    "base64 in JSON is not claimed": (lambda: Body(b'{"f": "WDVPIVAlQEFQWzRc"}'), CLEAN),
    "a document": (
        lambda: Body(zipped({"[Content_Types].xml": b"<a/>", "word/ole.bin": EICAR}), "a.docx"),
        Blocked("word/ole.bin"),
    ),
    "7z": (lambda: Body(b"7z\xbc\xaf\x27\x1c" + bytes(99)), Unjudged(Unread.MALFORMED)),
    "a coding that it is not in": (lambda: Body(EICAR, "", ("br",)), Blocked()),
}


@pytest.mark.parametrize(("make", "expected"), FIELD.values(), ids=FIELD)
def test_the_cases_of_the_field(
    embedded: Embedded, make: Callable[[], Body], expected: Expected
) -> None:
    found = embedded.scan(*make())
    match expected:
        case Blocked(member):
            assert_is_the_test_file(worst(found), member)
        case Unjudged(reason):
            assert [one.reason for one in found if isinstance(one, Unscanned)] == [reason]
            assert not [one for one in found if isinstance(one, Detection)]
        case None:
            assert found == ()


def assert_is_the_test_file(finding: Finding | None, member: str) -> None:
    assert isinstance(finding, Detection), finding
    assert str(finding) == "Eicar Test File(100000)"
    assert (finding.severity, finding.engine, finding.member) == ("medium", "embedded", member)


TEST_FILE: dict[str, tuple[bytes, bool]] = {
    "as it is": (EICAR, True),
    "with every kind of blank": (EICAR + b" \t\r\n\x1a" * 12, True),
    "with very many blanks": (EICAR + b" " * 60_000, True),
    "with a word behind": (EICAR + b"\r\nx", False),
    "with a NUL behind": (EICAR + b"\0", False),
    "with a blank in front": (b" " + EICAR, False),
    "in lower case": (EICAR.lower(), False),
    "without its last five bytes": (EICAR[:-5], True),
    "without its last six bytes": (EICAR[:-6], False),
    "cut off, and something behind": (EICAR[:-5] + b" is what it says, and more", False),
}


@pytest.mark.parametrize(("body", "expected"), TEST_FILE.values(), ids=TEST_FILE)
def test_the_test_file_by_its_definition(embedded: Embedded, body: bytes, expected: bool) -> None:
    assert bool(embedded.scan(body)) is expected


def test_a_bomb_is_refused_in_bounded_memory_and_time(embedded: Embedded) -> None:
    body, began = bomb(512), time.perf_counter()
    tracemalloc.start()
    found = embedded.scan(body, encodings=("gzip",))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [str(one).partition(":")[0] for one in found] == ["unscanned-limit"]
    assert peak < 50_000_000
    assert time.perf_counter() - began < 20  # some tenths of a second where nothing else runs


def test_every_threat_and_every_reason_is_reported_once(embedded: Embedded) -> None:
    archive = zipped({"a.com": EICAR, "b.com": EICAR}) + encrypted_zip() + encrypted_zip()
    found = embedded.scan(archive)
    assert [str(one).partition(":")[0] for one in found] == [
        "Eicar Test File(100000)",
        "unscanned-encrypted",
    ]


async def test_a_large_body_leaves_the_loop_free(embedded: Embedded) -> None:
    body = zipped({"a": os.urandom(16 * MIB)}, zipfile.ZIP_STORED) + os.urandom(16 * MIB)
    scan, beats = asyncio.create_task(asyncio.to_thread(embedded.scan, body)), 0
    while not scan.done():
        await asyncio.sleep(0)
        beats += 1
    assert await scan == ()
    assert beats > 20


RULES = """
private rule Helper { condition: true }
global rule Filter { condition: filesize > 0 }
rule Worm { meta: threat = "Test.Worm" id = 100007 severity = "critical"
    strings: $a = "wriggle" condition: $a and Helper }
rule Unnamed { strings: $a = "nameless" condition: $a }
rule ByName { condition: filename == "evil.exe" and extension == ".exe" }
"""


def test_rules_say_what_a_threat_is_called() -> None:
    engine = Embedded({"a.yar": RULES})
    worm, unnamed = engine.scan(b"wriggle and nameless")
    assert worm == Detection("Test.Worm", 100_007, "", "critical", "embedded")  # type: ignore[arg-type]
    assert isinstance(unnamed, Detection)
    assert (unnamed.name, unnamed.severity) == ("Unnamed", "medium")
    assert 100_001 <= unnamed.identifier <= 2_999_999


def test_rules_may_ask_for_the_name_of_a_member() -> None:
    found = Embedded({"a.yar": RULES}).scan(zipped({"docs/evil.exe": b"x"}))
    assert [(str(one), one.member) for one in found if isinstance(one, Detection)] == [
        (str(found[0]), "docs/evil.exe")
    ]


def test_a_rule_that_matches_everywhere_stays_quiet() -> None:
    rule = 'rule Many { strings: $a = "a" condition: #a > 900 }'
    assert len(Embedded({"a.yar": rule}).scan(b"a" * 3_000_000)) == 1


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no rules at all": ({}, "no rules"),
    "a file that is empty of rules": ({"a.yar": "// nothing\n"}, "no rules"),
    "an unknown variable": ({"a.yar": "rule a {\n condition: $b }"}, r"a\.yar:2:13: error: YARA"),
    "rubbish": ({"a.yar": "\0rubbish"}, r"a\.yar:1:1: error: YARA"),
    "the same name twice": (
        {"a.yar": "rule a { condition: true }\nrule a { condition: true }"},
        r"a\.yar:2:6: error: YARA.*already declared",
    ),
    "another file's text": ({"a.yar": 'include "/etc/passwd"'}, "includes are not allowed"),
    "a number that is none": (
        {"a.yar": 'rule ok { condition: true }\nrule a { meta: id = "x" condition: true }'},
        r"a\.yar:2: error: rule a: id x is not the number",
    ),
    "a number out of range": (
        {"a.yar": "rule a { meta: id = 5 condition: true }"},
        r"a\.yar:1: error: rule a: id 5 is not .*100000 to 2999999",
    ),
    "a severity that is none": (
        {"a.yar": 'rule a { meta: severity = "bad" condition: true }'},
        r"severity bad .*informational, low, medium, high or critical",
    ),
}


@pytest.mark.parametrize(("rules", "message"), WRONG.values(), ids=WRONG)
def test_wrong_rules_are_refused(rules: dict[str, str], message: str) -> None:
    with pytest.raises(ClearpaneError, match=message):
        Embedded(rules)


def test_the_faults_of_all_files_are_reported_at_once() -> None:
    with pytest.raises(ClearpaneError) as raised:
        Embedded({"a.yar": "rule", "b.yar": "rule b { condition: true }", "c.yar": "rule c {"})
    assert [problem.place[:5] for problem in raised.value.problems] == ["a.yar", "c.yar"]


def test_the_type_speaks_of_the_body_alone(embedded: Embedded) -> None:
    body = gzip.compress(b"--x\r\n\r\nclean\r\n--x--\r\n") + b"rubbish"
    assert embedded.scan(body, "", ("gzip",), "multipart/form-data; boundary=x") == ()


def test_zip_headers_without_end_are_a_limit(embedded: Embedded) -> None:
    body = zip_member(b"a", b"", size=0) * 20_000
    assert [str(one).partition(":")[0] for one in embedded.scan(body)] == ["unscanned-limit"]


def test_a_damaged_member_does_not_hide_the_next_one(embedded: Embedded) -> None:
    damaged = zip_member(b"a", b"\x07" * 40, method=8, size=40)
    found = embedded.scan(damaged + ZIP)
    assert_is_the_test_file(worst(found), "eicar.com")


def test_a_header_that_says_encrypted_alone_is_believed(embedded: Embedded) -> None:
    header = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 1, 0, 0, 0, 0, 80, 80, 1, 0)
    found = embedded.scan(header + b"a" + os.urandom(80))
    assert [one.reason for one in found if isinstance(one, Unscanned)] == [Unread.ENCRYPTED]


# The corpus of tests/e2e/test_hidden.py, where ClamAV looks too and could hide a miss of this one


@pytest.mark.parametrize("row", corpus.HIDDEN.values(), ids=corpus.HIDDEN)
def test_a_hidden_virus_ends_as_its_row_says(embedded: Embedded, row: Hidden) -> None:
    found = embedded.scan(row.make(), row.name, row.encodings, row.content_type)
    threats = [one for one in found if isinstance(one, Detection)]
    reasons = [one.reason for one in found if isinstance(one, Unscanned)]
    assert bool(threats) is (row.end == "blocked"), found
    if row.end == "unscanned":
        assert reasons == [row.unread]
    elif row.end == "documented":
        assert found == ()
