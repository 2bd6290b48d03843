"""Cipher suites in the firewall's columns."""

import pytest

from clearpane.records.cipher import Suite, curve, suite


@pytest.mark.parametrize(
    ("cipher", "group", "expected"),
    [
        ("TLS_AES_128_GCM_SHA256", "X25519", ("ECDHE", "AES_128_GCM", "SHA256")),
        ("TLS_AES_256_GCM_SHA384", "", ("ECDHE", "AES_256_GCM", "SHA384")),
        ("TLS_AES_128_GCM_SHA256", "ffdhe2048", ("DHE", "AES_128_GCM", "SHA256")),
        ("TLS_CHACHA20_POLY1305_SHA256", "x25519", ("ECDHE", "CHACHA20_POLY1305", "SHA256")),
        ("TLS_AES_128_CCM_8_SHA256", "", ("ECDHE", "AES_128_CCM_8", "SHA256")),
        ("ECDHE-RSA-AES128-GCM-SHA256", "prime256v1", ("ECDHE", "AES_128_GCM", "SHA256")),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "", ("ECDHE", "AES_256_GCM", "SHA384")),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", "", ("ECDHE", "CHACHA20_POLY1305", "SHA256")),
        ("ECDHE-RSA-AES256-SHA", "", ("ECDHE", "AES_256_CBC", "SHA1")),
        ("ECDHE-RSA-AES128-SHA256", "", ("ECDHE", "AES_128_CBC", "SHA256")),
        ("DHE-RSA-AES256-GCM-SHA384", "", ("DHE", "AES_256_GCM", "SHA384")),
        ("DHE-DSS-AES128-SHA", "", ("DHE", "AES_128_CBC", "SHA1")),
        ("AES128-GCM-SHA256", "", ("RSA", "AES_128_GCM", "SHA256")),
        ("AES256-SHA", "", ("RSA", "AES_256_CBC", "SHA1")),
        ("AES128-CCM8", "", ("RSA", "AES_128_CCM8", "SHA256")),
        ("CAMELLIA128-SHA", "", ("RSA", "CAMELLIA_128_CBC", "SHA1")),
        ("DES-CBC3-SHA", "", ("RSA", "3DES_EDE_CBC", "SHA1")),
        ("RC4-MD5", "", ("RSA", "RC4_128", "MD5")),
        ("NULL-SHA256", "", ("RSA", "NULL", "SHA256")),
        ("ECDHE-RSA-NULL-SHA", "", ("ECDHE", "NULL", "SHA1")),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "", ("ECDHE", "AES_128_GCM", "SHA256")),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "", ("RSA", "3DES_EDE_CBC", "SHA1")),
        ("TLS_RSA_WITH_RC4_128_MD5", "", ("RSA", "RC4_128", "MD5")),
        ("", "X25519", ("", "", "")),
        ("SOMETHING-NEW", "", ("RSA", "SOMETHING_NEW", "SHA256")),
    ],
)
def test_parts(cipher: str, group: str, expected: tuple[str, str, str]) -> None:
    assert suite(cipher, group) == Suite(*expected)


@pytest.mark.parametrize(
    ("group", "expected"),
    [("prime256v1", "secp256r1"), ("P-384", "secp384r1"), ("X25519", "X25519"), ("", "")],
)
def test_curves(group: str, expected: str) -> None:
    assert curve(group) == expected
