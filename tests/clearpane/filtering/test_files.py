import re

import pytest

from clearpane.content.detection import FileSeen
from clearpane.content.direction import Direction
from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.filtering.files import FileAction, FileBlocking, FileJudgement, parse

UP, DOWN = Direction.UPLOAD, Direction.DOWNLOAD
EXE, PDF, PNG = FileSeen("exe"), FileSeen("pdf"), FileSeen("png")


def profile(*rules: str) -> FileBlocking:
    problems = Problems()
    text = "strict:\n  rules:\n" + "".join(f"    - {{{rule}}}\n" for rule in rules)
    parsed = parse(read(text, "profiles.yaml", problems))
    assert not problems.found, problems.found
    return parsed["strict"]


BLOCK_EXE = "name: programs, file-type: [exe, dll], action: block"
type Case = tuple[tuple[str, ...], tuple[FileSeen, ...], Direction, str, FileJudgement | None]
JUDGED: dict[str, Case] = {
    "by type": (
        (BLOCK_EXE,),
        (EXE,),
        DOWN,
        "web-browsing",
        FileJudgement(FileAction.BLOCK, "programs", "exe"),
    ),
    "another type": ((BLOCK_EXE,), (PDF,), DOWN, "web-browsing", None),
    "nothing seen": ((BLOCK_EXE,), (), DOWN, "web-browsing", None),
    "a member": (
        (BLOCK_EXE,),
        (FileSeen("zip"), FileSeen("exe", "a/b.exe")),
        DOWN,
        "web-browsing",
        FileJudgement(FileAction.BLOCK, "programs", "exe", "a/b.exe"),
    ),
    "upload alone": (("direction: upload, action: block",), (EXE,), DOWN, "web-browsing", None),
    "upload": (
        ("direction: upload, action: block",),
        (EXE,),
        UP,
        "web-browsing",
        FileJudgement(FileAction.BLOCK, "1", "exe"),
    ),
    "download": (
        ("direction: download, action: alert",),
        (EXE,),
        DOWN,
        "web-browsing",
        FileJudgement(FileAction.ALERT, "1", "exe"),
    ),
    "download alone": (("direction: download, action: alert",), (EXE,), UP, "web-browsing", None),
    "both": (
        ("direction: both, action: continue",),
        (EXE,),
        UP,
        "smtp",
        FileJudgement(FileAction.CONTINUE, "1", "exe"),
    ),
    "an application": (
        ("application: [smtp, imap], action: block",),
        (EXE,),
        UP,
        "imap",
        FileJudgement(FileAction.BLOCK, "1", "exe"),
    ),
    "another application": (
        ("application: [smtp, imap], action: block",),
        (EXE,),
        UP,
        "web-browsing",
        None,
    ),
    "any application and any type": (
        ("application: any, file-type: any, action: alert",),
        (PDF,),
        UP,
        "ftp",
        FileJudgement(FileAction.ALERT, "1", "pdf"),
    ),
    "the strictest rule, wherever it stands": (
        ("action: alert", "file-type: pdf, action: continue", BLOCK_EXE, "action: alert"),
        (PDF, EXE),
        DOWN,
        "web-browsing",
        FileJudgement(FileAction.BLOCK, "programs", "exe"),
    ),
    "continue is stricter than alert": (
        ("file-type: pdf, action: continue", "action: alert"),
        (EXE, PDF),
        DOWN,
        "web-browsing",
        FileJudgement(FileAction.CONTINUE, "1", "pdf"),
    ),
    "the first of two as strict": (
        ("name: a, action: alert", "name: b, action: alert"),
        (PDF,),
        DOWN,
        "web-browsing",
        FileJudgement(FileAction.ALERT, "a", "pdf"),
    ),
    "any does not mean the pictures of a page": (
        ("action: block",),
        (PNG,),
        DOWN,
        "web-browsing",
        None,
    ),
    "any means a picture that is sent away": (
        ("action: block",),
        (PNG,),
        UP,
        "web-browsing",
        FileJudgement(FileAction.BLOCK, "1", "png"),
    ),
    "a picture that is named": (
        ("file-type: png, action: block",),
        (PNG,),
        DOWN,
        "web-browsing",
        FileJudgement(FileAction.BLOCK, "1", "png"),
    ),
    "pe is every Windows program": (
        ("file-type: pe, action: block",),
        (FileSeen("dll"),),
        DOWN,
        "web-browsing",
        FileJudgement(FileAction.BLOCK, "1", "dll"),
    ),
    "msoffice is every Office file": (
        ("file-type: msoffice, action: alert",),
        (FileSeen("encrypted-xls"),),
        DOWN,
        "web-browsing",
        FileJudgement(FileAction.ALERT, "1", "encrypted-xls"),
    ),
}


@pytest.mark.parametrize(
    ("rules", "seen", "direction", "application", "expected"), JUDGED.values(), ids=JUDGED
)
def test_judge(
    rules: tuple[str, ...],
    seen: tuple[FileSeen, ...],
    direction: Direction,
    application: str,
    expected: FileJudgement | None,
) -> None:
    assert profile(*rules).judge(seen, direction, application) == expected


def test_the_default_profile_is_there_and_allows() -> None:
    assert parse(None)["default"].judge((EXE,), DOWN, "web-browsing") is None
    document = read("none: {rules: []}", "profiles.yaml", Problems())
    assert list(parse(document)) == ["default", "none"]


WRONG = {
    "an unknown type": ("file-type: [pdf, exee], action: block", r'3:25: .*file-type exee .*"exe"'),
    "any beside a type": ("file-type: [any, exe], action: block", r"any leaves nothing to add"),
    "an unknown application": (
        "application: web-browsin, action: block",
        r'no application web-browsin .*"web-browsing"',
    ),
    "an unknown direction": ("direction: up, action: block", r"direction must be upload, down"),
    "an unknown action": ("action: blok", r'action must be alert, continue or block.*"block"'),
    "no action": ("name: a, file-type: exe", r'rule "a": action is missing'),
    "an unknown key": ("filetype: exe, action: block", r'unknown key filetype .*"file-type"'),
}


@pytest.mark.parametrize(("rule", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(rule: str, message: str) -> None:
    problems = Problems()
    parse(read(f"strict:\n  rules:\n    - {{{rule}}}", "profiles.yaml", problems))
    assert len(problems.errors) == 1
    shown = str(problems.errors[0])
    assert 'file-blocking profile "strict"' in shown
    assert re.search(message, shown), shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strict: {}", "rules is missing"),
        ("strict: {rules: exe}", "rules must be a list"),
        (
            "strict: {rules: [{name: a, action: block}, {name: a, action: alert}]}",
            'rule "a": another rule has this name',
        ),
    ],
    ids=["no rules", "rules that are no list", "two rules of one name"],
)
def test_what_is_wrong_around_the_rules(text: str, message: str) -> None:
    problems = Problems()
    parse(read(text, "profiles.yaml", problems))
    assert [message in str(problem) for problem in problems.errors] == [True], problems.errors
