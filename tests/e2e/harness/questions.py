"""What `clearpane check` and `clearpane test` say of a site that no gateway runs with, and what the
docs say that they do.
"""

import re
import shlex
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


def examples(page: str, language: str = "") -> list[str]:
    """The blocks of docs/PAGE in this language; without one those that show a terminal."""
    text = (PRODUCT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for named, block in blocks if named == language]


def shown(page: str, verb: str) -> dict[str, str]:
    """Each `clearpane VERB ...` that the page shows, with what it says there."""
    commands = re.compile(rf"^\$ clearpane ({verb} .*)\n((?:(?!\$ ).*\n?)*)", re.MULTILINE)
    return {
        command: said.strip()
        for block in examples(page)
        for command, said in commands.findall(block)
    }


def answer(site: Site, command: str) -> str:
    """What `clearpane COMMAND` says in the site's own folder."""
    done = subprocess.run(
        [BIN / "clearpane", *shlex.split(command)],
        capture_output=True,
        text=True,
        env=environment(site.folder),
        cwd=site.folder,
        timeout=30,
        check=False,
    )
    return (done.stdout + done.stderr).strip()
