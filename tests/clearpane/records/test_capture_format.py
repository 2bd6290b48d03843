"""The real tshark reads both forms alike, and gives the file back byte by byte."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearpane.records.capture_format import CaptureFormat, pieces
from clearpane.records.exchange import Exchange, request, response

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
OCTETS = [(b"Content-Type", b"application/octet-stream")]
BODY = hashlib.shake_128(b"clearpane").digest(70_001)
WRONG = "tcp.analysis.flags || _ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0"
CHECKED = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]

type Tshark = Callable[..., str]
type Exported = Callable[..., dict[str, bytes]]


def an_exchange(client: str, server: str) -> Exchange:
    asked = request("POST", "/up/evil.bin", "files.example", OCTETS, b"what went up")
    return Exchange(AT, client, 50_000, server, 443, asked, response(200, "OK", OCTETS, BODY))


@pytest.mark.parametrize("form", list(CaptureFormat), ids=list(CaptureFormat))
@pytest.mark.parametrize(
    ("client", "server"),
    [
        pytest.param("10.1.2.3", "192.0.2.9", id="IPv4"),
        pytest.param("2001:db8::1", "2001:db8::2", id="IPv6"),
        pytest.param("10.1.2.3", "2001:db8::2", id="one of each"),
    ],
)
def test_tshark_exports_what_went_up_and_down(
    tshark: Tshark,
    exported: Exported,
    tmp_path: Path,
    form: CaptureFormat,
    client: str,
    server: str,
) -> None:
    path = tmp_path / f"one.{form}"
    path.write_bytes(b"".join(pieces(form, [an_exchange(client, server)], "said so")))
    assert set(exported(path).values()) == {b"what went up", BODY}
    assert tshark(path, *CHECKED, "-Y", WRONG) == ""
    times = tshark(path, "-T", "fields", "-e", "frame.time_epoch").split()
    assert float(times[0]) == AT.timestamp()


def test_only_pcapng_has_a_place_for_the_comment(tshark: Tshark, tmp_path: Path) -> None:
    found = {}
    for form in CaptureFormat:
        path = tmp_path / f"one.{form}"
        exchange = an_exchange("10.1.2.3", "192.0.2.9")
        path.write_bytes(b"".join(pieces(form, [exchange], "said so")))
        found[form] = tshark(path, "-T", "fields", "-e", "frame.comment").split("\n")
    assert set(found[CaptureFormat.PCAP]) == {""}
    assert "said so" in found[CaptureFormat.PCAPNG]
