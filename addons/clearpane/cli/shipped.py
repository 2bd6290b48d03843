"""What came with the product: the rules and the folder ca/ without any authority.

In a wheel they lie inside the package, in a checkout at its root. Nothing else of ca/ is ever
named here, for in a checkout the keys lie there too.
"""

from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_CA = (Path("ca/README.md"), Path("ca/.gitignore"))


def folder() -> Path:
    """The folder that holds rules/ and ca/."""
    inside = _PACKAGE / "shipped"
    return inside if inside.is_dir() else _PACKAGE.parents[1]


def files() -> Iterator[Path]:
    """Every file, counted from `folder`; an editor's hidden files are none of them."""
    root = folder()
    for path in sorted((root / "rules").rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(root)
    yield from _CA
