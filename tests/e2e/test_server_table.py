"""What each kind of server gets: reasons, authority, leaf, and what a client makes of it.

The client trusts Forward Trust only. Under Forward Trust it must find exactly the errors that it
finds in the server's own certificate, under Forward Untrust an unknown issuer.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from e2e.harness import clients, protocol_rows
from e2e.harness.browser import Browser
from e2e.harness.forged import assert_is_forged
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.site import Site
from e2e.harness.table import ROWS, Table, host
from e2e.harness.zoo import Zoo

DATES_AND_NAMES = frozenset({clients.EXPIRED, clients.NOT_YET_VALID, clients.NAME})
PAGE_SAYS = {
    "malformed-certificate": b"malformed",
    "chain-too-large": b"large",
    "revoked": b"revoked",
}


@pytest.fixture(scope="module")
def table(zoo: Zoo, folder: Path) -> Iterator[Table]:
    with Table(zoo, folder) as made:
        yield made


@pytest.mark.parametrize("label", [label for label, row in ROWS.items() if row.signer])
def test_each_kind_of_server_gets_its_authority(table: Table, label: str) -> None:
    row, site = ROWS[label], table.gateway.site
    signer = site.trust if row.signer == "forward-trust" else site.untrust
    real = table.shown(label, None, "-partial_chain")
    assert real.leaf.der == table.pairs[label].der, "the server does not show its certificate"

    seen = table.shown(label, table.gateway)

    assert_is_forged(seen.leaf, real.leaf, signer)
    if row.sees is None:
        assert seen.errors & clients.UNKNOWN_ISSUER, seen.output
    else:
        assert (real.errors, seen.errors) == (row.sees | row.lost, row.sees), seen.output
    assert_no_less_of_a_warning(real.errors - row.lost, seen.errors)


@pytest.mark.parametrize("label", [label for label, row in ROWS.items() if row.signer])
def test_who_accepts_the_warning_reaches_the_server(table: Table, label: str) -> None:
    reply = table.fetch(label, "-k")

    assert (reply.error, reply.status, reply.body) == (0, 200, PAGE), reply
    assert_recorded(table.gateway.site, reply.port, label)


@pytest.mark.parametrize("label", [label for label, row in ROWS.items() if not row.signer])
def test_what_no_leaf_can_say_gives_a_page(table: Table, label: str) -> None:
    site = table.gateway.site
    seen = table.shown(label, table.gateway)
    assert seen.leaf.issuer == site.trust.leaf.subject, "the page is not under Forward Trust"
    assert not seen.errors, seen.output

    reply = table.fetch(label)

    assert (reply.error, reply.status) == (0, 503), reply
    assert PAGE_SAYS[ROWS[label].reasons[0]] in reply.body.lower(), reply.body
    assert not table.asked(label), "the server was asked all the same"
    assert_recorded(site, reply.port, label)


@pytest.mark.parametrize("label", [label for label, row in ROWS.items() if row.lost])
def test_what_openssl_loses_is_there_to_be_found(table: Table, label: str) -> None:
    """The rows without a warning that openssl warns of: another client finds the way."""
    assert table.verifies(label)


@pytest.mark.parametrize("label", protocol_rows.ROWS)
def test_each_kind_of_tls_is_decrypted_passed_or_blocked(table: Table, label: str) -> None:
    row, port = protocol_rows.ROWS[label], table.spoken[label].port
    direct, seen, blocked = (
        clients.curl(gateway, f"https://{name}/page", to=port, trust=trust)
        for gateway, name, trust in (
            (None, host(label), table.roots),
            (table.gateway, host(label), None),
            (table.gateway, protocol_rows.strict(host(label)), None),
        )
    )
    record = table.gateway.site.record("decryption", sport=seen.port)
    if not row.reason:
        assert (direct.status, seen.status, blocked.status) == (200, 200, 200), (seen, blocked)
        assert (record["action"], record["authority"]) == ("allow", "forward-trust")
        return
    assert seen.error == direct.error != 0, (direct, seen)
    assert (record["action"], record["reason"]) == ("bypass", [row.reason])
    assert (blocked.error, blocked.status) == (0, 503), blocked
    record = table.gateway.site.record("decryption", sport=blocked.port)
    assert (record["action"], record["reason"]) == ("block", [row.reason])


# What a browser shows, without the gateway and through it: the name of its error, "" for none.

DATE, NAME = "ERR_CERT_DATE_INVALID", "ERR_CERT_COMMON_NAME_INVALID"
AUTHORITY = "ERR_CERT_AUTHORITY_INVALID"
BROWSED = {
    "good": ("", ""),
    "namesake-first": ("", ""),
    "crossed-to-a-stranger": ("", ""),
    "incomplete-mended": ("", ""),
    "expired": (DATE, DATE),
    "not-yet-valid": (DATE, DATE),
    "mismatch": (NAME, NAME),
    "no-names": (NAME, NAME),
    "self-signed": (AUTHORITY, AUTHORITY),
    "unknown-ca": (AUTHORITY, AUTHORITY),
    "incomplete": (AUTHORITY, AUTHORITY),
    "constraints": (AUTHORITY, AUTHORITY),
    "purpose": (AUTHORITY, AUTHORITY),
    "issuer-expired": (DATE, AUTHORITY),
    "weak-key": ("ERR_CERT_WEAK_KEY", AUTHORITY),
    "weak-digest-sha1": ("ERR_CERT_WEAK_SIGNATURE_ALGORITHM", AUTHORITY),
    "expired-unknown": (AUTHORITY, AUTHORITY),
    "revoked-by-list": ("", "page"),
    "unreadable-dates": ("ERR_SSL_SERVER_CERT_BAD_FORMAT", "page"),
}
LOCAL = "localhost"  # the one name that resolves everywhere


@pytest.fixture(scope="module")
def browsed(table: Table) -> Iterator[dict[str, Origin]]:
    """The same rows once more, as servers of a host that resolves."""
    with ExitStack() as stack:
        yield {
            label: stack.enter_context(Origin(ROWS[label].make(table.makers, LOCAL)))
            for label in BROWSED
        }


@pytest.fixture(scope="module")
def direct(folder: Path, table: Table, zoo: Zoo) -> Iterator[Browser]:
    with Browser(folder / "direct", zoo.root_file) as browser:
        yield browser


@pytest.fixture(scope="module")
def behind(folder: Path, table: Table) -> Iterator[Browser]:
    gateway = table.gateway
    with Browser(folder / "behind", gateway.site.trust_file, gateway.address) as browser:
        yield browser


@pytest.mark.parametrize("label", BROWSED)
def test_a_browser_warns_as_it_does_of_the_real_site(
    direct: Browser, behind: Browser, browsed: dict[str, Origin], label: str
) -> None:
    url = f"https://{LOCAL}:{browsed[label].port}/page"
    real, seen = direct.open(url), behind.open(url)
    if not seen and behind.driver.title != "Zoo":
        assert ROWS[label].reasons[0].partition("-")[0] in behind.text.lower(), behind.text
        seen = "page"
    assert (real, seen) == BROWSED[label]


def assert_no_less_of_a_warning(real: frozenset[int], seen: frozenset[int]) -> None:
    """No one is told that all is well, or that only the date is wrong, where the chain is."""
    if real:
        assert seen
    if real - DATES_AND_NAMES:
        assert seen & clients.UNKNOWN_ISSUER


def assert_recorded(site: Site, source_port: int, label: str) -> None:
    """The decryption record names the authority and each reason."""
    row = ROWS[label]
    record = site.record("decryption", sport=source_port)
    assert record.get("authority", "") == row.signer
    assert record["action"] == ("allow" if row.signer else "block")
    assert sorted(record.get("reason", [])) == sorted(row.reasons)
    assert record.get("sni", "") == (
        "" if row.name is None else (row.name or host(label)).lower()
    ), "names are recorded as they compare"
