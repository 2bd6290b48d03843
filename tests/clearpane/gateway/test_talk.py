"""How a session that is not HTTP began, and what was passed on before it had a name."""

import pytest

from clearpane.content.direction import Direction
from clearpane.content.mail_protocols import Smtp
from clearpane.content.naming import SPAN
from clearpane.gateway.talk import Talk

UP, DOWN = Direction.UPLOAD, Direction.DOWNLOAD


@pytest.mark.parametrize(
    ("heard", "server_first"),
    [
        pytest.param([(UP, b"EHLO")], False, id="the client alone"),
        pytest.param([(UP, b"EHLO"), (DOWN, b"220")], False, id="the client began"),
        pytest.param([(DOWN, b"220"), (UP, b"EHLO")], True, id="the server began"),
        pytest.param([(DOWN, b""), (UP, b"EHLO"), (DOWN, b"2")], False, id="silence is no word"),
    ],
)
def test_who_spoke_first(heard: list[tuple[Direction, bytes]], server_first: bool) -> None:
    talk = Talk()
    for direction, data in heard:
        talk.hear(direction, data)
    assert talk.server_first is server_first
    assert talk.heard == [(direction, data) for direction, data in heard if data]


def test_only_the_beginning_of_each_side_is_kept() -> None:
    talk = Talk()
    for direction in (UP, DOWN):
        for _ in range(3):
            talk.hear(direction, b"x" * SPAN)
    assert len(talk.client) == len(talk.server) == SPAN


def test_a_reader_hears_what_was_said_before() -> None:
    talk = Talk()
    talk.hear(DOWN, b"220 mx ESMTP\r\n")
    talk.hear(UP, b"EHLO me\r\nMAIL FR")
    talk.catch_up(Smtp())
    assert talk.mail
    assert talk.heard == []
    assert talk.held == {UP: bytearray(), DOWN: bytearray()}, "it was passed on already"


def test_what_was_passed_on_is_not_passed_on_again() -> None:
    talk = Talk()
    talk.hear(UP, b"EHLO me\r\nMAIL FR")
    talk.catch_up(Smtp())
    assert talk.mail
    for event in talk.mail.feed(UP, b"OM:<a@b>\r\n"):
        talk.held[UP] += getattr(event, "raw", b"")
    talk.skip(UP)
    assert talk.held[UP] == b"OM:<a@b>\r\n"
    assert talk.passed[UP] == 0
    talk.skip(UP)
    assert talk.held[UP] == b"OM:<a@b>\r\n"
