"""Servers of the table about whom somebody else must be asked: the gateway of the table asks."""

import chains
import responders

from . import pki, spelled
from .pki import Pair
from .rows import INCOMPLETE, UNKNOWN, Makers, page, trust, untrust

CA_ISSUERS = "1.3.6.1.5.5.7.48.2"
SERVER = chains.purpose(chains.SERVER_AUTH)
SERIAL = 4711


def _asked(m: Makers, host: str, state: bytes) -> Pair:
    """A certificate with a responder that knows it in this state."""
    says = (chains.san(host), SERVER, responders.access(m.shelf.put(f"ocsp-{host}")))
    pair = spelled.made(m.issuing, host, extensions=says)
    about, issuer = spelled.party(pair), spelled.party(m.issuing)
    m.shelf.put(f"ocsp-{host}", responders.Answer(about, issuer, state=state).der)
    return pair


def _listed(m: Makers, host: str, *serials: int) -> Pair:
    """A certificate whose issuer has a list of these."""
    entries = [responders.entry(serial) for serial in serials]
    crl = responders.List(spelled.party(m.issuing), entries).der
    says = (chains.san(host), SERVER, responders.points(m.shelf.put(f"crl-{host}", crl)))
    return spelled.made(m.issuing, host, extensions=says, serial=SERIAL)


def _middle(m: Makers, host: str, *serials: int) -> Pair:
    """The same of an intermediate; nobody is named who could be asked about the leaf."""
    entries = [responders.entry(serial) for serial in serials]
    crl = responders.List(spelled.party(m.issuing), entries).der
    points = responders.points(m.shelf.put(f"crl-{host}", crl))
    says = (chains.constraints(ca=True), chains.CERT_SIGN, points)
    name = f"Issuing of {host}"
    return spelled.made(spelled.authority(m.issuing, name, extensions=says, serial=SERIAL), host)


def _points_to(m: Makers, host: str, body: bytes) -> Pair:
    """A server that forgot its intermediate and says where it is."""
    url = m.shelf.put(f"issuer-{host}", body)
    says = (chains.san(host), SERVER, responders.access(url, CA_ISSUERS))
    return spelled.made(m.issuing, host, extensions=says).alone()


ROWS = {
    "status-good": trust(lambda m, h: _asked(m, h, responders.GOOD)),
    "status-unknown": trust(lambda m, h: _asked(m, h, responders.UNKNOWN), "status-unknown"),
    "revoked": page(lambda m, h: _asked(m, h, responders.revoked()), "revoked"),
    "list-good": trust(lambda m, h: _listed(m, h, SERIAL + 1)),
    "revoked-by-list": page(lambda m, h: _listed(m, h, SERIAL + 1, SERIAL), "revoked"),
    "issuer-revoked": page(lambda m, h: _middle(m, h, SERIAL), "revoked"),
    "incomplete-mended": trust(lambda m, h: _points_to(m, h, m.issuing.der)).losing(20),
    "incomplete-pem": trust(lambda m, h: _points_to(m, h, pki.pem(m.issuing.der))).losing(20),
    "incomplete-wrong": untrust(lambda m, h: _points_to(m, h, m.stranger.der), UNKNOWN, INCOMPLETE),
    "incomplete-gone": untrust(lambda m, h: _points_to(m, h, b""), UNKNOWN, INCOMPLETE),
}
