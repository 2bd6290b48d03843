import socket
import threading
from collections.abc import Iterator

import pytest

from clearpane.cli.clock import now
from clearpane.cli.demonstration import identities
from clearpane.cli.demonstration.client import Answer, Client
from clearpane.cli.demonstration.origins import WELCOME
from clearpane.cli.demonstration.stage import DOWNLOADS, UNKNOWN_ISSUER, Stage

ANCHORS = [identities.authority("Root", now()).pem]


def test_over_http(stage: Stage) -> None:
    assert stage.client.plain(stage.web.port, "/") == Answer(status=200, body=WELCOME)


def test_over_https_with_the_certificate_that_was_shown(stage: Stage) -> None:
    answer = stage.client.secure(DOWNLOADS, stage.secure.port, "/")
    assert (answer.status, answer.body, answer.warning, answer.failure) == (200, WELCOME, 0, "")
    assert answer.certificate not in (b"", stage.servers[DOWNLOADS].der)


def test_a_refused_certificate_is_seen_and_nothing_is_fetched(stage: Stage) -> None:
    answer = stage.client.secure(UNKNOWN_ISSUER, stage.secure.port, "/")
    assert answer.warning
    assert answer.words
    assert answer.certificate
    assert (answer.status, answer.body, answer.failure) == (0, b"", "")


class TestWithoutAGateway:
    """A proxy that answers as it is told, and the client's words for it."""

    @pytest.fixture
    def listener(self) -> Iterator[socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(10)
            yield listener

    def client(self, listener: socket.socket, answer: bytes) -> Client:
        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return Client(listener.getsockname()[1], ANCHORS)

    def test_nothing_listens(self, listener: socket.socket) -> None:
        port = listener.getsockname()[1]
        listener.close()
        assert Client(port, ANCHORS).plain(1, "/").failure == "connection refused"
        assert Client(port, ANCHORS).secure("a.example", 1, "/").failure == "connection refused"

    def test_closed_without_an_answer(self, listener: socket.socket) -> None:
        answer = self.client(listener, b"").plain(1, "/")
        assert answer.failure == "closed without an answer"

    def test_closed_at_connect(self, listener: socket.socket) -> None:
        assert self.client(listener, b"").secure("a.example", 1, "/").failure == "closed at CONNECT"

    def test_refused_at_connect(self, listener: socket.socket) -> None:
        answer = self.client(listener, b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        assert answer.secure("a.example", 1, "/").failure == "HTTP/1.1 502 Bad Gateway"

    def test_an_answer_that_breaks_off_keeps_what_came(self, listener: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"
        answer = self.client(listener, head + b"part").plain(1, "/")
        assert answer == Answer(status=200, body=b"part", failure="cut short")

    def test_an_answer_that_is_no_http(self, listener: socket.socket) -> None:
        answer = self.client(listener, b"220 mail ready\r\n").plain(1, "/")
        assert (answer.status, answer.body) == (0, b"")
        assert answer.failure
