"""A client as users have it: it goes through the gateway, checks certificates and takes no pity.

What it saw is a value, whatever happened.
"""

import http.client
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

_PATIENCE = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """`certificate` is what was shown (DER), `warning` OpenSSL's number of what a browser would
    warn of (0: nothing) and `words` its text, `failure` why there was no whole answer."""

    certificate: bytes = b""
    warning: int = 0
    words: str = ""
    status: int = 0
    body: bytes = b""
    failure: str = ""


class Client:
    """Sends everything to the proxy at `proxy` of 127.0.0.1 and trusts `anchors` (PEM) alone."""

    def __init__(self, proxy: int, anchors: Iterable[str]) -> None:
        self._proxy = proxy
        self._careful = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # A subordinate authority stands for itself, as it does where it was installed.
        self._careful.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        self._careful.load_verify_locations(cadata="".join(anchors))
        self._careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._careless.check_hostname = False
        self._careless.verify_mode = ssl.CERT_NONE

    def plain(self, port: int, path: str) -> Answer:
        """Fetches a path of the web server at `port` of 127.0.0.1 over HTTP."""
        url = f"http://127.0.0.1:{port}{path}"
        try:
            with self._connection() as connection:
                return _ask(connection, f"127.0.0.1:{port}", url)
        except OSError as error:
            return Answer(failure=_said(error))

    def secure(self, name: str, port: int, path: str) -> Answer:
        """The same over HTTPS; `name` goes into the hello in place of the address."""
        try:
            with self._tunnel(port) as tunnel, self._session(tunnel, name) as session:
                shown = session.getpeercert(binary_form=True) or b""
                return _ask(session, name, path, shown)
        except ssl.SSLCertVerificationError as error:
            shown = self._shown(name, port)
            return Answer(shown, error.verify_code, error.verify_message)
        except OSError as error:
            return Answer(failure=_said(error))

    def _shown(self, name: str, port: int) -> bytes:
        """The certificate that was refused, for which another connection is needed."""
        try:
            with (
                self._tunnel(port) as tunnel,
                self._careless.wrap_socket(tunnel, server_hostname=name) as session,
            ):
                return session.getpeercert(binary_form=True) or b""
        except OSError:
            return b""

    def _session(self, tunnel: socket.socket, name: str) -> ssl.SSLSocket:
        return self._careful.wrap_socket(tunnel, server_hostname=name)

    def _connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._proxy), _PATIENCE)

    def _tunnel(self, port: int) -> socket.socket:
        connection = self._connection()
        try:
            target = f"127.0.0.1:{port}"
            connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                piece = connection.recv(1)  # not an octet of what comes after it
                if not piece:
                    raise ConnectionError("closed at CONNECT")
                head += piece
            if b" 200 " not in head.partition(b"\r\n")[0]:
                raise ConnectionError(head.partition(b"\r\n")[0].decode("latin-1"))
        except BaseException:
            connection.close()
            raise
        return connection


def _ask(connection: socket.socket, host: str, path: str, shown: bytes = b"") -> Answer:
    """One request; an answer that breaks off is an answer with a failure."""
    asking = http.client.HTTPConnection(host)
    asking.sock = connection
    status = 0
    try:
        asking.request("GET", path, headers={"user-agent": "clearpane-demo"})
        with asking.getresponse() as response:
            status = response.status
            return Answer(shown, status=status, body=response.read())
    except http.client.IncompleteRead as error:
        return Answer(shown, status=status, body=error.partial, failure="cut short")
    except (http.client.HTTPException, OSError) as error:
        return Answer(shown, status=status, failure=_said(error))


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer in {_PATIENCE:.0f} s"
    if isinstance(error, http.client.RemoteDisconnected):
        return "closed without an answer"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
