"""Chains that OpenSSL's first path does not carry to an anchor, and which of them do hold."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import (
    CERT_SIGN,
    CLIENT_AUTH,
    DAY,
    NOW,
    SERVER_AUTH,
    Party,
    Spec,
    authority,
    constraints,
    extension,
    issue,
    name,
    purpose,
    san,
    shake_hands,
)
from clearpane.certificates import der, pem
from clearpane.verification.fetch import Fetch, Fetched
from clearpane.verification.handshake import Handshake, TrustStore, sent
from clearpane.verification.intermediate_cache import KEPT_PROVEN, KEPT_UNPROVEN
from clearpane.verification.issuers import Issuers
from clearpane.verification.mending import Mended, Mender
from clearpane.verification.profile import DecryptionProfile
from clearpane.verification.verdict import Signer, Verdict

NAME = "www.test"
AKI, AIA = "2.5.29.35", "1.3.6.1.5.5.7.1.1"
CA_ISSUERS = "1.3.6.1.5.5.7.48.2"
CA = (constraints(True), CERT_SIGN)


def trusting(*parties: Party) -> TrustStore:
    return TrustStore(b"", [each.der for each in parties])


def named(*urls: str) -> bytes:
    """Authority Information Access with these CA Issuers."""
    places = (
        der.sequence(der.oid(CA_ISSUERS), der.element(der.context(6, False), url.encode()))
        for url in urls
    )
    return extension(AIA, der.sequence(*places))


def leaf_of(issuer: Party, *extensions: bytes, **changes: object) -> Party:
    made = (san(NAME), purpose(SERVER_AUTH), *extensions)
    return issue(issuer, Spec(**{"extensions": made, **changes}))  # type: ignore[arg-type]


def again(party: Party, issuer: Party, **changes: object) -> Party:
    """The same name and key, certified by another."""
    spec = Spec(subject=party.subject, key=lambda: party.key, extensions=CA, **changes)  # type: ignore[arg-type]
    return issue(issuer, spec)


# Without fetching.


@dataclass
class Case:
    """What the server sends, what is trusted beside the root, and what must come of it."""

    sent: tuple[Party, ...]
    reasons: str | None = ""
    anchors: tuple[Party, ...] = field(default=())


type Build = Callable[[Party, Party], Case]


def misordered(root: Party, ica: Party) -> Case:
    lower = authority(ica, "Lower")
    return Case((leaf_of(lower), ica, lower))


def with_extras(root: Party, ica: Party) -> Case:
    served = leaf_of(ica)
    return Case((served, served, authority(None, "Stranger"), ica, ica, root))


def same_name_wrong_first(root: Party, ica: Party) -> Case:
    return Case((leaf_of(ica), authority(root, "Intermediate"), ica))


def cross_expired(root: Party, ica: Party) -> Case:
    old = authority(None, "Old root", start=NOW - 900 * DAY, end=NOW - DAY)
    return Case((leaf_of(ica), ica, again(root, old)), "", (old,))


def intermediate_expired_and_renewed(root: Party, ica: Party) -> Case:
    old = again(ica, root, start=NOW - 900 * DAY, end=NOW - DAY, serial=1)
    return Case((leaf_of(ica), old, ica))


def only_the_expired_way(root: Party, ica: Party) -> Case:
    old = authority(None, "Old root", start=NOW - 900 * DAY, end=NOW - DAY)
    other = authority(old, "Other")
    return Case((leaf_of(other), other), "issuer-expired", (old,))


def wrong_key_identifier(root: Party, ica: Party) -> Case:
    """OpenSSL takes no issuer whose key identifier differs; that it signed does not help."""
    own = extension("2.5.29.14", der.octet_string(b"one"))
    issuing = authority(root, "Issuing", extensions=(*CA, own))
    other = der.sequence(der.element(der.context(0, False), b"other"))
    return Case((leaf_of(issuing, extension(AKI, other)), issuing), None)


def path_too_long(root: Party, ica: Party) -> Case:
    upper = authority(root, "Upper", extensions=(constraints(True, 0), CERT_SIGN))
    lower = authority(upper, "Lower")
    return Case((leaf_of(lower), lower, upper), "constraints-violated")


def sha1_above(root: Party, ica: Party) -> Case:
    """Such a signature counts as none."""
    weak = authority(root, "Weak", digest="sha1")
    return Case((leaf_of(weak), weak), None)


WITHOUT_FETCHING: dict[str, Build] = {
    "plain": lambda root, ica: Case((leaf_of(ica), ica)),
    "misordered": misordered,
    "with duplicates and strangers": with_extras,
    "two of one name, the wrong one first": same_name_wrong_first,
    "a cross-certificate of an expired root": cross_expired,
    "an expired intermediate and its renewal": intermediate_expired_and_renewed,
    "only an expired root": only_the_expired_way,
    "the wrong key identifier": wrong_key_identifier,
    "a path that is too long": path_too_long,
    "SHA-1 above": sha1_above,
    "incomplete": lambda root, ica: Case((leaf_of(ica),), None),
    "self-signed": lambda root, ica: Case((issue(None, Spec()),), None),
    "a leaf that is trusted": lambda root, ica: Case((w := issue(None, Spec()),), "", (w,)),
    "an intermediate that is trusted": lambda root, ica: Case((leaf_of(ica),), "", (ica,)),
    "no CA": lambda root, ica: Case(
        (leaf_of(w := leaf_of(ica, subject=name("a.test"))), w, ica), "constraints-violated"
    ),
    "no CA, and of the same name": lambda root, ica: Case(
        (leaf_of(w := leaf_of(ica)), w, ica), None
    ),
    "for clients": lambda root, ica: Case(
        (leaf_of(ica, extensions=(san(NAME), purpose(CLIENT_AUTH))), ica), "invalid-purpose"
    ),
    "for clients above": lambda root, ica: Case(
        (leaf_of(w := authority(root, "W", extensions=(*CA, purpose(CLIENT_AUTH)))), w),
        "invalid-purpose",
    ),
    "another name": lambda root, ica: Case(
        (leaf_of(ica, extensions=(san("other.test"),)), ica), "name-mismatch"
    ),
    "expired": lambda root, ica: Case((leaf_of(ica, end=NOW - DAY), ica), "expired"),
    "an unknown critical extension": lambda root, ica: Case(
        (leaf_of(ica, extension("1.3.6.1.4.1.99999.1", b"\x05\x00", critical=True)), ica),
        "invalid-extension",
    ),
    "nothing": lambda root, ica: Case((), None),
}


@pytest.mark.parametrize("build", WITHOUT_FETCHING.values(), ids=WITHOUT_FETCHING)
def test_the_best_path(root: Party, intermediate: Party, build: Build) -> None:
    case = build(root, intermediate)
    verdict = Mender(trusting(root, *case.anchors)).verdict(
        [each.der for each in case.sent], NAME, NOW
    )
    found = None if verdict is None else ", ".join(verdict.reasons)
    assert found == case.reasons
    if verdict is not None:
        assert verdict.certificate and verdict.certificate.der == case.sent[0].der
        assert verdict.root_name
        assert not verdict.missing_issuer


def test_the_time_is_the_callers(root: Party, intermediate: Party) -> None:
    chain = [leaf_of(intermediate, end=NOW - DAY).der, intermediate.der]
    verdict = Mender(trusting(root)).verdict(chain, NAME, NOW - 2 * DAY)
    assert verdict is not None
    assert verdict.reasons == ()


def test_what_openssl_can_not_load_is_no_path(root: Party, intermediate: Party) -> None:
    """A key of a curve that there is not, which our reader passes on."""
    chain = [leaf_of(intermediate).der, intermediate.der]
    prime256v1, unknown = der.oid("1.2.840.10045.3.1.7"), der.oid("1.2.840.10045.3.1.99")
    odd = chain[0].replace(prime256v1, unknown)
    assert odd != chain[0]
    assert Mender(trusting(root)).verdict([odd, chain[1]], NAME, NOW) is None
    assert Mender(trusting(root)).verdict([chain[0][:-1], chain[1]], NAME, NOW) is None


# With the verdict of a real handshake.


@dataclass
class Net(Fetch):
    """The web as it is at `pages`; what was asked is in `asked`."""

    pages: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, *, timeout: float, limit: int) -> Fetched:
        self.asked.append(url)
        if url.endswith("hang"):
            await asyncio.get_running_loop().create_future()
        return Fetched(self.pages[url]) if url in self.pages else Fetched(error="status 404")


type Shown = tuple[Verdict, tuple[bytes, ...]]


def shown(serve: object, store: TrustStore, *chain: Party, now: datetime = NOW) -> Shown:
    """The first verdict on a server that sends this chain."""
    handshake = Handshake(store)
    client = handshake.connection(NAME, (), DecryptionProfile().protocol.terms())
    shake_hands(client, serve(*chain))  # type: ignore[operator]
    return handshake.verdict(client, NAME, now), sent(client)


async def mend(
    store: TrustStore, seen: Shown, issuers: Issuers | None, now: datetime = NOW
) -> Mended:
    return await Mender(store).mend(*seen, NAME, now, asyncio.to_thread, issuers)


def asking(net: Net) -> Issuers:
    return Issuers(net, asyncio.to_thread)


URL = "http://ca.test/ica.crt"


async def test_a_sent_chain_is_mended_and_the_rest_of_the_verdict_stays(
    serve: object, root: Party, intermediate: Party
) -> None:
    store = trusting(root)
    served = leaf_of(intermediate, named(URL))
    seen = shown(serve, store, served, authority(root, "Intermediate"), intermediate)
    assert seen[0].signer is Signer.FORWARD_UNTRUST
    net = Net({})
    mended = await mend(store, seen, asking(net))
    assert mended.verdict.signer is Signer.FORWARD_TRUST
    assert mended.verdict.version == "TLSv1.3"
    assert mended.verdict.cipher == seen[0].cipher != ""
    assert not net.asked


async def test_what_is_well_is_left_alone(serve: object, root: Party, intermediate: Party) -> None:
    store, net = trusting(root), Net({})
    seen = shown(serve, store, leaf_of(intermediate, named(URL)), intermediate)
    assert await mend(store, seen, asking(net)) == Mended(seen[0])
    assert not net.asked


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "DER": lambda each: each,
    "PEM": lambda each: pem.to_pem(each).encode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_a_missing_intermediate_is_fetched(
    serve: object, root: Party, intermediate: Party, form: Callable[[bytes], bytes]
) -> None:
    store, net = trusting(root), Net({URL: form(intermediate.der)})
    seen = shown(serve, store, leaf_of(intermediate, named("ldap://ca.test/", URL)))
    assert seen[0].missing_issuer == "CN=Intermediate"
    mended = await mend(store, seen, asking(net))
    assert mended.verdict.reasons == ()
    assert mended.verdict.root_name == "CN=Root"
    assert (mended.verdict.missing_issuer, mended.verdict.ca_issuers) == ("", ())
    assert (mended.fetched, mended.errors, net.asked) == ((URL,), (), [URL])


async def test_without_fetching_the_missing_issuer_is_still_named(
    serve: object, root: Party, intermediate: Party
) -> None:
    store = trusting(root)
    seen = shown(serve, store, leaf_of(intermediate, named(URL)))
    mended = await mend(store, seen, None)
    assert mended == Mended(seen[0])
    assert mended.verdict.ca_issuers == (URL,)


BAD_PAGES: dict[str, tuple[Callable[[Party, Party], bytes | None], tuple[str, ...]]] = {
    "missing": (lambda root, ica: None, (f"{URL}: status 404",)),
    "junk": (lambda root, ica: b"<html>", (f"{URL}: no-certificate",)),
    "a stranger": (lambda root, ica: authority(None, "Stranger").der, ()),
    "another of that name": (lambda root, ica: authority(root, "Intermediate").der, ()),
    "the same leaf": (lambda root, ica: leaf_of(ica).der, ()),
}


@pytest.mark.parametrize(("page", "errors"), BAD_PAGES.values(), ids=BAD_PAGES)
async def test_what_does_not_help_changes_nothing(
    serve: object,
    root: Party,
    intermediate: Party,
    page: Callable[[Party, Party], bytes | None],
    errors: tuple[str, ...],
) -> None:
    store, body = trusting(root), page(root, intermediate)
    net = Net({} if body is None else {URL: body})
    seen = shown(serve, store, leaf_of(intermediate, named(URL)))
    issuers = asking(net)
    for _ in range(2):
        assert await mend(store, seen, issuers) == Mended(seen[0], (URL,), errors)
    assert net.asked == [URL]
    await mend(store, seen, issuers, NOW + KEPT_UNPROVEN)
    assert net.asked == [URL, URL]


async def test_an_expired_issuer_is_said_once_it_is_known(serve: object, root: Party) -> None:
    store = trusting(root)
    old = authority(root, "Old", start=NOW - 90 * DAY, end=NOW - DAY)
    seen = shown(serve, store, leaf_of(old, named(URL)))
    mended = await mend(store, seen, asking(Net({URL: old.der})))
    assert mended.verdict.reasons == ("issuer-expired",)


def tower(root: Party, height: int) -> tuple[list[Party], dict[str, bytes]]:
    """Intermediates, each naming where the one above is; the last one signs leaves."""
    chain, pages = [root], {}
    for number in range(height):
        above = (named(f"http://ca.test/{number - 1}"),) if number else ()
        made = authority(chain[-1], f"CA {number}", extensions=(*CA, *above))
        pages[f"http://ca.test/{number}"] = made.der
        chain.append(made)
    return chain, pages


@pytest.mark.parametrize(("height", "holds"), [(2, True), (3, True), (4, False)])
async def test_a_fetched_one_may_name_the_next_three_deep(
    serve: object, root: Party, height: int, holds: bool
) -> None:
    store = trusting(root)
    chain, pages = tower(root, height)
    net = Net(pages)
    served = leaf_of(chain[-1], named(f"http://ca.test/{height - 1}"))
    mended = await mend(store, shown(serve, store, served), asking(net))
    assert (mended.verdict.signer is Signer.FORWARD_TRUST) is holds
    assert len(net.asked) == min(height, 3)


async def test_a_tenth_address_is_the_last_to_be_asked(
    serve: object, root: Party, intermediate: Party
) -> None:
    store, net = trusting(root), Net({})
    urls = [f"http://ca.test/{number}" for number in range(30)]
    mended = await mend(
        store, shown(serve, store, leaf_of(intermediate, named(*urls))), asking(net)
    )
    assert mended.fetched == tuple(urls[:10])
    assert net.asked == urls[:10]


async def test_ten_certificates_are_the_most(
    serve: object, root: Party, intermediate: Party
) -> None:
    store = trusting(root)
    others = [authority(None, f"Other {number}").der for number in range(10)]
    pages = {f"{URL}1": b"".join(map(FORMS["PEM"], others))}
    pages[f"{URL}2"] = intermediate.der
    seen = shown(serve, store, leaf_of(intermediate, named(f"{URL}1", f"{URL}2")))
    mended = await mend(store, seen, asking(Net(pages)))
    assert mended.verdict == seen[0]


async def test_one_that_hangs_ends_by_the_time_for_all(
    serve: object, root: Party, intermediate: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearpane.verification.mending.SECONDS", 0.1)
    store, net = trusting(root), Net({})
    seen = shown(serve, store, leaf_of(intermediate, named(URL, "http://ca.test/hang")))
    mended = await mend(store, seen, asking(net))
    assert mended.verdict == seen[0]
    assert mended.errors == (f"{URL}: status 404", "http://ca.test/hang: timeout")


async def test_a_hundred_connections_fetch_once_and_it_is_kept(
    serve: object, root: Party, intermediate: Party
) -> None:
    store, net = trusting(root), Net({URL: intermediate.der})
    seen, issuers = shown(serve, store, leaf_of(intermediate, named(URL))), asking(net)
    mended = await asyncio.gather(*(mend(store, seen, issuers) for _ in range(100)))
    assert {each.verdict.signer for each in mended} == {Signer.FORWARD_TRUST}
    await mend(store, seen, issuers, NOW + KEPT_PROVEN - DAY / 100)
    assert net.asked == [URL]
    await mend(store, seen, issuers, NOW + KEPT_PROVEN)
    assert net.asked == [URL, URL]


async def test_a_revoked_certificate_is_not_looked_at_again(
    serve: object, root: Party, intermediate: Party
) -> None:
    store, net = trusting(root), Net({})
    verdict, certificates = shown(serve, store, leaf_of(intermediate, named(URL)))
    odd = replace(verdict, reasons=(*verdict.reasons, "revoked"))  # type: ignore[arg-type]
    assert await mend(store, (odd, certificates), asking(net)) == Mended(odd)
    assert not net.asked


FUZZED = authority(None, "Fuzzed")
FUZZED_CHAIN = (leaf_of(middle := authority(FUZZED, "Middle"), named(URL)).der, middle.der)
FUZZED_MENDER = Mender(trusting(FUZZED))


@given(st.integers(0, 1), st.integers(0, 1000), st.binary(max_size=3))
def test_damage_never_raises(which: int, at: int, put: bytes) -> None:
    """A damaged certificate is not what was signed; only a change of the signature's own form, or
    none at all, can still be one."""
    chain = list(FUZZED_CHAIN)
    at %= len(chain[which])
    chain[which] = chain[which][:at] + put + chain[which][at + len(put) :]
    verdict = FUZZED_MENDER.verdict(chain, NAME, NOW)
    if verdict is not None and tuple(chain) != FUZZED_CHAIN:
        tbs, damaged = (
            der.first(der.only(each[which], der.SEQUENCE).content)[0].raw
            for each in (FUZZED_CHAIN, chain)
        )
        assert tbs == damaged
