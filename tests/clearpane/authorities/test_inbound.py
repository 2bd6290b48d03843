"""What is taken for a protected server's certificate, and which one a server shows."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from chains import Key, Party, Spec, authority, issue, name, p256, san
from clearpane.authorities import inbound
from clearpane.authorities.checks import Places
from clearpane.authorities.importing import Contents
from clearpane.authorities.inbound import InboundCertificate, choose
from clearpane.certificates.certificate import Certificate
from clearpane.errors import Problems

PLACES = Places("ca/inbound/www.crt", "ca/inbound/www.key")
DAY = timedelta(days=1)

ROOT = authority(None, "Root")
MIDDLE = authority(ROOT, "Middle")
ISSUING = authority(MIDDLE, "Issuing")
STRANGER = authority(ROOT, "Stranger")
SERVER = issue(ISSUING, Spec())
OTHER = issue(ISSUING, Spec(subject=name("mail.test"), extensions=(san("mail.test"),)))
RENEWED = issue(ISSUING, Spec(key=lambda: SERVER.key, serial=0x1235))


def contents(*parties: Party, key: object = SERVER.key) -> Contents:
    is_edwards = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    keys, edwards = ((), (key,)) if is_edwards else ((key,), ())
    keys = keys if key else ()
    return Contents(keys, tuple(party.der for party in parties), edwards)


def parsed(found: Contents, now: datetime) -> tuple[InboundCertificate | None, list[str]]:
    problems = Problems()
    made = inbound.parse("www", found, PLACES, now, problems)
    return made, [str(problem) for problem in problems.found]


@pytest.mark.parametrize(
    ("parties", "chain"),
    [
        pytest.param((SERVER,), (), id="a certificate alone"),
        pytest.param((SERVER, ISSUING, MIDDLE), (ISSUING, MIDDLE), id="with its chain"),
        pytest.param((SERVER, ISSUING, MIDDLE, ROOT), (ISSUING, MIDDLE), id="the root is left out"),
        pytest.param((MIDDLE, ISSUING, SERVER), (ISSUING, MIDDLE), id="the order is mended"),
        pytest.param((SERVER, SERVER, ISSUING, ISSUING), (ISSUING,), id="each stands once"),
        pytest.param((SERVER, MIDDLE), (), id="a chain with a gap ends there"),
    ],
)
def test_the_chain_is_what_a_server_sends(
    parties: tuple[Party, ...], chain: tuple[Party, ...], now: datetime
) -> None:
    made, _ = parsed(contents(*parties), now)
    assert made is not None
    assert (made.name, made.certificate.der, made.file) == ("www", SERVER.der, PLACES.certificate)
    assert made.chain == tuple(party.der for party in chain)
    assert made.key is SERVER.key


def test_a_device_shows_what_it_signed_itself(now: datetime) -> None:
    own = authority(None, "device.test")
    made, said = parsed(contents(own, key=own.key), now)
    assert made is not None
    assert (made.certificate.der, made.chain, said) == (own.der, (), [])


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda: rsa.generate_private_key(65537, 2048), id="RSA"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP384R1()), id="P-384"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP521R1()), id="P-521"),
        pytest.param(ed25519.Ed25519PrivateKey.generate, id="Ed25519"),
        pytest.param(ed448.Ed448PrivateKey.generate, id="Ed448"),
    ],
)
def test_a_server_may_have_any_key_of_tls(key: Callable[[], Key], now: datetime) -> None:
    server = issue(ISSUING, Spec(key=key))
    made, said = parsed(contents(server, key=server.key), now)
    assert made is not None
    assert (made.key, said) == (server.key, [])


@pytest.mark.parametrize(
    ("found", "message"),
    [
        pytest.param(
            contents(SERVER, key=p256()),
            "ca/inbound/www.key: error: the key does not belong to the certificate in "
            "ca/inbound/www.crt (export both again from the server)",
            id="another key",
        ),
        pytest.param(
            contents(), "ca/inbound/www.crt: error: there is no certificate", id="no certificate"
        ),
        pytest.param(
            contents(SERVER, key=None), "ca/inbound/www.key: error: there is no key", id="no key"
        ),
        pytest.param(
            contents(SERVER, RENEWED),
            "ca/inbound/www.crt: error: 2 certificates in this file are for the same key",
            id="the old one and the renewed one",
        ),
        pytest.param(
            contents(SERVER, ISSUING, OTHER),
            "ca/inbound/www.crt: error: CN=mail.test is a second server's certificate",
            id="two servers",
        ),
        pytest.param(
            Contents((p256(),), (b"0\x03\x02\x01",)),
            "ca/inbound/www.crt: error: a certificate cannot be read",
            id="no certificate inside",
        ),
    ],
)
def test_what_is_not_one_servers_is_one_error(found: Contents, message: str, now: datetime) -> None:
    made, said = parsed(found, now)
    assert made is None
    assert len(said) == 1
    assert said[0].startswith(message)
    assert said[0].endswith(")")


def test_an_authority_that_signed_none_of_it_is_not_sent(now: datetime) -> None:
    made, said = parsed(contents(SERVER, STRANGER, ISSUING), now)
    assert made is not None and made.chain == (ISSUING.der,)
    assert said == [
        "ca/inbound/www.crt: warning: CN=Stranger is not part of the server's chain and is not "
        "sent (remove it)"
    ]


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        pytest.param(-30 * DAY, 31 * DAY, "", id="31 days left"),
        pytest.param(-30 * DAY, 29 * DAY, "expires on ", id="29 days left"),
        pytest.param(-30 * DAY, -DAY, "has expired on ", id="expired"),
        pytest.param(DAY, 90 * DAY, "is valid from ", id="not yet valid"),
        pytest.param(-30 * DAY, b"\x17\x03abc", "has dates that cannot be read", id="no dates"),
    ],
)
def test_dates_are_warned_of_and_no_more(
    start: timedelta, end: timedelta | bytes, message: str, now: datetime
) -> None:
    """The server shows the same ones, with or without the gateway."""
    until = end if isinstance(end, bytes) else now + end
    server = issue(ISSUING, Spec(start=now + start, end=until))
    made, said = parsed(contents(server, key=server.key), now)
    assert made is not None
    assert len(said) == bool(message)
    for line in said:
        assert line.startswith(f"ca/inbound/www.crt: warning: the server's certificate {message}")


class TestChoosing:
    @pytest.fixture
    def known(self, now: datetime) -> list[InboundCertificate]:
        found = [
            parsed(contents(party, key=party.key), now)[0] for party in (SERVER, RENEWED, OTHER)
        ]
        return [each for each in found if each]

    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_what_the_server_shows_decides(
        self, number: int, known: list[InboundCertificate]
    ) -> None:
        shown = Certificate.parse((SERVER, RENEWED, OTHER)[number].der)
        assert choose(known, shown) is known[number]

    def test_the_same_names_and_the_same_key_are_not_enough(
        self, known: list[InboundCertificate]
    ) -> None:
        other = issue(ISSUING, Spec(key=lambda: SERVER.key, serial=0x1236))
        assert choose(known, Certificate.parse(other.der)) is None

    def test_nothing_is_chosen_from_nothing(self) -> None:
        assert choose([], Certificate.parse(SERVER.der)) is None
