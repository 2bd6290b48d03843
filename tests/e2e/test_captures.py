"""The packet captures: evidence for each finding that tshark reads, linked from its record."""

import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from e2e.harness import bodies, clients
from e2e.harness.origins import Origin
from e2e.harness.process import Gateway, environment
from e2e.harness.site import DECRYPT, Record, Site
from e2e.harness.wait import until
from e2e.harness.ways import NAMES, WAYS, Ways
from e2e.harness.zoo import Zoo

HOST, LONG, QUIET = "files.zoo.test", "long.zoo.test", "quiet.zoo.test"
CAPTURED = 0x80000000
KEPT = 3


def _tar() -> bytes:
    """The virus between much that is clean: found in a body that is passed on already."""
    out = io.BytesIO()
    members = {"clean": bodies.clean(3 << 20), "eicar.com": bodies.EICAR, "rest": bytes(1 << 20)}
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


TAR = _tar()


def _site(folder: Path, zoo: Zoo, **captures: object) -> Site:
    """By host: captures of the finding alone, of what went before it too, and none."""
    virus = {"http": {"action": "reset-both"}, "http2": {"action": "reset-both"}}
    site = Site(
        folder,
        roots=[zoo.root],
        decryption=[DECRYPT],
        profiles={
            "antivirus": {
                "default": virus | {"packet-capture": "single"},
                "long": virus | {"packet-capture": "extended"},
                "quiet": virus | {"packet-capture": False},
            }
        },
        categories={"long": [LONG], "quiet": [QUIET]},
        settings={"captures": captures} if captures else None,
    )
    rules = [
        {"name": name, "category": [name], "action": "allow", "profiles": {"virus": name}}
        for name in ("long", "quiet")
    ]
    rest = {"name": "rest", "action": "allow", "profiles": {"virus": "default"}}
    site.write("security.yaml", {"rules": [*rules, rest]})
    return site


@pytest.fixture(scope="module")
def origins(zoo: Zoo) -> Iterator[tuple[Origin, Origin]]:
    with Origin() as plain, Origin(zoo.leaf(NAMES)) as tls:
        for origin in (plain, tls):
            origin.contents.files |= {"large.tar": TAR, "locked.zip": bodies.LOCKED_ZIP}
        yield plain, tls


@pytest.fixture(scope="module")
def ways(folder: Path, zoo: Zoo, origins: tuple[Origin, Origin]) -> Iterator[Ways]:
    with Gateway(_site(folder / "pcap", zoo)) as gateway:
        yield Ways(gateway, *origins)


@pytest.fixture(scope="module")
def commented(folder: Path, zoo: Zoo, origins: tuple[Origin, Origin]) -> Iterator[Ways]:
    """Keeps the last few, as pcapng."""
    with Gateway(_site(folder / "pcapng", zoo, format="pcapng", kept=KEPT)) as gateway:
        yield Ways(gateway, *origins)


def tool(ways: Ways, name: str, *arguments: str | Path) -> str:
    """What one of Wireshark's programs says."""
    program = shutil.which(name)
    assert program, f"{name} is missing"
    done = subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        env=environment(ways.site.folder),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def evidence(ways: Ways, reply: clients.Reply, form: str = "pcap") -> tuple[Record, Path]:
    """The threat record and the file that it names."""
    record = ways.threat(reply)
    assert int(record["flags"], 16) & CAPTURED
    path = ways.site.state / "pcap" / f"{record['pcap_id']}.{form}"
    until(path.exists, "the capture")
    return record, path


def uris(ways: Ways, path: Path) -> list[str]:
    """What was asked for, by the number of the TCP session."""
    words = ("-Y", "http.request", "-T", "fields", "-e", "tcp.stream", "-e", "http.request.uri")
    return tool(ways, "tshark", "-r", path, *words).split("\n")[:-1]


def hole(ways: Ways, path: Path) -> int:
    """The bytes that following the stream says are missing."""
    said = tool(ways, "tshark", "-r", path, "-q", "-z", "follow,tcp,ascii,0")
    lines = [line for line in said.splitlines() if "bytes missing in capture file" in line]
    return sum(int(line.strip("[").split()[0]) for line in lines)


# One finding


@pytest.mark.parametrize("way", WAYS)
def test_a_finding_in_a_body_that_is_passed_on_shows_its_beginning_and_its_end(
    ways: Ways, way: str
) -> None:
    reply = ways.fetch(way, f"{HOST}/files/large.tar")

    assert reply.error, "the transfer was ended"
    assert bodies.EICAR not in reply.body
    assert reply.body == TAR[: len(reply.body)]
    record, path = evidence(ways, reply)
    assert record["threatid"] == "Eicar Test File(100000)"
    assert record["member"] == "eicar.com"
    assert record["delivered"] == len(reply.body) > 2 << 20
    assert record["pcap_missing"] > 1 << 20
    assert hole(ways, path) == record["pcap_missing"]
    shown = path.read_bytes()
    assert TAR[:1024] in shown
    assert bodies.EICAR in shown


