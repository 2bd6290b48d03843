from dataclasses import replace
from itertools import pairwise

import pytest

from clearpane.verification.protocol import ProtocolSettings, Version

OFF = ProtocolSettings(
    keyxchg_algo_rsa=False,
    enc_algo_aes_128_cbc=False,
    enc_algo_aes_256_cbc=False,
    enc_algo_aes_128_gcm=False,
    enc_algo_aes_256_gcm=False,
    enc_algo_chacha20_poly1305=False,
)


def test_what_is_offered_by_default() -> None:
    settings = ProtocolSettings()
    assert settings.versions == (Version.TLS1_2, Version.MAX)
    assert settings.suites == (
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
    )
    assert settings.ciphers[:3] == (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    )
    assert len(settings.ciphers) == len(set(settings.ciphers)) == 7 + 7 + 6
    assert not any(cipher.startswith("DHE") for cipher in settings.ciphers)


SUITES = [
    pytest.param(
        {"enc_algo_aes_128_gcm": True},
        ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("TLS_AES_128_GCM_SHA256",),
        id="AES-128-GCM alone",
    ),
    pytest.param(
        {"enc_algo_aes_256_gcm": True, "auth_algo_sha384": False}, (), (), id="its digest is off"
    ),
    pytest.param(
        {"enc_algo_chacha20_poly1305": True, "keyxchg_algo_rsa": True},
        ("ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("TLS_CHACHA20_POLY1305_SHA256",),
        id="ChaCha20 never goes with RSA key exchange",
    ),
    pytest.param(
        {"enc_algo_aes_256_cbc": True, "keyxchg_algo_ecdhe": False, "keyxchg_algo_dhe": True},
        ("DHE-RSA-AES256-SHA256", "DHE-RSA-AES256-SHA"),
        (),
        id="DHE has its own CBC suites and none of TLS 1.3",
    ),
    pytest.param(
        {"enc_algo_aes_128_cbc": True, "auth_algo_sha1": False},
        ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256"),
        (),
        id="CBC without SHA-1",
    ),
    pytest.param(
        {"enc_algo_3des": True, "enc_algo_rc4": True, "auth_algo_md5": True},
        (),
        (),
        id="3DES, RC4 and MD5 lead to nothing",
    ),
]


@pytest.mark.parametrize(("on", "ciphers", "suites"), SUITES)
def test_a_suite_needs_all_of_its_parts(
    on: dict[str, bool], ciphers: tuple[str, ...], suites: tuple[str, ...]
) -> None:
    settings = replace(OFF, **on)
    assert settings.ciphers == ciphers
    assert settings.suites == suites


@pytest.mark.parametrize(
    ("settings", "versions"),
    [
        pytest.param(
            ProtocolSettings(Version.TLS1_0, Version.TLS1_1), ("tls1-0", "tls1-1"), id="old ones"
        ),
        pytest.param(
            ProtocolSettings(max_version=Version.TLS1_3), ("tls1-2", "tls1-3"), id="1.3 by name"
        ),
        pytest.param(
            ProtocolSettings(keyxchg_algo_ecdhe=False), ("tls1-2", "tls1-2"), id="1.3 needs ECDHE"
        ),
        pytest.param(
            ProtocolSettings(max_version=Version.TLS1_1, keyxchg_algo_ecdhe=False),
            ("tls1-2", "tls1-1"),
            id="what contradicts itself is left as it is",
        ),
    ],
)
def test_versions(settings: ProtocolSettings, versions: tuple[str, str]) -> None:
    assert settings.versions == versions


def test_versions_have_an_order() -> None:
    order = list(Version)
    assert all(late.newer_than(early) for early, late in pairwise(order))
    assert not Version.TLS1_2.newer_than(Version.TLS1_2)
