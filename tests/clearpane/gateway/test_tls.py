"""Real handshakes in memory: what the server shows, and what the client is shown for it."""

import ssl

import pytest
from cryptography import x509
from mitmproxy import connection
from mitmproxy.proxy.layers import modes
from mitmproxy.tls import TlsData
from OpenSSL import SSL

from chains import DAY, NOW, Party, Spec, issue, san
from clearpane.certificates.certificate import Certificate
from clearpane.gateway.tls import leg
from clearpane.pipeline.connection import Step
from clearpane.sessions.tls import Leg
from gateways import SERVER, Gateway, Origin, TlsClient, TlsOrigin, Wire, request, until

BEST = "rules: [{name: all, action: decrypt, profile: best-practice, log-success: true}]"

ALL = "rules: [{name: all, action: decrypt}]"


def good(root: Party) -> TlsOrigin:
    return TlsOrigin(issue(root, Spec()))


def expired(root: Party) -> TlsOrigin:
    return TlsOrigin(issue(root, Spec(start=NOW - 60 * DAY, end=NOW - DAY)))


def stranger(root: Party) -> TlsOrigin:
    return TlsOrigin(issue(None, Spec()))


def misnamed(root: Party) -> TlsOrigin:
    return TlsOrigin(issue(root, Spec(extensions=(san("other.test"),))))


def malformed(root: Party) -> TlsOrigin:
    return TlsOrigin(issue(root, Spec(extensions=(san("www.test"), san("www.test")))))


def shown_to(client: TlsClient) -> x509.Certificate:
    der = client.tls.getpeercert(True)
    assert der
    return x509.load_der_x509_certificate(der)


def issuer_of(client: TlsClient) -> str:
    return Certificate.parse(client.tls.getpeercert(True) or b"").issuer_name


@pytest.mark.parametrize(
    ("origin", "authority", "reasons"),
    [
        pytest.param(good, "forward-trust", [], id="a good server"),
        pytest.param(expired, "forward-trust", ["expired"], id="an expired leaf keeps its dates"),
        pytest.param(misnamed, "forward-trust", ["name-mismatch"], id="a wrong name is repeated"),
        pytest.param(
            stranger, "forward-untrust", ["self-signed"], id="nobody knows who signed it"
        ),
    ],
)  # fmt: skip
async def test_the_leaf_says_what_the_server_says(
    gateway: Gateway, root: Party, origin: object, authority: str, reasons: list[str]
) -> None:
    server = origin(root)  # type: ignore[operator]
    wire = await Wire(gateway, lambda: server).start()
    client = TlsClient("www.test", checks=False)
    await client.shake_hands(wire)
    session = wire.live.session
    assert (session.authority, session.reasons) == (authority, reasons)
    assert session.decrypted and not session.blocked
    real = server.tls.get_certificate().to_cryptography()
    leaf = shown_to(client)
    assert leaf.subject == real.subject
    assert leaf.not_valid_before_utc == real.not_valid_before_utc
    assert leaf.not_valid_after_utc == real.not_valid_after_utc
    assert ("Untrust" in issuer_of(client)) is (authority == "forward-untrust")


async def test_a_client_that_trusts_forward_trust_is_content(gateway: Gateway, root: Party) -> None:
    wire = await Wire(gateway, lambda: good(root)).start()
    client = TlsClient("www.test")
    await client.shake_hands(wire)
    assert client.tls.selected_alpn_protocol() == "http/1.1"
    assert (await client.ask(wire, request())).endswith(b"hello")


