"""Names the application that a stream or a request is of, from what it begins with.

A stream that was named is never named anew: more bytes change no answer that was given. At most
`SPAN` bytes of each side are looked at, so that no stream stays without a name.
"""

import re
from collections.abc import Callable, Iterator

from clearpane.content.applications import Application

SPAN = 512

# None: the bytes so far may still become it; False: they can't.
type Verdict = Application | bool | None

_REQUEST = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} (\S+) HTTP/(1\.[01]|2\.0)")
_BEGUN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{0,32}( \S*( \S*)?)?")
_TARGET = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} (/|https?://)", re.IGNORECASE)
_TAGGED = re.compile(rb"[0-9A-Za-z.]{1,16} (CAPABILITY|LOGIN|AUTHENTICATE|STARTTLS|ID)\b", re.I)
_TAG_BEGUN = re.compile(rb"[0-9A-Za-z.]{1,16}( [A-Za-z]{0,12})?")
_GREETING = re.compile(rb"(?:220-(?:[^\n]*\n)+?)?220(?:[ \r][^\n]*)?\n")
_LENGTHS = {0x81: 1, 0x82: 2, 0x83: 3}

# RFC 5321 section 4.1.4 and RFC 2033: what a mail client says first.
_SMTP = frozenset((b"EHLO", b"HELO", b"LHLO"))
# RFC 959, 2228, 2389, 7151: what FTP clients say first. SMTP knows AUTH too, but after EHLO alone.
_FTP = frozenset((b"USER", b"AUTH", b"FEAT", b"SYST", b"OPTS", b"HOST", b"CLNT", b"PBSZ", b"ACCT"))

_DNS = ("application/dns-message", "application/dns-json", "application/oblivious-dns-message")
_GRPC = re.compile(r"application/grpc([+-].*)?")


def of_stream(client: bytes, server: bytes, *, server_first: bool) -> Application | None:
    """The application of raw TCP; None as long as more bytes are needed.

    Both are what was said from the very beginning. `server_first`: the client waited for a
    greeting; then the server's first words tell, with the client's first command where they leave
    it open.
    """
    client, server = client[:SPAN], server[:SPAN]
    if server_first:
        found = _first(server, _BY_GREETING)
        return _mail_or_files(client, server) if found is Application.SMTP else found
    return _first(client, _BY_CLIENT)


def of_request(
    *,
    method: str,
    path: str,
    content_type: str = "",
    accept: str = "",
    upgrade: str = "",
    protocol: str = "",
) -> Application:
    """The application of an HTTP request.

    `path` includes the query; the others are the headers of these names, several of one name joined
    by commas; `protocol` is the pseudo-header of an extended CONNECT (RFC 8441).
    """
    upgrades = {word.strip().lower() for word in upgrade.split(",")}
    if "websocket" in upgrades or (method == "CONNECT" and protocol.lower() == "websocket"):
        return Application.WEBSOCKET
    content = _media_type(content_type)
    if _GRPC.fullmatch(content):
        return Application.GRPC
    if content in _DNS or any(_media_type(each) in _DNS for each in accept.split(",")):
        return Application.DNS_OVER_HTTPS
    return Application.DNS_OVER_HTTPS if _asks_dns(path) else Application.WEB_BROWSING


def _media_type(text: str) -> str:
    return text.partition(";")[0].strip().lower()


def _asks_dns(path: str) -> bool:
    """RFC 8484 section 4.1 with the usual path: servers answer where Accept is left out, too."""
    place, _, query = path.partition("?")
    keys = {pair.partition("=")[0] for pair in query.split("&")}
    return place.rstrip("/").endswith("/dns-query") and bool(keys & {"dns", "name"})


def _first(data: bytes, tests: tuple[Callable[[bytes], Verdict], ...]) -> Application | None:
    """The first test that does not rule its application out decides, or waits."""
    if not data:
        return None
    for test in tests:
        verdict = test(data)
        if verdict is not False:
            return verdict if isinstance(verdict, Application) else None
    return Application.UNKNOWN_TCP


def _starts(application: Application, *signs: bytes) -> Callable[[bytes], Verdict]:
    def test(data: bytes) -> Verdict:
        if data.startswith(signs):
            return application
        return None if any(sign.startswith(data) for sign in signs) else False

    return test


def _tls(data: bytes) -> Verdict:
    """RFC 8446 section 5.1: a record of the handshake, and in it a client's hello."""
    wanted = (b"\x16", b"\x03", b"\x00\x01\x02\x03\x04", None, None, b"\x01")
    return _bytes(data, wanted, Application.SSL)


def _rdp(data: bytes) -> Verdict:
    """[MS-RDPBCGR] 2.2.1.1 and 2.2.1.3: TPKT with an X.224 connection request; or, where TLS has
    begun already, with the MCS Connect Initial."""
    request = _bytes(data, (b"\x03", b"\x00", None, None, None, b"\xe0"), Application.RDP)
    if request is not False:
        return request
    connect = (b"\x03", b"\x00", None, None, b"\x02", b"\xf0", b"\x80", b"\x7f", b"\x65")
    return _bytes(data, connect, Application.RDP)


def _credssp(data: bytes) -> Verdict:
    """[MS-CSSP] 2.2.1: a TSRequest, that is a sequence which opens with its version as [0]."""
    if data[:1] != b"\x30":
        return False
    more = _LENGTHS.get(data[1], 0) if len(data) > 1 else 0
    version = (b"\xa0", b"\x03", b"\x02", b"\x01", b"\x02\x03\x04\x05\x06\x07")
    return _bytes(data, (b"\x30", None, *(None,) * more, *version), Application.RDP)


def _bytes(data: bytes, wanted: tuple[bytes | None, ...], found: Application) -> Verdict:
    """Each byte is one of those that its place allows; None allows any."""
    for value, allowed in zip(data, wanted, strict=False):
        if allowed is not None and value not in allowed:
            return False
    return found if len(data) >= len(wanted) else None


def _http(data: bytes) -> Verdict:
    """RFC 9112 section 3; of a request line that is longer than `SPAN` its beginning must do."""
    begun = data.lstrip(b"\r\n")  # section 2.2: empty lines before it are ignored
    line, end, _ = begun.partition(b"\n")
    if end:
        return Application.WEB_BROWSING if _REQUEST.fullmatch(line.rstrip(b"\r")) else False
    if len(data) < SPAN:
        return None if _BEGUN.fullmatch(begun.rstrip(b"\r")) else False
    return Application.WEB_BROWSING if _TARGET.match(begun) else False


def _imap_command(data: bytes) -> Verdict:
    """RFC 3501 section 2.2.1, by a client that did not wait for the greeting."""
    line, end, _ = data.partition(b"\n")
    if end or len(data) == SPAN:
        return Application.IMAP if _TAGGED.match(line) else False
    return None if _TAGGED.match(line) or _TAG_BEGUN.fullmatch(line.rstrip(b"\r")) else False


def _smtp_command(data: bytes) -> Verdict:
    verb, rest = data[:4].upper(), data[4:5]
    if len(verb) < 4:
        return None if any(known.startswith(verb) for known in _SMTP) else False
    if verb not in _SMTP:
        return False
    return (Application.SMTP if rest in b" \r\n" else False) if rest else None


def _code_220(data: bytes) -> Verdict:
    """Whoever greets with 220 is taken for a mail server here, until more is known."""
    if len(data) < 4:
        return None if b"220".startswith(data[:3]) else False
    return Application.SMTP if data[:3] == b"220" and data[3:4] in b" -\r\n" else False


def _mail_or_files(client: bytes, server: bytes) -> Application | None:
    """By the words of the whole greeting, else by the client's first command that tells."""
    greeting = _GREETING.match(server)
    if not greeting and len(server) < SPAN:
        return None
    words = set(_words(greeting[0] if greeting else server))
    mail = bool(words & {b"smtp", b"esmtp", b"lmtp"})
    files = any(word.endswith((b"ftp", b"ftpd")) for word in words)
    if mail != files:
        return Application.SMTP if mail else Application.FTP
    for line in client.split(b"\n")[:-1]:
        verb = line.strip().partition(b" ")[0].upper()
        if verb in _SMTP:
            return Application.SMTP
        if verb in _FTP:
            return Application.FTP
    return Application.UNKNOWN_TCP if len(client) == SPAN else None


def _words(greeting: bytes) -> Iterator[bytes]:
    """Host names and versions are left out: a mail server may be called ftp.example.com."""
    for word in greeting.lower().split():
        bare = word.strip(b"()[]<>,;:.!-*")
        if b"." not in bare:
            yield bare


_SSH = _starts(Application.SSH, b"SSH-2.0-", b"SSH-1.99-")  # RFC 4253 section 4.2
_BY_GREETING = (
    _SSH,
    _starts(Application.IMAP, b"* OK", b"* PREAUTH", b"* BYE"),  # RFC 3501 section 7.1
    _starts(Application.POP3, b"+OK"),  # RFC 1939 section 4
    _code_220,
)
_BY_CLIENT = (
    _tls,
    _SSH,
    _starts(Application.BITTORRENT, b"\x13BitTorrent protocol"),  # BEP 3
    _rdp,
    _credssp,
    _http,
    _smtp_command,
    _imap_command,
)
