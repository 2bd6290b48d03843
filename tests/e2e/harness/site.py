"""One gateway's folder: rules/ as shipped with a test's changes, ca/ and var/ of its own."""

import json
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import pki
from .wait import until

PRODUCT = Path(__file__).resolve().parents[3]

type Record = dict[str, Any]

ZONES = {
    "trust": {"networks": ["127.0.0.0/8", "::1/128"]},
    "untrust": {"networks": ["0.0.0.0/0", "::/0"]},
}
DECRYPT = {
    "name": "decrypt-all",
    "from": ["trust"],
    "action": "decrypt",
    "profile": "default",
    "log-success": True,
}
LEAVE = {"name": "leave-private", "category": ["private"], "profile": "default"}


@cache
def authorities() -> tuple[pki.Pair, pki.Pair]:
    """Forward Trust and Forward Untrust of all sites of this run, younger than expired servers."""
    dates = (pki.NOW - 30 * pki.DAY, pki.NOW + 3650 * pki.DAY)
    return (
        pki.authority("Tests Forward Trust", dates=dates),
        pki.authority("Tests Forward Untrust", dates=dates),
    )


class Site:
    """`rules`, `ca` and `state` below `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        decryption: Sequence[Mapping[str, Any]] | None = None,
        settings: Mapping[str, Any] | None = None,
        profiles: Mapping[str, Any] | None = None,
        categories: Mapping[str, Sequence[str]] | None = None,
        exclusions: Sequence[str] = (),
        roots: Sequence[pki.Pair] = (),
        signers: tuple[pki.Pair, pki.Pair] | None = None,
    ) -> None:
        self.folder = folder
        self.rules, self.ca, self.state = folder / "rules", folder / "ca", folder / "var"
        shutil.copytree(PRODUCT / "rules", self.rules)
        self.ca.mkdir(mode=0o700, parents=True)
        self.trust, self.untrust = signers or authorities()
        self.trust_file, _ = self.trust.write(self.ca, "forward-trust")
        self.untrust.write(self.ca, "forward-untrust")
        for number, root in enumerate(roots):
            self.trust_root(root, f"root{number}")
        self.write("settings.yaml", {"zones": ZONES, **(settings or {})})
        self.write("decryption.yaml", {"rules": [DECRYPT] if decryption is None else decryption})
        if profiles:
            self.write("profiles.yaml", {**self.read("profiles.yaml"), **profiles})
        for name, hosts in (categories or {}).items():
            self.category(name, hosts)
        if exclusions:
            entries = [{"name": host, "description": "tests"} for host in exclusions]
            self.write("exclusions.yaml", {"exclusions": entries})

    def read(self, name: str) -> dict[str, Any]:
        tree = yaml.safe_load((self.rules / name).read_text(encoding="utf-8"))
        assert isinstance(tree, dict), f"{name} holds no mapping"
        return tree

    def write(self, name: str, tree: Mapping[str, Any]) -> None:
        """Replaces a file of rules/ at once, as editors do."""
        plain = json.loads(json.dumps(tree))  # what is in it twice would become an anchor
        self.save(name, yaml.safe_dump(plain, sort_keys=False))

    def save(self, name: str, text: str) -> None:
        place = self.rules / name
        new = place.with_name(f".{place.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(place)

    def as_shipped(self, *names: str) -> None:
        """Takes the test's own files back."""
        for name in names:
            shutil.copy(PRODUCT / "rules" / name, self.rules / name)

    def category(self, name: str, hosts: Sequence[str]) -> None:
        self.save(f"categories/{name}.txt", "".join(f"{host}\n" for host in hosts))

    def trust_root(self, root: pki.Pair, name: str) -> None:
        folder = self.ca / "trusted-roots"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.crt").write_bytes(root.pem)

    # Records

    def log(self, kind: str) -> Path:
        return self.state / "log" / f"{kind}.jsonl"

    def records(self, kind: str, **fields: object) -> list[Record]:
        """The records of threat, traffic or decryption whose fields are as given."""
        path = self.log(kind)
        text = path.read_bytes().decode("utf-8") if path.exists() else ""
        whole = text[: text.rfind("\n") + 1].splitlines()
        rows = [json.loads(line) for line in whole]
        return [row for row in rows if fields.items() <= row.items()]

    def record(self, kind: str, **fields: object) -> Record:
        """The one record with these fields, waited for."""
        found = until(lambda: self.records(kind, **fields), f"a {kind} record with {fields}")
        assert len(found) == 1, found
        return found[0]