async def test_what_both_handshakes_agreed_is_kept(gateway: Gateway, root: Party) -> None:
    wire = await Wire(gateway, lambda: good(root)).start()
    await TlsClient("www.test").shake_hands(wire)
    session = wire.live.session
    assert session.client.version == session.server.version == "TLSv1.3"
    assert session.client.cipher and session.client.group
    assert session.certificate and session.certificate.common_name == "www.test"
    assert session.revocation == "unchecked"


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        pytest.param(expired, "expired", id="an expired certificate under best practice"),
        pytest.param(stranger, "self-signed", id="an unknown issuer under best practice"),
    ],
)
async def test_the_profile_blocks_with_a_page(
    gateway: Gateway, root: Party, origin: object, reason: str
) -> None:
    gateway.apply(decryption=BEST)
    server = origin(root)  # type: ignore[operator]
    wire = await Wire(gateway, lambda: server).start()
    client = TlsClient("www.test")  # the page's own certificate gives no warning
    await client.shake_hands(wire)
    answer = await client.ask(wire, request("/", "www.test", "Accept: text/html"))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert reason.encode() in answer
    assert server.received == b""
    assert wire.context.server in wire.closed
    session = wire.live.session
    assert session.blocked and not session.decrypted
    assert session.reasons == [reason]
    assert session.end_reason == "decrypt-cert-validation"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(b"no TLS here\r\n\r\n", "not-tls", id="plain text"),
        pytest.param(b"\x15\x03\x03\0\x02\x02\x28", "unsupported-cipher", id="handshake failure"),
        pytest.param(b"\x15\x03\x03\0\x02\x02\x46", "unsupported-version", id="protocol version"),
    ],
)
async def test_a_failed_server_is_a_page(gateway: Gateway, answer: bytes, reason: str) -> None:
    gateway.apply(decryption=BEST)
    wire = await Wire(gateway, lambda: Origin(lambda _: answer)).start()
    client = TlsClient("www.test")
    await client.shake_hands(wire)
    assert (await client.ask(wire, request())).startswith(b"HTTP/1.1 503 ")
    assert wire.live.session.reasons == [reason]
    assert wire.live.session.blocked
    assert wire.live.timer is None


async def test_a_server_that_hangs_up_is_a_page(gateway: Gateway) -> None:
    wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
    client = TlsClient("www.test")
    await wire.say(client.hello())
    await wire.leave(wire.context.server)
    await client.shake_hands(wire)
    assert (await client.ask(wire, request())).startswith(b"HTTP/1.1 503 ")
    assert wire.live.session.reasons == ["server-unreachable"]
    assert wire.live.session.end_reason == "decrypt-error"


async def test_the_page_has_the_name_that_was_asked_for(gateway: Gateway) -> None:
    wire = await Wire(gateway, lambda: Origin(lambda _: b"no TLS here\r\n")).start()
    client = TlsClient("a.page.test")
    await client.shake_hands(wire)
    names = shown_to(client).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["a.page.test"]


async def test_without_a_name_the_page_has_the_address(gateway: Gateway) -> None:
    wire = await Wire(gateway, lambda: Origin(lambda _: b"no TLS here\r\n")).start()
    client = TlsClient("", checks=False)
    await client.shake_hands(wire)
    names = shown_to(client).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert [str(a) for a in names.value.get_values_for_type(x509.IPAddress)] == [SERVER[0]]


@pytest.mark.parametrize("offers", ["http/1.1", "h2", "other"])
async def test_only_protocols_with_a_decoder_are_offered(
    gateway: Gateway, root: Party, offers: str
) -> None:
    wire = await Wire(gateway, lambda: good(root)).start()
    await wire.say(TlsClient("www.test", alpn=offers).hello())
    expected = [] if offers == "other" else [offers.encode()]
    assert list(wire.context.server.alpn_offers) == expected


async def test_http2_can_be_switched_off(gateway: Gateway, root: Party) -> None:
    gateway.master.options.update(http2=False)
    wire = await Wire(gateway, lambda: good(root)).start()
    await wire.say(TlsClient("www.test", alpn="h2").hello())
    assert list(wire.context.server.alpn_offers) == []


