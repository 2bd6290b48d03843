"""Mails in decrypted SMTP, POP3 and IMAP: looked into as they flow, both ways."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest

from e2e.harness import bodies, mailboxes, speaking
from e2e.harness.mailboxes import DEEDS, Mailbox
from e2e.harness.process import Gateway
from e2e.harness.site import Record, Site
from e2e.harness.zoo import Zoo

HOST = "mail.zoo.test"


@cache
def mail(size: int, *, infected: bool) -> bytes:
    """With an attachment of `size` bytes, and behind it, where it is infected, the virus."""
    message = EmailMessage()
    message["Subject"] = "invoice"
    message.set_content("see the attachment\n.a line with a dot\n")
    message.add_attachment(
        bodies.clean(size), maintype="application", subtype="octet-stream", filename="a.bin"
    )
    if infected:
        message.add_attachment(
            bodies.EICAR, maintype="application", subtype="x-com", filename="eicar.com"
        )
    return message.as_bytes().replace(b"\n", b"\r\n")


@dataclass
class Seen:
    """`got`: what came at the client; `error`: how it ended otherwise; `port`: where it was."""

    box: Mailbox
    got: bytes
    error: str
    port: int

    @property
    def arrived(self) -> list[bytes]:
        """The complete mails at whoever was to get them."""
        return self.box.received or [self.got] * bool(self.got)


def do(gateway: Gateway, zoo: Zoo, deed: str, letter: bytes) -> Seen:
    application, act, _ = DEEDS[deed]
    box, got, error = Mailbox(letter), b"", ""
    with mailboxes.server(application, zoo.leaf(HOST), box) as server:
        try:
            with speaking.inside(gateway, server.port, HOST) as (session, port):
                got = act(session, letter)
        except speaking.GONE as gone:
            error = repr(gone)
    return Seen(box, got, error, port)


@pytest.fixture(scope="module")
def alerting(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    """As shipped."""
    with Gateway(Site(folder / "alerts", roots=[zoo.root])) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def blocking(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    profile = {name: {"action": "reset-both"} for name in ("smtp", "pop3", "imap")}
    profiles = {"antivirus": {"default": {**profile, "packet-capture": True}}}
    with Gateway(Site(folder / "blocks", profiles=profiles, roots=[zoo.root])) as gateway:
        yield gateway


def record(gateway: Gateway, deed: str, seen: Seen) -> Record:
    """The one threat record of a session that is over."""
    application, _, direction = DEEDS[deed]
    traffic = gateway.site.record("traffic", sport=seen.port)
    assert (traffic["app"], traffic["decrypted"]) == (application, True)
    found = gateway.site.record("threat", sport=seen.port)
    wanted = {
        "threatid": "Eicar Test File(100000)",
        "app": application,
        "direction": direction,
        "member": "eicar.com",
        "decrypted": True,
    }
    assert found | wanted == found
    return found


@pytest.mark.parametrize("size", [100, 300_000])
@pytest.mark.parametrize("deed", DEEDS)
def test_an_infected_mail_arrives_and_is_recorded(
    alerting: Gateway, zoo: Zoo, deed: str, size: int
) -> None:
    letter = mail(size, infected=True)
    seen = do(alerting, zoo, deed, letter)
    assert not seen.error and seen.arrived == [letter], seen.error
    assert record(alerting, deed, seen)["action"] == "alert"


@pytest.mark.parametrize("size", [100, 300_000])
@pytest.mark.parametrize("deed", DEEDS)
def test_a_reset_ends_the_connection_before_the_mail_is_complete(
    blocking: Gateway, zoo: Zoo, deed: str, size: int
) -> None:
    letter = mail(size, infected=True)
    seen = do(blocking, zoo, deed, letter)
    assert seen.error and not seen.arrived
    assert letter[-200:] not in seen.box.heard
    assert record(blocking, deed, seen)["action"] == "reset-both"
    traffic = blocking.site.record("traffic", sport=seen.port)
    assert traffic["session_end_reason"] == "threat"


@pytest.mark.parametrize("deed", DEEDS)
def test_a_clean_mail_arrives_as_it_is(blocking: Gateway, zoo: Zoo, deed: str) -> None:
    letter = mail(5_000_000, infected=False)
    seen = do(blocking, zoo, deed, letter)
    assert not seen.error and seen.arrived == [letter], seen.error
    traffic = blocking.site.record("traffic", sport=seen.port)
    assert traffic["app"] == DEEDS[deed][0]
    assert not blocking.site.records("threat", sport=seen.port)


def locked() -> bytes:
    """A mail with an encrypted attachment."""
    message = EmailMessage()
    message.set_content("the password is infected")
    message.add_attachment(
        bodies.LOCKED_ZIP, maintype="application", subtype="zip", filename="locked.zip"
    )
    return message.as_bytes().replace(b"\n", b"\r\n")


@pytest.mark.parametrize("deed", DEEDS)
def test_a_mail_that_nobody_can_read_is_never_passed_in_silence(
    alerting: Gateway, zoo: Zoo, deed: str
) -> None:
    """`on-unscanned: block` is how profiles are shipped; in mail the decoder's alert is enough."""
    letter = locked()
    seen = do(alerting, zoo, deed, letter)
    assert not seen.error and seen.arrived == [letter], seen.error
    assert unread(alerting, seen)["action"] == "alert"


@pytest.mark.parametrize("deed", DEEDS)
def test_a_mail_that_nobody_can_read_ends_where_an_infected_one_would(
    blocking: Gateway, zoo: Zoo, deed: str
) -> None:
    seen = do(blocking, zoo, deed, locked())
    assert seen.error and not seen.arrived
    assert unread(blocking, seen)["action"] == "block"


def unread(gateway: Gateway, seen: Seen) -> Record:
    gateway.site.record("traffic", sport=seen.port)
    found = gateway.site.record("threat", sport=seen.port)
    assert (found["threatid"], found["reason"]) == ("Unscanned(0)", ["unscanned-encrypted"])
    return found
