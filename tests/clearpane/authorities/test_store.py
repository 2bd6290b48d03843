import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from clearpane.authorities import make, store
from clearpane.authorities.authority import Authority, AuthorityName
from clearpane.authorities.store import Slot
from clearpane.certificates import pem
from clearpane.certificates.certificate import Certificate
from clearpane.errors import ClearpaneError, Problems

type Make = Callable[..., Authority]
type Signed = Callable[..., Certificate]

DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`ca`, as an administrator in the installation's folder calls it."""
    monkeypatch.chdir(tmp_path)
    return Path("ca")


@pytest.fixture
def filled(folder: Path, now: datetime) -> Path:
    store.create(folder, store.missing(folder), now)
    return folder


def problems_of(folder: Path, now: datetime) -> list[str]:
    problems = Problems()
    store.load(folder, now, problems)
    return [str(problem) for problem in problems.found]


def put(folder: Path, slot: Slot, authority: Authority, *others: bytes) -> None:
    store.save(folder, slot, authority.key, authority.certificate.der, others)


def test_the_first_start_makes_both(folder: Path, now: datetime) -> None:
    assert store.is_new(folder)
    store.create(folder, store.missing(folder), now)
    assert not store.is_new(folder)
    problems = Problems()
    found = store.load(folder, now, problems)
    assert found is not None
    assert not problems.found
    assert found.trust.certificate.common_name == "clearpane Forward Trust"
    assert found.untrust.certificate.common_name == "clearpane Forward Untrust - do not install"
    assert (found.trust.name, found.untrust.name) == (AuthorityName.TRUST, AuthorityName.UNTRUST)
    assert found.trust.certificate.curve == found.untrust.certificate.curve == "secp256r1"
    assert (found.trust_ecdsa, found.untrust_ecdsa) == (None, None)


def test_only_the_owner_reads_a_key(filled: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in filled.iterdir()}
    assert modes == {
        "forward-trust.crt": 0o644,
        "forward-trust.key": 0o600,
        "forward-untrust.crt": 0o644,
        "forward-untrust.key": 0o600,
    }


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_key_that_others_can_read_is_refused(mode: int, filled: Path, now: datetime) -> None:
    (filled / "forward-trust.key").chmod(mode)
    assert problems_of(filled, now) == [
        "ca/forward-trust.key: error: others than its owner can read this key "
        f"(mode {mode:04o}) (chmod 600 ca/forward-trust.key)"
    ]


def test_a_replaced_key_is_never_open_to_others(filled: Path, now: datetime) -> None:
    (filled / "forward-trust.key").chmod(0o644)
    (filled / ".forward-trust.key.new").write_text("left by a crash")
    (filled / ".forward-trust.key.new").chmod(0o644)
    store.create(filled, [Slot.TRUST], now)
    assert problems_of(filled, now) == []
    assert len(list(filled.iterdir())) == 4


@pytest.mark.parametrize(
    "name",
    ["forward-trust.crt", "forward-trust.key", "forward-untrust.crt", "forward-untrust.key"],
)
def test_a_missing_file_is_named(name: str, filled: Path, now: datetime) -> None:
    (filled / name).unlink()
    assert store.load(filled, now, Problems()) is None
    assert problems_of(filled, now) == [
        f"ca/{name}: error: this file is missing (`clearpane ca init` makes what is missing)"
    ]


def test_all_problems_are_told_at_once(
    filled: Path, now: datetime, authority: Make, trust: Authority
) -> None:
    (filled / "forward-trust.key").write_bytes(make.key_pem(trust.key))
    (filled / "forward-untrust.key").write_text("rubbish")
    put(filled, Slot.TRUST_ECDSA, authority("rsa-2048", now=now - 3649 * DAY))
    said = "\n".join(problems_of(filled, now))
    for part in (
        "ca/forward-trust.key: error: this key does not belong to the certificate in "
        "ca/forward-trust.crt",
        "ca/forward-untrust.key: error: this is neither PEM nor PKCS#12",
        "ca/forward-trust-ecdsa.crt: error: the pair for ECDSA servers has another key (RSA 2048)",
        "ca/forward-trust-ecdsa.crt: warning: the CA certificate expires on",
    ):
        assert part in said


