"""What is asked elsewhere, by a gateway whose servers do not show all that is needed."""

import pytest

from chains import Party, Spec, authority, issue, purpose, san
from gateways import Gateway, TlsClient, TlsOrigin, Wire
from responders import GOOD, Answer, Reply, access, responder, revoked

SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
CA_ISSUERS = "1.3.6.1.5.5.7.48.2"
ALL = "rules: [{name: all, action: decrypt}]"


def naming(issuer: Party, url: str, method: str = "1.3.6.1.5.5.7.48.1") -> Party:
    """A server's certificate that names where to ask."""
    extensions = (san("www.test"), purpose(SERVER_AUTH), access(url, method))
    return issue(issuer, Spec(extensions=extensions))


async def session(gateway: Gateway, served: Party, *chain: Party) -> Wire:
    wire = await Wire(gateway, lambda: TlsOrigin(served, *chain)).start()
    await TlsClient("www.test", checks=False).shake_hands(wire)
    return wire


@pytest.mark.parametrize("fetching", [True, False], ids=["asked for", "not asked for"])
async def test_an_issuer_that_was_not_sent(gateway: Gateway, root: Party, fetching: bool) -> None:
    gateway.apply(
        decryption=ALL,
        settings=f"fetch: {{intermediates: {str(fetching).lower()},"
        " allow-private-addresses: true}",
    )
    middle = authority(root, "Middle")

    async def answer(_method: str, _path: str, _body: bytes) -> Reply:
        return Reply(middle.der)

    async with responder(answer) as there:
        served = naming(middle, there.url + "/middle.crt", CA_ISSUERS)
        for _ in range(2):
            live = (await session(gateway, served)).live
            assert live.session.authority == ("forward-trust" if fetching else "forward-untrust")
            assert live.session.fetched == ((f"{there.url}/middle.crt",) if fetching else ())
            reasons = [] if fetching else ["unknown-issuer", "incomplete-chain"]
            assert live.session.reasons == reasons
        assert len(there.requests) == fetching  # once for both


async def test_nobody_is_asked_at_a_private_address_unless_settings_allow_it(
    gateway: Gateway, root: Party
) -> None:
    gateway.apply(decryption=ALL, settings="fetch: {intermediates: true}")

    async def answer(_method: str, _path: str, _body: bytes) -> Reply:
        raise AssertionError("nobody may ask")

    async with responder(answer) as there:
        served = naming(authority(root, "Middle"), there.url + "/middle.crt", CA_ISSUERS)
        assert (await session(gateway, served)).live.session.authority == "forward-untrust"
        assert there.requests == []


STATUS = [
    pytest.param("ocsp: true", GOOD, "good", [], id="good"),
    pytest.param("ocsp: true", revoked(), "revoked", ["revoked"], id="revoked"),
    pytest.param("ocsp: false", revoked(), "unchecked", [], id="checking is off"),
]


@pytest.mark.parametrize(("setting", "state", "recorded", "reasons"), STATUS)
async def test_what_a_responder_says(
    gateway: Gateway, root: Party, setting: str, state: bytes, recorded: str, reasons: list[str]
) -> None:
    gateway.apply(
        decryption=ALL,
        settings=f"revocation: {{{setting}}}\nfetch: {{allow-private-addresses: true}}",
    )
    made: list[bytes] = []

    async def answer(_method: str, _path: str, _body: bytes) -> Reply:
        return Reply(made[0])

    async with responder(answer) as there:
        served = naming(root, there.url + "/ocsp")
        made.append(Answer(served, root, state=state).der)
        live = (await session(gateway, served)).live
        assert (live.session.revocation, live.session.reasons) == (recorded, reasons)
        assert live.session.blocked is bool(reasons)
        await session(gateway, served)
        assert len(there.requests) == (setting == "ocsp: true")  # the second time it is known


async def test_whom_a_stranger_names_is_not_asked(gateway: Gateway) -> None:
    gateway.apply(
        decryption=ALL, settings="revocation: {ocsp: true}\nfetch: {allow-private-addresses: true}"
    )

    async def answer(_method: str, _path: str, _body: bytes) -> Reply:
        raise AssertionError("nobody may ask")

    async with responder(answer) as there:
        served = naming(authority(None, "Stranger"), there.url + "/ocsp")
        live = (await session(gateway, served)).live
        assert live.session.authority == "forward-untrust"
        assert (live.session.revocation, there.requests) == ("unchecked", [])
