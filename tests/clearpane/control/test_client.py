"""What answers here is a bare socket: whatever a gateway could say wrong, the client bears it."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from clearpane.control.answer import Answer
from clearpane.control.client import ask

WORDS = ["show", "system"]


def answering(path: Path, serve: Callable[[socket.socket], object]) -> threading.Thread:
    """A socket that meets one client."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()

    def run() -> None:
        with listener:
            connection, _ = listener.accept()
            with connection:
                serve(connection)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_the_words_go_as_one_line_and_the_answer_comes_back(tmp_path: Path) -> None:
    seen = []

    def serve(connection: socket.socket) -> None:
        seen.append(connection.recv(1_000))
        connection.sendall(Answer(text="done").to_wire())

    thread = answering(tmp_path / "s", serve)
    assert ask(tmp_path / "s", WORDS) == Answer(text="done")
    thread.join()
    assert seen == [b'["show", "system"]\n']


@pytest.mark.parametrize("kind", ["no folder", "no socket", "a file for a folder", "a dead socket"])
def test_without_a_gateway_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if kind == "a file for a folder":
        Path("var").touch()
    elif kind != "no folder":
        Path("var").mkdir()
    if kind == "a dead socket":
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
            dead.bind("var/control.sock")
    answer = ask(Path("var/control.sock"), WORDS)
    assert answer.code == 2
    assert answer.error == (
        "no gateway is running with state folder var/ (no socket var/control.sock); "
        "start one with `clearpane dump`, or name its folder with --state"
    )


def test_what_is_no_socket_can_not_be_asked(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    assert "no gateway is running" in ask(tmp_path / "s", WORDS).error


@pytest.mark.parametrize(
    "document",
    [b"", b"HTTP/1.1 200 OK\r\n\r\n", b'{"text": "do', b"[" * 100_000],
    ids=lambda document: repr(document[:20]),
)
def test_half_an_answer_is_none(tmp_path: Path, document: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1_000)
        connection.sendall(document)

    thread = answering(tmp_path / "s", serve)
    answer = ask(tmp_path / "s", WORDS)
    thread.join()
    assert answer.error.endswith("the gateway ended the connection without a whole answer")


def test_an_answer_that_comes_before_the_request_is_read_is_heard(tmp_path: Path) -> None:
    busy = Answer(error="busy")
    thread = answering(tmp_path / "s", lambda c: c.sendall(busy.to_wire()))
    assert ask(tmp_path / "s", ["x" * 4_000_000]) == busy
    thread.join()


def test_a_gateway_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    asked = threading.Event()
    thread = answering(tmp_path / "s", lambda c: asked.wait(20))
    answer = ask(tmp_path / "s", WORDS, timeout=0.05)
    asked.set()
    thread.join()
    assert answer.error.endswith("the gateway does not answer within 0.05 seconds")
