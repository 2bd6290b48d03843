import pytest

from clearpane.content.headers import fields, file_name, parameters, split

SPLIT = {
    "at a blank line": (b"A: 1\r\n\r\nbody", b"A: 1\r\n", b"body"),
    "with bare line feeds": (b"A: 1\n\nbody\r\n\r\n", b"A: 1\n", b"body\r\n\r\n"),
    "without header fields": (b"\r\nbody\n\nmore", b"", b"body\n\nmore"),
    "without header fields, bare": (b"\nbody", b"", b"body"),
    "without a blank line": (b"A: 1\r\nB: 2", b"A: 1\r\nB: 2", b""),
}


@pytest.mark.parametrize(("data", "block", "body"), SPLIT.values(), ids=SPLIT)
def test_split(data: bytes, block: bytes, body: bytes) -> None:
    assert split(data) == (block, body)


def test_fields_are_unfolded_and_kept_where_they_come_twice() -> None:
    block = b"Content-Type: text/plain;\r\n\tname=a\r\nX : 1\r\ncontent-type: b/c\r\nno colon\r\n"
    assert fields(block) == {"content-type": ["text/plain; name=a", "b/c"], "x": ["1"]}


PARAMETERS = {
    "plain": ("form-data; name=a; FileName=b.com", [("name", "a"), ("filename", "b.com")]),
    "quoted": (r'x; a="b \"c\"; d"; e=f', [("a", 'b "c"; d'), ("e", "f")]),
    "a quote that is not closed": ('x; a="b c', [("a", "b c")]),
    "with RFC 2231's escapes": ("x; filename*=utf-8'en'%C3%BC.com", [("filename", "ü.com")]),
    "twice": ("x; boundary=a; boundary=b", [("boundary", "a"), ("boundary", "b")]),
    "none": ("text/plain", []),
}


@pytest.mark.parametrize(("value", "expected"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters(value: str, expected: list[tuple[str, str]]) -> None:
    assert parameters(value) == expected


NAMES = {
    "the file's": ('form-data; name="field"; filename="C:\\\\a\\\\b.com"', "", "b.com"),
    "the form field's where there is none": ("form-data; name=field", "", "field"),
    "the one in the type": ("attachment", "application/zip; name=../a.zip", "a.zip"),
    "one in pieces": ("attachment; filename*0=a.; filename*1=com", "", "a."),
    "none": ("", "", ""),
}


@pytest.mark.parametrize(("disposition", "kind", "expected"), NAMES.values(), ids=NAMES)
def test_file_name(disposition: str, kind: str, expected: str) -> None:
    found = {"content-disposition": [disposition], "content-type": [kind]}
    assert file_name(found) == expected
