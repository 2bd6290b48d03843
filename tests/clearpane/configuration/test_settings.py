"""Every key of settings.yaml: its value, or an error at its place; what does nothing is said."""

import pytest

from clearpane.configuration.settings import Fetch, Revocation, Settings, parse
from clearpane.documents.reading import read
from clearpane.errors import Problems


def parsed(text: str) -> tuple[Settings, list[str]]:
    problems = Problems()
    document = read(text, "s.yaml", problems)
    assert document is not None
    return parse(document), [str(problem) for problem in problems.found]


def test_without_the_file_all_is_as_on_a_new_firewall() -> None:
    default = parse(None)
    assert (default.max_sessions, default.handshake_timeout) == (1024, 10)
    assert not (default.deny_setup_failure or default.notify_user or default.block_on_log_failure)
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
""")
    assert not problems
    assert found.users_file == "users.txt"
    assert str(found.users_file.place) == "s.yaml:1:15"
    assert found.handshake_timeout == 0.5
    assert found.block_on_log_failure
    assert found.revocation == Revocation(False, False, 1, 2, 60)
    assert found.fetch == Fetch(False, True)
    assert found.antivirus.scan_limit == 1 << 20


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
            "antivirus: yes",
            '1:12: error: antivirus must be a block of keys, not "yes"',
            id="a word where a block belongs",
        ),
    ],
)
def test_refusals(text: str, message: str) -> None:
    assert parsed(text)[1] == [f"s.yaml:{message}"]


@pytest.mark.parametrize(
    ("text", "consequence"),
    [
        ("ssl-decrypt: {notify-user: yes}", "no opt-out page is shown"),
        (
            "outputs: [{name: a, type: file, path: a.log}]",
            "records are written to the state folder alone",
        ),
    ],
    ids=lambda text: str(text).partition(":")[0],
)
def test_what_is_switched_on_and_not_acted_on_yet_is_a_warning(text: str, consequence: str) -> None:
    key, place = text.partition(":")[0], text.index(": ") + 3
    assert parsed(text)[1] == [
        f"s.yaml:1:{place}: warning: {key} is not acted on yet: {consequence}"
    ]