async def test_the_timer_runs_during_either_handshake(gateway: Gateway, root: Party) -> None:
    server = Origin(lambda _: b"")  # says nothing
    wire = await Wire(gateway, lambda: server).start()
    assert wire.live.timer is None
    await wire.say(TlsClient("www.test").hello())
    assert wire.live.timer
    gateway.core.close(wire.live)
    assert wire.live.timer is None

    wire = await Wire(gateway, lambda: good(root)).start()
    client = TlsClient("www.test")
    await wire.say(client.hello())
    assert wire.live.timer, "the client's handshake began"
    await client.shake_hands(wire)
    assert wire.live.timer is None


async def test_a_silent_server_is_given_up(gateway: Gateway) -> None:
    gateway.edit("settings", "handshake-timeout: 10", "handshake-timeout: 0.1")
    wire = await Wire(gateway, lambda: Origin(lambda _: b"")).start()
    client = TlsClient("www.test")
    await wire.say(client.hello())
    await until(lambda: wire.live.late)
    assert wire.context.server in wire.closed
    await wire.catch_up()
    await client.shake_hands(wire)
    assert (await client.ask(wire, request())).startswith(b"HTTP/1.1 503 ")
    assert wire.live.session.reasons == ["handshake-timeout"]


async def test_a_silent_client_is_given_up(gateway: Gateway, root: Party) -> None:
    gateway.edit("settings", "handshake-timeout: 10", "handshake-timeout: 0.1")
    wire = await Wire(gateway, lambda: good(root)).start()
    await wire.say(TlsClient("www.test").hello())
    await until(lambda: wire.live.session.blocked)
    assert wire.live.session.reasons == ["handshake-timeout"]


async def test_a_certificate_that_the_client_rejects(gateway: Gateway, root: Party) -> None:
    wire = await Wire(gateway, lambda: stranger(root)).start()
    client = TlsClient("www.test")
    with pytest.raises(ssl.SSLCertVerificationError):
        await client.shake_hands(wire)
    session = wire.live.session
    assert session.alert == "unknown ca"
    assert "client-rejected-certificate" in session.reasons
    assert not session.decrypted


async def test_a_client_that_leaves_within_the_handshake(gateway: Gateway, root: Party) -> None:
    wire = await Wire(gateway, lambda: good(root)).start()
    await wire.say(TlsClient("www.test").hello())
    await wire.leave(wire.client)
    assert wire.live.session.end_reason == "decrypt-error"
    assert wire.live.session.alert == ""
    assert wire.live.timer is None


async def test_tls_to_the_proxy_itself_has_no_rulebase(gateway: Gateway) -> None:
    wire = await Wire(gateway, mode="regular@8080", address=None).start()
    client = TlsClient("proxy.test")
    await client.shake_hands(wire)
    assert client.tls.selected_alpn_protocol() == "http/1.1"
    assert isinstance(wire.context.layers[0], modes.HttpProxy)
    assert wire.live.decision is None
    assert wire.live.timer is None
    assert not wire.live.session.tls


async def test_tls_to_the_proxy_by_its_address(gateway: Gateway) -> None:
    wire = await Wire(gateway, mode="regular@8080", address=None).start()
    client = TlsClient("127.0.0.1")
    await client.shake_hands(wire)


async def test_an_old_client_is_shown_an_rsa_leaf(gateway: Gateway, root: Party) -> None:
    wire = await Wire(gateway, lambda: good(root)).start()
    client = TlsClient("www.test", ciphers="ECDHE-RSA-AES128-GCM-SHA256")
    await client.shake_hands(wire)
    assert not wire.live.ecdsa
    assert type(shown_to(client).public_key()).__name__ == "RSAPublicKey"


