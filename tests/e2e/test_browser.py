"""What a user's browser shows: the same warning with the gateway as without it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from e2e.harness import bodies, pki
from e2e.harness.browser import Browser
from e2e.harness.origins import Origin, close_after_hello, misbehaving
from e2e.harness.process import Gateway
from e2e.harness.site import Site
from e2e.harness.zoo import Zoo

PAST = (pki.NOW - 90 * pki.DAY, pki.NOW - 3 * pki.DAY)
HOST = "localhost"  # the one name that resolves everywhere

WARNINGS = {
    "good": "",
    "unknown issuer": "ERR_CERT_AUTHORITY_INVALID",
    "self-signed": "ERR_CERT_AUTHORITY_INVALID",
    "expired": "ERR_CERT_DATE_INVALID",
    "name mismatch": "ERR_CERT_COMMON_NAME_INVALID",
    "no subjectAltName": "ERR_CERT_COMMON_NAME_INVALID",
}


@pytest.fixture(scope="module")
def servers(zoo: Zoo) -> Iterator[dict[str, Origin]]:
    pairs = {
        "good": zoo.leaf(HOST),
        "unknown issuer": pki.leaf(zoo.stranger, HOST),
        "self-signed": pki.leaf(None, HOST),
        "expired": pki.leaf(zoo.issuing, HOST, dates=PAST),
        "name mismatch": zoo.leaf("other.zoo.test"),
        "no subjectAltName": pki.leaf(zoo.issuing, common_name=HOST),
    }
    with ExitStack() as stack:
        yield {label: stack.enter_context(Origin(pair)) for label, pair in pairs.items()}


@pytest.fixture(scope="module")
def gateway(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    with Gateway(Site(folder / "site", roots=[zoo.root])) as running:
        yield running


@pytest.fixture(scope="module")
def behind(folder: Path, gateway: Gateway) -> Iterator[Browser]:
    """Knows Forward Trust only."""
    with Browser(folder / "behind", gateway.site.trust_file, gateway.address) as browser:
        yield browser


@pytest.fixture(scope="module")
def direct(folder: Path, zoo: Zoo) -> Iterator[Browser]:
    """Knows the zoo's own root, and no gateway."""
    with Browser(folder / "direct", zoo.root_file) as browser:
        yield browser


@pytest.mark.parametrize("label", WARNINGS)
def test_the_warning_is_that_of_the_real_site(
    behind: Browser, direct: Browser, servers: dict[str, Origin], label: str
) -> None:
    url = f"https://{HOST}:{servers[label].port}/page"
    assert (direct.open(url), behind.open(url)) == (WARNINGS[label], WARNINGS[label])
    if not WARNINGS[label]:
        assert behind.driver.title == "Zoo"


def test_the_virus_page_is_shown_in_place_of_the_virus(
    behind: Browser, servers: dict[str, Origin]
) -> None:
    assert behind.open(f"https://{HOST}:{servers['good'].port}/files/eicar.com") == ""
    assert "virus" in behind.text.lower()
    assert "eicar.com" in behind.text
    assert bodies.EICAR.decode() not in behind.driver.page_source


def test_a_page_is_shown_for_a_server_that_fails(behind: Browser) -> None:
    with misbehaving(close_after_hello) as server:
        assert behind.open(f"https://{HOST}:{server.port}/") == ""
        assert HOST in behind.text
