"""Commands to a running gateway, by the program that administrators use."""

import json
import subprocess
from typing import Any

from .process import BIN, environment
from .site import PRODUCT, Site

CACHE = ("system", "setting", "ssl-decrypt", "exclude-cache")


def ask(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    """`clearpane WORDS`, and what came of it."""
    return subprocess.run(
        [str(BIN / "clearpane"), *words, "--state", str(site.state)],
        cwd=PRODUCT,
        env=environment(site.folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def learned(site: Site) -> list[dict[str, Any]]:
    """The rows of the exclude cache."""
    done = ask(site, "show", *CACHE, "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert isinstance(rows, list), rows
    return rows


def servers(site: Site) -> list[str]:
    """HOST:PORT of each row, sorted."""
    return sorted(row["server"] for row in learned(site))
