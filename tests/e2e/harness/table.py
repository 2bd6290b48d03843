"""The whole table of servers, and a gateway in front of them.

ROWS is its parts together: what a server is and what must come of it stands in those.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from ssl import TLSVersion
from typing import Self

from . import chain_rows, clients, odd_rows, protocol_rows, published, servers, status_rows
from .listener import Listener
from .odd_origin import OddOrigin, raw_origin
from .origins import Origin
from .pki import Pair
from .process import Gateway
from .rows import Makers, Row, Served
from .shelf import Shelf
from .site import DECRYPT, Site
from .zoo import Zoo

PARTS = (servers, published, chain_rows, odd_rows, status_rows)
ROWS: dict[str, Row] = {label: row for part in PARTS for label, row in part.ROWS.items()}
assert len(ROWS) == sum(len(part.ROWS) for part in PARTS), "two rows have one name"

# The gateway asks whoever is named about revocation and for missing intermediates.
ASKING = {
    "revocation": {"ocsp": True, "crl": True},
    "fetch": {"intermediates": True, "allow-private-addresses": True},
}
BLOCKING = {"block-unsupported-version": True, "block-unsupported-cipher": True}
STRICT = {**DECRYPT, "name": "strict", "category": ["strict"], "profile": "strict"}


class Table(contextlib.ExitStack):
    """All servers of the table, most behind one port, and a gateway in front of them."""

    def __init__(self, zoo: Zoo, folder: Path, labels: Iterable[str] = tuple(ROWS)) -> None:
        super().__init__()
        self._folder = folder
        self.shelf = Shelf()
        self.makers = Makers(zoo, self.shelf)
        rows = {label: ROWS[label] for label in labels}
        self.pairs = {label: row.make(self.makers, host(label)) for label, row in rows.items()}
        self.names = {
            label: host(label) if row.name == "" else row.name for label, row in rows.items()
        }
        self.origin = Origin(
            {(self.names[label] or "").lower(): self.pairs[label] for label in self._of("together")}
        )
        self._alone: dict[str, Listener] = {
            **{label: OddOrigin(self.pairs[label]) for label in self._of("oddly")},
            **{
                label: Origin(self.pairs[label], versions=(TLSVersion.TLSv1_2,) * 2)
                for label in self._of("older")
            },
            **{label: raw_origin(self.pairs[label]) for label in self._of("raw")},
        }
        self.spoken = {
            label: row.origin(self.makers, host(label)) for label, row in protocol_rows.ROWS.items()
        }
        self.roots = folder / "roots.pem"
        self.roots.write_bytes(b"".join(root.pem for root in self.makers.trusted))
        self.everybody = folder / "everybody.pem"  # what a client knows that is let pass, too
        self.everybody.write_bytes(self.roots.read_bytes() + self.makers.own.pem)
        self.gateway = Gateway(
            Site(
                folder / "table",
                roots=self.makers.trusted,
                settings=ASKING,
                decryption=[STRICT, DECRYPT],
                profiles={"decryption": {"strict": {"ssl-forward-proxy": BLOCKING}}},
                categories={"strict": [protocol_rows.STRICT]},
            )
        )

    def _of(self, served: str) -> list[str]:
        return [label for label in self.pairs if ROWS[label].served is Served(served)]

    def __enter__(self) -> Self:
        parts: list[contextlib.AbstractContextManager[object]] = [self.shelf, self.origin]
        parts += [*self._alone.values(), *self.spoken.values(), self.gateway]
        for each in parts:
            self.enter_context(each)
        return self

    def shown(self, label: str, gateway: Gateway | None, *arguments: str) -> clients.Shown:
        trust = gateway.site.trust_file if gateway else self.roots
        return clients.handshake(
            gateway, self.names[label], self.port(label), *arguments, trust=trust
        )

    def verifies(self, label: str) -> bool:
        """Whether openssl itself finds a way to a root once it is handed the missing issuer, and
        has one certificate less to be led astray by."""
        sent = [*self.pairs[label].chain, self.makers.issuing.der]
        return any(
            _verifies(self.pairs[label], [each for each in sent if each != left_out], self.roots)
            for left_out in (b"", *sent)
        )

    def port(self, label: str) -> int:
        return self._alone.get(label, self.origin).port

    def asked(self, label: str) -> bool:
        """Whether a request for the row reached its server."""
        server = self._alone.get(label, self.origin)
        return isinstance(server, Origin | OddOrigin) and bool(server.contents.asked(label))

    def fetch(self, label: str, *arguments: str) -> clients.Reply:
        return clients.curl(self.gateway, self.url(label), *arguments, to=self.port(label))

    def url(self, label: str) -> str:
        return f"https://{self.names[label] or f'127.0.0.1:{self.origin.port}'}/page?{label}"


def _verifies(pair: Pair, chain: Iterable[bytes], roots: Path) -> bool:
    """At level 1: with keys of 1024 bits, which is what an anchor may have."""
    with tempfile.TemporaryDirectory() as folder:
        others, _ = replace(pair, chain=tuple(chain)).write(Path(folder), "server")
        own = Path(folder) / "own.pem"
        own.write_bytes(pair.pem)
        command = ["openssl", "verify", "-auth_level", "1", "-CAfile", str(roots), "-no-CApath"]
        command += ["-untrusted", str(others), str(own)]
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    return done.returncode == 0


def host(label: str) -> str:
    return f"{label}.zoo.test"