@pytest.mark.parametrize("slot", [Slot.UNTRUST, Slot.UNTRUST_ECDSA])
def test_trust_equal_to_untrust_is_refused(slot: Slot, filled: Path, now: datetime) -> None:
    for suffix in ("crt", "key"):
        copied = (filled / f"forward-trust.{suffix}").read_bytes()
        (filled / f"{slot}.{suffix}").write_bytes(copied)
    (filled / f"{slot}.key").chmod(0o600)
    (said,) = problems_of(filled, now)
    assert said.startswith(
        f"ca/{slot}.crt: error: the Trust and the Untrust authority are the same"
    )


def test_an_expired_authority_is_refused(filled: Path, now: datetime) -> None:
    said = problems_of(filled, now + 3700 * DAY)
    assert [s.split(" on ")[0] for s in said] == [
        "ca/forward-trust.crt: error: the CA certificate has expired",
        "ca/forward-untrust.crt: error: the CA certificate has expired",
    ]


def test_a_servers_certificate_is_refused(filled: Path, now: datetime, signed: Signed) -> None:
    key = make.new_key(make.KeyKind.EC_P256)
    store.save(filled, Slot.TRUST, key, signed("www.test", key, ca=False, usage=None).der)
    (said,) = problems_of(filled, now)
    assert "CN=www.test is not a CA certificate" in said
    assert "providers do not sell" in said


def test_a_second_pair_is_loaded(filled: Path, now: datetime, authority: Make) -> None:
    put(filled, Slot.TRUST_ECDSA, authority("ec-p384"))
    found = store.load(filled, now, Problems())
    assert found is not None
    assert found.trust_ecdsa is not None
    assert found.trust_ecdsa.certificate.curve == "secp384r1"
    assert found.untrust_ecdsa is None


@pytest.mark.parametrize("order", [1, -1])
def test_a_chain_in_the_certificates_file_is_sent_without_its_root(
    order: int, filled: Path, now: datetime, company: Authority, signed: Signed
) -> None:
    key = make.new_key(make.KeyKind.EC_P256)
    own = signed("Own", key, company)
    store.save(filled, Slot.TRUST, key, own.der)
    path = [own.der, company.certificate.der][::order]
    (filled / "forward-trust.crt").write_text("".join(map(pem.to_pem, path)))
    problems = Problems()
    found = store.load(filled, now, problems)
    assert not problems.found
    assert found is not None
    assert found.trust.certificate == own
    assert found.trust.chain == (own.der,)
    public = store.certificates(filled, Slot.TRUST, problems)
    assert public == (own, company.certificate)


def test_the_certificate_that_fits_the_key_is_the_authoritys(
    filled: Path, now: datetime, untrust: Authority
) -> None:
    path = filled / "forward-trust.crt"
    before = store.load(filled, now, Problems())
    path.write_text(pem.to_pem(untrust.certificate.der) + path.read_text())
    found = store.load(filled, now, Problems())
    assert before is not None
    assert found is not None
    assert found.trust.certificate == before.trust.certificate


def test_an_encrypted_key_is_explained(
    filled: Path, now: datetime, openssl: Callable[..., str]
) -> None:
    key = "ca/forward-trust.key"
    openssl("pkcs8", "-topk8", "-in", key, "-passout", "pass:x", "-out", "ca/encrypted")
    (filled / "encrypted").replace(key)
    (said,) = problems_of(filled, now)
    assert said.startswith("ca/forward-trust.key: error: this key is encrypted")
    assert "`clearpane ca import`" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "neither PEM", id="empty"),
        pytest.param(b"-----BEGIN NOTHING-----", "there is no certificate", id="no certificate"),
        pytest.param(b"\x30\x05\x30\x03\x02\x01\x00", "cannot be read", id="DER that is none"),
    ],
)
def test_a_broken_certificate_is_named(
    content: bytes, said: str, filled: Path, now: datetime
) -> None:
    (filled / "forward-trust.crt").write_bytes(content)
    (found,) = problems_of(filled, now)
    assert found.startswith("ca/forward-trust.crt: error: ")
    assert said in found


