"""`clearpane demo`: a gateway at work, with nothing made up and nothing left behind.

It is offline, needs no root, and its exit code is 0 only if every row is as it should be.
"""

import argparse
import dataclasses
import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clearpane.cli import shipped
from clearpane.cli.clock import now as current_time
from clearpane.cli.demonstration import screen
from clearpane.cli.demonstration.cases import CASES, Row
from clearpane.cli.demonstration.screen import Progress
from clearpane.cli.demonstration.stage import Given, set_up
from clearpane.cli.demonstration.threat_log import Record
from clearpane.errors import ClearpaneError, Problem

_AS_IT_SHOULD_BE, _WRONG = 0, 1


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "see it work: EICAR inside HTTPS, a bank left alone, bad certificates"
    parser = verbs.add_parser("demo", help=text, description=f"{text}; offline, without root")
    parser.add_argument("--json", action="store_true", help="the rows as a JSON list")
    for name, what in (
        ("rules", "the rules to prove (as shipped)"),
        ("ca", "the authorities to sign with (made anew, and thrown away)"),
        ("state", "where logs and captures are kept (thrown away)"),
    ):
        parser.add_argument(f"--{name}", type=Path, metavar="FOLDER", help=what)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    began = time.monotonic()
    if args.state:
        _refuse_running(args.state)
    given = Given(args.rules or shipped.folder() / "rules", args.ca, args.state)
    with _ended_by_signals():
        rows, records = _perform(given, Progress(sys.stderr))
    if args.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=2))
    else:
        print(*_lines(rows, records, given.rules, time.monotonic() - began), sep="\n")
    return _AS_IT_SHOULD_BE if all(row.ok for row in rows) else _WRONG


def _perform(given: Given, progress: Progress) -> tuple[list[Row], list[Record]]:
    progress.say("starting a gateway and its servers ...")
    try:
        with set_up(given, current_time()) as stage:
            rows = []
            for number, case in enumerate(CASES, 1):
                progress.say(f"{number} of {len(CASES)}: {case.name} ...")
                rows.append(case.play(stage))
            return rows, stage.log.records()
    finally:
        progress.clear()


def _lines(rows: list[Row], records: list[Record], rules: Path, seconds: float) -> list[str]:
    good = sum(row.ok for row in rows)
    shown = "as shipped" if rules == shipped.folder() / "rules" else rules
    return [
        screen.cut(f"A gateway, servers and a client, all real and on this device. Rules: {shown}"),
        *screen.table(rows),
        "",
        *screen.threats(records),
        "",
        f"{good} of {len(rows)} as it should be, in {seconds:.1f} s.",
        *_next(good == len(rows), rules),
    ]


def _next(good: bool, rules: Path) -> list[str]:
    """What to try, with the command as it was called here."""
    command = "clearpane" if shutil.which("clearpane") else sys.argv[0]
    if not good:
        return [
            "All are at 127.0.0.1: a rule for another zone or for port 443 is not for them.",
            f"Try next: {command} test decryption-policy-match --rules {rules} "
            "source 127.0.0.1 destination 127.0.0.1",
        ]
    first = "" if Path("rules").is_dir() else f"{command} init; "
    return [f"Try next: {first}{command} dump --listen-host 127.0.0.1 -p 8080"]


def _refuse_running(state: Path) -> None:
    """Two gateways in one state folder would take each other's process id away."""
    from clearpane.gateway.places import running_pid  # brings mitmproxy along

    if running_pid(state):
        message = "a gateway runs with this state folder"
        raise ClearpaneError(Problem(str(state), message, "name another folder"))


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A service manager's or a terminal's end is taken as Ctrl-C, so that nothing stays behind."""
    signals = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(each, signal.default_int_handler) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
