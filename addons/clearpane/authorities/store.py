"""The authorities as files in ca/.

A key is written so that only its owner ever reads it, and is refused when others can. A file is
replaced in one step: whoever reads sees the old one or the new one.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from clearpane.authorities import checks, importing, make
from clearpane.authorities.authority import Authorities, Authority, AuthorityName, chain, matches
from clearpane.authorities.checks import Places
from clearpane.authorities.keys import PrivateKey
from clearpane.certificates import der, pem
from clearpane.certificates.certificate import Certificate
from clearpane.errors import ClearpaneError, Problems

_PRIVATE = 0o600
_PUBLIC = 0o644
_OTHERS = 0o077
_MAKE = "`clearpane ca init` makes what is missing"


class Slot(StrEnum):
    """The pairs that a folder may hold, by the names of their files."""

    TRUST = "forward-trust"
    UNTRUST = "forward-untrust"
    TRUST_ECDSA = "forward-trust-ecdsa"
    UNTRUST_ECDSA = "forward-untrust-ecdsa"

    @property
    def authority(self) -> AuthorityName:
        return AuthorityName(self.removesuffix("-ecdsa"))

    @property
    def is_ecdsa(self) -> bool:
        return self.endswith("-ecdsa")

    def certificate(self, folder: Path) -> Path:
        return folder / f"{self}.crt"

    def key(self, folder: Path) -> Path:
        return folder / f"{self}.key"

    def request(self, folder: Path) -> Path:
        """A request that waits to be signed; its key lies beside it and not in the key's place,
        for the authority that is there goes on working."""
        return folder / f"{self}.csr"

    def request_key(self, folder: Path) -> Path:
        return folder / f"{self}.csr.key"

    def exists(self, folder: Path) -> bool:
        """Whether there is a pair, or a part of one."""
        return self.certificate(folder).exists() or self.key(folder).exists()


_MAIN = (Slot.TRUST, Slot.UNTRUST)


def is_new(folder: Path) -> bool:
    """Whether this is the first start: nothing of either authority is there."""
    return not any(slot.exists(folder) for slot in Slot)


def load(folder: Path, now: datetime, problems: Problems) -> Authorities | None:
    """The authorities, checked; None where a pair can't be read. All problems are recorded."""
    found = {
        slot: load_pair(folder, slot, problems)
        for slot in Slot
        if slot in _MAIN or slot.exists(folder)
    }
    for slot, authority in found.items():
        if authority:
            check(slot, authority, places(folder, slot), now, problems)
    trusted = [a for a in found.values() if a and a.name is AuthorityName.TRUST]
    for slot, authority in found.items():
        if authority and authority.name is AuthorityName.UNTRUST:
            checks.check_apart(authority, trusted, places(folder, slot), problems)
    trust, untrust = found[Slot.TRUST], found[Slot.UNTRUST]
    if trust is None or untrust is None:
        return None
    ecdsa = (found.get(Slot.TRUST_ECDSA), found.get(Slot.UNTRUST_ECDSA))
    return Authorities(trust, untrust, *ecdsa)


def check(
    slot: Slot, authority: Authority, places: Places, now: datetime, problems: Problems
) -> None:
    """Whether the pair is fit to sign, and fits the slot."""
    checks.check(authority, places, now, problems)
    if slot.is_ecdsa:
        checks.check_ecdsa(authority, places, problems)


def check_new(
    folder: Path, slot: Slot, authority: Authority, place: str, now: datetime, problems: Problems
) -> None:
    """Whether the start would take this pair, read from `place`, beside those that are there."""
    places = Places(place, place)
    check(slot, authority, places, now, problems)
    is_trust = authority.name is AuthorityName.TRUST
    for opposite in Slot:
        if opposite.authority is authority.name or not opposite.exists(folder):
            continue
        if other := load_pair(folder, opposite, Problems()):
            trust, untrust = (authority, other) if is_trust else (other, authority)
            checks.check_apart(untrust, [trust], places, problems)


def load_pair(folder: Path, slot: Slot, problems: Problems) -> Authority | None:
    """One pair as it is, not checked but for who can read its key."""
    found = certificates(folder, slot, problems)
    key = _key(slot.key(folder), problems)
    if not found or key is None:
        return None
    own = next((c for c in found if matches(c, key)), found[0])
    others = [c.der for c in found if c != own]
    return Authority(slot.authority, own, chain(own, others), key)


