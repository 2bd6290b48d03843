"""What OpenSSL's verification errors mean.

A fault is an error number (X509_V_ERR_*, x509_vfy.h) and the depth at which it arose, 0 for the
leaf. The depth decides between the leaf's own faults, which the client sees in the forged leaf, and
those above, which it would not.
"""

from collections.abc import Iterable, Iterator

from clearpane.verification.reasons import Reason

type Fault = tuple[int, int]

_UNREADABLE_EXTENSION = 41

# The issuer of the last certificate was found neither among the anchors nor in what was sent.
_NO_ISSUER = frozenset((2, 20, 21))

# By number: the reason at depth 0, and the one above.
_REASONS = {
    number: (leaf, above)
    for leaf, above, numbers in (
        (Reason.EXPIRED, Reason.ISSUER_EXPIRED, (10,)),
        (Reason.NOT_YET_VALID, Reason.ISSUER_NOT_YET_VALID, (9,)),
        (Reason.MALFORMED_CERTIFICATE, Reason.CONSTRAINTS_VIOLATED, (13, 14)),
        (Reason.SELF_SIGNED, Reason.UNKNOWN_ISSUER, (18,)),
        (Reason.BAD_SIGNATURE, Reason.BAD_SIGNATURE, (4, 6, 7, 24, 76, 77, 78)),
        # Length and loops of the path, CA marks, name constraints, policies, resources.
        (
            Reason.CONSTRAINTS_VIOLATED,
            Reason.CONSTRAINTS_VIOLATED,
            (22, 25, 37, 43, 46, 47, 48, 49, 51, 52, 53, 55, 79),
        ),
        (Reason.INVALID_PURPOSE, Reason.INVALID_PURPOSE, (26, 32, 38, 39, 40, 72)),
        (Reason.INVALID_EXTENSION, Reason.INVALID_EXTENSION, (34, 41, 42, 45)),
        (Reason.WEAK_KEY, Reason.WEAK_KEY, (66, 67)),
        (Reason.WEAK_DIGEST, Reason.WEAK_DIGEST, (68,)),
    )
    for number in numbers
}

# Anything else means that OpenSSL found no way to trust the chain.
_OTHERWISE = (Reason.UNKNOWN_ISSUER, Reason.UNKNOWN_ISSUER)

# Who signed an anchor, and how, is not looked at.
_NOT_OF_ANCHORS = _NO_ISSUER | {4, 6, 7, 18, 19, 24, 66, 67, 68, 76, 77, 78}


def reasons(faults: Iterable[Fault], leaf_is_malformed: bool) -> Iterator[Reason]:
    """The reasons, maybe repeated. A leaf with malformed names is no unreadable extension too."""
    for number, depth in faults:
        if number == _UNREADABLE_EXTENSION and depth == 0 and leaf_is_malformed:
            continue
        leaf, above = _REASONS.get(number, _OTHERWISE)
        yield above if depth else leaf


def under(anchor: int, faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """The faults that count where the certificate at depth `anchor` is trusted as it stands."""
    return tuple(
        (number, depth)
        for number, depth in faults
        if depth < anchor or (depth == anchor and number not in _NOT_OF_ANCHORS)
    )


def issuer_is_missing(faults: Iterable[Fault]) -> bool:
    return any(number in _NO_ISSUER for number, _ in faults)
