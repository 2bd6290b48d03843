"""What each kind of server gets: reasons, authority, leaf, and what a client makes of it.

The client trusts Forward Trust only. Under Forward Trust it must find exactly the errors that it
finds in the server's own certificate, under Forward Untrust an unknown issuer.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from e2e.harness import clients, protocol_rows, published
from e2e.harness.browser import Browser, Seen
from e2e.harness.forged import assert_is_forged
from e2e.harness.messages import PAGE
from e2e.harness.origins import Origin
from e2e.harness.rows import Row
from e2e.harness.site import PRODUCT, Site
from e2e.harness.table import ROWS, Table, host
from e2e.harness.zoo import Zoo

DATES_AND_NAMES = frozenset({clients.EXPIRED, clients.NOT_YET_VALID, clients.NAME})
SIGNERS = {"forward-trust": "Forward Trust", "forward-untrust": "Forward Untrust", "": "nobody"}
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
            (None, host(label), table.everybody),
            (table.gateway, host(label), table.everybody),
            (table.gateway, protocol_rows.strict(host(label)), table.everybody),
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
    "wrong-identifier": ("", AUTHORITY),
    "expired": (DATE, DATE),
    "not-yet-valid": (DATE, DATE),
    "mismatch": (NAME, NAME),
    "no-names": (NAME, NAME),
    "self-signed": (AUTHORITY, AUTHORITY),
    "unknown-ca": (AUTHORITY, AUTHORITY),
    "incomplete": (AUTHORITY, AUTHORITY),
    "constraints": ("ERR_CERT_INVALID", AUTHORITY),
    "purpose": ("ERR_CERT_INVALID", AUTHORITY),
    "issuer-expired": (DATE, AUTHORITY),
    "weak-key": ("", AUTHORITY),
    "weak-digest-sha1": ("ERR_CERT_INVALID", AUTHORITY),
    "expired-unknown": (AUTHORITY, AUTHORITY),
    "revoked-by-list": ("", "page"),
    "unreadable-dates": ("ERR_SSL_SERVER_CERT_BAD_FORMAT", "page"),
}
LOCAL = "localhost"  # the one name that resolves everywhere


@pytest.fixture(scope="module")
def urls(table: Table) -> Iterator[dict[str, str]]:
    """The same rows once more, as servers of a host that resolves."""
    with ExitStack() as stack:
        servers = {
            label: stack.enter_context(Origin(ROWS[label].make(table.makers, LOCAL)))
            for label in BROWSED
        }
        yield {label: f"https://{LOCAL}:{server.port}/page" for label, server in servers.items()}


@pytest.fixture(scope="module")
def views(
    folder: Path, urls: dict[str, str], zoo: Zoo, table: Table
) -> tuple[dict[str, Seen], dict[str, Seen]]:
    """What two browsers see at once, without the gateway and through it."""

    def look(name: str, anchor: Path, proxy: str) -> dict[str, Seen]:
        with Browser(folder / name, anchor, proxy, waits=False) as browser:
            return browser.look(urls)

    gateway = table.gateway
    with ThreadPoolExecutor() as pool:
        direct = pool.submit(look, "direct", zoo.root_file, "")
        behind = pool.submit(look, "behind", gateway.site.trust_file, gateway.address)
        return direct.result(), behind.result()


@pytest.mark.parametrize("label", BROWSED)
def test_a_browser_warns_as_it_does_of_the_real_site(
    views: tuple[dict[str, Seen], dict[str, Seen]], label: str
) -> None:
    direct, behind = (view[label] for view in views)
    seen = behind.error
    if not seen and behind.title != "Zoo":
        assert PAGE_SAYS[ROWS[label].reasons[0]].decode() in behind.text.lower()
        seen = "page"
    assert (direct.error, seen) == BROWSED[label]


# docs/verification.md


def in_the_docs() -> dict[str, list[str]]:
    """Per row of the page that names one of the table: reasons, signer, and what the user sees."""
    lines = (PRODUCT / "docs/verification.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line[:1] == "|"]
    return {row[1].strip("`"): row[2:] for row in cells if len(row) == 5 and row[1][:1] == "`"}


@pytest.mark.parametrize("label", in_the_docs())
def test_the_page_says_what_the_table_says(label: str) -> None:
    reasons, signer, view = in_the_docs()[label]
    if label in protocol_rows.ROWS:
        assert reasons.strip("`") == protocol_rows.ROWS[label].reason
        return
    row = ROWS[label]
    assert [each.strip("` ") for each in reasons.split(",") if each] == list(row.reasons)
    assert signer == SIGNERS[row.signer]
    assert view == view_of(row)


def test_the_page_has_every_row_of_the_published_list() -> None:
    missing = {*published.ROWS, *protocol_rows.ROWS} - {*in_the_docs()}
    assert not missing


def view_of(row: Row) -> str:
    if not row.signer:
        return "the page"
    if row.signer == "forward-untrust":
        return "the unknown-issuer warning"
    dates = "the date warning" if {"expired", "not-yet-valid"} & {*row.reasons} else ""
    name = "the name warning" if "name-mismatch" in row.reasons else ""
    return " and ".join(filter(None, (dates, name))) or "no warning"


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
