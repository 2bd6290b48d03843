"""A session as the gateway leaves it, for all tests of records."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from clearpane.content.applications import Application
from clearpane.rulebase.decision import Action, Decision, Reason
from clearpane.sessions.ends import EndReason
from clearpane.sessions.session import Session
from clearpane.sessions.tls import Leg, ServerCertificate

ZONE = timezone(timedelta(hours=2))
START = datetime(2026, 8, 12, 15, 57, 4, 614_000, tzinfo=ZONE)

type Maker = Callable[..., Session]
type Tshark = Callable[..., str]
type Exported = Callable[..., dict[str, bytes]]


@pytest.fixture
def now() -> datetime:
    return START + timedelta(seconds=9, milliseconds=400)


@pytest.fixture
def a_session() -> Maker:
    """Decrypted, over HTTPS, without any fault; every value can be given another way."""

    def make(**values: object) -> Session:
        session = Session(
            id=4711,
            start=START,
            source="10.1.2.3",
            source_port=50_000,
            destination="192.0.2.9",
            port=443,
            user="alice",
            host="www.example",
            sni="www.example",
            tls=True,
            app=Application.WEB_BROWSING,
            decrypted=True,
            authority="forward-trust",
            client=Leg("TLSv1.3", "TLS_AES_128_GCM_SHA256", "prime256v1"),
            server=Leg("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", "X25519"),
            certificate=ServerCertificate(
                common_name="www.example",
                issuer="CN=Some CA,O=Some",
                issuer_cn="Some CA",
                root="Some Root",
                serial=0xABCDEF,
                fingerprint="ab" * 32,
                not_before=datetime(2026, 1, 1, tzinfo=UTC),
                not_after=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
                version=3,
                bits=2048,
                names=("www.example",),
            ),
            revocation="unchecked",
            bytes_sent=1_000,
            bytes_received=20_000,
            end_reason=EndReason.FINISHED,
        )
        session.decide(
            Decision(
                Action.DECRYPT,
                Reason.NONE,
                "outbound",
                from_zone="trust",
                to_zone="untrust",
                category="shopping",
            )
        )
        for name, value in values.items():
            setattr(session, name, value)
        return session

    return make


@pytest.fixture
def tshark() -> Tshark:
    """Runs the real one on a file and gives what it prints."""

    def run(path: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["tshark", "-r", str(path), *arguments], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def exported(tshark: Tshark, tmp_path: Path) -> Exported:
    """The files that tshark finds in a capture, by their names."""

    def export(path: Path, *arguments: str) -> dict[str, bytes]:
        folder = tmp_path / f"out of {path.name}"
        tshark(path, "-q", "--export-objects", f"http,{folder}", *arguments)
        return {file.name: file.read_bytes() for file in folder.iterdir()}

    return export
