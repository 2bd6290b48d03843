"""An engine is on this device, or it is refused."""

import pytest

from clearpane.configuration.engines import Clamd, Engine, Scanning, parse
from clearpane.documents.reading import read
from clearpane.errors import Problems


def parsed(text: str) -> tuple[Scanning, list[str]]:
    problems = Problems()
    document = read(f"antivirus: {text}", "s.yaml", problems)
    assert document is not None
    return parse(document.mapping("antivirus")), [str(problem) for problem in problems.found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{}", Scanning(), id="nothing"),
        pytest.param("{engines: clamd}", Scanning((Engine.CLAMD,)), id="one engine as a word"),
        pytest.param(
            "{engines: [clamd, embedded, clamd]}",
            Scanning((Engine.CLAMD, Engine.EMBEDDED)),
            id="both engines, one of them twice",
        ),
        pytest.param(
            "{hold-limit: 32KiB, scan-limit: 64KiB, hold-budget: 1GiB}",
            Scanning(hold_limit=32_768, scan_limit=65_536, hold_budget=1 << 30),
            id="all limits",
        ),
        pytest.param(
            "{scan-limit: 64KiB}",
            Scanning(hold_limit=65_536, scan_limit=65_536),
            id="a small scan-limit lowers what is held",
        ),
        pytest.param(
            "{clamd: {socket: var/clamd.ctl, timeout: 5}}",
            Scanning(clamd=Clamd("var/clamd.ctl", timeout=5)),
            id="a Unix socket",
        ),
        pytest.param(
            '{clamd: {tcp: "127.0.0.1:3310"}}',
            Scanning(clamd=Clamd("", "127.0.0.1", 3310)),
            id="IPv4 loopback",
        ),
        pytest.param(
            '{clamd: {tcp: "[::1]:3310"}}',
            Scanning(clamd=Clamd("", "::1", 3310)),
            id="IPv6 loopback",
        ),
        pytest.param(
            "{clamd: {tcp: localhost:3310}}",
            Scanning(clamd=Clamd("", "127.0.0.1", 3310)),
            id="loopback by its name",
        ),
    ],
)
def test_what_is_accepted(text: str, expected: Scanning) -> None:
    assert parsed(text) == (expected, [])


def test_without_the_block_the_embedded_engine_scans() -> None:
    assert parse(None).engines == (Engine.EMBEDDED,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "{engines: [embeded]}",
            'antivirus: there is no engine embeded (did you mean "embedded"?)',
            id="a misspelt engine",
        ),
        pytest.param(
            "{engines: [sophos]}",
            "antivirus: there is no engine sophos (engines are embedded and clamd)",
            id="another engine",
        ),
        pytest.param("{engines: []}", "antivirus: engines is an empty list", id="no engine"),
        pytest.param(
            "{hold-limit: 64MiB}",
            "antivirus: hold-limit is more than scan-limit: what is held whole is unpacked whole "
            "(lower hold-limit or raise scan-limit)",
            id="more held than unpacked",
        ),
        pytest.param("{scan-limit: 2GiB}", "antivirus: scan-limit must be", id="too large a limit"),
        pytest.param(
            '{clamd: {tcp: "192.0.2.7:3310"}}',
            "clamd: 192.0.2.7:3310 is not on this device: decrypted content must not leave it "
            "(use a Unix socket or a loopback address such as 127.0.0.1)",
            id="a daemon on another device",
        ),
        pytest.param(
            '{clamd: {tcp: "0.0.0.0:3310"}}', "clamd: 0.0.0.0:3310 is not on", id="any address"
        ),
        pytest.param(
            "{clamd: {tcp: av.example.com:3310}}",
            "clamd: av.example.com:3310 is not on this device",
            id="a name",
        ),
        pytest.param(
            '{clamd: {tcp: "127.0.0.1"}}', "clamd: tcp must be ADDRESS:PORT", id="no port"
        ),
        pytest.param(
            '{clamd: {tcp: "127.0.0.1:99999"}}', "clamd: tcp must be ADDRESS:PORT", id="a bad port"
        ),
        pytest.param(
            '{clamd: {socket: /a, tcp: "127.0.0.1:1"}}',
            "clamd: socket and tcp name two daemons",
            id="two daemons",
        ),
        pytest.param(
            '{clamd: {socket: "192.0.2.7:3310"}}',
            "clamd: '192.0.2.7:3310' is not the path of a socket",
            id="an address where a path belongs",
        ),
        pytest.param("{clamd: {timeout: 0}}", "clamd: timeout must be 1 to 600", id="no patience"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    (error,) = parsed(text)[1]
    assert f": error: {message}" in error