def certificates(folder: Path, slot: Slot, problems: Problems) -> tuple[Certificate, ...]:
    """The public part of a pair: its own certificate first, then those that came with it."""
    path = slot.certificate(folder)
    try:
        found = [Certificate.parse(certificate) for certificate in _certificates(path, problems)]
    except der.DerError as error:
        problems.error(path, f"a certificate cannot be read: {error}", _MAKE)
        return ()
    return tuple(sorted(found, key=lambda c: _has_issued(c, found)))


def _has_issued(certificate: Certificate, others: Iterable[Certificate]) -> bool:
    return any(c.issuer == certificate.subject for c in others if c != certificate)


def save(
    folder: Path, slot: Slot, key: PrivateKey, certificate: bytes, others: Iterable[bytes] = ()
) -> None:
    """Puts a pair in its place; certificates are DER. Raises OSError."""
    text = "".join(map(pem.to_pem, (certificate, *others)))
    _write(slot.key(folder), make.key_pem(key), _PRIVATE)
    _write(slot.certificate(folder), text.encode("ascii"), _PUBLIC)


def missing(folder: Path) -> tuple[Slot, ...]:
    """Those of the two main pairs that are not there."""
    return tuple(slot for slot in _MAIN if not slot.exists(folder))


def create(
    folder: Path,
    slots: Iterable[Slot],
    now: datetime,
    kind: make.KeyKind = make.KeyKind.EC_P256,
    name: str = make.DEFAULT_NAME,
    days: int = make.DEFAULT_DAYS,
) -> None:
    """Makes self-signed pairs, over what is there. Raises OSError, and ValueError for a name that
    is none."""
    subject = make.subject(name)
    for slot in slots:
        is_trust = slot.authority is AuthorityName.TRUST
        key = make.new_key(kind)
        own_name = subject if is_trust else make.untrusted(subject)
        save(folder, slot, key, make.certificate(key, own_name, now, days))


def waiting_keys(folder: Path, slot: Slot) -> list[PrivateKey]:
    """The keys that a certificate without one may be for: that of a request, then the one in use,
    for a certificate that was renewed. Raises OSError and ClearpaneError."""
    paths = [p for p in (slot.request_key(folder), slot.key(folder)) if p.exists()]
    contents = [importing.read(path.read_bytes(), str(path)) for path in paths]
    return [key for found in contents for key in found.keys]


def save_request(folder: Path, slot: Slot, key: PrivateKey, request: bytes) -> None:
    """Puts a request (PEM) where `waiting_keys` finds its key. Raises OSError."""
    _write(slot.request_key(folder), make.key_pem(key), _PRIVATE)
    _write(slot.request(folder), request, _PUBLIC)


def drop_request(folder: Path, slot: Slot) -> None:
    """Forgets a request that was answered. Raises OSError."""
    for path in (slot.request(folder), slot.request_key(folder)):
        path.unlink(missing_ok=True)


def places(folder: Path, slot: Slot) -> Places:
    return Places(str(slot.certificate(folder)), str(slot.key(folder)))


def _write(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode, exist_ok=False)  # made with its mode: never open to others, not briefly
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _certificates(path: Path, problems: Problems) -> tuple[bytes, ...]:
    data = _read(path, problems)
    if data is None:
        return ()
    if b"PRIVATE KEY-----" in data:
        problems.error(
            path, "a private key stands in this file, which is not secret", "move it to the .key"
        )
        return ()
    try:
        found = importing.read(data, str(path)).certificates
    except ClearpaneError as error:
        problems.found += error.problems
        return ()
    if not found:
        problems.error(path, "there is no certificate in this file", _MAKE)
    return found


def _key(path: Path, problems: Problems) -> PrivateKey | None:
    data = _read(path, problems)
    if data is None:
        return None
    mode = path.stat().st_mode & 0o777
    if mode & _OTHERS:
        problems.error(
            path, f"others than its owner can read this key (mode {mode:04o})", f"chmod 600 {path}"
        )
    try:
        keys = importing.read(data, str(path)).keys
    except importing.PassphraseNeededError:
        problems.error(
            path,
            "this key is encrypted, and at the start there is nobody to ask for the passphrase",
            "import it with `clearpane ca import`, which decrypts it",
        )
        return None
    except ClearpaneError as error:
        problems.found += error.problems
        return None
    if not keys:
        problems.error(path, "there is no key in this file", _MAKE)
    return keys[0] if keys else None


def _read(path: Path, problems: Problems) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problems.error(path, "this file is missing", _MAKE)
    except OSError as error:
        problems.error(path, f"this file cannot be read: {error.strerror}")
    return None
