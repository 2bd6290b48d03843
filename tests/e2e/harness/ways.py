"""One gateway between a client and two origins, asked in the three ways that the web is: plain
HTTP, HTTPS, and HTTP/2.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from . import clients
from .forms import Form
from .origins import Origin
from .process import Gateway
from .site import Record, Site
from .zoo import Zoo

WAYS = ["http", "https", "h2"]
NAMES = "*.zoo.test"


@dataclass
class Ways:
    """`plain` and `tls` answer for every name below zoo.test."""

    gateway: Gateway
    plain: Origin
    tls: Origin

    @property
    def site(self) -> Site:
        return self.gateway.site

    def origin(self, way: str) -> Origin:
        return self.plain if way == "http" else self.tls

    def fetch(
        self, way: str, url: str, *arguments: str | Path, trust: Path | None = None
    ) -> clients.Reply:
        """Fetches `url`, a host and path, with curl."""
        scheme = "http" if way == "http" else "https"
        return clients.curl(
            self.gateway,
            f"{scheme}://{url}",
            *arguments,
            to=self.origin(way).port,
            protocol="--http2" if way == "h2" else "--http1.1",
            trust=trust,
        )

    def answer(
        self,
        way: str,
        url: str,
        form: Form,
        *arguments: str,
        choice: str = "yes",
        origin: str = "",
        **fields: str,
    ) -> clients.Reply:
        """Sends the form of the page at `url`; `origin` is the header of that name."""
        host = url.partition("/")[0]
        here = f"{'http' if way == 'http' else 'https'}://{host}"
        said = ("--data", form.answer(choice, **fields), "-H", f"Origin: {origin or here}")
        return self.fetch(way, f"{host}{urlsplit(form.action).path}", *said, *arguments)

    def asked(self, part: str) -> bool:
        """Whether any request whose target holds `part` reached an origin."""
        return bool(self.plain.contents.asked(part) or self.tls.contents.asked(part))

    def traffic(self, reply: clients.Reply) -> Record:
        return self.site.record("traffic", sport=reply.port)

    def threat(self, reply: clients.Reply) -> Record:
        return self.site.record("threat", sport=reply.port)

    def nothing_on_record(self, reply: clients.Reply) -> None:
        """A session that is over has left no threat record."""
        self.traffic(reply)
        found = self.site.records("threat", sport=reply.port)
        assert not found, found


@contextlib.contextmanager
def between(site: Site, zoo: Zoo) -> Iterator[Ways]:
    """A gateway with this site, and the origins."""
    with Origin() as plain, Origin(zoo.leaf(NAMES)) as tls, Gateway(site) as gateway:
        yield Ways(gateway, plain, tls)
