"""ADAPTER. From the folders rules/ and ca/ to what is in force.

Everything that is wrong anywhere is raised at once.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import certifi
from OpenSSL import crypto

from clearpane.authorities.authority import Authorities
from clearpane.authorities.inbound import Found, InboundCertificate
from clearpane.certificates import pem
from clearpane.configuration import inbound
from clearpane.configuration.configuration import Configuration, Policy
from clearpane.configuration.files import Stamp, read, stamp, visible
from clearpane.configuration.folder import Rules
from clearpane.errors import ClearpaneError, Problem, Problems

type ReadAuthorities = Callable[[Path, datetime, Problems], Authorities | None]
type ReadInbound = Callable[[Path, datetime, Problems], Found]


def load(
    rules: Path,
    ca: Path,
    now: datetime,
    authorities_in: ReadAuthorities,
    inbound_in: ReadInbound,
    before: Policy | None = None,
) -> Configuration:
    """All of it; raises ClearpaneError with every problem of every file.

    `now` is aware and in local time. `authorities_in` is `store.load`, which makes none, and
    `inbound_in` `inbound_store.load_inbound`. `before` is what is in force: files that did not
    change since are not parsed again.
    """
    problems, at_servers = Problems(), Problems()
    found = inbound_in(ca, now, at_servers)
    policy = Rules(rules, problems, before, found).policy(now)
    authorities = authorities_in(ca, now, problems)
    problems.found += at_servers.found
    servers = {name: each for name, each in found.items() if each}
    if policy:
        inbound.check_used(servers.values(), policy.rulebase.rules, problems)
    if authorities:
        inbound.check_apart(servers.values(), authorities, problems)
    own = {pair.certificate.der for pair in authorities.all} if authorities else set[bytes]()
    extra = tuple(_trusted_roots(ca / "trusted-roots", own, problems))
    ordered = _in_order(problems.found)
    if problems.errors or policy is None or authorities is None:
        raise ClearpaneError.of(ordered)
    return _with_keys(replace(policy, warnings=ordered), authorities, extra, servers)


def load_rules(rules: Path, now: datetime) -> Policy:
    """What needs no authority; raises as `load`."""
    problems = Problems()
    policy = Rules(rules, problems).policy(now)
    if policy is None:
        raise ClearpaneError.of(_in_order(problems.found))
    return replace(policy, warnings=_in_order(policy.warnings))


def fingerprint(rules: Path, ca: Path, files: Iterable[str] = ()) -> frozenset[tuple[str, Stamp]]:
    """Changes when a file of either folder changes, or one of `files` (`Policy.files`)."""
    found: dict[str, Stamp] = {}
    for folder in (rules, ca):
        for where, folders, names in folder.walk():
            folders[:] = [name for name in folders if not name.startswith(".")]
            for path in (where / name for name in names if not name.startswith(".")):
                found[str(path)] = stamp(path)
    found.update((file, stamp(Path(file))) for file in files)
    return frozenset(found.items())


def _with_keys(
    policy: Policy,
    authorities: Authorities,
    extra: tuple[bytes, ...],
    servers: dict[str, InboundCertificate],
) -> Configuration:
    same = {each.name: getattr(policy, each.name) for each in fields(policy)}
    anchors = (certifi.contents().encode("ascii"), extra)
    return Configuration(**same, authorities=authorities, anchors=anchors, inbound=servers)


def _trusted_roots(folder: Path, own: set[bytes], problems: Problems) -> Iterator[bytes]:
    """Further anchors; `own` are our authorities, of which none may be one."""
    for path in sorted(visible(folder, problems)):
        if path.suffix not in (".crt", ".pem"):
            continue
        data = read(path, problems)
        for der in () if data is None else _certificates(path, data, problems):
            if der in own:
                message = "this is the gateway's own authority, which no server may show"
                problems.error(path, message, "remove it")
            yield der


def _certificates(path: Path, data: bytes, problems: Problems) -> Iterator[bytes]:
    """What a file holds in PEM or DER, as far as OpenSSL can load it."""
    try:
        found = pem.certificates(data) if b"-----BEGIN" in data else [data]
    except pem.PemError as error:
        problems.error(path, str(error), "export the certificate again")
        return
    if not found:
        problems.error(path, "there is no certificate in this file", "put one in or remove it")
    for number, der in enumerate(found, 1):
        try:
            crypto.load_certificate(crypto.FILETYPE_ASN1, der)
        except crypto.Error:
            problems.error(path, f"certificate {number} can't be read", "export it again")
        else:
            yield der


def _in_order(found: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file in the order of their first problem, within a file by line; each problem once."""
    unique = list(dict.fromkeys(found))
    files: dict[str, int] = {}
    for problem in unique:
        files.setdefault(problem.place.split(":")[0], len(files))
    return tuple(sorted(unique, key=lambda problem: _key(problem, files)))


def _key(problem: Problem, files: dict[str, int]) -> tuple[int, ...]:
    file, *numbers = problem.place.split(":")
    return files[file], *(int(number) if number.isdecimal() else 0 for number in numbers)
