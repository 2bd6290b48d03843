from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.content.detection import Unread, Unscanned
from clearpane.content.direction import Direction
from clearpane.content.mail_protocols import (
    Event,
    MailBytes,
    MailEnd,
    MailReader,
    MailStart,
    Pause,
    Plain,
    Pop3,
    Smtp,
)

UP, DOWN = Direction.UPLOAD, Direction.DOWNLOAD
MAIL = b"Subject: a\r\n\r\n.dot\r\n"
DOTTED = b"Subject: a\r\n\r\n..dot\r\n.\r\n"

type Talk = Sequence[tuple[Direction, bytes]]


def listen(reader: MailReader, talk: Talk, step: int = 99) -> list[Event]:
    events: list[Event] = []
    for direction, data in talk:
        for at in range(0, len(data), step):
            events += reader.feed(direction, data[at : at + step])
    return events


def mails(events: Sequence[Event]) -> list[bytes]:
    """The content of each mail that is complete."""
    found, content = list[bytes](), b""
    for event in events:
        if isinstance(event, MailBytes):
            content += event.content
        elif isinstance(event, MailEnd):
            found.append(content)
            content = b""
    return found


def raw(events: Sequence[Event]) -> bytes:
    return b"".join(e.raw for e in events if isinstance(e, Plain | MailBytes | MailEnd))


SMTP: dict[str, tuple[Talk, list[bytes]]] = {
    "a mail": (
        [
            (DOWN, b"220 hi\r\n"),
            (UP, b"EHLO a\r\n"),
            (DOWN, b"250-a\r\n250 b\r\n"),
            (UP, b"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n"),
            (DOWN, b"250 ok\r\n250 ok\r\n354 go on\r\n"),
            (UP, DOTTED),
            (DOWN, b"250 queued\r\n"),
            (UP, b"QUIT\r\n"),
        ],
        [MAIL],
    ),
    "data that is not waited for": ([(UP, b"DATA\r\n" + DOTTED + b"QUIT\r\n")], [MAIL]),
    "two mails": ([(UP, b"DATA\r\n" + DOTTED + b"DATA\r\n" + DOTTED)], [MAIL, MAIL]),
    "data is refused, and then not": (
        [
            (DOWN, b"220 hi\r\n"),
            (UP, b"DATA\r\n"),
            (DOWN, b"503 no\r\n"),
            (UP, b"RSET\r\nDATA\r\n"),
            (DOWN, b"250 ok\r\n354 go on\r\n"),
            (UP, DOTTED),
        ],
        [MAIL],
    ),
    "a server that counts its replies wrong": (
        [(UP, b"DATA\r\n"), (DOWN, b"250 ok\r\n250 ok\r\n354 go on\r\n"), (UP, DOTTED)],
        [MAIL],
    ),
    "chunks": ([(UP, b"BDAT 3\r\n.\r\nBDAT 2 LAST\r\nabQUIT\r\n")], [b".\r\nab"]),
    "an empty last chunk": ([(UP, b"BDAT 3\r\nabcBDAT 0 LAST\r\nQUIT\r\n")], [b"abc"]),
}


@pytest.mark.parametrize("step", [1, 7, 999], ids=lambda step: f"by {step}")
@pytest.mark.parametrize(("talk", "found"), SMTP.values(), ids=SMTP)
def test_mails_that_are_sent_are_found(talk: Talk, found: list[bytes], step: int) -> None:
    events = listen(Smtp(), talk, step)
    assert mails(events) == found
    assert raw(events) == b"".join(data for _, data in talk)
    assert [event for event in events if isinstance(event, Unscanned)] == []


def test_the_end_of_a_mail_comes_by_itself() -> None:
    events = listen(Smtp(), [(UP, b"DATA\r\n"), (UP, DOTTED)])
    assert [type(event) for event in events] == [Plain, MailStart, MailBytes, MailEnd]
    assert events[-1] == MailEnd(b".\r\n")


def test_between_chunks_the_sender_waits() -> None:
    events = listen(Smtp(), [(UP, b"BDAT 3\r\nabcBDAT 1 LAST\r\nd")])
    words = [type(event) for event in events]
    assert words == [Plain, MailStart, MailBytes, Pause, Plain, MailBytes, MailEnd]


