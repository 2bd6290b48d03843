from clearpane.verification.reasons import EXPIRY, NO_LEAF, SHOWN_BY_THE_LEAF, UNTRUST, Reason

# The table of reasons, in the words that users see.
UNTRUSTED = """unknown-issuer self-signed incomplete-chain bad-signature constraints-violated
    invalid-purpose invalid-extension weak-key weak-digest issuer-expired issuer-not-yet-valid"""


def words(reasons: frozenset[Reason]) -> set[str]:
    return {str(reason) for reason in reasons}


def test_each_row_has_its_reasons() -> None:
    assert words(UNTRUST) == set(UNTRUSTED.split())
    assert words(SHOWN_BY_THE_LEAF) == {"expired", "not-yet-valid", "name-mismatch"}
    assert words(NO_LEAF) == {"malformed-certificate", "revoked"}
    assert words(EXPIRY) == {"expired", "not-yet-valid", "issuer-expired", "issuer-not-yet-valid"}


def test_no_reason_stands_in_two_rows() -> None:
    rows = (UNTRUST, SHOWN_BY_THE_LEAF, NO_LEAF)
    assert sum(map(len, rows)) == len(frozenset.union(*rows))


def test_words_are_in_the_firewalls_style() -> None:
    assert all(reason == reason.name.lower().replace("_", "-") for reason in Reason)
