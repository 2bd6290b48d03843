import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.content.mail_lines import LONGEST_LINE, Dotted, Lines


def read(wire: bytes, step: int) -> tuple[bytes, bytes, bytes, bytes]:
    """Raw bytes, content, ending and rest."""
    dotted, raw, content = Dotted(), b"", b""
    for at in range(0, len(wire), step):
        one = dotted.feed(wire[at : at + step])
        raw, content = raw + one.raw, content + one.content
        if one.ending:
            return raw, content, one.ending, one.rest + wire[at + step :]
    return raw, content, b"", dotted.left()


TEXTS: dict[str, tuple[bytes, bytes, bytes]] = {
    "two lines": (b"a\r\nb\r\n.\r\n", b"a\r\nb\r\n", b""),
    "nothing": (b".\r\n", b"", b""),
    "a line with dots": (b"..\r\n...a\r\n.\r\n", b".\r\n..a\r\n", b""),
    "commands behind it": (b"a\r\n.\r\nQUIT\r\n", b"a\r\n", b"QUIT\r\n"),
    "blank lines": (b"\r\n\r\n\r\n.\r\n", b"\r\n\r\n\r\n", b""),
    "a dot in a line": (b"a.\r\n.b\r\n.\r\n", b"a.\r\nb\r\n", b""),
}


@pytest.mark.parametrize("step", [1, 2, 3, 99], ids=lambda step: f"by {step}")
@pytest.mark.parametrize(("wire", "content", "rest"), TEXTS.values(), ids=TEXTS)
def test_dots_are_taken_off(wire: bytes, content: bytes, rest: bytes, step: int) -> None:
    raw, seen, ending, behind = read(wire, step)
    assert (seen, ending, behind) == (content, b".\r\n", rest)
    assert raw + ending + behind == wire


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n"])), st.integers(1, 5))
def test_every_byte_is_handed_out_once(pieces: list[bytes], step: int) -> None:
    wire = b"".join(pieces)
    raw, _, ending, rest = read(wire, step)
    assert raw + ending + rest == wire


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n"], ids=["LF", "LF CRLF", "CRLF LF"]
)
def test_an_end_for_some_servers_is_doubtful(end: bytes) -> None:
    assert Dotted().feed(b"a" + end + b"MAIL FROM:<a>\r\n").doubtful
    assert not Dotted().feed(b"a\r\nb\r\n.\r\n").doubtful


def test_lines_come_whole() -> None:
    lines = Lines()
    lines.add(b"a\r\nb")
    assert (lines.take(), lines.take(), lines.held) == (b"a\r\n", b"", 1)
    lines.add(b"c" * LONGEST_LINE)
    assert len(lines.take()) == LONGEST_LINE + 1


def test_what_has_no_line_can_be_taken_in_parts() -> None:
    lines = Lines()
    lines.add(b"abcdef")
    assert (lines.rest(2), lines.rest(), lines.rest()) == (b"ab", b"cdef", b"")
