"""`clearpane antivirus test`: does every engine of the settings find the test file, here and now.

The engines are asked as the gateway asks them, the unpacking processes included; no gateway runs.
"""

import argparse
import asyncio
import importlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version

from clearpane.antivirus import selftest
from clearpane.antivirus.clamd import Clamd
from clearpane.antivirus.confinement import Isolation
from clearpane.antivirus.line import Address
from clearpane.antivirus.pool import Pool
from clearpane.antivirus.scan import one_by_one
from clearpane.antivirus.scanner import Scanner
from clearpane.antivirus.wire import Setup
from clearpane.cli.clock import now as current_time
from clearpane.cli.counted import counted
from clearpane.cli.folders import add_folders
from clearpane.configuration.configuration import Policy
from clearpane.configuration.engines import Engine, Scanning
from clearpane.configuration.load import load_rules
from clearpane.content.detection import Finding
from clearpane.content.inspection import Inspection

_ALL_WELL, _SOMETHING_MISSED = 0, 1

type Ask = Callable[[bytes], Awaitable[tuple[Finding, ...]]]


@dataclass(frozen=True, slots=True)
class Round:
    """The test file handed to an engine; `said` is what it answered, `ms` how long it took."""

    case: str
    found: bool
    said: str
    ms: float

    def __str__(self) -> str:
        return f"  {'found ' if self.found else 'MISSED'}  {self.ms:6.1f} ms  {self.case}" + (
            "" if self.found else f": {self.said}"
        )


@dataclass(frozen=True, slots=True)
class Tested:
    """One engine; `ok` if it found the test file each time. `cure`: what to do where not."""

    engine: Engine
    version: str
    signatures: str
    rounds: tuple[Round, ...]
    cure: str = ""

    @property
    def ok(self) -> bool:
        return bool(self.rounds) and all(one.found for one in self.rounds)

    def __str__(self) -> str:
        lines = [f"{self.engine}: {self.version}, {self.signatures}", *map(str, self.rounds)]
        return "\n".join([*lines, f"  {self.cure}"] if self.cure else lines)


@dataclass(frozen=True, slots=True)
class Answer:
    """All engines, and what unpacks for the embedded one."""

    engines: tuple[Tested, ...]
    isolation: str
    libarchive: str

    def __str__(self) -> str:
        return "\n".join([*map(str, self.engines), self._unpacking(), self._library()])

    def as_json(self) -> dict[str, object]:
        engines = [{**asdict(one), "ok": one.ok} for one in self.engines]
        return {"engines": engines, "isolation": self.isolation, "libarchive": self.libarchive}

    def _unpacking(self) -> str:
        if self.isolation == Isolation.NONE:
            return (
                "unpacking processes: not cut off from the network "
                "(the kernel or the container refuses seccomp and network namespaces: allow one)"
            )
        return f"unpacking processes: cut off by {self.isolation or 'nothing, none starts'}"

    def _library(self) -> str:
        if self.libarchive:
            return f"libarchive: {self.libarchive}"
        return "libarchive: missing, so 7z, rar, cab and iso are unscanned (install libarchive13)"


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = verbs.add_parser("antivirus", help="ask the antivirus engines")
    questions = parser.add_subparsers(dest="question", required=True, metavar="QUESTION")
    text = "each engine's version and signatures, and whether it finds the EICAR test file"
    test = questions.add_parser("test", help=text, description=text)
    test.add_argument("--json", action="store_true", help="as one JSON object")
    add_folders(test)
    test.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    answer = asyncio.run(ask(load_rules(args.rules, current_time())))
    print(json.dumps(answer.as_json(), indent=2) if args.json else answer)
    return _ALL_WELL if all(one.ok for one in answer.engines) else _SOMETHING_MISSED


async def ask(policy: Policy) -> Answer:
    """Every engine of a policy."""
    library, pool = _libarchive(), Pool(Setup(policy.threats if policy.embedded else {}), 1)
    samples = selftest.samples(with_7z=bool(library))
    try:
        isolation, tested = await pool.isolation(), list[Tested]()
        for engine in policy.settings.antivirus.engines:
            if engine is Engine.CLAMD:
                tested.append(await _clamd(policy.settings.antivirus, samples))
            else:
                tested.append(await _embedded(policy, pool, samples))
        return Answer(tuple(tested), isolation or "", library)
    finally:
        pool.close()


async def _embedded(policy: Policy, pool: Pool, samples: Mapping[str, bytes]) -> Tested:
    scanner = Scanner(_at_once, pool, policy.embedded, both=one_by_one)

    async def scan(body: bytes) -> tuple[Finding, ...]:
        return (await scanner.scan(body)).findings

    rules = policy.embedded.count if policy.embedded else 0
    signatures = f"{counted(rules, 'rule')} in {counted(len(policy.threats), 'file')}"
    rounds = await _rounds(scan, samples)
    well = all(one.found for one in rounds)
    cure = "" if well else "put eicar.yar back: `clearpane init` writes the rules as shipped"
    name = f"boreal {version('boreal-python')}"
    return Tested(Engine.EMBEDDED, name, signatures, rounds, cure)


async def _clamd(scanning: Scanning, samples: Mapping[str, bytes]) -> Tested:
    where = scanning.clamd
    address = Address(where.socket) if where.socket else Address("", where.host, where.port)
    daemon = Clamd(address, where.timeout)
    # Whatever it answers is put in words by `check`.
    problems = await asyncio.to_thread(daemon.check)
    program, _, database = daemon.signatures.partition("/")
    number, _, date = database.partition("/")
    known = f"database {number} of {date}" if number else "no database besides local files"
    rounds = await _rounds(daemon.scan, samples) if daemon.signatures else ()
    cure = "\n  ".join(map(str, problems))
    return Tested(
        Engine.CLAMD,
        program or f"nobody answers at {address}",
        known if daemon.signatures else "signatures unknown",
        rounds,
        cure,
    )


async def _rounds(scan: Ask, samples: Mapping[str, bytes]) -> tuple[Round, ...]:
    rounds = []
    for case, body in samples.items():
        began = time.perf_counter()
        findings = await scan(body)
        ms = round(1000 * (time.perf_counter() - began), 1)
        said = ", ".join(map(str, findings)) or "clean"
        rounds.append(Round(case, selftest.is_found(findings), said, ms))
    return tuple(rounds)


async def _at_once(work: Callable[[], Inspection]) -> Inspection:
    return work()


def _libarchive() -> str:
    """Its version, empty where it can't be loaded."""
    try:
        number: int = importlib.import_module("libarchive.ffi").version_number()
    except (ImportError, OSError, TypeError, AttributeError):
        return ""
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"
