"""A headless Chromium with a certificate database of its own."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement

from .process import environment
from .wait import until

QUIET = (  # nothing that would ask for other pages than the tests'
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-extensions",
    "--window-size=1600,900",
)


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing"
    return found


@dataclass(frozen=True)
class Seen:
    """`error`: what is named in a warning, "" for a page."""

    error: str
    title: str
    text: str


class Browser:
    """Trusts `anchor` beside the public authorities and sends all through `proxy`, if any.

    One that `waits` is for `open`, one that does not for `look`.
    """

    def __init__(self, home: Path, anchor: Path, proxy: str = "", *, waits: bool = True) -> None:
        self._home = home
        self._trust(anchor)
        options = ChromeOptions()
        options.page_load_strategy = "normal" if waits else "none"
        options.binary_location = _program("chromium")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for argument in (*QUIET, f"--user-data-dir={home / 'profile'}", *_through(proxy)):
            options.add_argument(argument)
        service = Service(_program("chromedriver"), env=environment(home))
        self.driver = Chrome(options, service)
        self.driver.set_page_load_timeout(30)

    def _trust(self, anchor: Path) -> None:
        """Chromium on Linux takes a user's own roots from NSS's shared database."""
        database = self._home / ".pki" / "nssdb"
        database.mkdir(parents=True)
        place = ["-d", f"sql:{database}"]
        for words in (
            ["-N", "--empty-password"],
            ["-A", "-n", "tests", "-t", "C,,", "-i", str(anchor)],
        ):
            subprocess.run([_program("certutil"), *place, *words], check=True, timeout=30)

    def open(self, url: str) -> str:
        """Opens the page; the name of the error that the user is shown instead, "" for none."""
        try:
            self.driver.get(url)
            said = self.text
        except WebDriverException as error:
            said = str(error)
        found = re.search(r"(?i:net)::(ERR_\w+)", said)
        return found[1] if found else ""

    def look(self, urls: Mapping[str, str]) -> dict[str, Seen]:
        """Opens the pages side by side, each in a tab of its own: a warning takes three seconds to
        show. What is seen of each, by the keys of `urls`."""
        tabs = {}
        for key, url in urls.items():
            self.driver.switch_to.new_window("tab")
            self.driver.execute_script("window.setTimeout(() => { location = arguments[0] })", url)
            tabs[key] = self.driver.current_window_handle
        return {key: self._seen(tab) for key, tab in tabs.items()}

    def _seen(self, tab: str) -> Seen:
        self.driver.switch_to.window(tab)
        until(self._is_there, "a page or a warning", 30)
        text = self.text
        found = re.search(r"\b(ERR_[A-Z_]+)", text)
        return Seen(found[1] if found else "", self.driver.title, text)

    def _is_there(self) -> bool:
        try:
            return self.driver.current_url.startswith(("https:", "chrome-error:")) and bool(
                self.text
            )
        except WebDriverException:
            return False  # between two pages

    @property
    def text(self) -> str:
        """What the page shows."""
        return self.driver.find_element("tag name", "body").text

    def press(self, label: str) -> None:
        """Presses the button that begins with `label`, and waits until its page has gone."""
        page = self.driver.find_element("tag name", "html")
        self.driver.find_element("xpath", f"//button[starts-with(., '{label}')]").click()
        until(lambda: _is_gone(page), "the page after the button", 30)

    def type(self, text: str) -> None:
        """Into the page's one field."""
        self.driver.find_element("id", "password").send_keys(text)

    def as_wide_as(self, width: int, *, dark: bool = False) -> None:
        """What is shown from now on is shown on a screen of this many CSS pixels."""
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    @property
    def spill(self) -> int:
        """CSS pixels by which the page is wider than its screen."""
        asked = "const page = document.documentElement; return page.scrollWidth - innerWidth"
        return max(0, int(self.driver.execute_script(asked)))

    @property
    def complaints(self) -> list[str]:
        """What the console says that is not about the status alone, since the last look."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        said = [str(entry["message"]) for entry in entries]
        return [line for line in said if "the server responded with a status of" not in line]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.quit()


def _is_gone(page: WebElement) -> bool:
    try:
        return not page.is_enabled()
    except WebDriverException:
        return True


def _through(proxy: str) -> Sequence[str]:
    if not proxy:
        return ["--no-proxy-server"]
    return [f"--proxy-server=http://{proxy}", "--proxy-bypass-list=<-loopback>"]
