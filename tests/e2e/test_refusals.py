"""What the gateway will not start with: exit status 2, the cause and the cure, no port.

All starts are made at once, a few at a time; each test looks at one of them.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509

from e2e.harness import pki
from e2e.harness.process import OWN, STOCK, Gateway
from e2e.harness.site import DECRYPT, Site, authorities
from e2e.harness.wait import until

WAYS = {"mitmdump": STOCK, "clearpane dump": OWN}


@dataclass(frozen=True)
class Case:
    """`cause` and `cure` are what the message must name; `{folder}` is the site's."""

    cause: str
    cure: str
    arguments: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict)
    spoil: Callable[[Site], object] = lambda site: None


def _option(name: str, value: str, cause: str = "") -> Case:
    return Case(cause or name, "remove|without|set|leave", ("--set", f"{name}={value}"))


def _trust(pair: pki.Pair) -> Callable[[Site], object]:
    return lambda site: pair.write(site.ca, "forward-trust")


def _other_key(site: Site) -> None:
    (site.ca / "forward-trust.key").write_bytes(pki.leaf(None, "x").key_pem)


def _own_pem(site: Site) -> None:
    (site.folder / "own.pem").write_bytes(site.trust.key_pem + site.trust.pem)


def _far_clamd(site: Site) -> None:
    antivirus = {"engines": ["clamd"], "clamd": {"tcp": "192.0.2.7:3310"}}
    site.write("settings.yaml", {**site.read("settings.yaml"), "antivirus": antivirus})


def _eight_errors(site: Site) -> None:
    rules = "".join(
        f"  - {{name: r{n}, {wrong}}}\n"
        for n, wrong in enumerate(
            [
                "actoin: decrypt",
                "action: Decrypt",
                "source: []",
                "service: [0443]",
                "category: [NO]",
                "destination: ['^(.+)example.com:443$']",
                "profile: nobody",
                "source: [300.1.2.3]",
            ]
        )
    )
    site.save("decryption.yaml", f"rules:\n{rules}")


OLD = (pki.NOW - 90 * pki.DAY, pki.NOW - pki.DAY)

CASES = {
    # Options of mitmproxy that would undo what the gateway is for.
    "emudhra": _option("emudhra", "true"),
    "emudhra_old": _option("emudhra_old", "true"),
    "ssl_insecure": _option("ssl_insecure", "true"),
    "-k": Case("ssl_insecure", "remove|without|trusted-roots", ["-k"]),
    "ignore_hosts": Case("ignore_hosts", "rule|exclusion", ["--ignore-hosts", "example"]),
    "allow_hosts": Case("allow_hosts", "rule|exclusion", ["--allow-hosts", "example"]),
    "upstream_cert": _option("upstream_cert", "false"),
    "connection_strategy": _option("connection_strategy", "lazy"),
    "stream_large_bodies": _option("stream_large_bodies", "1m"),
    "tcp_hosts": Case("tcp_hosts", "remove|without|rule", ["--tcp-hosts", "example"]),
    "validate_inbound_headers": _option("validate_inbound_headers", "false"),
    "client_certs": _option("client_certs", "{folder}"),
    "certs": Case(
        "certs",
        "remove|without|ca/",
        ["--certs", "*={folder}/own.pem"],
        spoil=lambda site: (site.folder / "own.pem").write_bytes(
            site.trust.key_pem + site.trust.pem
        ),
    ),
    # They would take decrypted data off the device.
    "SSLKEYLOGFILE": Case("SSLKEYLOGFILE", "unset", environment={"SSLKEYLOGFILE": "{folder}/keys"}),
    "MITMPROXY_SSLKEYLOGFILE": Case(
        "MITMPROXY_SSLKEYLOGFILE", "unset", environment={"MITMPROXY_SSLKEYLOGFILE": "{folder}/keys"}
    ),
    # Authorities
    "one authority for both": Case(
        r"(?i)untrust",
        "make|ca init|ca import|replace",
        spoil=lambda site: site.trust.write(site.ca, "forward-untrust"),
    ),
    "not a CA": Case(r"\bCA\b", "public", spoil=_trust(pki.authority("Server", ca=False))),
    "expired authority": Case(
        "expired", "renew|new|make|import|ca init", spoil=_trust(pki.authority("Old", dates=OLD))
    ),
    "key of another certificate": Case(
        "(?i)match|belong", "(?i)import|copy|pair|replace|ca ", spoil=_other_key
    ),
    "key readable by others": Case(
        "readable|permission|mode",
        "chmod",
        spoil=lambda site: (site.ca / "forward-trust.key").chmod(0o644),
    ),
    # Files of rules/
    "antivirus over the network": Case(r"192\.0\.2\.7", "(?i)loopback|socket", spoil=_far_clamd),
    "misspelt key": Case(
        r"decryption\.yaml:\d+:\d+",
        "profile",
        spoil=lambda site: site.write("decryption.yaml", {"rules": [DECRYPT | {"profil": "x"}]}),
    ),
    "empty rulebase file": Case(
        r"decryption\.yaml",
        re.escape("rules: []"),
        spoil=lambda site: site.save("decryption.yaml", "# nothing yet\n"),
    ),
    "signature that cannot be compiled": Case(
        r"threats/broken\.yar:\d+",
        "broken",
        spoil=lambda site: site.save("threats/broken.yar", "rule broken { condition: nonsense }"),
    ),
    "signature that cannot be read": Case(
        r"threats/broken\.yar",
        "broken",
        spoil=lambda site: (site.rules / "threats" / "broken.yar").mkdir(),
    ),
    "category file with binary rubbish": Case(
        r"categories/private\.txt",
        "private",
        spoil=lambda site: (site.rules / "categories" / "private.txt").write_bytes(
            bytes(range(256))
        ),
    ),
}
ONLY_OWN = {
    "unknown option": Case("clearpane_rulse", "clearpane_rules", ("--set", "clearpane_rulse=x")),
}
# Both commands refuse by the same code, each at a moment of its own: some of each kind will do.
BOTH = ["emudhra", "-k", "SSLKEYLOGFILE", "one authority for both", "misspelt key"]
JOBS = [
    *((label, "mitmdump") for label in CASES),
    *((label, "clearpane dump") for label in [*BOTH, *ONLY_OWN]),
]


