import base64
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archived import EICAR
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.content.flow import Flow
from clearpane.content.imap import Imap
from clearpane.content.mail_protocols import Event, MailBytes, MailEnd, MailStart, Plain
from clearpane.content.member import Member

UP, DOWN = Direction.UPLOAD, Direction.DOWNLOAD
WHOLE = b"Subject: a\r\n\r\nabc"
PACKED = base64.encodebytes(EICAR)

type Talk = Sequence[tuple[Direction, bytes]]


def listen(talk: Talk, step: int = 999) -> list[Event]:
    reader, events = Imap(), list[Event]()
    for direction, data in talk:
        for at in range(0, len(data), step):
            events += reader.feed(direction, data[at : at + step])
    return events


def bodies(events: Sequence[Event]) -> list[bytes]:
    """What is in the mails, read as they flow."""
    found, flow = list[bytes](), Flow()
    for event in events:
        seen = list[object]()
        if isinstance(event, MailStart):
            flow = Flow(content_type=event.content_type)
        elif isinstance(event, MailBytes):
            seen = [*flow.feed(event.content)]
        elif isinstance(event, MailEnd):
            seen = [*flow.end()]
        found += [one.body for one in seen if isinstance(one, Member)]
    return found


def fetched(section: bytes, literal: bytes, mark: bytes = b"") -> Talk:
    line = b"* 1 FETCH (UID 7 %b %b{%d}\r\n" % (section, mark, len(literal))
    return [(UP, b"a1 FETCH 1 (x)\r\n"), (DOWN, line + literal + b")\r\na1 OK done\r\n")]


FOUND: dict[str, Talk] = {
    "the whole mail": fetched(b"BODY[]", b"Subject: a\r\n\r\n" + EICAR),
    "by its old name": fetched(b"RFC822", b"Subject: a\r\n\r\n" + EICAR),
    "a part": fetched(b"BODY[2]", EICAR),
    "a part in base64": fetched(b"BODY[1.2]", PACKED),
    "a part without its encoding": fetched(b"BINARY[2]", EICAR, b"~"),
    "all parts": fetched(b"BODY[TEXT]", b"--x\r\n\r\n" + EICAR + b"\r\n--x--\r\n"),
    "a body without parts": fetched(b"RFC822.TEXT", PACKED),
    "a mail that is stored": [
        (UP, b"a APPEND in {%d}\r\n" % (len(EICAR) + 6)),
        (DOWN, b"+ go on\r\n"),
        (UP, b"A:\r\n\r\n" + EICAR + b"\r\n"),
    ],
    "one that is not waited for": [(UP, b"a APPEND in {68+}\r\n" + EICAR + b"\r\n")],
    "behind one that is refused": [
        (UP, b"a APPEND in {68}\r\n"),
        (DOWN, b"a NO over quota\r\n"),
        (UP, b"b APPEND in {68+}\r\n" + EICAR + b"\r\n"),
    ],
}


@pytest.mark.parametrize("step", [1, 7, 999], ids=lambda step: f"by {step}")
@pytest.mark.parametrize("talk", FOUND.values(), ids=FOUND)
def test_the_file_is_found(talk: Talk, step: int) -> None:
    assert EICAR in bodies(listen(talk, step))


def test_the_end_of_a_literal_is_the_end_of_the_mail() -> None:
    events = listen(fetched(b"BODY[]", WHOLE))
    words = [type(event) for event in events]
    assert words == [Plain, Plain, MailStart, MailBytes, MailEnd, Plain, Plain]


UNREAD: dict[str, Talk] = {
    "a mail without its header fields": fetched(b"BODY[TEXT]", b"preamble\r\n--x\r\n"),
    "a range of a mail": fetched(b"BODY[]<0>", WHOLE),
    "compression": [
        (UP, b"a COMPRESS DEFLATE\r\n"),
        (DOWN, b"a OK go\r\n"),
        (DOWN, b"\1\2{9}\r\n"),
    ],
    "encryption": [(UP, b"a STARTTLS\r\n"), (DOWN, b"* OK\r\na OK go\r\n"), (UP, b"\x16\x03")],
}


@pytest.mark.parametrize("talk", UNREAD.values(), ids=UNREAD)
def test_what_can_not_be_followed_is_named(talk: Talk) -> None:
    (unread,) = [event for event in listen(talk) if isinstance(event, Unscanned)]
    assert unread.reason is Unread.PROTOCOL


def test_a_switch_that_is_refused_is_none() -> None:
    talk = [(UP, b"a COMPRESS DEFLATE\r\n"), (DOWN, b"a NO\r\n"), *FOUND["the whole mail"]]
    assert EICAR in bodies(listen(talk))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([UP, DOWN]),
            st.sampled_from([b"a APPEND {9}\r\n", b"a NO\r\n", b"BODY[1] {3}\r\n", b"\r\n"])
            | st.binary(max_size=9),
        ),
        max_size=30,
    ),
)
def test_every_byte_is_handed_out_once(talk: Talk) -> None:
    reader, passed = Imap(), {UP: b"", DOWN: b""}
    for direction, data in [*talk, (UP, b""), (DOWN, b"")]:
        for event in reader.feed(direction, data):
            if isinstance(event, Plain | MailBytes | MailEnd):
                passed[direction] += event.raw
    for direction in (UP, DOWN):
        for event in reader.end(direction):
            if isinstance(event, Plain | MailBytes | MailEnd):
                passed[direction] += event.raw
        assert passed[direction] == b"".join(data for side, data in talk if side is direction)
