from dataclasses import replace
from itertools import pairwise

import pytest

from clearpane.verification.protocol import Offer, ProtocolSettings, Terms, Version
from clearpane.verification.reasons import Reason

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


def offers(*versions: Version, suites: tuple[int, ...]) -> Offer:
    return Offer(frozenset(versions), frozenset(suites))


MODERN = (0x1301, 0x1302, 0xC02B, 0xC02F, 0xC013, 0x002F)
ALL = ProtocolSettings(keyxchg_algo_dhe=True)


def test_terms_are_nowhere_weaker_than_what_the_client_offers() -> None:
    offer = offers(Version.TLS1_2, Version.TLS1_3, suites=MODERN)
    assert ALL.terms_with(offer) == Terms(
        Version.TLS1_2,
        Version.MAX,
        (
            *("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"),
            *("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "AES128-SHA"),
        ),
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"),
    )


TERMS = [
    pytest.param(
        ProtocolSettings(),
        offers(Version.TLS1_3, suites=(0x1301,)),
        Terms(Version.TLS1_3, Version.MAX, (), ("TLS_AES_128_GCM_SHA256",)),
        id="a client of TLS 1.3 alone asks no server of TLS 1.2",
    ),
    pytest.param(
        ProtocolSettings(),
        offers(Version.TLS1_2, suites=(0xC02B,)),
        Terms(
            Version.TLS1_2,
            Version.MAX,
            ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
            ProtocolSettings().suites,
        ),
        id="the server's kind of key and a newer version are its own choice",
    ),
    pytest.param(
        ProtocolSettings(),
        offers(Version.TLS1_2, Version.TLS1_3, suites=(0x1302, 0x0003)),
        Terms(Version.TLS1_3, Version.MAX, (), ("TLS_AES_256_GCM_SHA384",)),
        id="its old suites are none of ours",
    ),
    pytest.param(
        ProtocolSettings(),
        offers(Version.TLS1_2, Version.TLS1_3, suites=(0xC02F, 0x00FF)),
        Terms(
            Version.TLS1_2,
            Version.TLS1_2,
            ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
            (),
        ),
        id="it names TLS 1.3 and none of its suites",
    ),
    pytest.param(
        ProtocolSettings(), offers(Version.TLS1_0, Version.TLS1_1, suites=MODERN), "version",
        id="an old client",
    ),
    pytest.param(
        ProtocolSettings(), offers(suites=MODERN), "version", id="a version that nobody knows"
    ),
    pytest.param(
        ProtocolSettings(max_version=Version.TLS1_2),
        offers(Version.TLS1_3, suites=MODERN), "version",
        id="a profile without TLS 1.3, a client without anything else",
    ),
    pytest.param(
        ProtocolSettings(), offers(Version.TLS1_2, suites=(0x003B, 0x000A)), "cipher",
        id="NULL and 3DES alone",
    ),
    pytest.param(
        ProtocolSettings(keyxchg_algo_rsa=False), offers(Version.TLS1_2, suites=(0x002F,)),
        "cipher", id="RSA key exchange alone, where it is off",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "offer", "expected"), TERMS)
def test_terms(settings: ProtocolSettings, offer: Offer, expected: Terms | str) -> None:
    assert settings.terms_with(offer) == expected


def test_every_suite_has_its_number() -> None:
    everything = frozenset(range(0x10000))
    offer = Offer(frozenset(Version), everything)
    assert ALL.terms_with(offer) == ALL.terms()


WHOLE = [
    pytest.param(offers(*Version, suites=tuple(range(0x10000))), True, True, id="it offers all"),
    pytest.param(
        offers(Version.TLS1_2, Version.TLS1_3, suites=MODERN), True, False,
        id="a browser lacks some suites, and no version",
    ),
    pytest.param(
        offers(Version.TLS1_3, suites=(0x1301, 0x1302, 0x1303)), False, False,
        id="TLS 1.3 alone",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("offer", "version", "cipher"), WHOLE)
def test_whose_fault_it_is_that_nothing_could_be_agreed(
    offer: Offer, version: bool, cipher: bool
) -> None:
    settings = ProtocolSettings()
    terms = settings.terms_with(offer)
    assert isinstance(terms, Terms)
    assert settings.is_whole(terms, Reason.UNSUPPORTED_VERSION) is version
    assert settings.is_whole(terms, Reason.UNSUPPORTED_CIPHER) is cipher