POP3: dict[str, tuple[Talk, list[bytes]]] = {
    "a mail": (
        [
            (DOWN, b"+OK hi\r\n"),
            (UP, b"LIST\r\nRETR 1\r\n"),
            (DOWN, b"+OK\r\n1 99\r\n.\r\n+OK 99 octets\r\n" + DOTTED),
            (UP, b"quit\r\n"),
            (DOWN, b"+OK bye\r\n"),
        ],
        [MAIL],
    ),
    "its top": ([(DOWN, b"+OK\r\n"), (UP, b"top 1 5\r\n"), (DOWN, b"+OK\r\n" + DOTTED)], [MAIL]),
    "there is none": (
        [
            (DOWN, b"+OK\r\n"),
            (UP, b"RETR 1\r\nRETR 2\r\n"),
            (DOWN, b"-ERR no\r\n+OK\r\n" + DOTTED),
        ],
        [MAIL],
    ),
    "behind a challenge": (
        [
            (DOWN, b"+OK\r\n"),
            (UP, b"AUTH PLAIN\r\n"),
            (DOWN, b"+ \r\n"),
            (UP, b"RETR\r\n"),
            (DOWN, b"+OK\r\n"),
            (UP, b"RETR 1\r\n"),
            (DOWN, b"+OK\r\n" + DOTTED),
        ],
        [MAIL],
    ),
}


@pytest.mark.parametrize("step", [1, 7, 999], ids=lambda step: f"by {step}")
@pytest.mark.parametrize(("talk", "found"), POP3.values(), ids=POP3)
def test_mails_that_are_fetched_are_found(talk: Talk, found: list[bytes], step: int) -> None:
    events = listen(Pop3(), talk, step)
    assert mails(events) == found
    assert raw(events) == b"".join(data for _, data in talk)


LOST: dict[str, tuple[MailReader, Talk]] = {
    "smtp": (Smtp(), [(DOWN, b"220\r\n"), (UP, b"STARTTLS\r\n"), (DOWN, b"220 go\r\n")]),
    "pop3": (Pop3(), [(DOWN, b"+OK\r\n"), (UP, b"STLS\r\n"), (DOWN, b"+OK\r\n")]),
    "another end": (Smtp(), [(UP, b"DATA\r\na\n.\nMAIL FROM:<a>\r\n")]),
}


@pytest.mark.parametrize(("reader", "talk"), LOST.values(), ids=LOST)
def test_what_can_not_be_followed_is_named_once(reader: MailReader, talk: Talk) -> None:
    events = listen(reader, [*talk, (UP, b"\x16\x03\x01"), (DOWN, b"\x16\x03\x03")])
    (unread,) = [event for event in events if isinstance(event, Unscanned)]
    assert unread.reason is Unread.PROTOCOL
    events += [*reader.end(UP), *reader.end(DOWN)]
    assert len(raw(events)) == sum(len(data) for _, data in talk) + 6


def test_a_mail_that_is_cut_off_ends_with_the_connection() -> None:
    reader = Smtp()
    events = listen(reader, [(UP, b"DATA\r\nabc\r\n.")])
    events += reader.end(UP)
    assert mails(events) == [b"abc\r\n."]
    assert reader.held == 0


@given(
    st.sampled_from([Smtp, Pop3]),
    st.lists(
        st.tuples(
            st.sampled_from([UP, DOWN]),
            st.sampled_from([b"DATA\r\n", b"354 \r\n", b"RETR 1\r\n", b"+OK\r\n", b".", b"\r\n"])
            | st.binary(max_size=9),
        ),
        max_size=30,
    ),
)
def test_every_byte_is_handed_out_once(make: type[MailReader], talk: Talk) -> None:
    reader, passed = make(), {UP: b"", DOWN: b""}
    for direction, data in talk:
        passed[direction] += raw([*reader.feed(direction, data)])
    for direction in (UP, DOWN):
        passed[direction] += raw([*reader.end(direction)])
        assert passed[direction] == b"".join(data for side, data in talk if side is direction)
