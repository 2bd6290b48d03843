"""A policy and its adapters: what did not change is kept, everything else is made anew."""

from concurrent.futures import Executor, ThreadPoolExecutor
from gzip import compress
from hashlib import sha256

import pytest

from chains import NOW, authority
from clearpane.authorities import store
from clearpane.certificates import pem
from clearpane.content.direction import Direction
from clearpane.gateway.force import Force, put_in_force, retire
from clearpane.pipeline.message import Message
from gateways import EICAR, Gateway


async def test_what_did_not_change_is_kept(gateway: Gateway) -> None:
    before = gateway.core.force
    after = gateway.edit("settings", "handshake-timeout: 10", "handshake-timeout: 3")
    assert after.leaves is before.leaves
    assert after.handshake is before.handshake
    assert after.patience == 3
    assert after.policy is not before.policy


async def test_other_authorities_have_other_leaves(gateway: Gateway) -> None:
    before = gateway.core.force
    for slot in (store.Slot.TRUST, store.Slot.UNTRUST):
        slot.certificate(gateway.site.ca).unlink()
        slot.key(gateway.site.ca).unlink()
    store.create(gateway.site.ca, store.missing(gateway.site.ca), NOW)
    after = gateway.apply()
    assert after.leaves is not before.leaves
    assert after.handshake is before.handshake


async def test_other_anchors_have_another_handshake(gateway: Gateway) -> None:
    before = gateway.core.force
    added = gateway.site.ca / "trusted-roots" / "other.pem"
    added.write_text(pem.to_pem(authority(None, "Other root").der))
    after = gateway.apply()
    assert after.handshake is not before.handshake
    assert after.leaves is before.leaves


async def test_a_daemon_is_kept_while_its_settings_are_the_same(gateway: Gateway) -> None:
    assert gateway.core.force.daemon is None
    one = gateway.edit("settings", "engines: [embedded]", "engines: [embedded, clamd]")
    assert one.daemon
    two = gateway.edit("settings", "handshake-timeout: 10", "handshake-timeout: 3")
    assert two.daemon is one.daemon
    three = gateway.edit("settings", "scan-limit: 32MiB", "scan-limit: 16MiB")
    assert three.daemon and three.daemon is not one.daemon


def test_the_first_one_has_nothing_to_keep(base: Force, executor: Executor) -> None:
    made = put_in_force(base.policy, executor)
    assert made.leaves is not base.leaves
    assert made.handshake is not base.handshake


@pytest.mark.parametrize(
    ("body", "found"), [(EICAR, ["Eicar Test File(100000)"]), (b"harmless", [])]
)
async def test_a_message_is_scanned(gateway: Gateway, body: bytes, found: list[str]) -> None:
    message = Message("http", Direction.DOWNLOAD, "a.com")
    scan = await gateway.core.force.scan(message, body)
    assert [str(each) for each in scan.findings] == found


@pytest.mark.parametrize(
    ("encodings", "content_type", "body"),
    [
        pytest.param(("gzip",), "", compress(EICAR), id="in a coding"),
        pytest.param(
            (), "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name=a\r\n\r\n%s\r\n--x--\r\n' % EICAR,
            id="in a form",
        ),
    ],
)  # fmt: skip
async def test_what_the_headers_say_is_handed_on(
    gateway: Gateway, encodings: tuple[str, ...], content_type: str, body: bytes
) -> None:
    message = Message("http", Direction.UPLOAD, "a", encodings, content_type)
    assert (await gateway.core.force.scan(message, body)).worst


async def test_a_pool_is_kept_while_it_unpacks_by_the_same_rules(gateway: Gateway) -> None:
    one = gateway.apply()
    two = gateway.edit("settings", "handshake-timeout: 10", "handshake-timeout: 3")
    assert two.pool is one.pool
    gateway.site.write("threats/new.yar", "rule new { condition: false }")
    three = gateway.apply()
    assert three.pool is not two.pool
    retire(two, three)
    found = await two.scanner.scan(compress(EICAR))
    assert found.worst, "who began with the old policy is answered all the same"


@pytest.mark.parametrize("size", [0, 64 * 1024, 64 * 1024 + 1])
async def test_a_digest_is_sha256(gateway: Gateway, size: int) -> None:
    body = b"x" * size
    assert await gateway.core.force.digest(body) == sha256(body).hexdigest()


async def test_a_large_bodys_digest_is_made_beside_the_loop(gateway: Gateway, base: Force) -> None:
    with ThreadPoolExecutor(1) as closed:
        force = put_in_force(base.policy, closed, base)
    assert await force.digest(b"x")
    with pytest.raises(RuntimeError):
        await force.digest(b"x" * 70_000)