@pytest.mark.parametrize("hook", ["tls_start_server", "tls_established_server", "tls_start_client"])
async def test_a_connection_that_nobody_knows_gets_no_tls(
    gateway: Gateway, hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    wire = Wire(gateway)
    gateway.core.close(wire.live)
    data = TlsData(wire.context.server, wire.context, is_dtls=False)
    waited = getattr(gateway.tls, hook)(data)
    if waited:
        await waited
    assert data.ssl_conn is None
    assert "belongs to no" in caplog.text


async def test_late_hooks_of_a_connection_that_is_over_do_nothing(gateway: Gateway) -> None:
    wire = Wire(gateway)
    gateway.core.close(wire.live)
    data = TlsData(wire.context.server, wire.context)
    gateway.tls.tls_failed_server(data)
    gateway.tls.tls_failed_client(TlsData(wire.client, wire.context))
    assert wire.live.courses == {}


@pytest.mark.parametrize("dtls", [True, False])
async def test_the_way_to_an_upstream_proxy_is_stocks(gateway: Gateway, dtls: bool) -> None:
    wire = Wire(gateway)
    wire.context.server.via = ("https", ("proxy.test", 3128))
    proxy = connection.Server(address=("proxy.test", 3128))
    data = TlsData(proxy, wire.context, is_dtls=dtls)
    gateway.tls.tls_start_server(data)
    assert data.ssl_conn is None
    data.ssl_conn = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    await gateway.tls.tls_established_server(data)
    assert wire.live.course is None


async def test_a_later_failure_does_not_change_what_the_leaf_was_made_for(
    gateway: Gateway, root: Party
) -> None:
    wire = await Wire(gateway, lambda: good(root)).start()
    await TlsClient("www.test").shake_hands(wire)
    later = connection.Server(address=SERVER)
    later.error = "connection closed"
    wire.live.arm(lambda: pytest.fail("its handshake is over"), later.id)
    gateway.tls.tls_failed_server(TlsData(later, wire.context))
    assert wire.live.course and wire.live.course.step is Step.DECRYPT
    assert wire.live.courses[later.id].step is Step.BLOCK
    assert wire.live.timer is None


def test_nothing_agreed_is_an_empty_leg() -> None:
    client = connection.Client(peername=("127.0.0.1", 1), sockname=("", 0))
    assert leg(TlsData(client, None)) == Leg()  # type: ignore[arg-type]


async def test_a_server_that_was_never_asked_is_unreachable(gateway: Gateway) -> None:
    wire = Wire(gateway)
    data = TlsData(wire.client, wire.context)
    gateway.tls.tls_start_client(data)
    assert data.ssl_conn
    assert wire.live.session.reasons == ["server-unreachable"]


async def test_a_handshake_of_nobody_decrypts_nothing(gateway: Gateway) -> None:
    wire = Wire(gateway)
    gateway.core.close(wire.live)
    gateway.tls.tls_established_client(TlsData(wire.client, wire.context))
    assert not wire.live.session.decrypted


ASKING = [
    pytest.param(SSL.VERIFY_PEER, SSL.TLS1_2_VERSION, id="as the client likes, TLS 1.2"),
    pytest.param(SSL.VERIFY_PEER, 0, id="as the client likes, TLS 1.3"),
    pytest.param(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, SSL.TLS1_2_VERSION,
                 id="at need, TLS 1.2"),
    pytest.param(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, 0, id="at need, TLS 1.3"),
]  # fmt: skip


@pytest.mark.parametrize(("asks", "newest"), ASKING)
async def test_a_server_that_wants_a_clients_certificate_meets_the_client_itself(
    gateway: Gateway, root: Party, asks: int, newest: int
) -> None:
    served = issue(root, Spec())
    wire = await Wire(gateway, lambda: TlsOrigin(served, asks=asks, newest=newest)).start()
    hello = TlsClient("www.test", checks=False).hello()
    await wire.say(hello)
    session = wire.live.session
    assert session.reasons == ["client-certificate-required"]
    assert (session.handling, session.decrypted) == ("bypass", False)
    assert len(wire.origins) == 2  # the client's own hello went to a fresh connection
    assert len(gateway.core.sessions.pool) == 0
    again = await Wire(gateway, lambda: TlsOrigin(served, asks=asks, newest=newest)).start()
    await again.say(hello)
    assert again.live.session.reasons == ["excluded-learned"]
    assert len(again.origins) == 1


async def test_or_is_barred_from_doing_so(gateway: Gateway, root: Party) -> None:
    gateway.apply(
        decryption="rules: [{name: all, action: decrypt, profile: p}]",
        profiles="decryption: {p: {ssl-forward-proxy: {block-client-cert: true}}}\n"
        "antivirus: {default: {}}",
    )
    served = issue(root, Spec())
    wire = await Wire(gateway, lambda: TlsOrigin(served, asks=SSL.VERIFY_PEER)).start()
    client = TlsClient("www.test")
    await client.shake_hands(wire)
    page = await client.ask(wire, request("/", "www.test", "Accept: text/html"))
    assert page.startswith(b"HTTP/1.1 503 ")
    assert b"asks for a certificate of the client" in page
    assert wire.live.session.end_reason == "decrypt-cert-validation"


async def test_a_borrowed_name_is_found_out(gateway: Gateway, root: Party) -> None:
    gateway.site.write("categories/bank.txt", "www.bank.test\n")
    gateway.apply(
        decryption="rules: [{name: bank, category: bank, action: no-decrypt},"
        " {name: all, action: decrypt}]"
    )
    wire = await Wire(gateway, lambda: good(root)).start()
    client = TlsClient("www.bank.test", checks=False)
    await client.shake_hands(wire)
    assert b"hello" in await client.ask(wire, request())
    session = wire.live.session
    assert session.decrypted and session.decision and session.decision.rule == "all"
    assert session.reasons == ["name-mismatch"]
    assert len(gateway.core.sessions.pool) == 1


async def test_a_name_that_is_the_servers_own_is_asked_for_once(
    gateway: Gateway, root: Party
) -> None:
    gateway.site.write("categories/bank.txt", "www.test\n")
    gateway.apply(
        decryption="rules: [{name: bank, category: bank, action: no-decrypt},"
        " {name: all, action: decrypt}]"
    )
    for servers in (2, 1):
        wire = await Wire(gateway, lambda: good(root)).start()
        await wire.say(TlsClient("www.test", checks=False).hello())
        session = wire.live.session
        assert (session.handling, session.reasons) == ("bypass", ["rule"])
        assert len(wire.origins) == servers
    assert len(gateway.core.sessions.pool) == 0


NO_PLACE = [
    pytest.param("", "", "bypass", id="passes by default"),
    pytest.param("deny-setup-failure: true", "", "block", id="denied by settings.yaml"),
    pytest.param("", "block-if-no-resource: true", "block", id="denied by the profile"),
]


@pytest.mark.parametrize(("setting", "check", "handling"), NO_PLACE)
async def test_a_session_without_a_place(
    gateway: Gateway, root: Party, setting: str, check: str, handling: str
) -> None:
    gateway.apply(
        decryption="rules: [{name: all, action: decrypt, profile: p}]",
        profiles=f"decryption: {{p: {{ssl-forward-proxy: {{{check}}}}}}}\n"
        "antivirus: {default: {}}",
        settings=f"max-sessions: 1\n{setting}",
    )
    first = await Wire(gateway, lambda: good(root)).start()
    await TlsClient("www.test").shake_hands(first)
    second = await Wire(gateway, lambda: good(root)).start()
    await second.say(TlsClient("www.test", checks=False).hello())
    assert second.live.session.reasons == ["no-resource"]
    assert second.live.session.handling == handling
    assert gateway.core.sessions.counters["proxy_flow_alloc_failure"] == 1
    gateway.core.close(first.live)
    third = await Wire(gateway, lambda: good(root)).start()
    await TlsClient("www.test").shake_hands(third)
    assert third.live.session.decrypted


def distrustful() -> TlsClient:
    """A client that trusts an authority of its own alone."""
    return TlsClient("www.test", trusts="ca/forward-untrust.crt")


async def test_a_rejected_certificate_is_suggested_as_an_exclusion(
    gateway: Gateway, root: Party
) -> None:
    wire = await Wire(gateway, lambda: good(root)).start()
    client = distrustful()
    with pytest.raises(ssl.SSLError):
        await client.shake_hands(wire)
    assert wire.live.session.reasons == ["client-rejected-certificate"]
    assert any("exclusions.yaml" in said and "www.test" in said for said in gateway.said)
    again = await Wire(gateway, lambda: good(root)).start()
    await TlsClient("www.test").shake_hands(again)
    assert again.live.session.decrypted


async def test_or_learned_for_this_client(gateway: Gateway, root: Party) -> None:
    gateway.apply(settings="learned-exclusions: {pinned: learn}", decryption=ALL)
    wire = await Wire(gateway, lambda: good(root)).start()
    with pytest.raises(ssl.SSLError):
        await distrustful().shake_hands(wire)
    again = await Wire(gateway, lambda: good(root)).start()
    await again.say(TlsClient("www.test", checks=False).hello())
    assert again.live.session.reasons == ["excluded-learned"]


@pytest.mark.parametrize("origin", [expired, stranger], ids=["expired", "untrusted"])
async def test_a_client_that_heeds_a_warning_is_not_pinned(
    gateway: Gateway, root: Party, origin: object
) -> None:
    gateway.apply(settings="learned-exclusions: {pinned: learn}", decryption=ALL)
    wire = await Wire(gateway, lambda: origin(root)).start()  # type: ignore[operator]
    with pytest.raises(ssl.SSLError):
        await TlsClient("www.test").shake_hands(wire)
    again = await Wire(gateway, lambda: origin(root)).start()  # type: ignore[operator]
    await again.say(TlsClient("www.test", checks=False).hello())
    assert again.live.session.reasons != ["excluded-learned"]


async def test_nothing_is_learned_of_a_category_that_is_never_to_be(
    gateway: Gateway, root: Party
) -> None:
    gateway.site.write("categories/mail.txt", "www.test\n")
    gateway.apply(settings="learned-exclusions: {pinned: learn, never: [mail]}", decryption=ALL)
    served = issue(root, Spec())
    for _ in range(2):
        wire = await Wire(gateway, lambda: TlsOrigin(served, asks=SSL.VERIFY_PEER)).start()
        await wire.say(TlsClient("www.test", checks=False).hello())
        assert wire.live.session.reasons == ["client-certificate-required"]


UNSUPPORTED = [
    pytest.param("NULL-SHA256:@SECLEVEL=0", "unsupported-cipher", id="no suite of ours"),
]


@pytest.mark.parametrize(("ciphers", "reason"), UNSUPPORTED)
async def test_a_client_that_can_do_nothing_of_ours_passes(
    gateway: Gateway, root: Party, ciphers: str, reason: str
) -> None:
    wire = await Wire(gateway, lambda: good(root)).start()
    await wire.say(TlsClient("www.test", ciphers=ciphers).hello())
    assert wire.live.session.reasons == [reason]
    assert (len(wire.origins), wire.live.session.handling) == (1, "bypass")


async def test_an_alert_after_the_handshake_is_a_rejection_too(
    gateway: Gateway, root: Party
) -> None:
    """In TLS 1.3 a client may end its handshake first and refuse the certificate then."""
    wire = await Wire(gateway, lambda: good(root)).start()
    client = TlsClient("www.test")
    await client.shake_hands(wire)
    assert wire.live.session.decrypted
    await wire.say(client.alerts())
    session = wire.live.session
    assert session.reasons == ["client-rejected-certificate"]
    assert session.alert == "bad record mac"
    assert gateway.said == []  # an alert that says nothing of trust is no sign of pinning
