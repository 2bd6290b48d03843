"""Servers of the table whose certificate is good, and whose TLS is what a profile judges."""

from dataclasses import dataclass
from pathlib import Path
from ssl import TLSVersion
from tempfile import TemporaryDirectory

from clearpane.certificates import der, pem

from . import pki
from .origins import Origin
from .rows import Makers

V10, V11, V12 = (
    (version, version) for version in (TLSVersion.TLSv1, TLSVersion.TLSv1_1, TLSVersion.TLSv1_2)
)
VERSION, CIPHER = "unsupported-version", "unsupported-cipher"
STRICT = "strict.test"  # the domain of the hosts for which the profile blocks

# RFC 2409 section 6.2: the group of 1024 bits that Logjam's authors warn of.
OAKLEY_2 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404"
    "DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406"
    "B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)


@dataclass(frozen=True)
class Spoken:
    """`reason`: why such a server is not decrypted; empty where it is."""

    versions: tuple[TLSVersion, TLSVersion]
    ciphers: str
    reason: str = ""
    prime: int = 0

    def origin(self, makers: Makers, host: str) -> Origin:
        """Known under both names."""
        pair = pki.leaf(makers.issuing, host, strict(host), key="rsa2048")
        return _Origin(pair, self)


class _Origin(Origin):
    def __init__(self, pair: pki.Pair, spoken: Spoken) -> None:
        super().__init__(pair, versions=spoken.versions, ciphers=spoken.ciphers)
        if not spoken.prime:
            return
        group = pem.to_pem(der.sequence(der.integer(spoken.prime), der.integer(2)))
        with TemporaryDirectory() as folder:
            path = Path(folder) / "group.pem"
            path.write_text(group.replace("CERTIFICATE", "DH PARAMETERS"))
            assert self._tls
            self._tls.load_dh_params(str(path))


def strict(host: str) -> str:
    """The same server's name under the profile that blocks."""
    return host.replace("zoo.test", STRICT)


ROWS = {
    "cbc-suite": Spoken(V12, "ECDHE-RSA-AES128-SHA"),
    "cbc-suite-static-rsa": Spoken(V12, "AES256-SHA"),
    "tls-1.0": Spoken(V10, "DEFAULT", VERSION),
    "tls-1.1": Spoken(V11, "DEFAULT", VERSION),
    "dhe-1024": Spoken(V12, "DHE-RSA-AES128-GCM-SHA256", CIPHER, prime=OAKLEY_2),
    "no-encryption": Spoken(V12, "NULL-SHA256", CIPHER),
    "anonymous": Spoken(V12, "ADH-AES128-GCM-SHA256", CIPHER, prime=OAKLEY_2),
}
