"""Rows of the table: servers whose certificates a library can make, or almost."""

from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier

from . import asn1, pki
from .clients import EXPIRED, NAME, NOT_YET_VALID
from .pki import DAY, NOW, Pair
from .rows import FUTURE, INCOMPLETE, PAST, UNKNOWN, Makers, page, trust, untrust

LONG_AGO = (datetime(2014, 1, 1, tzinfo=UTC), datetime(2015, 1, 1, tzinfo=UTC))
UNTIL_2055 = (NOW - 10 * DAY, datetime(2055, 1, 1, tzinfo=UTC))
SINCE_1960 = (datetime(1960, 1, 1, tzinfo=UTC), NOW + 60 * DAY)


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
