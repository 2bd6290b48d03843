"""What single steps cost, in this process: a decision, a leaf, a scan."""

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from clearpane.antivirus.embedded import Embedded
from clearpane.antivirus.scanner import Scanner
from clearpane.authorities import keys, leaf, make
from clearpane.authorities.authority import Authority, AuthorityName
from clearpane.certificates import pem
from clearpane.certificates.certificate import Certificate
from clearpane.configuration.load import load_rules
from clearpane.hello import Hello, address
from clearpane.rulebase.rulebase import Rulebase
from clearpane.verification.handshake import Handshake, Seen, TrustStore
from clearpane.verification.protocol import ProtocolSettings

from .proxies import ROOT

NOW = datetime.fromtimestamp(time.time()).astimezone()


def measure(step: Callable[[], object], seconds: float = 0.5) -> float:
    """Seconds for one step: the best of three runs, which other work disturbs least."""
    best, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        for _ in range(100):
            step()
        best = min(best, (time.perf_counter() - started) / 100)
    return best


def decision(site: Path) -> float:
    """One decision among 100 rules, the last of which matches."""
    rule = "  - {{name: r{0}, source: [192.0.2.{0}], destination: [h{0}.test], action: decrypt}}\n"
    rules = "rules:\n" + "".join(rule.format(number) for number in range(100))
    (site / "decryption.yaml").write_text(rules + "  - {name: last, action: decrypt}\n")
    rulebase: Rulebase = load_rules(site, NOW).rulebase
    hello = Hello(address("10.0.0.1"), address("203.0.113.1"), 443, sni="www.example.com")
    return measure(lambda: rulebase.decide(hello, NOW))


def forged_leaf() -> float:
    """One leaf under a P-256 authority, from a certificate that is parsed already."""
    key = make.new_key(make.KeyKind.EC_P256)
    own = Certificate.parse(make.certificate(key, make.subject("bench"), NOW, 3650))
    authority = Authority(AuthorityName.TRUST, own, (), key)
    issued = trustme.CA().issue_cert("www.example.com").cert_chain_pems[0].bytes()
    real = Certificate.parse(pem.certificates(issued)[0])
    public = keys.public_key(ec.generate_private_key(ec.SECP256R1()))
    return measure(lambda: leaf.forge(real, authority, public, b"s" * 32, NOW))


def noticing() -> float:
    """What looking for a CertificateRequest adds to a whole handshake; noise may be below zero."""
    ca = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("www.example.com").configure_cert(server)
    handshake = Handshake(TrustStore(ca.cert_pem.bytes()))
    terms = ProtocolSettings().terms()
    context = handshake.connection("www.example.com", (), terms).get_context()

    def plain() -> SSL.Connection:
        made = SSL.Connection(context)
        made.set_app_data(Seen())
        made.set_tlsext_host_name(b"www.example.com")
        made.set_connect_state()
        return made

    def noticed() -> SSL.Connection:
        return handshake.connection("www.example.com", (), terms)

    with_it, without = (
        measure(lambda: _shake(noticed(), server)),
        measure(lambda: _shake(plain(), server)),
    )
    return min(with_it, measure(lambda: _shake(noticed(), server))) - without


def _shake(client: SSL.Connection, context: ssl.SSLContext) -> None:
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(into, out, server_side=True)
    for _ in range(2):
        with suppress(SSL.WantReadError):
            client.do_handshake()
        into.write(client.bio_read(65_536))
        with suppress(ssl.SSLWantReadError):
            server.do_handshake()
        if sent := out.read():
            client.bio_write(sent)


def scan() -> float:
    """One clean body of 1 KiB, as a response is scanned."""
    rules = ROOT / "rules" / "threats"
    embedded = Embedded({str(file): file.read_text() for file in rules.glob("*.yar")})

    async def never(_: object) -> object:
        raise AssertionError("1 KiB is scanned at once")

    scanner, body = Scanner(never, never, embedded), b"x" * 1024  # type: ignore[arg-type]
    with asyncio.Runner() as runner:

        async def hundred() -> float:
            started = time.perf_counter()
            for _ in range(100):
                await scanner.scan(body, name="page")
            return (time.perf_counter() - started) / 100

        return min(runner.run(hundred()) for _ in range(20))