def test_a_certificate_file_may_be_der(filled: Path, now: datetime) -> None:
    path = filled / "forward-trust.crt"
    path.write_bytes(pem.certificates(path.read_bytes())[0])
    assert problems_of(filled, now) == []


def test_a_key_in_the_certificates_file_is_refused(filled: Path, now: datetime) -> None:
    path = filled / "forward-trust.crt"
    path.write_bytes(path.read_bytes() + (filled / "forward-trust.key").read_bytes())
    (said,) = problems_of(filled, now)
    assert said.startswith("ca/forward-trust.crt: error: a private key stands in this file")


def test_a_key_file_without_a_key_is_named(filled: Path, now: datetime) -> None:
    (filled / "forward-trust.key").write_bytes((filled / "forward-trust.crt").read_bytes())
    assert "there is no key in this file" in problems_of(filled, now)[0]


def test_a_folder_in_a_files_place_is_named(filled: Path, now: datetime) -> None:
    (filled / "forward-trust.crt").unlink()
    (filled / "forward-trust.crt").mkdir()
    assert "ca/forward-trust.crt: error: this file cannot be read" in problems_of(filled, now)[0]


def test_what_is_there_is_not_made_anew(filled: Path, now: datetime) -> None:
    before = (filled / "forward-trust.key").read_bytes()
    (filled / "forward-untrust.crt").unlink()
    (filled / "forward-untrust.key").unlink()
    assert store.missing(filled) == (Slot.UNTRUST,)
    store.create(filled, store.missing(filled), now, make.KeyKind.RSA_2048, "Acme", 10)
    assert (filled / "forward-trust.key").read_bytes() == before
    assert problems_of(filled, now)[0].startswith("ca/forward-untrust.crt: warning: the CA")


def test_a_requests_key_waits_beside_the_key_in_use(filled: Path, now: datetime) -> None:
    key = make.new_key(make.KeyKind.EC_P256)
    store.save_request(filled, Slot.TRUST, key, b"request")
    assert stat.S_IMODE((filled / "forward-trust.csr.key").stat().st_mode) == 0o600
    waiting = store.waiting_keys(filled, Slot.TRUST)
    assert [make.key_pem(k) for k in waiting] == [
        make.key_pem(key),
        (filled / "forward-trust.key").read_bytes(),
    ]
    assert problems_of(filled, now) == []
    store.drop_request(filled, Slot.TRUST)
    store.drop_request(filled, Slot.TRUST)
    assert len(store.waiting_keys(filled, Slot.TRUST)) == 1


def test_a_waiting_key_that_cannot_be_read_is_named(filled: Path) -> None:
    (filled / "forward-trust.csr.key").write_text("rubbish")
    with pytest.raises(ClearpaneError, match=r"^ca/forward-trust\.csr\.key: error"):
        store.waiting_keys(filled, Slot.TRUST)


@pytest.mark.parametrize("slot", list(Slot))
def test_a_new_pair_is_held_against_those_that_are_there(
    slot: Slot, filled: Path, now: datetime
) -> None:
    opposite = Slot.UNTRUST if slot.authority is AuthorityName.TRUST else Slot.TRUST
    there = store.load_pair(filled, opposite, Problems())
    assert there is not None
    same = Authority(slot.authority, there.certificate, (), there.key)
    problems = Problems()
    store.check_new(filled, slot, same, "new.pfx", now, problems)
    assert str(problems.errors[0]).startswith("new.pfx: error: the Trust and the Untrust authority")
