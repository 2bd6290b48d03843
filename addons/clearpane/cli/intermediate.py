"""`clearpane ca fetch-intermediate`: keeps the certificate that a server forgets to send.

It is taken from where the server's own certificate says it is, and only if the chain then leads to
an anchor. Among the trusted roots it is one itself, so nothing has to be fetched any more.
"""

import argparse
import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from clearpane.authorities import store
from clearpane.authorities.inbound_store import load_inbound
from clearpane.certificates import pem
from clearpane.certificates.certificate import Certificate
from clearpane.cli.explaining.question import Target, target
from clearpane.configuration.configuration import Configuration
from clearpane.configuration.load import load
from clearpane.errors import ClearpaneError, Problem
from clearpane.verification.fetch import Fetch
from clearpane.verification.handshake import Handshake, TrustStore, sent
from clearpane.verification.issuers import Issuers
from clearpane.verification.mending import Mended, Mender
from clearpane.verification.probe import probe, resolve
from clearpane.verification.profile import DecryptionProfile
from clearpane.verification.verdict import Signer, Verdict

_SECONDS = 10.0
_LONGEST_NAME = 60
_PRIVATE = "is the address private? then `fetch: {allow-private-addresses: true}` in settings.yaml"

type _Seen = tuple[Verdict, tuple[bytes, ...]]


def add_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("server", metavar="HOST[:PORT]", help="the server whose chain is incomplete")


def run(args: argparse.Namespace, folder: Path, now: datetime) -> int:
    """0, or raises ClearpaneError that says why nothing was kept."""
    to = target(args.server)
    policy = load(args.rules, folder, now, store.load, load_inbound)
    found = asyncio.run(_find(to, policy, now))
    path = _keep(folder / "trusted-roots", found)
    end = f"{found.not_after:%Y-%m-%d}" if found.not_after else "?"
    print(
        f"{path}: {found.subject_name}, issued by {found.issuer_name}, to {end}, "
        f"SHA-256 {found.fingerprint}"
    )
    return 0


async def _find(to: Target, policy: Configuration, now: datetime) -> Certificate:
    """The nearest issuer that the server did not send."""
    trusted = TrustStore(*policy.anchors)
    verdict, chain = await _look(to, Handshake(trusted), now)
    mender = Mender(trusted)
    mended = await mender.mend(verdict, chain, to.host, now, asyncio.to_thread, None)
    if mended.verdict.signer is Signer.FORWARD_TRUST:
        raise _refusal(to, "nothing is missing: its chain leads to a trusted root")
    if not verdict.missing_issuer:
        reasons = ", ".join(verdict.reasons)
        raise _refusal(to, f"its certificate is not trusted, but none is missing: {reasons}")
    if not verdict.ca_issuers:
        message = f"it does not say where the certificate of {verdict.missing_issuer} is"
        cure = "ask who runs the server for it, and put it into trusted-roots"
        raise _refusal(to, message, cure)
    issuers = Issuers(Fetch(policy.settings.fetch.allow_private_addresses), asyncio.to_thread)
    mended = await mender.mend(verdict, chain, to.host, now, asyncio.to_thread, issuers)
    return _completing(to, mended, chain)


async def _look(to: Target, handshake: Handshake, now: datetime) -> _Seen:
    addresses = await resolve(to.host, to.port)
    if not addresses:
        raise _refusal(to, "unreachable: the name has no address")
    terms = DecryptionProfile().protocol.terms()
    seen = await probe(handshake, addresses, to.port, to.host, terms, timeout=_SECONDS)
    if seen.connection is None:
        raise _refusal(to, seen.error or "it shows no certificate")
    return handshake.verdict(seen.connection, to.host, now), sent(seen.connection)


def _completing(to: Target, mended: Mended, chain: Sequence[bytes]) -> Certificate:
    verdict = mended.verdict
    if verdict.signer is Signer.FORWARD_TRUST:
        return next(each for each in verdict.path if each.der not in chain)
    if mended.errors:
        refused = any(error.endswith("refused-address") for error in mended.errors)
        said = "; ".join(mended.errors)
        raise _refusal(to, f"the certificate can't be fetched: {said}", _PRIVATE * refused)
    if not mended.fetched:
        raise _refusal(to, f"no address is plain http: {', '.join(verdict.ca_issuers)}")
    reasons = ", ".join(verdict.reasons)
    raise _refusal(to, f"{', '.join(mended.fetched)} does not complete the chain: {reasons}")


def _keep(folder: Path, certificate: Certificate) -> Path:
    """Never over another certificate: a CA renews them under the same name."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = _stem(certificate.common_name) or "intermediate"
    text = pem.to_pem(certificate.der)
    for name in (stem, f"{stem}-{certificate.fingerprint[:16]}"):
        path = folder / f"{name}.crt"
        try:
            with path.open("x", encoding="ascii") as file:
                path.chmod(0o644)
                file.write(text)
        except FileExistsError:
            continue
        return path
    raise _refusal(path, "this file is there already, and holds something else")


def _stem(common_name: str) -> str:
    return re.sub(r"[^0-9A-Za-z]+", "-", common_name)[:_LONGEST_NAME].strip("-")


def _refusal(place: object, message: str, cure: str = "") -> ClearpaneError:
    return ClearpaneError(Problem(str(place), message, cure))
