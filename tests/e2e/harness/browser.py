"""A headless Chromium with a certificate database of its own."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from .process import environment

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


class Browser:
    """Trusts `anchor` beside the public authorities and sends all through `proxy`, if any."""

    def __init__(self, home: Path, anchor: Path, proxy: str = "") -> None:
        self._home = home
        self._trust(anchor)
        options = ChromeOptions()
        options.binary_location = _program("chromium")
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

    @property
    def text(self) -> str:
        """What the page shows."""
        return self.driver.find_element("tag name", "body").text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.quit()


def _through(proxy: str) -> Sequence[str]:
    if not proxy:
        return ["--no-proxy-server"]
    return [f"--proxy-server=http://{proxy}", "--proxy-bypass-list=<-loopback>"]
