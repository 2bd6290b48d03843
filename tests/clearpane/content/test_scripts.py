import pytest

from clearpane.content.file_types import kind_of
from clearpane.content.kinds import FileType
from clearpane.content.scripts import is_text, language, suffix

T = FileType
NAMES = {
    "a.bat": T.BAT, "A.BAT": T.BAT, "a.cmd": T.CMD, "a.ps1": T.PS1, "a.psm1": T.PS1, "a.vbs": T.VBS,
    "a.vbe": T.VBE, "a.js": T.JS, "a.jse": T.JSE, "a.wsf": T.WSF, "a.hta": T.HTA, "a.sct": T.SCT,
    "a.reg": T.REG, "a.sh": T.SH, "a.pl": T.PL, "a.py": T.PY, "a.php": T.PHP, "a.aspx": T.ASP,
    "a.jsp": T.JSP, "a.txt.js": T.JS, "dir/a.js": T.JS, "dir\\a.js": T.JS, "a.bat. .": T.BAT,
    "a.txt": None, "a": None, "": None, "js": None, "dir.js/a": None, "a.js.txt": None,
    "a.html": None,
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_the_name_decides_on_text(name: str, kind: FileType | None) -> None:
    assert language(b"hello", name) is kind
    assert kind_of(b"hello", name) is kind
    assert kind_of("\ufeffhello".encode("utf-16"), name) is kind


@pytest.mark.parametrize("name", NAMES)
def test_the_name_decides_on_nothing_else(name: str) -> None:
    assert kind_of(b"\x89PNG\r\n\x1a\n", name) is T.PNG
    assert kind_of(b"\0\1\2\3", name) is None
    assert kind_of(b"", name) is None


TEXTS = {
    "ASCII": (b"hello\r\n\tthere\f", True),
    "UTF-8": ("größe".encode(), True),
    "an old code page": (b"gr\xf6\xdfe", True),
    "colours of a terminal": (b"\x1b[31mred", True),
    "the end of a DOS file": (b"text\x1a", True),
    "UTF-16": ("\ufeffa".encode("utf-16-le"), True),
    "UTF-16, big-endian": ("\ufeffa".encode("utf-16-be"), True),
    "nothing": (b"", False),
    "a zero": (b"hello\0there", False),
    "a control character": (b"hello\x01", False),
}


@pytest.mark.parametrize(("data", "expected"), TEXTS.values(), ids=TEXTS)
def test_is_text(data: bytes, expected: bool) -> None:
    assert is_text(data) is expected


BEGINNINGS: dict[str, tuple[bytes, FileType | None]] = {
    "sh": (b"#!/bin/sh\n", T.SH),
    "bash by env": (b"#! /usr/bin/env bash\n", T.SH),
    "python": (b"#!/usr/bin/python3.13\n", T.PY),
    "python3": (b"#!/usr/bin/python\n", T.PY),
    "perl": (b"#!/usr/bin/perl\n", T.PL),
    "php": (b"#!/usr/bin/php\n", T.PHP),
    "another interpreter": (b"#!/usr/bin/awk -f\n", None),
    "an interpreter that begins alike": (b"#!/usr/bin/shuf\n", None),
    "a comment": (b"# /bin/sh\n", None),
    "SVG alone": (b"<svg>", T.SVG),
    "SVG with a prefix": (b"<svg:svg >", T.SVG),
    "SVG behind a mark and a DOCTYPE": (
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "a" "b">\n<svg >',
        T.SVG,
    ),
    "SVG behind comments": (b"<!-- <html> --><!-- --> <svg>", T.SVG),
    "SVG in a comment": (b"<!-- <svg> --><html>", None),
    "SVG in a comment without end": (b"<!-- <svg>", None),
    "a page with SVG in it": (b"<html><svg >", None),
    "XML of another kind": (b"<?xml version='1.0'?><svgx>", None),
    "a registry file of old": (b"REGEDIT4\r\n", T.REG),
    "a mail": (b"Received: from a\r\nFrom: b@example.com\r\n\r\n", T.EML),
}


@pytest.mark.parametrize(("data", "expected"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_the_beginning_decides(data: bytes, expected: FileType | None) -> None:
    assert language(data, "a.txt") is expected


@pytest.mark.timeout(5)
def test_comments_without_end_take_no_time() -> None:
    assert language(b"<!--" * 1000, "a.txt") is None
    assert language(b"<!-- -->" * 500, "a.txt") is None
    assert language(b"#!" + b"sh" * 2000, "") is None


def test_suffix() -> None:
    assert suffix("a/b.tar.GZ") == "gz"
    assert suffix(".bashrc") == "bashrc"
    assert suffix("a") == ""
