"""Servers of the table whose certificates a library can make: their fault, and what comes of it.

The makers and the form of a row stand here too, for the other parts of the table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier

import chains

from . import asn1, pki, spelled
from .clients import EXPIRED, NAME, NOT_YET_VALID
from .pki import DAY, NOW, Pair
from .shelf import Shelf
from .site import authorities
from .zoo import Zoo

PAST, FUTURE = (NOW - 90 * DAY, NOW - 3 * DAY), (NOW + 3 * DAY, NOW + 90 * DAY)
LONG_AGO = (datetime(2014, 1, 1, tzinfo=UTC), datetime(2015, 1, 1, tzinfo=UTC))
STEADY = (NOW - 400 * DAY, NOW + 3650 * DAY)
UNTIL_2055 = (NOW - 10 * DAY, datetime(2055, 1, 1, tzinfo=UTC))
SINCE_1960 = (datetime(1960, 1, 1, tzinfo=UTC), NOW + 60 * DAY)
UNKNOWN, INCOMPLETE = "unknown-issuer", "incomplete-chain"


class Makers:
    """The zoo's authorities and the odd ones beside them, each made once.

    `shelf` is where their responders, lists and CA Issuers addresses are; `own` is the gateway's
    own Forward Trust.
    """

    def __init__(self, zoo: Zoo, shelf: Shelf) -> None:
        self.shelf, self.own = shelf, authorities()[0]
        self.root, self.issuing, self.stranger = zoo.root, zoo.issuing, zoo.stranger

    @cached_property
    def old_root(self) -> Pair:
        """Trusted by the administrator, and expired."""
        return pki.authority("Old Root", dates=(NOW - 900 * DAY, NOW - 3 * DAY))

    @cached_property
    def lonely(self) -> Pair:
        """An intermediate that stands among the trusted roots; nobody knows its issuer."""
        return pki.authority("Lonely Issuing", self.stranger)

    @cached_property
    def device(self) -> Pair:
        """A device's own certificate that stands among the trusted roots."""
        return pki.leaf(None, "device.zoo.test")

    @cached_property
    def rsa(self) -> Pair:
        return pki.authority("Zoo RSA Issuing", self.root, key="rsa2048")

    @cached_property
    def sha1_root(self) -> Pair:
        """Trusted; only its signature of itself is SHA-1, which nobody checks."""
        root = pki.authority("Zoo SHA-1 Root", key="rsa2048")
        return pki.rewritten(root, root, algorithm=pki.SHA1_RSA)

    @cached_property
    def future_root(self) -> Pair:
        return pki.authority("Future Root", dates=(NOW + 3 * DAY, NOW + 900 * DAY))

    @cached_property
    def weak_root(self) -> Pair:
        return pki.authority("Weak Root", key="rsa1024")

    @cached_property
    def mute_root(self) -> Pair:
        """Trusted, though its keyUsage lets it sign nothing."""
        usage = (chains.constraints(ca=True), chains.key_usage(0x80))
        return spelled.authority(None, "Mute Root", extensions=usage)

    @cached_property
    def software_root(self) -> Pair:
        """Trusted, though it says that it is for code signing only."""
        usage = chains.purpose("1.3.6.1.5.5.7.3.3")
        extensions = (chains.constraints(ca=True), chains.CERT_SIGN, usage)
        return spelled.authority(None, "Software Root", extensions=extensions)

    @property
    def trusted(self) -> list[Pair]:
        """What the administrator put among the trusted roots."""
        odd = [self.lonely, self.device, self.mute_root, self.software_root]
        return [self.root, self.old_root, self.future_root, self.sha1_root, self.weak_root, *odd]

    def under(self, issuer: Pair, name: str, dates: pki.Dates = STEADY) -> Pair:
        """An intermediate for one row."""
        return pki.authority(f"Issuing of {name}", issuer, dates=dates)


type Make = Callable[[Makers, str], Pair]


class Served(StrEnum):
    """By whom: the one server of all names, one that speaks TLS 1.2 only, one that takes what
    Python's ssl refuses, or one that sends the octets as they are and can't go on."""

    TOGETHER = "together"
    OLDER = "older"
    ODDLY = "oddly"
    RAW = "raw"


