"""The house's own rules that no linter knows: mirrored tests, true paths in docs/map.md, secrets.

Run by `make check`; prints every breach and exits 1 where there is one.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE, TESTS = ROOT / "addons" / "clearpane", ROOT / "tests" / "clearpane"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def mirrored() -> Iterator[str]:
    """A source file has its test file at the same path."""
    for source in sorted(SOURCE.rglob("*.py")):
        place = source.relative_to(SOURCE)
        mirror = TESTS / place.parent / f"test_{place.name}"
        if source.name != "__init__.py" and not mirror.exists():
            yield f"{source.relative_to(ROOT)}: no {mirror.relative_to(ROOT)}"
    for test in sorted(TESTS.rglob("test_*.py")):
        place = test.relative_to(TESTS)
        if not (SOURCE / place.parent / place.name.removeprefix("test_")).exists():
            yield f"{test.relative_to(ROOT)}: tests a file that is not there"


def map_is_true() -> Iterator[str]:
    """Every path in docs/*.md that names a file of the house exists."""
    for page in sorted((ROOT / "docs").glob("*.md")):
        if not page.read_text(encoding="utf-8").strip():
            yield f"docs/{page.name}: is empty"
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            for path in re.findall(r"`((?:addons|tests|rules|docs|ca)/[\w./-]*\w)`", line):
                if not (ROOT / path).exists() and not path.startswith("ca/"):
                    yield f"docs/{page.name}:{number}: {path} does not exist"


def one_script() -> Iterator[str]:
    """`-s addons/*.py` must mean one file."""
    scripts = [p.name for p in (ROOT / "addons").glob("*.py")]
    if scripts != ["gateway.py"]:
        yield f"addons/: exactly one script is allowed, found {scripts}"


def no_secrets() -> Iterator[str]:
    """No private key and no whole test virus in any tracked file."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        body = path.read_bytes() if path.is_file() else b""
        if EICAR in body:
            yield f"{name}: holds the test virus whole"
        if re.search(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}", body):
            yield f"{name}: holds a private key"


def main() -> int:
    breaches = [b for rule in (mirrored, map_is_true, one_script, no_secrets) for b in rule()]
    print(*breaches or ["house: in order"], sep="\n")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
