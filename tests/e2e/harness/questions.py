"""What `clearpane check` and `clearpane test` say of a site that no gateway runs with."""

import subprocess
from pathlib import Path

from .process import BIN, environment
from .site import PRODUCT, Site


def say(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    """`clearpane WORDS` with the rules of the site, and its authorities where that takes them."""
    places: tuple[str | Path, ...] = ("--rules", site.rules)
    if words[0] == "check":
        places = (*places, "--ca", site.ca, "--state", site.state)
    return subprocess.run(
        [BIN / "clearpane", *words, *places],
        capture_output=True,
        text=True,
        env=environment(site.folder),
        cwd=PRODUCT,
        timeout=30,
        check=False,
    )


def mistakes(site: Site) -> list[str]:
    """The errors that `clearpane check` finds, which are why it fails."""
    done = say(site, "check")
    found = [line for line in (done.stdout + done.stderr).splitlines() if ": error: " in line]
    assert (done.returncode == 1) == bool(found), done
    return found
