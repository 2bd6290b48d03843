"""What a user's browser shows: the same warning with the gateway as without it."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from e2e.harness import bodies, pki
from e2e.harness.browser import Browser
from e2e.harness.detour import Detour
from e2e.harness.messages import Answer, Request
from e2e.harness.origins import Origin, close_after_hello, misbehaving
from e2e.harness.process import Gateway
from e2e.harness.site import Site
from e2e.harness.wait import until
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


# The opt-out page. Each test is a user of its own: the browser comes from another address.

FORM = """<!DOCTYPE html><title>Form</title><form method=post action=https://{}:{}/order>
<input name=item value=secret><button>Order</button></form>"""
MANY = b"""<!DOCTYPE html><title>Many</title><img src=/logo.png><script src=/app.js></script>
<link rel=stylesheet href=/style.css>a page with parts"""
PARTS = {"/logo.png": "image/png", "/app.js": "text/javascript", "/style.css": "text/css"}
ADDRESSES = (f"127.0.1.{last}" for last in range(1, 255))


@pytest.fixture(scope="module")
def shop(zoo: Zoo) -> Iterator[Origin]:
    with Origin(zoo.leaf(HOST)) as origin:
        origin.contents.routes["/many"] = partial(_answer, MANY, "text/html")
        for path, kind in PARTS.items():
            origin.contents.routes[path] = partial(_answer, b"", kind)
        yield origin


def _answer(body: bytes, kind: str, _: Request) -> Answer:
    return Answer(headers=[("content-type", kind)], body=body)


@pytest.fixture(scope="module")
def asking(folder: Path, zoo: Zoo) -> Iterator[Gateway]:
    settings = {"ssl-decrypt": {"notify-user": True}}
    with Gateway(Site(folder / "asking", roots=[zoo.root], settings=settings)) as running:
        yield running


@pytest.fixture(scope="module")
def detour(asking: Gateway) -> Iterator[Detour]:
    with Detour(asking.port, next(ADDRESSES)) as running:
        yield running


@pytest.fixture(scope="module")
def asked(folder: Path, asking: Gateway, detour: Detour) -> Iterator[Browser]:
    with Browser(folder / "asked", asking.site.trust_file, detour.there) as browser:
        yield browser


@pytest.fixture
def newcomer(asked: Browser, detour: Detour) -> Browser:
    """The browser of somebody who was not asked yet."""
    detour.come_from(next(ADDRESSES))
    return asked


@pytest.mark.parametrize("width", [1200, 320])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_opt_out_page_fits(newcomer: Browser, shop: Origin, width: int, dark: bool) -> None:
    newcomer.as_wide_as(width, dark=dark)
    assert newcomer.open(f"https://{HOST}:{shop.port}/many?fits") == ""
    assert newcomer.driver.title == "Secure connections are inspected here"
    assert newcomer.spill == 0
    assert newcomer.complaints == []
    assert not shop.contents.asked("?fits")


def test_yes_leads_to_the_site_with_all_its_parts(newcomer: Browser, shop: Origin) -> None:
    url = f"https://{HOST}:{shop.port}/many?yes"
    newcomer.open(url)
    newcomer.press("Yes")
    until(lambda: newcomer.driver.title == "Many", "the site")
    assert newcomer.driver.current_url == url
    for part in PARTS:
        until(partial(shop.contents.asked, part), part)
    assert newcomer.complaints == []
    newcomer.open(f"https://{HOST}:{shop.port}/page")
    assert newcomer.driver.title == "Zoo"


def test_no_leads_to_a_page_that_says_for_how_long(newcomer: Browser, shop: Origin) -> None:
    url = f"https://{HOST}:{shop.port}/many?no"
    newcomer.open(url)
    newcomer.press("No")
    for _ in ("the answer", "the next page"):
        assert "You chose not to be decrypted" in newcomer.text
        assert "seconds" in newcomer.text or "minute" in newcomer.text
        assert not newcomer.driver.find_elements("tag name", "form")
        assert newcomer.complaints == []
        assert newcomer.open(url) == ""
    assert not shop.contents.asked("?no")


def test_a_form_that_was_sent_before_the_answer_is_sent_again_by_hand(
    newcomer: Browser, shop: Origin
) -> None:
    with Origin() as plain:
        page = FORM.format(HOST, shop.port).encode()
        plain.contents.routes["/"] = partial(_answer, page, "text/html")
        newcomer.open(f"http://{HOST}:{plain.port}/")
        newcomer.press("Order")
        assert "send it again" in newcomer.text
        newcomer.press("Yes")
        until(lambda: newcomer.driver.title == "Form", "the form")
        assert not shop.contents.asked("/order")
        newcomer.press("Order")
        until(lambda: shop.contents.asked("/order"), "the order")
    (order,) = shop.contents.asked("/order")
    assert order.body == b"item=secret"
