"""Everything that a demonstration needs, started and stopped together.

The temporary folder is the only one that is written to, but for a state folder that was asked for;
an administrator's authorities are used where they lie.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clearpane.cli.demonstration import files, identities, origins
from clearpane.cli.demonstration.client import Client
from clearpane.cli.demonstration.identities import DAY, Identity
from clearpane.cli.demonstration.origins import Origin
from clearpane.cli.demonstration.process import Gateway
from clearpane.cli.demonstration.signers import Signers
from clearpane.cli.demonstration.threat_log import ThreatLog
from clearpane.configuration.configuration import Policy
from clearpane.configuration.load import load_rules
from clearpane.hello import Hello, address
from clearpane.rulebase.decision import Action, Reason

# Names that nobody can have: RFC 2606.
DOWNLOADS, UNKNOWN_ISSUER, EXPIRED = "files.example", "unknown.example", "expired.example"

_LOOPBACK = address("127.0.0.1")


@dataclass(frozen=True, slots=True)
class Given:
    """The folders; None stands for one that is made for the occasion."""

    rules: Path
    ca: Path | None = None
    state: Path | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A gateway that runs, servers behind it and a client before it.

    `private` is the server whose category the rules leave alone, empty where they leave none;
    `servers` are the certificates that the servers have.
    """

    client: Client
    web: Origin
    secure: Origin
    files: Mapping[str, bytes]
    servers: Mapping[str, Identity]
    private: str
    signers: Signers
    log: ThreatLog


@contextmanager
def set_up(given: Given, now: datetime) -> Iterator[Stage]:
    """Raises ClearpaneError where the gateway refuses to start with the folders."""
    downloads = files.downloads()  # before there are threads: it is not to be interrupted
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clearpane-demo-")))
        root = identities.authority("Demonstration Root", now)
        ca, state = _ca(folder, given.ca, root), given.state or folder / "var"
        log = ThreatLog(state)
        gateway = stack.enter_context(Gateway(folder, given.rules, ca, state))
        web = stack.enter_context(Origin(downloads))
        private = _private(load_rules(given.rules, now), web.port, now)
        servers = _servers(root, private, now)
        secure = stack.enter_context(Origin(downloads, origins.tls(servers, folder)))
        port = gateway.port()
        signers = Signers(ca, [server.der for server in servers.values()])
        client = Client(port, [root.pem, *signers.trust])
        yield Stage(client, web, secure, downloads, servers, private, signers, log)


def _ca(folder: Path, given: Path | None, root: Identity) -> Path:
    """A folder ca/ that trusts the demonstration's root; given keys are linked, never copied."""
    ca = folder / "ca"
    roots = ca / "trusted-roots"
    roots.mkdir(parents=True)
    (roots / "demonstration.pem").write_text(root.pem, "ascii")
    for path in given.resolve(strict=True).iterdir() if given else ():
        if path.name == roots.name:
            for anchor in path.iterdir():
                (roots / f"given-{anchor.name}").symlink_to(anchor)
        else:
            (ca / path.name).symlink_to(path)
    return ca


def _private(policy: Policy, port: int, now: datetime) -> str:
    """A host that the rules leave alone because of its category."""
    listed = {read.category.name: read.category.listed for read in policy.categories.values()}
    rules = [rule for rule in policy.rulebase.rules if rule.action is Action.NO_DECRYPT]
    for category in dict.fromkeys(word for rule in rules for word in rule.categories):
        for host in listed[category].domains[:1] if category in listed else ():
            hello = Hello(_LOOPBACK, _LOOPBACK, port, sni=host)
            decision = policy.rulebase.decide(hello, now)
            if decision.reason is Reason.RULE and decision.category == category:
                return host
    return ""


def _servers(root: Identity, private: str, now: datetime) -> dict[str, Identity]:
    """By name: good ones, one of an issuer that nobody trusts, and one whose time is over."""
    stranger = identities.authority("Unknown Root", now)
    start, end = now - DAY, now + DAY
    good = filter(None, (DOWNLOADS, private))
    return {
        **{name: identities.server(root, name, start, end) for name in good},
        UNKNOWN_ISSUER: identities.server(stranger, UNKNOWN_ISSUER, start, end),
        EXPIRED: identities.server(root, EXPIRED, now - 90 * DAY, now - 30 * DAY),
    }
