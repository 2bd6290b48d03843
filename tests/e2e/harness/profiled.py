"""A gateway that is asked for hosts which are named after decryption profiles."""

from dataclasses import dataclass

from e2e.harness import clients
from e2e.harness.messages import PAGE
from e2e.harness.process import Gateway
from e2e.harness.site import Record, Site
from e2e.harness.watched import WatchedOrigin
from e2e.harness.zoo import Zoo


def host_of(profile: str) -> str:
    return f"www.{profile}.test"


@dataclass
class World:
    zoo: Zoo
    gateway: Gateway

    @property
    def site(self) -> Site:
        return self.gateway.site

    def fetch(
        self,
        origin: WatchedOrigin,
        host: str,
        *words: str,
        way: str = "--http1.1",
        real: bool = False,
    ) -> clients.Reply:
        """`real`: the client trusts the zoo's root instead of Forward Trust."""
        trust = self.zoo.root_file if real else self.site.trust_file
        url = f"https://{host}/page"
        return clients.curl(self.gateway, url, *words, to=origin.port, trust=trust, protocol=way)

    def records(self, reply: clients.Reply) -> tuple[Record, Record]:
        """Of traffic and of decryption."""
        record = self.site.record
        return record("traffic", sport=reply.port), record("decryption", sport=reply.port)


def assert_page(reply: clients.Reply, words: bytes, way: str = "--http1.1") -> None:
    """The client sees the page for a server that is not to be trusted."""
    assert (reply.error, reply.status) == (0, 503), reply
    assert words in reply.body, reply.body
    assert PAGE not in reply.body
    assert reply.protocol == ("2" if way == "--http2" else "1.1")
