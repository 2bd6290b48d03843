"""A capture is read by the real tshark, which finds nothing wrong and exports the file."""

import hashlib
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearpane.records.exchange import Exchange, request, response
from clearpane.records.pcap import build

AT = datetime(2026, 11, 25, 12, 0, 0, 999_990, tzinfo=UTC)
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CHECKED = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]


def an_exchange(
    body: bytes,
    *,
    client: str = "10.1.2.3",
    server: str = "192.0.2.9",
    port: int = 443,
    upload: bytes = b"",
) -> Exchange:
    asked = request(
        "POST" if upload else "GET",
        "/eicar.com",
        "files.example",
        [(b"User-Agent", b"curl"), (b"Content-Type", b"application/octet-stream")],
        upload,
    )
    said = response(200, "OK", [(b"Content-Type", b"application/octet-stream")], body)
    return Exchange(AT, client, 50_000, server, port, asked, said if body else b"")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return tmp_path / "one.pcap"


def tshark(path: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["tshark", "-r", str(path), *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def exported(path: Path, folder: Path, *arguments: str) -> dict[str, bytes]:
    tshark(path, "-q", "--export-objects", f"http,{folder}", *arguments)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize(
    ("client", "server"),
    [
        pytest.param("10.1.2.3", "192.0.2.9", id="IPv4"),
        pytest.param("2001:db8::1", "2001:db8::2", id="IPv6"),
        pytest.param("10.1.2.3", "2001:db8::2", id="a client with IPv4, a server with IPv6"),
        pytest.param("fe80::1%eth0", "192.0.2.9", id="the other way round, with a zone"),
        pytest.param("10.1.2.3", "", id="no server yet"),
    ],
)
@pytest.mark.parametrize("port", [80, 443, 8443])
def test_tshark_exports_the_file(
    capture: Path, tmp_path: Path, client: str, server: str, port: int
) -> None:
    capture.write_bytes(build(an_exchange(EICAR, client=client, server=server, port=port)))
    files = exported(capture, tmp_path / "out", "-d", f"tcp.port=={port},http")
    assert files == {"eicar.com": EICAR}


def test_an_upload_is_exported_without_a_response(capture: Path, tmp_path: Path) -> None:
    capture.write_bytes(build(an_exchange(b"", upload=EICAR)))
    assert exported(capture, tmp_path / "out", "-d", "tcp.port==443,http") == {"eicar.com": EICAR}


@pytest.mark.parametrize("size", [1, 1459, 1460, 1461, 70_001, 3_000_000])
@pytest.mark.parametrize("server", ["192.0.2.9", "2001:db8::2"])
def test_large_files_are_exact(capture: Path, tmp_path: Path, size: int, server: str) -> None:
    body = hashlib.shake_128(b"clearpane").digest(size)
    capture.write_bytes(build(an_exchange(body, server=server)))
    assert exported(capture, tmp_path / "out", "-d", "tcp.port==443,http") == {"eicar.com": body}


@pytest.mark.parametrize("client", ["10.1.2.3", "2001:db8::1"])
def test_tshark_finds_nothing_wrong(capture: Path, client: str) -> None:
    body = hashlib.shake_128(b"clearpane").digest(200_001)
    capture.write_bytes(build(an_exchange(body, client=client, port=80)))
    checks = tshark(capture, *CHECKED, "-T", "fields", "-e", "tcp.checksum.status")
    assert set(checks.split()) == {"1"}
    if ":" not in client:
        good = tshark(capture, *CHECKED, "-T", "fields", "-e", "ip.checksum.status")
        assert set(good.split()) == {"1"}
    flying = tshark(capture, "-T", "fields", "-e", "tcp.analysis.bytes_in_flight").split()
    assert max(map(int, flying)) <= 0xFFFF
    wrong = "tcp.analysis.flags || _ws.malformed || _ws.expert.severity >= 0x600000"
    assert tshark(capture, *CHECKED, "-Y", wrong) == ""


def test_every_sum_of_words_checks_out(capture: Path) -> None:
    """Segments that differ in one word each, so that sums which are special occur."""
    body = b"".join(word.to_bytes(2) + bytes(1458) for word in range(0, 65_536, 64))
    for padding in range(3):
        capture.write_bytes(build(an_exchange(b"a" * padding + body)))
        checks = tshark(capture, *CHECKED, "-T", "fields", "-e", "tcp.checksum.status")
        assert set(checks.split()) == {"1"}


def test_the_session_has_a_beginning_and_an_end(capture: Path) -> None:
    capture.write_bytes(build(an_exchange(EICAR)))
    flags = tshark(capture, "-T", "fields", "-e", "tcp.flags").split()
    assert [int(flag, 16) for flag in flags] == [
        *(0x02, 0x12, 0x10),
        *(0x18, 0x10),
        *(0x18, 0x10),
        *(0x11, 0x11, 0x10),
    ]
    times = [float(x) for x in tshark(capture, "-T", "fields", "-e", "frame.time_epoch").split()]
    assert times[0] == AT.timestamp() and times == sorted(times)


def test_segments_fit_an_ethernet_frame(capture: Path) -> None:
    for client in ("10.1.2.3", "2001:db8::1"):
        capture.write_bytes(build(an_exchange(bytes(50_000), client=client)))
        sizes = tshark(capture, "-T", "fields", "-e", "frame.len").split()
        assert max(map(int, sizes)) == 1500


def test_a_mebibyte_takes_well_under_a_tenth_of_a_second_of_cpu() -> None:
    exchange = an_exchange(bytes(1024 * 1024))
    start = time.thread_time()
    build(exchange)
    assert time.thread_time() - start < 0.1
