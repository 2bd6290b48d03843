"""What is written down: the fields, the capture, escaping, and files that are moved away."""

import json
import re
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2e.harness import bodies, clients, origins, pki
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway, environment
from e2e.harness.site import DECRYPT, Record, Site
from e2e.harness.tunnel import Tunnel
from e2e.harness.wait import until
from e2e.harness.zoo import Zoo

HOST = "files.zoo.test"
KINDS = ("threat", "traffic", "decryption")


@pytest.fixture(scope="module")
def tls(zoo: Zoo) -> Iterator[Origin]:
    with Origin(zoo.leaf("*.zoo.test")) as origin:
        yield origin


@pytest.fixture(scope="module")
def plain() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def gateway(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    with Gateway(Site(folder / "site", roots=[zoo.root])) as running:
        yield running


@pytest.fixture(scope="module")
def virus(gateway: Gateway, tls: Origin) -> clients.Reply:
    """One session with a detection in it."""
    url = f"https://{HOST}/files/eicar_com.zip"
    agent = ("-A", 'agent "quoted"')
    return clients.curl(gateway, url, *agent, to=tls.port)


def test_the_threat_record(gateway: Gateway, virus: clients.Reply, tls: Origin) -> None:
    record = gateway.site.record("threat", sport=virus.port)
    wanted = {
        "type": "THREAT",
        "subtype": "virus",
        "threatid": "Eicar Test File(100000)",
        "severity": "medium",
        "direction": "server-to-client",
        "misc": "eicar_com.zip",
        "member": "eicar.com",
        "flags": "0x81000000",
        "decrypted": True,
        "app": "web-browsing",
        "src": "127.0.0.1",
        "sport": virus.port,
        "dst": "127.0.0.1",
        "dport": tls.port,
        "proto": "tcp",
        "from": "trust",
        "to": "trust",
        "sni": HOST,
        "policy_name": "decrypt-all",
        "user_agent": 'agent "quoted"',
    }
    assert record | wanted == record
    assert record["action"] in ("reset-both", "block")
    assert_fresh(record)


def test_the_traffic_record(gateway: Gateway, virus: clients.Reply, tls: Origin) -> None:
    record = gateway.site.record("traffic", sport=virus.port)
    wanted = {
        "type": "TRAFFIC",
        "app": "web-browsing",
        "decrypted": True,
        "sni": HOST,
        "dport": tls.port,
        "policy_name": "decrypt-all",
        "session_end_reason": "threat",
    }
    assert record | wanted == record
    assert record["bytes"] == record["bytes_sent"] + record["bytes_received"] > 0
    assert int(record["flags"], 16) & 0x01000000
    assert not record.get("reason")
    assert_fresh(record)


def test_the_decryption_record(gateway: Gateway, virus: clients.Reply, tls: Origin) -> None:
    record = gateway.site.record("decryption", sport=virus.port)
    real = clients.handshake(None, HOST, tls.port, trust=gateway.site.trust_file).leaf
    wanted = {
        "type": "DECRYPTION",
        "action": "allow",
        "authority": "forward-trust",
        "policy_name": "decrypt-all",
        "sni": HOST,
        "tls_version": "TLS1.3",
        "cn": "*.zoo.test",
        "issuer_cn": "Zoo Issuing",
        "root_cn": "Zoo Root",
        "revocation": "unchecked",
        "fingerprint": bodies.digest(real.der),
    }
    assert record | wanted == record
    assert int(record["cert_serial"], 16) == real.serial
    assert_fresh(record)


def test_the_three_records_of_a_session_share_its_number(
    gateway: Gateway, virus: clients.Reply
) -> None:
    numbers = {gateway.site.record(kind, sport=virus.port)["sessionid"] for kind in KINDS}
    assert len(numbers) == 1


def assert_fresh(record: Record) -> None:
    """Its time is local, in the firewall's form, and just now."""
    at = datetime.strptime(record["time_generated"], "%Y/%m/%d %H:%M:%S").astimezone(UTC)
    assert abs(pki.NOW - at) < timedelta(minutes=15)


def test_nothing_of_a_body_or_a_key_is_in_the_files(gateway: Gateway, virus: clients.Reply) -> None:
    for kind in KINDS:
        gateway.site.record(kind, sport=virus.port)
        assert bodies.EICAR[:30] not in gateway.site.log(kind).read_bytes()


def test_files_are_for_their_owner_only(gateway: Gateway, virus: clients.Reply) -> None:
    gateway.site.record("threat", sport=virus.port)
    state = gateway.site.state
    captures = until(lambda: list((state / "pcap").iterdir()), "a capture")
    for path in (*captures, *(gateway.site.log(kind) for kind in KINDS)):
        assert path.stat().st_mode & 0o077 == 0, path


# The capture


@pytest.mark.parametrize("way", ["http", "https", "h2"])
@pytest.mark.parametrize("name", ["eicar.com", "eicar_com.zip"])
def test_tshark_exports_the_very_file_from_the_capture(
    gateway: Gateway, tls: Origin, plain: Origin, way: str, name: str, tmp_path: Path
) -> None:
    if way == "http":
        reply = clients.curl(gateway, f"http://127.0.0.1:{plain.port}/files/{name}")
    else:
        protocol = "--http2" if way == "h2" else "--http1.1"
        url = f"https://{HOST}/files/{name}"
        reply = clients.curl(gateway, url, to=tls.port, protocol=protocol)
    record = gateway.site.record("threat", sport=reply.port)
    capture = until(lambda: _capture(gateway.site, record), "the capture")

    exported = tmp_path / "exported"
    said = tshark(gateway, "-r", capture, "--export-objects", f"http,{exported}")

    assert "malformed" not in said.lower()
    assert [path.read_bytes() for path in exported.iterdir()] == [bodies.EICAR_FILES[name]]
    checked = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    bad = "tcp.checksum.status == Bad || ip.checksum.status == Bad || tcp.analysis.flags"
    assert tshark(gateway, "-r", capture, *checked, "-Y", bad) == ""
    fields = tshark(gateway, "-r", capture, "-T", "fields", "-e", "tcp.port").split()[0]
    assert str(reply.port) in fields.split(",")


def _capture(site: Site, record: Record) -> Path | None:
    found = list((site.state / "pcap").glob(f"*{record['pcap_id']}*.pcap"))
    return found[0] if found else None


def tshark(gateway: Gateway, *arguments: str | Path) -> str:
    program = shutil.which("tshark")
    assert program, "tshark is missing"
    done = subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        env=environment(gateway.site.folder),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# What outsiders say


SNI = {
    "quotes": b'"quoted".zoo.test',
    "line ends": b"a\r\nb.zoo.test\r\n",
    "a NUL": b"files.zoo.test\0.evil",
    "right to left": "zoo\u202etset.test".encode(),
    "not UTF-8": b"\xff\xfe\xfd.zoo.test",
    "250 bytes": b"x" * 250,
    "a closing brace": b'"},{"x":"',
}


@pytest.mark.parametrize("label", SNI)
def test_an_odd_server_name_is_escaped_and_never_passed(
    gateway: Gateway, tls: Origin, label: str
) -> None:
    with Tunnel(gateway, tls.port) as tunnel:
        stand_in = _host_of(len(SNI[label]))
        odd = tunnel.hello(stand_in).replace(stand_in.encode(), SNI[label])
        tunnel.socket.sendall(odd)
        answer = tunnel.rest()
        port = tunnel.source_port
    real = clients.handshake(None, HOST, tls.port, trust=gateway.site.trust_file).leaf.der
    assert real not in answer, "it was passed undecrypted"
    gateway.site.record("traffic", sport=port)
    assert_lines_are_plain(gateway.site)


def _host_of(size: int) -> str:
    """A host name of that many characters."""
    return "".join("." if n % 50 == 49 else "x" for n in range(size - 1)) + "x"


def assert_lines_are_plain(site: Site) -> None:
    """One JSON object a line, and no character in it that a terminal would obey."""
    for kind in KINDS:
        if not site.log(kind).exists():
            continue
        for line in site.log(kind).read_bytes().split(b"\n")[:-1]:
            assert isinstance(json.loads(line), dict)
            text = line.decode("utf-8")
            assert not re.search("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


def test_a_hostile_file_name_stays_on_its_line(gateway: Gateway, tls: Origin) -> None:
    name = 'a"b\\c\u202e.com'
    tls.contents.files[name] = bodies.EICAR
    path = "/files/" + "".join(f"%{octet:02x}" for octet in name.encode())
    reply = clients.curl(gateway, f"https://{HOST}{path}", to=tls.port)
    assert reply.status == 403
    gateway.site.record("threat", sport=reply.port)
    assert_lines_are_plain(gateway.site)


def test_a_hostile_subject_stays_on_its_line(gateway: Gateway) -> None:
    pair = pki.leaf(None, HOST, organization='O="x"\r\nfake: line<script>')
    with Origin(pair) as origin:
        reply = clients.curl(gateway, f"https://{HOST}/page", "-k", to=origin.port)
        assert reply.status == 200
    gateway.site.record("decryption", sport=reply.port)
    assert_lines_are_plain(gateway.site)


# A client that will not have it


def test_a_client_that_rejects_the_leaf_is_recorded_with_its_alert(
    gateway: Gateway, tls: Origin, zoo: Zoo
) -> None:
    reply = clients.curl(gateway, f"https://{HOST}/page", to=tls.port, trust=zoo.root_file)
    assert reply.error == 60
    record = gateway.site.record("decryption", sport=reply.port)
    assert record["reason"] == ["client-rejected-certificate"]
    assert re.search("(?i)unknown.?ca", record["error"])


# Ends


def test_a_reset_by_the_server_is_told_from_its_end(gateway: Gateway, zoo: Zoo) -> None:
    def reset(line: origins.Socket) -> None:
        line.recv(10)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with origins.misbehaving(reset) as server, Tunnel(gateway, server.port) as tunnel:
        tunnel.socket.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        tunnel.rest()
        port = tunnel.source_port
    assert gateway.site.record("traffic", sport=port)["session_end_reason"] == "tcp-rst-from-server"


# What a rule asks to be logged


def test_by_default_only_what_failed_or_is_doubtful_is_in_the_decryption_log(
    folder: Path, zoo: Zoo, tls: Origin
) -> None:
    rule = {name: value for name, value in DECRYPT.items() if name != "log-success"}
    quiet = {**rule, "name": "quiet", "destination": ["quiet.zoo.test"], "log-fail": False}
    site = Site(folder / "default-log", decryption=[quiet, rule], roots=[zoo.root])
    with Origin(pki.leaf(None, HOST)) as forger, Gateway(site) as gateway:
        good = clients.curl(gateway, f"https://{HOST}/page", to=tls.port)
        silent = clients.curl(gateway, "https://quiet.zoo.test/page", "-k", to=forger.port)
        bad = clients.curl(gateway, f"https://{HOST}/page", "-k", to=forger.port)
        site.record("decryption", sport=bad.port)
        for reply in (good, silent):
            assert reply.status == 200
            site.record("traffic", sport=reply.port)
            assert not site.records("decryption", sport=reply.port)


# Files that are moved away


def test_after_sighup_records_go_to_a_new_file(folder: Path, zoo: Zoo, tls: Origin) -> None:
    site = Site(folder / "rotated", roots=[zoo.root])
    with Gateway(site) as gateway:
        before = clients.curl(gateway, f"https://{HOST}/page", to=tls.port)
        site.record("traffic", sport=before.port)
        old = site.log("traffic").rename(site.log("traffic").with_suffix(".old"))
        gateway.reload()
        until(lambda: site.log("traffic").exists(), "a new file")
        after = clients.curl(gateway, f"https://{HOST}/page", to=tls.port)
        site.record("traffic", sport=after.port)
    assert old.read_bytes().count(b"\n") == 1
    assert site.log("traffic").read_bytes().count(b"\n") == 1


def test_a_session_that_is_open_at_the_stop_is_recorded(
    folder: Path, zoo: Zoo, tls: Origin
) -> None:
    site = Site(folder / "stopped", roots=[zoo.root])
    with Gateway(site) as gateway, Tunnel(gateway, tls.port) as tunnel:
        tunnel.start_tls(HOST)
        assert gateway.stop() == 0
        site.record("traffic", sport=tunnel.source_port)
