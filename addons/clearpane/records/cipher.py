"""A cipher suite's name, taken apart into the firewall's columns.

OpenSSL's names (`ECDHE-RSA-AES128-GCM-SHA256`) and the standard's (`TLS_AES_128_GCM_SHA256`,
`TLS_RSA_WITH_AES_128_CBC_SHA`) are both read; what is not recognised is given as it is.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_DIGEST = re.compile(r"-(SHA512|SHA384|SHA256|SHA|MD5)$")
_CIPHERS = {
    "DES-CBC3": "3DES_EDE_CBC",
    "3DES-EDE-CBC": "3DES_EDE_CBC",
    "RC4-128": "RC4_128",
    "RC4": "RC4_128",
    "CHACHA20-POLY1305": "CHACHA20_POLY1305",
}
_AES = re.compile(r"(AES|CAMELLIA|ARIA)-?(128|256)(?:-(CBC|GCM|CCM8|CCM))?$")
_CURVES = {
    "prime256v1": "secp256r1",
    "P-256": "secp256r1",
    "P-384": "secp384r1",
    "P-521": "secp521r1",
}


@dataclass(frozen=True, slots=True)
class Suite:
    """`keyxchg` is ECDHE, DHE, RSA or another, `auth` the digest, as the firewall has it."""

    keyxchg: str = ""
    enc: str = ""
    auth: str = ""


@lru_cache(maxsize=256)
def suite(cipher: str, group: str = "") -> Suite:
    """The three parts. TLS 1.3 names no key exchange; `group` tells whether it is a curve."""
    if not cipher:
        return Suite()
    name = cipher.removeprefix("TLS_").replace("_", "-")
    if cipher.startswith("TLS_") and "-WITH-" not in name:
        keyxchg = "DHE" if group.lower().startswith("ffdhe") else "ECDHE"
        rest = name
    elif "-WITH-" in name:
        keyxchg, _, rest = name.partition("-WITH-")
        keyxchg = _exchange(keyxchg)
    else:
        keyxchg, rest = _exchange(name), _cipher_part(name)
    digest = _DIGEST.search(rest)
    auth = digest[1] if digest else "SHA256"
    enc = rest[: digest.start()] if digest else rest
    return Suite(keyxchg, _encryption(enc), "SHA1" if auth == "SHA" else auth)


@lru_cache(maxsize=256)
def curve(group: str) -> str:
    """The group's standard name: OpenSSL calls secp256r1 prime256v1."""
    return _CURVES.get(group, group)


def _exchange(name: str) -> str:
    for exchange in ("ECDHE", "DHE", "ECDH", "ADH", "PSK", "SRP"):
        if name.startswith(exchange):
            return exchange
    return "RSA"


def _cipher_part(name: str) -> str:
    """OpenSSL's name without key exchange and certificate type."""
    return re.sub(r"^(?:(?:ECDHE|DHE|ECDH|ADH|AECDH|RSA|PSK|SRP|ECDSA|DSS)-)+", "", name)


def _encryption(name: str) -> str:
    if match := _AES.match(name):
        return f"{match[1]}_{match[2]}_{match[3] or 'CBC'}"
    return _CIPHERS.get(name, name.replace("-", "_"))
