"""The authorities that origins are certified by, and a stranger that nobody trusts."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import pki


@dataclass(frozen=True)
class Zoo:
    """root -> issuing -> leaves; `root_file` for clients that look without the gateway."""

    folder: Path

    @cached_property
    def root(self) -> pki.Pair:
        return pki.authority("Zoo Root")

    @cached_property
    def issuing(self) -> pki.Pair:
        return pki.authority("Zoo Issuing", self.root)

    @cached_property
    def stranger(self) -> pki.Pair:
        return pki.authority("Stranger Root")

    @cached_property
    def root_file(self) -> Path:
        path = self.folder / "root.pem"
        path.write_bytes(self.root.pem)
        return path

    def leaf(self, *names: str) -> pki.Pair:
        return pki.leaf(self.issuing, *names)
