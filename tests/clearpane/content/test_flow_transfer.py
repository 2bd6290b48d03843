import base64
import quopri
from collections.abc import Iterator

import pytest

from clearpane.content.flow_nodes import Found
from clearpane.content.flow_transfer import Quads, decoders

DATA = bytes(range(256)) * 9


class Sink:
    """Keeps what it is fed with."""

    def __init__(self) -> None:
        self.body, self.held = b"", 0

    def feed(self, data: bytes) -> Iterator[Found]:
        self.body += data
        return iter(())

    def flush(self) -> Iterator[Found]:
        return iter(())

    def end(self) -> Iterator[Found]:
        return iter(())


def decoded(words: list[str], data: bytes, step: int) -> list[bytes]:
    bodies = []
    for make in decoders(words):
        sink = Sink()
        node = make(sink)
        for at in range(0, len(data), step):
            assert [*node.feed(data[at : at + step])] == []
        assert [*node.flush(), *node.end()] == []
        bodies.append(sink.body)
    return [body for body in bodies if body]


PACKED = base64.encodebytes(DATA)
ROWS: dict[str, tuple[list[str], bytes, list[bytes]]] = {
    "nothing is said": ([], DATA, [DATA]),
    "8bit": (["8bit"], DATA, [DATA]),
    "base64": (["BASE64"], PACKED, [DATA]),
    "quoted-printable": (["quoted-printable"], quopri.encodestring(DATA), [DATA]),
    "an unknown word": (["x-mine"], DATA, [DATA]),
    "two words": (["base64", "8bit"], PACKED, [DATA, PACKED]),
    "base64 that is a lie": (["base64"], b"!" + PACKED, [DATA, b"!" + PACKED]),
}


@pytest.mark.parametrize("step", [1, 50, 9999], ids=lambda step: f"by {step}")
@pytest.mark.parametrize(("words", "data", "bodies"), ROWS.values(), ids=ROWS)
def test_encodings_are_undone(
    words: list[str], data: bytes, bodies: list[bytes], step: int
) -> None:
    assert decoded(words, data, step) == bodies


def test_a_line_that_does_not_end_is_decoded_in_parts() -> None:
    assert decoded(["quoted-printable"], b"=41" * 100_000, 1000) == [b"A" * 100_000]


@pytest.mark.parametrize(
    ("text", "data"),
    [(b"YQ==Yg==", b"ab"), (b"YQ", b"a"), (b"Y", b""), (b"Y\r\nQ-=", b"a"), (b"====", b"")],
    ids=[
        "padding inside",
        "none",
        "a character too many",
        "other characters",
        "nothing but padding",
    ],
)
def test_base64_is_read_as_mail_programs_read_it(text: bytes, data: bytes) -> None:
    quads = Quads()
    assert b"".join(quads.feed(bytes([byte])) for byte in text) + quads.end() == data
