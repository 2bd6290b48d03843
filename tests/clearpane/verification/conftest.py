"""A root, an intermediate, and a server that shows what it is given."""

from collections.abc import Callable
from pathlib import Path

import pytest
from OpenSSL import SSL

from chains import DAY, NOW, Party, authority
from clearpane.certificates import pem


@pytest.fixture(scope="session")
def root() -> Party:
    return authority(None, "Root", start=NOW - 900 * DAY, end=NOW + 900 * DAY)


@pytest.fixture(scope="session")
def intermediate(root: Party) -> Party:
    return authority(root, "Intermediate")


type Serve = Callable[..., SSL.Connection]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """The server's side of a handshake, with the chain as it is given."""

    def make(
        leaf: Party, *chain: Party, set_up: Callable[[SSL.Context], None] = lambda _: None
    ) -> SSL.Connection:
        certificates, key = tmp_path / "chain.pem", tmp_path / "key.pem"
        certificates.write_text("".join(pem.to_pem(party.der) for party in (leaf, *chain)))
        key.write_bytes(leaf.key_pem)
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_cipher_list(b"ALL:@SECLEVEL=0")
        context.use_certificate_chain_file(str(certificates))
        context.use_privatekey_file(str(key))
        set_up(context)
        connection = SSL.Connection(context)
        connection.set_accept_state()
        return connection

    return make