@dataclass(frozen=True)
class End:
    code: int
    output: str


@pytest.fixture(scope="module")
def ends(folder: Path) -> Iterator[dict[tuple[str, str], Future[End]]]:
    authorities()  # made once, not by four threads
    pool = ThreadPoolExecutor(4)
    yield {job: pool.submit(_end, folder / f"site{n}", *job) for n, job in enumerate(JOBS)}
    pool.shutdown(cancel_futures=True)


def _end(folder: Path, label: str, way: str) -> End:
    case = (CASES | ONLY_OWN)[label]
    site = Site(folder)
    case.spoil(site)
    arguments = [word.format(folder=folder) for word in case.arguments]
    variables = {name: value.format(folder=folder) for name, value in case.environment.items()}
    run = Gateway(site, WAYS[way], *arguments, environment=variables)
    try:
        until(lambda: run.process.poll() is not None or "listening at" in run.output, "", 60)
        code = -1 if run.process.poll() is None else run.ended()
        return End(code, run.output)
    finally:
        run.kill()


@pytest.mark.parametrize(("label", "way"), JOBS, ids=lambda part: part)
def test_it_refuses_to_start(
    ends: dict[tuple[str, str], Future[End]], label: str, way: str
) -> None:
    case, end = (CASES | ONLY_OWN)[label], ends[label, way].result()
    assert "listening at" not in end.output, end.output
    assert end.code == 2, end.output
    assert re.search(case.cause, end.output), end.output
    assert re.search(case.cure, end.output), end.output
    assert "Traceback" not in end.output, end.output


def test_all_errors_are_named_in_one_go(folder: Path) -> None:
    site = Site(folder / "eight")
    _eight_errors(site)
    run = Gateway(site, OWN)
    assert run.ended(40) == 2
    run.kill()
    lines = set(re.findall(r"decryption\.yaml:(\d+):\d+", run.output))
    assert lines >= {str(n) for n in range(2, 10)}, run.output


def test_without_rules_the_message_names_clearpane_init(folder: Path) -> None:
    site = Site(folder / "bare")
    shutil.rmtree(site.rules)
    run = Gateway(site)
    assert run.ended(40) == 2
    run.kill()
    assert "clearpane init" in run.output


@pytest.mark.parametrize("way", WAYS)
def test_a_good_site_starts_and_stops(folder: Path, way: str) -> None:
    with Gateway(Site(folder / f"good {way}"), WAYS[way]) as gateway:
        assert gateway.stop() == 0, gateway.output
    assert "rror" not in gateway.output, gateway.output


def test_the_first_start_makes_both_authorities(folder: Path) -> None:
    site = Site(folder / "first")
    for path in site.ca.iterdir():
        path.unlink()
    with Gateway(site) as gateway:
        gateway.said(r"forward-trust\.crt")
    for name in ("forward-trust", "forward-untrust"):
        assert (site.ca / f"{name}.crt").exists()
        assert (site.ca / f"{name}.key").stat().st_mode & 0o777 == 0o600
    trust, untrust = [
        x509.load_pem_x509_certificate((site.ca / f"{name}.crt").read_bytes())
        for name in ("forward-trust", "forward-untrust")
    ]
    assert trust.subject != untrust.subject
    assert trust.public_key() != untrust.public_key()


def test_what_is_risky_is_said_and_allowed(folder: Path) -> None:
    site = Site(folder / "warned")
    site.write("decryption.yaml", {"rules": []})
    options = {
        "save_stream_file": f"+{folder / 'flows'}",
        "hardump": str(folder / "flows.har"),
        "map_remote": "|http://a|http://b",
        "flow_detail": "3",
    }
    given = [part for name, value in options.items() for part in ("--set", f"{name}={value}")]
    with Gateway(site, STOCK, *given) as gateway:
        for word in (*options, r"rules: \[\]|no rules", "revocation", "onboarding"):
            gateway.said(f"warning: .*({word})|({word}).*warning: ")
