from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from clearpane.authorities import export, make
from clearpane.authorities.authority import Authority
from clearpane.authorities.export import Format
from clearpane.certificates import pem
from clearpane.certificates.certificate import Certificate

type OpenSSL = Callable[..., str]
type Signed = Callable[..., Certificate]


@pytest.mark.parametrize("form", [Format.PEM, Format.DER])
def test_the_certificate_alone_is_what_openssl_reads(
    form: Format, trust: Authority, untrust: Authority, openssl: OpenSSL, tmp_path: Path
) -> None:
    encoded = export.encode([trust.certificate, untrust.certificate], form)
    (tmp_path / "ca").write_bytes(encoded)
    shown = openssl("x509", "-in", "ca", "-inform", form, "-noout", "-fingerprint", "-sha256")
    assert shown.strip().replace(":", "").lower().endswith(trust.certificate.fingerprint)
    assert encoded.count(b"BEGIN") == (form is Format.PEM)


def test_p7b_holds_the_chain(
    company: Authority, signed: Signed, openssl: OpenSSL, tmp_path: Path
) -> None:
    own = signed("Own", make.new_key(make.KeyKind.EC_P256), company)
    encoded = export.encode([own, company.certificate], Format.P7B)
    (tmp_path / "chain.p7b").write_bytes(encoded)
    printed = openssl("pkcs7", "-inform", "DER", "-in", "chain.p7b", "-print_certs")
    assert export.encode([company.certificate, own], Format.P7B) == encoded
    both = {own.der, company.certificate.der}
    assert set(pem.certificates(printed.encode())) == both
    read = pkcs7.load_der_pkcs7_certificates(encoded)
    assert {c.public_bytes(Encoding.DER) for c in read} == both


def test_the_hints_name_the_file_on_each_platform(trust: Authority) -> None:
    text = export.hints("clearpane.crt", trust.certificate)
    for platform in ("GPO", "Intune", "macOS", "Firefox", "Debian", "RHEL", "Chrome"):
        assert platform in text
    assert text.count("clearpane.crt") >= 3
    assert max(map(len, text.splitlines())) <= 100


def test_below_a_known_root_nothing_is_to_be_installed(company: Authority, signed: Signed) -> None:
    own = signed("Own", make.new_key(make.KeyKind.EC_P256), company)
    text = export.hints("clearpane.crt", own)
    assert "under CN=Company Root" in text
    assert "need nothing more" in text