@dataclass(frozen=True)
class Row:
    """`signer`: the authority of the leaf that a client is shown, "" for a page.

    `reasons`: what the record says. `sees`: the errors
    that openssl finds in the real certificate and must find in the leaf; None for any that no
    leaf under Forward Trust would show. `name`: what the client asks for, "" for ROW.zoo.test.
    `lost`: what openssl, which tries one path and fetches nothing, makes of a chain that holds.
    """

    make: Make
    signer: str
    reasons: tuple[str, ...] = ()
    sees: frozenset[int] | None = None
    name: str | None = ""
    served: Served = Served.TOGETHER
    lost: frozenset[int] = frozenset()

    @property
    def oddly(self) -> "Row":
        return replace(self, served=Served.ODDLY)

    @property
    def older(self) -> "Row":
        return replace(self, served=Served.OLDER)

    def losing(self, *errors: int) -> "Row":
        return replace(self, lost=frozenset(errors))


def trust(make: Make, *reasons: str, sees: Sequence[int] = (), name: str | None = "") -> Row:
    return Row(make, "forward-trust", reasons, frozenset(sees), name)


def untrust(make: Make, *reasons: str) -> Row:
    return Row(make, "forward-untrust", reasons)


def page(make: Make, *reasons: str) -> Row:
    return Row(make, "", reasons or ("malformed-certificate",))


def _plain(m: Makers, host: str) -> Pair:
    return pki.leaf(m.issuing, host)


def _nul(m: Makers, host: str) -> Pair:
    pair = pki.leaf(m.issuing, f"{host}X.evil.test", common_name=None)
    return pki.rewritten(pair, m.issuing, (f"{host}X".encode(), f"{host}\0".encode()))


def _two_lists_of_names(m: Makers, host: str) -> Pair:
    """A second subjectAltName, put in under a number that differs in one octet."""
    stand_in = ObjectIdentifier("2.5.29.99")
    names = pki.leaf(m.issuing, host).leaf.names or b""
    second = x509.UnrecognizedExtension(stand_in, names)
    pair = pki.leaf(m.issuing, host, extra=[(second, False)])
    return pki.rewritten(pair, m.issuing, (b"\x55\x1d\x63", asn1.SUBJECT_ALT_NAME))


def _unreadable_names(m: Makers, host: str) -> Pair:
    stand_in = x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.99"), b"\x30\x05abc")
    pair = pki.leaf(m.issuing, common_name=host, extra=[(stand_in, False)])
    return pki.rewritten(pair, m.issuing, (b"\x55\x1d\x63", asn1.SUBJECT_ALT_NAME))


def _unreadable_dates(m: Makers, host: str) -> Pair:
    pair = pki.leaf(m.issuing, host)
    return pki.rewritten(pair, m.issuing, (pair.leaf.dates[1], b"269931256199Z"))


def _negative_serial(m: Makers, host: str) -> Pair:
    pair = pki.leaf(m.issuing, host)
    serial = pair.leaf.serial.to_bytes(20)
    return pki.rewritten(pair, m.issuing, (serial, bytes([0x90]) + serial[1:]))


def _sha1_above(m: Makers, host: str) -> Pair:
    middle = pki.rewritten(m.under(m.rsa, host), m.rsa, algorithm=pki.SHA1_RSA)
    return pki.leaf(middle, host)


def _misordered(m: Makers, host: str) -> Pair:
    pair = pki.leaf(m.under(m.issuing, host), host)
    return replace(pair, chain=pair.chain[::-1])


def _with_extras(m: Makers, host: str) -> Pair:
    pair = pki.leaf(m.issuing, host)
    return replace(pair, chain=(pair.der, m.stranger.der, *pair.chain, *pair.chain, m.root.der))


def _cross_expired(m: Makers, host: str) -> Pair:
    """The root once more, certified by one that has expired since."""
    crossed = pki.certified(m.root, m.old_root)
    pair = pki.leaf(m.issuing, host)
    return replace(pair, chain=(*pair.chain, crossed))


