"""Servers of the table whose certificates say what no certificate library writes."""

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address

import chains
from clearpane.certificates import der

from . import asn1, pki, spelled
from .clients import EXPIRED, NAME, NOT_YET_VALID
from .pki import DAY, NOW, Pair
from .rows import Makers, Row, Served, page, trust, untrust

SERVER = chains.purpose(chains.SERVER_AUTH)
LONG_SERIAL = int.from_bytes(b"\x11" * 40)
MISMATCH = "name-mismatch"
SHORT = [f"{n:04x}.t" for n in range(10_000)]  # OpenSSL takes chains of 100 KiB


def _time(year: int) -> bytes:
    return der.element(der.GENERALIZED_TIME, f"{year}0301120000Z".encode())


def _named(m: Makers, host: str, *names: bytes | str) -> Pair:
    return spelled.made(m.issuing, host, extensions=(chains.san(*names), SERVER))


def _raw_names(m: Makers, host: str, *names: bytes) -> Pair:
    listed = chains.extension("2.5.29.17", der.sequence(*names))
    return spelled.made(m.issuing, host, extensions=(listed, SERVER))


def _told_twice(m: Makers, host: str) -> Pair:
    again = chains.constraints(ca=False)
    return spelled.made(m.issuing, host, extensions=(chains.san(host), SERVER, again, again))


def _unreadable_subject(m: Makers, host: str) -> Pair:
    subject = der.sequence(der.element(der.SET, der.sequence(der.oid("2.5.4.3"))))
    return spelled.made(m.issuing, host, subject=subject)


def _cut(m: Makers, host: str) -> Pair:
    pair = pki.leaf(m.issuing, host)
    return replace(pair, der=pair.der[:-200])


def _no_certificate(m: Makers, host: str) -> Pair:
    return replace(pki.leaf(m.issuing, host), der=asn1.element(asn1.SEQUENCE, b"not one"))


def _raw(make: object) -> Row:
    return replace(page(make), served=Served.RAW)  # type: ignore[arg-type]


ROWS = {
    # Keys.
    "p521": trust(lambda m, h: spelled.made(m.issuing, h, key=spelled.key_of("p521"))),
    "rsa-pss": trust(
        lambda m, h: spelled.made(m.issuing, h, key=spelled.key_of("rsa2048"), pss=True)
    ),
    "rsa-pss-1024": untrust(
        lambda m, h: spelled.made(m.issuing, h, key=spelled.key_of("rsa1024"), pss=True),
        "weak-key",
    ),
    "p384-sha384": trust(
        lambda m, h: spelled.made(
            spelled.authority(m.issuing, f"Issuing of {h}", key=spelled.key_of("p384")),
            h,
            digest="sha384",
        )
    ),
    # Names.
    "address-of-another": trust(
        lambda m, h: _named(m, "other.zoo.test", ip_address("192.0.2.1").packed),
        MISMATCH,
        sees=[NAME],
    ),
    "address-as-dns-name": trust(
        lambda m, h: _named(m, h, "127.0.0.1"),
        MISMATCH,
        name="address-as-dns-name.zoo.test",
        sees=[NAME],
    ),
    "wildcard-deep": trust(
        lambda m, h: _named(m, h, "*.zoo.test"), MISMATCH, sees=[NAME], name="a.b.zoo.test"
    ),
    "wildcard-star": trust(lambda m, h: _named(m, h, "*"), MISMATCH, sees=[NAME]),
    "wildcard-top": trust(
        lambda m, h: _named(m, h, "*.test"), MISMATCH, sees=[NAME], name="wildcard-top.test"
    ),
    "international-wildcard": trust(
        lambda m, h: _named(m, h, "xn--*.zoo.test"),
        MISMATCH,
        sees=[NAME],
        name="xn--mnchen-3ya.zoo.test",
    ),
    "empty-names": trust(lambda m, h: _named(m, "other.zoo.test"), MISMATCH, sees=[NAME]),
    "mail-name-only": trust(
        lambda m, h: _raw_names(m, "other.zoo.test", der.element(0x81, b"keeper@zoo.test")),
        MISMATCH,
        sees=[NAME],
    ),
    "octets-in-name": trust(
        lambda m, h: _raw_names(m, h, der.element(0x82, b"\xff\xfe.zoo.test")),
        MISMATCH,
        sees=[NAME],
    ),
    "other-kinds-beside": trust(
        lambda m, h: _raw_names(
            m, h, der.element(0x82, h.encode()), der.element(0x86, b"spiffe://zoo/x")
        )
    ),
    "names-10000": trust(lambda m, h: _named(m, h, *SHORT[:-1], h)),
    "names-10000-without": trust(lambda m, h: _named(m, h, *SHORT), MISMATCH, sees=[NAME]),
    "names-10000-long": page(
        lambda m, h: _named(m, h, *(f"n{n}.zoo.test" for n in range(9999)), h), "chain-too-large"
    ),
    # Numbers and dates.
    "long-serial": trust(lambda m, h: spelled.made(m.issuing, h, serial=LONG_SERIAL)),
    "zero-serial": trust(lambda m, h: spelled.made(m.issuing, h, serial=0)),
    "generalized-time": trust(
        lambda m, h: spelled.made(m.issuing, h, start=_time(2024), end=_time(2033))
    ),
    "never-ends": trust(
        lambda m, h: spelled.made(
            m.issuing, h, end=der.element(der.GENERALIZED_TIME, b"99991231235959Z")
        )
    ),
    "inverted-dates": trust(
        lambda m, h: spelled.made(m.issuing, h, start=NOW + 9 * DAY, end=NOW - 9 * DAY),
        "expired",
        "not-yet-valid",
        sees=[EXPIRED, NOT_YET_VALID],
    ),
    "inverted-in-the-past": trust(
        lambda m, h: spelled.made(m.issuing, h, start=NOW - 9 * DAY, end=NOW - 90 * DAY),
        "expired",
        sees=[EXPIRED],
    ),
    "ended-in-1970": trust(
        lambda m, h: spelled.made(
            m.issuing,
            h,
            start=datetime(1969, 1, 1, tzinfo=UTC),
            end=datetime(1970, 1, 1, tzinfo=UTC),
        ),
        "expired",
        sees=[EXPIRED],
    ),
    "thirtieth-of-february": page(
        lambda m, h: spelled.made(m.issuing, h, end=der.element(der.UTC_TIME, b"300230120000Z"))
    ),
    # Versions and extensions.
    "v1-leaf": trust(lambda m, h: spelled.made(m.issuing, h, extensions=(), version=1), MISMATCH),
    "no-extensions": trust(lambda m, h: spelled.made(m.issuing, h, extensions=()), MISMATCH),
    "told-twice": untrust(_told_twice, "invalid-extension").oddly,
    "no-purpose": trust(lambda m, h: spelled.made(m.issuing, h, extensions=(chains.san(h),))),
    "ca-as-server": trust(
        lambda m, h: spelled.made(
            m.issuing, h, extensions=(chains.san(h), SERVER, chains.constraints(ca=True))
        )
    ),
    # What can't be parsed.
    "unreadable-subject": _raw(_unreadable_subject),
    "cut-short": _raw(_cut),
    "no-certificate": _raw(_no_certificate),
}
