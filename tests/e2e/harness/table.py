"""The whole table of servers, and a gateway in front of them.

ROWS is its parts together: what a server is and what must come of it stands in those.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from . import chain_rows, clients, odd_rows, published, servers, status_rows
from .listener import Listener
from .odd_origin import OddOrigin, raw_origin
from .origins import Origin
from .process import Gateway
from .servers import Makers, Row, Served
from .shelf import Shelf
from .site import Site
from .zoo import Zoo

PARTS = (servers, published, chain_rows, odd_rows, status_rows)
ROWS: dict[str, Row] = {label: row for part in PARTS for label, row in part.ROWS.items()}
assert len(ROWS) == sum(len(part.ROWS) for part in PARTS), "two rows have one name"

# The gateway asks whoever is named about revocation and for missing intermediates.
ASKING = {
    "revocation": {"ocsp": True, "crl": True},
    "fetch": {"intermediates": True, "allow-private-addresses": True},
}


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
            **{label: raw_origin(self.pairs[label]) for label in self._of("raw")},
        }
        self.roots = folder / "roots.pem"
        self.roots.write_bytes(b"".join(root.pem for root in self.makers.trusted))
        site = Site(folder / "table", roots=self.makers.trusted, settings=ASKING)
        self.gateway = Gateway(site)

    def _of(self, served: str) -> list[str]:
        return [label for label in self.pairs if ROWS[label].served is Served(served)]

    def __enter__(self) -> Self:
        for each in (self.shelf, self.origin, *self._alone.values(), self.gateway):
            self.enter_context(each)
        return self

    def shown(self, label: str, gateway: Gateway | None, *arguments: str) -> clients.Shown:
        trust = gateway.site.trust_file if gateway else self.roots
        return clients.handshake(
            gateway, self.names[label], self.port(label), *arguments, trust=trust
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


def host(label: str) -> str:
    return f"{label}.zoo.test"
