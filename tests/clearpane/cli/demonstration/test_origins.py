import http.client
import socket
import ssl
from pathlib import Path

import pytest

from clearpane.cli.clock import now
from clearpane.cli.demonstration import identities, origins
from clearpane.cli.demonstration.identities import DAY, Identity
from clearpane.cli.demonstration.origins import WELCOME, Origin

FILES = {"one.txt": b"one", "two.zip": b"two"}


def get(port: int, path: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        with connection.getresponse() as response:
            return response.status, response.headers["content-type"], response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        pytest.param("/one.txt", "text/plain", b"one", id="a text file"),
        pytest.param("/two.zip", "application/zip", b"two", id="an archive"),
        pytest.param("/", "application/octet-stream", WELCOME, id="every other path"),
    ],
)
def test_files_are_served_by_their_names(path: str, kind: str, body: bytes) -> None:
    with Origin(FILES) as origin:
        assert get(origin.port, path) == (200, kind, body)


def test_nothing_listens_after_the_end() -> None:
    with Origin(FILES) as origin:
        pass
    with pytest.raises(ConnectionRefusedError):
        get(origin.port, "/")


class TestTls:
    @pytest.fixture
    def servers(self) -> dict[str, Identity]:
        root = identities.authority("Root", now())
        names = ("a.example", "b.example")
        return {name: identities.server(root, name, now() - DAY, now() + DAY) for name in names}

    def shown(self, port: int, name: str | None) -> bytes:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", port), 10) as connection,
            context.wrap_socket(connection, server_hostname=name) as session,
        ):
            return session.getpeercert(binary_form=True) or b""

    def test_each_name_has_its_certificate(
        self, servers: dict[str, Identity], tmp_path: Path
    ) -> None:
        with Origin(FILES, origins.tls(servers, tmp_path)) as origin:
            for name, server in servers.items():
                assert self.shown(origin.port, name) == server.der

    @pytest.mark.parametrize("name", ["c.example", None], ids=["another name", "no name"])
    def test_another_name_has_none(
        self, name: str | None, servers: dict[str, Identity], tmp_path: Path
    ) -> None:
        with (
            Origin(FILES, origins.tls(servers, tmp_path)) as origin,
            pytest.raises(ssl.SSLError, match=r"(?i)unrecognized"),
        ):
            self.shown(origin.port, name)

    def test_a_client_that_hangs_up_is_no_news(
        self, servers: dict[str, Identity], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with Origin(FILES, origins.tls(servers, tmp_path)) as origin:
            socket.create_connection(("127.0.0.1", origin.port), 10).close()
            assert self.shown(origin.port, "a.example")
        assert capsys.readouterr().err == ""
