"""Every key of settings.yaml: its value, or an error at its place; what does nothing is said."""

import pytest

from clearpane.configuration.settings import Captures, Fetch, Revocation, Settings, parse
from clearpane.documents.reading import read
from clearpane.errors import Problems
from clearpane.records.capture_format import CaptureFormat


def parsed(text: str) -> tuple[Settings, list[str]]:
    problems = Problems()
    document = read(text, "s.yaml", problems)
    assert document is not None
    return parse(document), [str(problem) for problem in problems.found]


def test_without_the_file_all_is_as_on_a_new_firewall() -> None:
    default = parse(None)
    assert (default.max_sessions, default.handshake_timeout) == (1024, 10)
    assert not (default.deny_setup_failure or default.notify_user or default.block_on_log_failure)
    assert not default.url_proxy and default.override_file is None
    assert default.captures == Captures(CaptureFormat.PCAP, 1 << 30, 1000)
    assert default.antivirus.scan_limit == 32 << 20 and default.antivirus.hold_budget == 512 << 20
    assert parsed("{}") == (default, [])


def test_every_value_is_read() -> None:
    found, problems = parsed("""\
users: {file: users.txt}
handshake-timeout: 0.5
on-log-failure: block
revocation: {ocsp-receive-timeout: 1, crl-receive-timeout: 2, cert-status-timeout: 60}
fetch: {allow-private-addresses: true}
antivirus: {scan-limit: 1MiB}
ssl-decrypt: {notify-user: yes, url-proxy: yes}
url-admin-override: {password-file: override.txt}
captures: {format: pcapng, total: 5MiB, kept: 10}
""")
    assert not problems
    assert found.users_file == "users.txt"
    assert str(found.users_file.place) == "s.yaml:1:15"
    assert found.handshake_timeout == 0.5
    assert found.block_on_log_failure
    assert found.revocation == Revocation(False, False, 1, 2, 60)
    assert found.fetch == Fetch(False, True)
    assert found.antivirus.scan_limit == 1 << 20
    assert found.notify_user and found.url_proxy
    assert found.override_file == "override.txt"
    assert found.captures == Captures(CaptureFormat.PCAPNG, 5 << 20, 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "max-session: 5",
            '1:1: error: unknown key max-session (did you mean "max-sessions"? else remove it)',
            id="a misspelt key",
        ),
        pytest.param(
            "max-sessions: 0",
            "1:15: error: max-sessions must be 1 to 1000000, not 0",
            id="no sessions",
        ),
        pytest.param(
            "handshake-timeout: 10s",
            '1:20: error: handshake-timeout must be a number, not "10s"',
            id="a unit where seconds are meant",
        ),
        pytest.param(
            "revocation: {ocsp-receive-timeout: 61}",
            "1:36: error: revocation: ocsp-receive-timeout must be 1 to 60, not 61",
            id="over the firewall's range",
        ),
        pytest.param(
            "revocation: {oscp: true}",
            '1:14: error: revocation: unknown key oscp (did you mean "ocsp"? else remove it)',
            id="a misspelt key further down",
        ),
        pytest.param(
            "on-log-failure: stop",
            "1:17: error: on-log-failure must be continue or block",
            id="a word that is none of the two",
        ),
        pytest.param(
            "deny-setup-failure: on",
            '1:21: error: deny-setup-failure must be true or false, not "on"',
            id="on is no flag",
        ),
        pytest.param(
            "learned-exclusions: {pinned: lern}",
            "1:30: error: learned-exclusions: pinned must be off, suggest or learn "
            '(did you mean "learn"?)',
            id="an unknown way to learn",
        ),
        pytest.param("users: {}", "1:8: error: users: file is missing", id="users without a file"),
        pytest.param(
            "url-admin-override: {}",
            "1:21: error: url-admin-override: password-file is missing",
            id="an override without a password",
        ),
        pytest.param(
            "ssl-decrypt: {urlproxy: yes}",
            '1:15: error: ssl-decrypt: unknown key urlproxy (did you mean "url-proxy"? '
            "else remove it)",
            id="a slip in ssl-decrypt",
        ),
        pytest.param(
            "captures: {format: cap}",
            '1:20: error: captures: format must be pcap or pcapng (did you mean "pcap"?)',
            id="a format that is none",
        ),
        pytest.param(
            "captures: {total: 1KiB}",
            "1:19: error: captures: total must be 1048576 to 1152921504606846976, not 1024",
            id="room for no capture",
        ),
        pytest.param(
            "captures: {kept: 0}",
            "1:18: error: captures: kept must be 1 to 1000000, not 0",
            id="no captures",
        ),
        pytest.param(
            "antivirus: yes",
            '1:12: error: antivirus must be a block of keys, not "yes"',
            id="a word where a block belongs",
        ),
    ],
)
def test_refusals(text: str, message: str) -> None:
    assert parsed(text)[1] == [f"s.yaml:{message}"]


def test_what_is_switched_on_and_not_acted_on_yet_is_a_warning() -> None:
    assert parsed("outputs: [{name: a, type: file, path: a.log}]")[1] == [
        "s.yaml:1:10: warning: outputs is not acted on yet: "
        "records are written to the state folder alone"
    ]
