"""The Contexts that clients are shown: leaves by the real certificate, and leaves for pages.

A leaf depends on the real certificate, the authority and the kind of key and on nothing else, so
its Context is made once. The RSA key for clients without ECDSA takes a third of a second to make;
that is done beside the loop at the start.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL

from clearpane.authorities import keys, leaf
from clearpane.authorities.authority import Authorities
from clearpane.authorities.cache import LeafCache, LeafId
from clearpane.authorities.inbound import InboundCertificate
from clearpane.authorities.keys import PrivateKey, ServerKey
from clearpane.certificates.certificate import Certificate
from clearpane.gateway import contexts
from clearpane.pipeline.connection import Course
from clearpane.verification.profile import DecryptionProfile
from clearpane.verification.protocol import ProtocolSettings

# A Context weighs about 18 KiB: 4,096 of them stay under 80 MB.
CAPACITY = 4096


class Leaves:
    """Contexts under one pair of authorities."""

    def __init__(self, authorities: Authorities, executor: Executor) -> None:
        self._authorities = authorities
        self._secret = keys.secret(authorities.trust.key)
        self._ecdsa = keys.leaf_key(self._secret)
        self._ecdsa_public = keys.public_key(self._ecdsa)
        self._rsa = executor.submit(rsa.generate_private_key, 65537, 2048)
        self._ready: LeafCache[SSL.Context] = LeafCache(CAPACITY)

    def __len__(self) -> int:
        return len(self._ready)

    def forged(
        self,
        real: Certificate,
        course: Course,
        ecdsa: bool,
        profile: DecryptionProfile,
        now: datetime,
    ) -> SSL.Context:
        """For a session that is decrypted: what the real certificate says, signed as judged."""
        authority = self._authorities.signer(course.signer, real.key_type)
        # An expired certificate keeps its real end, one that still holds may be cut: the flag
        # keeps one from standing in for the other once the end has passed.
        expired = real.not_after is not None and real.not_after < now
        checks, protocol = profile.forward_proxy, profile.protocol
        flags = leaf.Flags(checks.restrict_cert_exts, checks.auto_include_altname)
        name = LeafId(
            real.fingerprint,
            authority.certificate.fingerprint,
            _kind(ecdsa),
            (expired, flags, protocol),
        )
        if ready := self._ready.get(name):
            return ready
        key, public = self._key(ecdsa)
        forged = leaf.forge(real, authority, public, self._secret, now, flags)
        return self._keep(name, forged, authority.chain, key, protocol)

    def inbound(self, ours: InboundCertificate, protocol: ProtocolSettings) -> SSL.Context:
        """The protected server's own certificate, as it stands."""
        name = LeafId(ours.certificate.fingerprint, "inbound", ours.name, protocol)
        if ready := self._ready.get(name):
            return ready
        return self._keep(name, ours.certificate.der, ours.chain, ours.key, protocol)

    def page(self, name: str, ecdsa: bool, now: datetime) -> SSL.Context:
        """For our own page, and for TLS spoken to the proxy itself: Trust, for this name alone."""
        authority = self._authorities.trust
        kept = LeafId(f"{now:%Y-%m-%d}", authority.certificate.fingerprint, _kind(ecdsa), name)
        if ready := self._ready.get(kept):
            return ready
        key, public = self._key(ecdsa)
        own = leaf.page(name, authority, public, self._secret, now)
        return self._keep(kept, own, authority.chain, key, ProtocolSettings())

    def _keep(
        self,
        name: LeafId,
        made: bytes,
        chain: Sequence[bytes],
        key: ServerKey,
        protocol: ProtocolSettings,
    ) -> SSL.Context:
        context = contexts.make(made, chain, key, protocol.terms())
        self._ready.put(name, context)
        return context

    def _key(self, ecdsa: bool) -> tuple[PrivateKey, bytes]:
        if ecdsa:
            return self._ecdsa, self._ecdsa_public
        key = self._rsa.result()
        return key, keys.public_key(key)


def _kind(ecdsa: bool) -> str:
    return "ec" if ecdsa else "rsa"