@pytest.mark.parametrize("way", WAYS)
def test_an_upload_with_a_finding_is_shown(ways: Ways, way: str, tmp_path: Path) -> None:
    (tmp_path / "eicar.com").write_bytes(bodies.EICAR)
    reply = ways.fetch(way, f"{HOST}/up/eicar.com", "-T", tmp_path / "eicar.com")
    record, path = evidence(ways, reply)
    assert record["direction"] == "client-to-server"
    assert "pcap_missing" not in record
    assert uris(ways, path) == ["0\t/up/eicar.com"]
    assert bodies.EICAR in path.read_bytes()


def test_what_could_not_be_judged_is_captured_too(ways: Ways, tmp_path: Path) -> None:
    reply = ways.fetch("https", f"{HOST}/files/locked.zip")
    record, path = evidence(ways, reply)
    assert record["reason"] == ["unscanned-encrypted"]
    tool(ways, "tshark", "-r", path, "-q", "--export-objects", f"http,{tmp_path / 'found'}")
    assert (tmp_path / "found" / "locked.zip").read_bytes() == bodies.LOCKED_ZIP


def test_without_packet_capture_there_is_none(ways: Ways) -> None:
    reply = ways.fetch("https", f"{QUIET}/files/eicar.com")
    record = ways.threat(reply)
    assert record["rule"] == "quiet"
    assert not int(record["flags"], 16) & CAPTURED
    assert "pcap_id" not in record


def test_captures_are_for_their_owner_only(ways: Ways) -> None:
    _, path = evidence(ways, ways.fetch("https", f"{HOST}/files/eicar.com"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


# What went before


@pytest.mark.parametrize("way", WAYS)
def test_an_extended_capture_shows_what_went_before(ways: Ways, way: str) -> None:
    scheme = "http" if way == "http" else "https"
    before = [f"{scheme}://{LONG}/page?{number}" for number in range(3)]
    reply = ways.fetch(way, f"{LONG}/files/eicar.com", *before)
    record, path = evidence(ways, reply)
    found = uris(ways, path)
    assert {line.split("\t")[0] for line in found} == {"0"}
    asked = [line.split("\t")[1] for line in found]
    assert asked == [*(f"/page?{number}" for number in range(3)), "/files/eicar.com"]
    assert record["url"].endswith("/files/eicar.com")


def test_a_single_capture_shows_the_finding_alone(ways: Ways) -> None:
    reply = ways.fetch("https", f"{HOST}/files/eicar.com", f"https://{HOST}/page")
    _, path = evidence(ways, reply)
    assert uris(ways, path) == ["0\t/files/eicar.com"]


# With the record inside


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", [HOST, LONG], ids=["single", "extended"])
def test_pcapng_carries_the_record(commented: Ways, way: str, host: str, tmp_path: Path) -> None:
    reply = commented.fetch(way, f"{host}/files/eicar_com.zip")
    record, path = evidence(commented, reply, "pcapng")

    assert path.stat().st_mode & 0o777 == 0o600
    words = ("-Y", "frame.comment", "-T", "fields", "-e", "frame.comment")
    (comment,) = tool(commented, "tshark", "-r", path, *words).splitlines()
    assert json.loads(comment) == record
    assert comment in tool(commented, "capinfos", "-k", path)
    tool(commented, "tshark", "-r", path, "-q", "--export-objects", f"http,{tmp_path / 'found'}")
    (found,) = (tmp_path / "found").iterdir()
    assert found.read_bytes() == bodies.EICAR_FILES["eicar_com.zip"]


def test_no_more_are_kept_than_the_settings_say(commented: Ways) -> None:
    made = []
    for _ in range(KEPT + 2):
        reply = commented.fetch("http", f"{HOST}/files/eicar.com")
        made.append(evidence(commented, reply, "pcapng")[1])
    there = set((commented.site.state / "pcap").iterdir())
    assert there == set(made[-KEPT:])


# A folder that takes none


def test_a_folder_that_takes_no_captures_is_said_once(
    folder: Path, zoo: Zoo, origins: tuple[Origin, Origin]
) -> None:
    with ExitStack() as stack:
        gateway = stack.enter_context(Gateway(_site(folder / "unwritable", zoo)))
        ways = Ways(gateway, *origins)
        place = gateway.site.state / "pcap"
        place.rmdir()
        place.write_text("in the way")
        ways.threat(ways.fetch("http", f"{HOST}/files/eicar.com"))  # it was taken in
        gateway.said("a packet capture can't be written")
        for _ in range(3):
            reply = ways.fetch("https", f"{HOST}/files/eicar.com")
            assert reply.status == 403
            record = ways.threat(reply)
            assert not int(record["flags"], 16) & CAPTURED
            assert not {"pcap_id", "pcap_missing"} & record.keys()
        assert gateway.output.count("a packet capture can't be written") == 1

        place.unlink()
        place.mkdir(mode=0o700)
        ways.threat(ways.fetch("http", f"{HOST}/files/eicar.com"))
        gateway.said("packet captures can be written again")
        evidence(ways, ways.fetch("http", f"{HOST}/files/eicar.com"))
