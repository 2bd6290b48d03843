"""Servers of the table whose chains are sent in ways that some clients can't follow."""

from dataclasses import replace

import chains

from . import pki, spelled
from .pki import Pair
from .rows import PAST, UNKNOWN, Makers, trust, untrust


def _twice(m: Makers, host: str) -> Pair:
    pair = pki.leaf(m.issuing, host)
    return replace(pair, chain=(pair.der, *pair.chain, pair.der, *pair.chain, m.root.der))


def _namesakes(m: Makers, host: str, right: int) -> Pair:
    """Two intermediates of one name and different keys; nothing but the signature tells which."""
    both = [spelled.authority(m.issuing, f"Issuing of {host}", serial=n) for n in (7, 8)]
    pair = spelled.made(both[right], host)
    return replace(pair, chain=(both[0].der, both[1].der, m.issuing.der))


def _renewed(m: Makers, host: str) -> Pair:
    """An intermediate that has expired, and the same key certified anew after it."""
    name = f"Issuing of {host}"
    old = spelled.authority(m.issuing, name, start=PAST[0], end=PAST[1])
    new = spelled.authority(m.issuing, name, serial=8, key=lambda: old.key)
    return replace(spelled.made(new, host), chain=(old.der, new.der, m.issuing.der))


def _renewed_root(m: Makers, host: str) -> Pair:
    """The expired certificate of an authority that stands among the roots with good dates too."""
    old = spelled.made(
        None,
        "Zoo Root",
        subject=m.root.leaf.subject,
        key=lambda: m.root.key,
        extensions=(chains.constraints(ca=True), chains.CERT_SIGN),
        start=PAST[0],
        end=PAST[1],
    )
    pair = pki.leaf(m.issuing, host)
    return replace(pair, chain=(*pair.chain, old.der))


def _crossed_to_a_stranger(m: Makers, host: str) -> Pair:
    pair = pki.leaf(m.issuing, host)
    crossed = pki.certified(m.issuing, m.stranger)
    return replace(pair, chain=(crossed, m.stranger.der, m.issuing.der))


def _wrong_identifier(m: Makers, host: str) -> Pair:
    says = (chains.san(host), chains.purpose(chains.SERVER_AUTH), spelled.identifier(b"x" * 20))
    return spelled.made(m.issuing, host, extensions=says)


def _long(m: Makers, host: str, intermediates: int) -> Pair:
    issuer = m.issuing
    for number in range(intermediates - 1):
        issuer = spelled.authority(issuer, f"Issuing {number} of {host}")
    return spelled.made(issuer, host)


def _of_strangers(m: Makers, host: str) -> Pair:
    """Forty certificates that have nothing to do with it."""
    pair = pki.leaf(m.issuing, host)
    others = [spelled.authority(m.stranger, f"Stranger {number}").der for number in range(40)]
    return replace(pair, chain=(*others, *pair.chain))


def _circle(m: Makers, host: str) -> Pair:
    """Two that certify each other, and no root anywhere."""
    one = spelled.authority(None, f"One of {host}")
    other = spelled.authority(one, f"Other of {host}")
    again = chains.issue(
        spelled.party(other),
        chains.Spec(
            subject=one.leaf.subject,
            key=lambda: one.key,
            extensions=(chains.constraints(ca=True), chains.CERT_SIGN),
        ),
    )
    return replace(spelled.made(one, host), chain=(again.der, other.der))


ROWS = {
    "sent-twice": trust(_twice),
    "root-sent": trust(
        lambda m, h: replace(p := pki.leaf(m.issuing, h), chain=(*p.chain, m.root.der))
    ),
    "namesake-after": trust(lambda m, h: _namesakes(m, h, 0)),
    "namesake-first": trust(lambda m, h: _namesakes(m, h, 1)).losing(7),
    "intermediate-renewed": trust(_renewed),
    "root-renewed": trust(_renewed_root),
    "crossed-to-a-stranger": trust(_crossed_to_a_stranger).losing(19),
    "chain-of-8": trust(lambda m, h: _long(m, h, 6)),
    "forty-strangers": trust(_of_strangers),
    "wrong-identifier": untrust(_wrong_identifier, UNKNOWN),
    "circle": untrust(_circle, UNKNOWN),
}