def _with_much_to_leave_out(m: Makers, host: str) -> Pair:
    place = x509.UniformResourceIdentifier("http://127.0.0.1:9/")
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
    point = x509.DistributionPoint([place], None, None, None)
    policy = x509.PolicyInformation(ObjectIdentifier("2.23.140.1.2.1"), None)
    stamps = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
    extra: list[x509.ExtensionType] = [
        x509.AuthorityInformationAccess([access]),
        x509.CRLDistributionPoints([point]),
        x509.CertificatePolicies([policy]),
        x509.TLSFeature([x509.TLSFeatureType.status_request]),
        x509.UnrecognizedExtension(stamps, asn1.element(asn1.OCTET_STRING, b"\0\0")),
    ]
    return pki.leaf(m.issuing, host, extra=[(each, False) for each in extra])


def _unknown_critical(m: Makers, host: str) -> Pair:
    odd = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
    return pki.leaf(m.issuing, host, extra=[(odd, True)])


ROWS = {
    # Chain and name are valid.
    "good": trust(_plain),
    "wildcard": trust(lambda m, h: pki.leaf(m.issuing, "*.zoo.test", "zoo.test")),
    "no-common-name": trust(lambda m, h: pki.leaf(m.issuing, h, common_name=None)),
    "common-name-of-90": trust(lambda m, h: pki.leaf(m.issuing, h, common_name="x" * 90)),
    "empty-subject": trust(lambda m, h: pki.leaf(m.issuing, h, common_name=None, organization="")),
    "rsa": trust(lambda m, h: pki.leaf(m.issuing, h, key="rsa2048")),
    "p384": trust(lambda m, h: pki.leaf(m.issuing, h, key="p384")),
    "ed25519": trust(lambda m, h: pki.leaf(m.issuing, h, key="ed25519")),
    "names-1000": trust(
        lambda m, h: pki.leaf(m.issuing, *(f"n{n}.zoo.test" for n in range(999)), h)
    ),
    "address": trust(lambda m, h: pki.leaf(m.issuing, "127.0.0.1"), name=None),
    "international": trust(
        lambda m, h: pki.leaf(m.issuing, "xn--strae-oqa.zoo.test"), name="xn--strae-oqa.zoo.test"
    ),
    "capitals": trust(
        lambda m, h: pki.leaf(m.issuing, "Capitals.zoo.test"), name="CAPITALS.ZOO.TEST"
    ),
    "under_score": trust(_plain),
    "negative-serial": trust(_negative_serial),
    "much-to-leave-out": trust(_with_much_to_leave_out, "status-unknown"),
    "ends-2055": trust(lambda m, h: pki.leaf(m.issuing, h, dates=UNTIL_2055)),
    "begins-1960": trust(lambda m, h: pki.leaf(m.issuing, h, dates=SINCE_1960)),
    # Chains that hold, whatever else the server sends.
    "misordered": trust(_misordered),
    "with-extras": trust(_with_extras),
    "cross-expired": trust(_cross_expired),
    "sha1-anchor": trust(lambda m, h: pki.leaf(m.under(m.sha1_root, h), h)),
    "anchored-intermediate": trust(lambda m, h: pki.leaf(m.lonely, h).alone()),
    "device": trust(lambda m, h: m.device),
    # Issuer unknown or self-signed.
    "self-signed": untrust(lambda m, h: pki.leaf(None, h), "self-signed"),
    "unknown-ca": untrust(
        lambda m, h: replace(pki.leaf(m.stranger, h), chain=(m.stranger.der,)), UNKNOWN
    ),
    "unknown-ca-unsent": untrust(lambda m, h: pki.leaf(m.stranger, h), UNKNOWN, INCOMPLETE),
    "incomplete": untrust(lambda m, h: pki.leaf(m.issuing, h).alone(), UNKNOWN, INCOMPLETE),
    # Something is wrong below the anchor.
    "bad-signature": untrust(
        lambda m, h: pki.badly_signed(pki.leaf(m.issuing, h), m.issuing), "bad-signature"
    ),
    "purpose": untrust(lambda m, h: pki.leaf(m.issuing, h, usage=pki.CLIENT), "invalid-purpose"),
    "constraints": untrust(
        lambda m, h: pki.leaf(
            pki.authority("Zoo Narrow", m.issuing, permitted=["elsewhere.test"]), h
        ),
        "constraints-violated",
    ),
    "issuer-not-a-ca": untrust(
        lambda m, h: pki.leaf(pki.authority("Zoo Server", m.issuing, ca=False), h),
        "constraints-violated",
        "invalid-purpose",
    ),
    "unknown-critical": untrust(_unknown_critical, "invalid-extension"),
    "two-lists-of-names": untrust(_two_lists_of_names, "invalid-extension").oddly,
    "weak-key": untrust(lambda m, h: pki.leaf(m.issuing, h, key="rsa1024"), "weak-key"),
    "weak-digest-sha1": untrust(
        lambda m, h: pki.rewritten(pki.leaf(m.rsa, h), m.rsa, algorithm=pki.SHA1_RSA),
        "weak-digest",
    ),
    "weak-digest-md5": untrust(
        lambda m, h: pki.rewritten(pki.leaf(m.rsa, h), m.rsa, algorithm=pki.MD5_RSA),
        "weak-digest",
    ),
    "weak-digest-above": untrust(_sha1_above, "weak-digest"),
    # The leaf's good dates would hide these.
    "issuer-expired": untrust(
        lambda m, h: pki.leaf(m.under(m.issuing, h, PAST), h), "issuer-expired"
    ),
    "issuer-not-yet-valid": untrust(
        lambda m, h: pki.leaf(m.under(m.issuing, h, FUTURE), h), "issuer-not-yet-valid"
    ),
    "anchor-expired": untrust(lambda m, h: pki.leaf(m.under(m.old_root, h), h), "issuer-expired"),
    # The leaf's own dates.
    "expired": trust(lambda m, h: pki.leaf(m.issuing, h, dates=PAST), "expired", sees=[EXPIRED]),
    "expired-long-ago": trust(
        lambda m, h: pki.leaf(m.issuing, h, dates=LONG_AGO),
        "expired",
        sees=[EXPIRED],
    ),
    "not-yet-valid": trust(
        lambda m, h: pki.leaf(m.issuing, h, dates=FUTURE), "not-yet-valid", sees=[NOT_YET_VALID]
    ),
    # The leaf's names. Without subjectAltName openssl still takes the CommonName; the record and
    # browsers do not.
    "mismatch": trust(
        lambda m, h: pki.leaf(m.issuing, "other.zoo.test", "www.other.zoo.test"),
        "name-mismatch",
        sees=[NAME],
    ),
    "no-names": trust(lambda m, h: pki.leaf(m.issuing, common_name=h), "name-mismatch"),
    "nothing-at-all": trust(
        lambda m, h: pki.leaf(m.issuing, common_name=None, organization=""),
        "name-mismatch",
        sees=[NAME],
    ),
    "nul-in-name": trust(_nul, "name-mismatch", sees=[NAME]),
    "wildcard-apex": trust(
        lambda m, h: pki.leaf(m.issuing, f"*.{h}", common_name=None), "name-mismatch", sees=[NAME]
    ),
    "wildcard-middle": trust(
        lambda m, h: pki.leaf(m.issuing, "foo.*.zoo.test", common_name=None),
        "name-mismatch",
        sees=[NAME],
        name="foo.bar.zoo.test",
    ),
    "wildcard-partial": trust(
        lambda m, h: pki.leaf(m.issuing, "wildcard-*.zoo.test", common_name=None),
        "name-mismatch",
        sees=[NAME],
    ),
    # Several at once.
    "expired-mismatch": trust(
        lambda m, h: pki.leaf(m.issuing, "other.zoo.test", dates=PAST),
        "expired",
        "name-mismatch",
        sees=[EXPIRED, NAME],
    ),
    "expired-unknown": untrust(
        lambda m, h: replace(pki.leaf(m.stranger, h, dates=PAST), chain=(m.stranger.der,)),
        "expired",
        UNKNOWN,
    ),
    "mismatch-self-signed": untrust(
        lambda m, h: pki.leaf(None, "other.zoo.test"), "self-signed", "name-mismatch"
    ),
    # What can't be parsed.
    "unreadable-dates": page(_unreadable_dates),
    "unreadable-names": page(_unreadable_names).oddly,
}
