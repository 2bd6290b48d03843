from collections.abc import Sequence

import pytest

from chains import CERT_SIGN, DAY, NOW, Party, Spec, authority, constraints, issue, name
from clearpane.verification import signatures
from clearpane.verification.paths import LONGEST, MOST_CHECKS, loose_ends, parsed, paths


def anchors(*parties: Party) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for party in parties:
        found.setdefault(party.subject, []).append(party.der)
    return found


def again(party: Party, issuer: Party | None, **changes: object) -> Party:
    """The same name and key, certified once more."""
    extensions = (constraints(True), CERT_SIGN)
    spec = Spec(subject=party.subject, key=lambda: party.key, extensions=extensions, **changes)  # type: ignore[arg-type]
    return issue(issuer, spec)


def found(
    leaf: Party, sent: Sequence[Party | bytes], *trusted: Party
) -> list[tuple[Party | bytes, ...]]:
    """The paths, with the parties in the places of their certificates."""
    known = {each.der: each for each in (leaf, *sent, *trusted) if isinstance(each, Party)}
    ders = [each.der if isinstance(each, Party) else each for each in sent]
    return [
        tuple(known.get(der, der) for der in path)
        for path in paths(leaf.der, ders, anchors(*trusted))
    ]


def test_the_plain_path(root: Party, intermediate: Party) -> None:
    leaf = issue(intermediate, Spec())
    assert found(leaf, [intermediate], root) == [(leaf, intermediate, root)]


def test_order_duplicates_and_strangers_do_not_matter(root: Party, intermediate: Party) -> None:
    lower = authority(intermediate, "Lower")
    leaf = issue(lower, Spec())
    sent = [leaf, authority(None, "Stranger"), root, intermediate, lower, intermediate, lower]
    assert found(leaf, sent, root) == [(leaf, lower, intermediate, root)]


def test_what_can_not_be_read_is_passed_over(root: Party, intermediate: Party) -> None:
    leaf = issue(intermediate, Spec())
    sent: list[Party | bytes] = [b"", b"\x30\x00", intermediate.der[:-1], intermediate]
    assert found(leaf, sent, root) == [(leaf, intermediate, root)]
    assert list(paths(b"no certificate", [intermediate.der], anchors(root))) == []


def test_of_two_with_one_name_the_one_that_signed(root: Party, intermediate: Party) -> None:
    wrong = authority(root, "Intermediate")
    leaf = issue(intermediate, Spec())
    assert found(leaf, [wrong, intermediate], root) == [(leaf, intermediate, root)]


def test_every_way_through_cross_certificates_the_anchors_first(
    root: Party, intermediate: Party
) -> None:
    old = authority(None, "Old root", start=NOW - 900 * DAY, end=NOW - DAY)
    cross = again(root, old)
    leaf = issue(intermediate, Spec())
    direct, around = (leaf, intermediate, root), (leaf, intermediate, cross, old)
    assert found(leaf, [cross, intermediate], old, root) == [direct, around]


def test_a_path_ends_at_its_first_anchor(root: Party, intermediate: Party) -> None:
    leaf = issue(intermediate, Spec())
    assert found(leaf, [intermediate], root, intermediate) == [(leaf, intermediate)]
    assert found(leaf, [intermediate], root, leaf) == [(leaf,)]


@pytest.mark.parametrize("forged", [False, True], ids=["no issuer", "a forged signature"])
def test_no_path(root: Party, intermediate: Party, forged: bool) -> None:
    leaf = issue(intermediate, Spec(forged=forged))
    assert found(leaf, [intermediate] if forged else [], root) == []


def test_a_path_has_ten_certificates_at_most(root: Party) -> None:
    chain = [root]
    while len(chain) < LONGEST:
        chain.append(authority(chain[-1], f"CA {len(chain)}"))
    longest, too_long = issue(chain[-2], Spec()), issue(chain[-1], Spec())
    assert [len(path) for path in found(longest, chain[1:], root)] == [LONGEST]
    assert found(too_long, chain[1:], root) == []


def test_who_certifies_himself_in_many_ways_takes_a_bounded_time(
    root: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = authority(None, "Many")
    many = [again(one, one, serial=number) for number in range(40)]
    leaf = issue(one, Spec())
    checks = []

    def count(signed: signatures.Signed, spki: bytes) -> bool:
        checks.append(spki)
        return is_signed_by(signed, spki)

    is_signed_by = signatures.is_signed_by
    monkeypatch.setattr(signatures, "is_signed_by", count)
    assert found(leaf, many, root) == []
    assert len(checks) == MOST_CHECKS


def test_loose_ends(root: Party, intermediate: Party) -> None:
    lower = authority(intermediate, "Lower")
    other = authority(authority(None, "Elsewhere"), "Lower")
    leaf, stranger = issue(lower, Spec()), authority(root, "Stranger")
    ders = [each.der for each in (stranger, lower, lower, leaf)]
    assert loose_ends(leaf.der, []) == parsed([leaf.der])
    assert loose_ends(leaf.der, ders) == parsed([lower.der])
    assert loose_ends(leaf.der, [*ders, other.der]) == parsed([lower.der, other.der])
    assert loose_ends(leaf.der, [*ders, intermediate.der, root.der]) == ()
    assert loose_ends(b"no certificate", ders) == ()


def test_loose_ends_of_a_circle() -> None:
    one, two = authority(None, "One"), authority(None, "Two")
    circle = [again(one, two).der, again(two, one).der]
    assert loose_ends(issue(one, Spec(subject=name("www"))).der, circle) == ()
