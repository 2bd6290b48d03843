"""Installs the wheel of a folder into an empty environment and uses it as its users do.

Run by `make check` with the folder as its argument; says what failed and exits 1 then.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = "clearpane/shipped/"
# All that may ever lie in the shipped ca/: what else a checkout has there are its keys.
CA = {f"{SHIPPED}ca/README.md", f"{SHIPPED}ca/.gitignore"}
PATIENCE = 300  # seconds; dependencies may have to be fetched


class WheelError(Exception):
    """The sentence that is shown."""


def main(arguments: list[str]) -> int:
    try:
        wheel = newest(Path(arguments[0]))
        holds_what_ships(wheel)
        with tempfile.TemporaryDirectory(prefix="clearpane-wheel-") as folder:
            use(wheel, Path(folder))
    except WheelError as failure:
        print(f"wheel: {failure}", file=sys.stderr)
        return 1
    print(f"wheel: {wheel.name} installs and runs")
    return 0


def newest(folder: Path) -> Path:
    wheels = sorted(folder.glob("clearpane-*.whl"), key=lambda wheel: wheel.stat().st_mtime)
    if not wheels:
        raise WheelError(f"there is none in {folder}")
    return wheels[-1].resolve()


def holds_what_ships(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    if missing := {*CA, f"{SHIPPED}rules/decryption.yaml"} - names:
        raise WheelError(f"{', '.join(sorted(missing))} is missing in it")
    if secret := {name for name in names if name.startswith(f"{SHIPPED}ca/")} - CA:
        raise WheelError(f"it gives away {', '.join(sorted(secret))}")


def use(wheel: Path, folder: Path) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=ROOT / ".tools" / "bin")
    if uv is None:
        raise WheelError("uv is missing; `make setup` brings it")
    work, python = folder / "work", folder / "venv" / "bin" / "python"
    work.mkdir()
    run(work, uv, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    run(work, uv, "pip", "install", "--quiet", "--python", python, wheel)
    where = run(work, python, "-P", "-c", "import clearpane; print(clearpane.__file__)")
    if not where.startswith(str(folder)):
        raise WheelError(f"clearpane was imported from {where.strip()}")
    command = python.with_name("clearpane")
    if not run(work, command, "--version").startswith("clearpane "):
        raise WheelError("clearpane --version does not say its version")
    works(json.loads(run(work, command, "demo", "--json")))
    run(work, command, "init")
    run(work, command, "check")


def works(rows: list[dict[str, object]]) -> None:
    wrong = [row for row in rows if row["ok"] is not True]
    if wrong or not rows:
        raise WheelError(f"clearpane demo: {wrong or 'no rows'}")


def run(work: Path, *command: str | Path) -> str:
    """What it prints; a command that fails fails the whole, with its words."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    done = subprocess.run(
        command, cwd=work, env=kept, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        words = " ".join(map(str, command))
        raise WheelError(f"`{words}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["dist"]))
