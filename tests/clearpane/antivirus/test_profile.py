import re

import pytest

from clearpane.antivirus.profile import (
    Action,
    AntivirusProfile,
    Decoder,
    Direction,
    PacketCapture,
    parse,
)
from clearpane.content.detection import Detection
from clearpane.documents.reading import read
from clearpane.errors import Problems

EICAR = Detection("Eicar Test File", 100_000)
UP, DOWN = Direction.UPLOAD, Direction.DOWNLOAD


def profile(text: str) -> AntivirusProfile:
    problems = Problems()
    document = read(f"default:\n{text}", "profiles.yaml", problems)
    parsed = parse(document)
    assert not problems.found, problems.found
    return parsed["default"]


DEFAULTS = {
    Decoder.HTTP: Action.RESET_BOTH,
    Decoder.HTTP2: Action.RESET_BOTH,
    Decoder.FTP: Action.RESET_BOTH,
    Decoder.SMB: Action.RESET_BOTH,
    Decoder.SMTP: Action.ALERT,
    Decoder.IMAP: Action.ALERT,
    Decoder.POP3: Action.ALERT,
}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(("decoder", "action"), DEFAULTS.items())
def test_what_is_absent_is_as_on_the_firewall(
    decoder: Decoder, action: Action, direction: Direction
) -> None:
    assert profile("  {}").action(decoder, direction, EICAR) is action
    assert parse(None)["default"].action(decoder, direction, EICAR) is action


ACTIONS: dict[str, tuple[str, Direction, Action]] = {
    "what is downloaded": ("  http: {action: block}", DOWN, Action.BLOCK),
    "what is uploaded, as what is downloaded": ("  http: {action: drop}", UP, Action.DROP),
    "what is uploaded": ("  http: {action: alert, upload: block}", UP, Action.BLOCK),
    "what is downloaded beside it": ("  http: {action: alert, upload: block}", DOWN, Action.ALERT),
    "upload alone": ("  http: {upload: allow}", DOWN, Action.RESET_BOTH),
    "another decoder's": ("  http2: {action: allow}", DOWN, Action.RESET_BOTH),
    "an exception": ("  exceptions: {100000: allow}", DOWN, Action.ALLOW),
    "an exception for another threat": ("  exceptions: {100001: allow}", DOWN, Action.RESET_BOTH),
    "an exception goes first": (
        "  http: {action: allow}\n  exceptions: {100000: reset-server}",
        UP,
        Action.RESET_SERVER,
    ),
}


@pytest.mark.parametrize(("text", "direction", "action"), ACTIONS.values(), ids=ACTIONS)
def test_action(text: str, direction: Direction, action: Action) -> None:
    assert profile(text).action("http", direction, EICAR) is action


CAPTURES = {
    "false": PacketCapture.OFF,
    "no": PacketCapture.OFF,
    "true": PacketCapture.SINGLE,
    "yes": PacketCapture.SINGLE,
    "single": PacketCapture.SINGLE,
    "extended": PacketCapture.EXTENDED,
}


@pytest.mark.parametrize(("word", "expected"), CAPTURES.items())
def test_packet_capture(word: str, expected: PacketCapture) -> None:
    found = profile(f"  packet-capture: {word}")
    assert found.packet_capture is expected
    assert found.captures is (expected is not PacketCapture.OFF)


def test_everything_else() -> None:
    plain = profile("  {}")
    assert (plain.on_unscanned, plain.captures, plain.allow_http_partial_response) == (
        Action.BLOCK,
        False,
        False,
    )
    found = profile("  on-unscanned: alert\n  allow-http-partial-response: yes")
    assert (found.on_unscanned, found.allow_http_partial_response) == (Action.ALERT, True)


def test_profiles_have_names() -> None:
    document = read("lax:\n  http: {action: allow}", "profiles.yaml", Problems())
    parsed = parse(document)
    assert list(parsed) == ["default", "lax"]
    assert parsed["lax"].action("http", DOWN, EICAR) is Action.ALLOW
    assert parsed["default"].action("http", DOWN, EICAR) is Action.RESET_BOTH


WRONG = {
    "an unknown key": ("  htpp: {action: block}", r"2:3: .*unknown key htpp .*http"),
    "an unknown key of a decoder": ("  http: {actoin: block}", r"unknown key actoin .*action"),
    "an unknown action": ("  http: {action: blok}", r"2:18: .*action must be .*\(.*block"),
    "an action in capitals": ("  http: {upload: Alert}", r"upload must be allow.*alert"),
    "on-unscanned that lets all through": ("  on-unscanned: allow", r"must be block or alert"),
    "a name in place of a threat's number": (
        "  exceptions: {Eicar: allow}",
        r"2:16: .*Eicar is not the number of a threat",
    ),
    "a number that is no threat's": ("  exceptions: {99: allow}", r"99 is not the number"),
    "an exception without an action": ("  exceptions: {100000: yes}", r"100000 must be allow"),
    "a capture that is none": ("  packet-capture: both", r"packet-capture must be"),
    "a decoder that is no block": ("  http: block", r"http must be a block"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(text: str, message: str) -> None:
    problems = Problems()
    parse(read(f"default:\n{text}", "profiles.yaml", problems))
    assert len(problems.errors) == 1
    shown = str(problems.errors[0])
    assert 'antivirus profile "default"' in shown
    assert re.search(message, shown), shown
