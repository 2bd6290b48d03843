"""Which language a text is a script in.

Text says little about itself: here alone a name decides, as it does for whoever opens the file.
"""

import re

from clearpane.content import multipart
from clearpane.content.kinds import FileType

_T = FileType
HEAD = 4096  # bytes that are looked at

_SUFFIXES = {
    _T.BAT: "bat",
    _T.CMD: "cmd",
    _T.PS1: "ps1 psm1 psd1 ps1xml",
    _T.VBS: "vbs vb vba bas",
    _T.VBE: "vbe",
    _T.JS: "js mjs cjs",
    _T.JSE: "jse",
    _T.WSF: "wsf wsh ws wsc",
    _T.HTA: "hta",
    _T.SCT: "sct",
    _T.REG: "reg",
    _T.SH: "sh bash zsh ksh command",
    _T.PL: "pl pm",
    _T.PY: "py pyw",
    _T.PHP: "php php3 php4 php5 phtml",
    _T.ASP: "asp aspx ashx asmx",
    _T.JSP: "jsp jspx",
}
_BY_SUFFIX = {suffix: kind for kind, words in _SUFFIXES.items() for suffix in words.split()}

_INTERPRETER = re.compile(
    rb"#![^\n]{0,100}?\b(?:(bash|zsh|ksh|dash|sh)|(perl)|(python)|(php))[\d.]*(?:\s|\Z)"
)
_INTERPRETERS = (_T.SH, _T.PL, _T.PY, _T.PHP)
_REGISTRY = (b"REGEDIT4", b"Windows Registry Editor Version 5")
_FIRST_TAG = re.compile(rb"<([A-Za-z][\w:]{0,40})")
_BINARY = bytes(byte for byte in range(32) if byte not in b"\t\n\f\r\x1a\x1b")  # ^Z ends DOS text
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


def is_text(data: bytes) -> bool:
    """Whether the first bytes are text, in UTF-8, UTF-16 or an old code page."""
    head = data[:HEAD]
    if head.startswith(_BOMS[:2]):
        return True
    return bool(head) and len(head.translate(None, _BINARY)) == len(head)


def language(data: bytes, name: str) -> FileType | None:
    """What a text is: by how it begins, else by its name; None where it is just text."""
    head = _narrow(data[:HEAD])
    if head.startswith(_REGISTRY):
        return _T.REG
    if found := _INTERPRETER.match(head):
        return _INTERPRETERS[(found.lastindex or 1) - 1]
    if _is_svg(head):
        return _T.SVG
    return _BY_SUFFIX.get(suffix(name)) or (_T.EML if multipart.is_mail(head) else None)


def _is_svg(head: bytes) -> bool:
    """Whether the first element is a drawing, whatever declarations and comments precede it."""
    if not head.lstrip().startswith(b"<"):
        return False
    kept, mark, rest = head.partition(b"<!--")
    while mark:
        before, mark, rest = rest.partition(b"-->")[2].partition(b"<!--")
        kept += before
    tag = _FIRST_TAG.search(kept)
    return tag is not None and tag[1].rpartition(b":")[2] == b"svg"


def suffix(name: str) -> str:
    """What Windows takes for it: it ignores blanks and dots at the end."""
    last = re.split(r"[/\\]", name)[-1].rstrip(" .\0\t\r\n")
    _, dot, end = last.rpartition(".")
    return end.lower() if dot else ""


def _narrow(head: bytes) -> bytes:
    """The text without the mark of its encoding, and without the zeros of UTF-16."""
    if head.startswith(_BOMS[:2]):
        return head[2:].replace(b"\0", b"")
    return head.removeprefix(_BOMS[2])
