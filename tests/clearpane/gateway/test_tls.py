"""TLS on both sides."""

import ssl
import pytest
from chains import Party, Spec, issue
from gateways import *


async def test_first(gateway: Gateway, root: Party) -> None:
    wire = await Wire(gateway, lambda: TlsOrigin(issue(root, Spec()))).start()
    client = TlsClient("www.test")
    await client.shake_hands(wire)
    print(wire.hooks, wire.live.course)
    print(await client.ask(wire, request()))
    print(wire.received, wire.hooks)
    assert 0
