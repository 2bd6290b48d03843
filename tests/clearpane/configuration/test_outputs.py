"""Outputs are checked whole, so that the file stays valid when a later version uses them."""

import pytest

from clearpane.configuration.outputs import Format, Header, Output, OutputType, Transport, parse
from clearpane.documents.reading import read
from clearpane.errors import Problems


def parsed(*blocks: str) -> tuple[tuple[Output, ...], list[str]]:
    problems = Problems()
    document = read(f"outputs: [{', '.join(blocks)}]", "s.yaml", problems)
    assert document is not None
    return parse(document), [str(problem) for problem in problems.found]


def test_files_and_syslog_servers() -> None:
    found, problems = parsed(
        "{name: siem, type: syslog, transport: tcp, host: 127.0.0.1, port: 601, format: pan-os}",
        "{name: audit, type: file, path: var/log/audit.cef, format: cef}",
        "{name: local, type: syslog, transport: unix, path: /dev/log, header: ietf, format: ecs}",
        "{name: plain, type: syslog, host: log.example.com}",
    )
    assert not problems
    assert found == (
        Output("siem", OutputType.SYSLOG, Format.PAN_OS, "", Transport.TCP, "127.0.0.1", 601),
        Output("audit", OutputType.FILE, Format.CEF, "var/log/audit.cef"),
        Output(
            "local",
            OutputType.SYSLOG,
            Format.ECS,
            "/dev/log",
            Transport.UNIX,
            header=Header.IETF,
        ),
        Output("plain", OutputType.SYSLOG, host="log.example.com", port=514),
    )


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (["{type: file, path: a}"], "output 1: name is missing"),
        (["{name: a, path: a}"], 'output "a": type is missing'),
        (["{name: a, type: file}"], 'output "a": path is missing'),
        (["{name: a, type: syslog}"], 'output "a": host is missing'),
        (["{name: a, type: syslog, transport: unix}"], 'output "a": path is missing'),
        (["{name: a, type: file, path: a, host: b}"], 'output "a": unknown key host'),
        (["{name: a, type: fiel, path: a}"], 'output "a": type must be file or syslog'),
        (
            ["{name: a, type: file, path: a, format: leef}"],
            'output "a": format must be json, pan-os, cef or ecs',
        ),
        (["{name: a, type: syslog, host: b, port: 0514}"], 'output "a": port has a leading zero'),
        (
            ["{name: a, type: file, path: a}", "{name: a, type: file, path: b}"],
            'output "a": the name a is taken already (rename one of the two)',
        ),
    ],
    ids=[
        "no name",
        "no type",
        "a file without a path",
        "a server without a host",
        "a Unix socket without a path",
        "a file with a host",
        "a misspelt type",
        "an unknown format",
        "a port in octal",
        "one name twice",
    ],
)
def test_refusals(blocks: list[str], message: str) -> None:
    (error,) = parsed(*blocks)[1]
    assert f": error: {message}" in error
