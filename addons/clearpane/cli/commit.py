"""`clearpane commit`: has the running gateway take over what the files say.

Nothing is sent unless the files are valid.
"""

import argparse
import os
import signal

from clearpane.cli.check import validate
from clearpane.cli.clock import now as current_time
from clearpane.cli.folders import add_folders
from clearpane.errors import ClearpaneError, Problem

_SENT, _WRONG = 0, 1


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "validate, then have the running gateway take the rules over"
    parser = verbs.add_parser("commit", help=text, description=text)
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Raises ClearpaneError where no gateway runs."""
    from clearpane.gateway.places import PID_FILE, running_pid  # brings mitmproxy along

    checked = validate(args.rules, args.ca, current_time())
    print(checked)
    if checked.policy is None:
        print("nothing was sent: the policy that is in force stays")
        return _WRONG
    pid = running_pid(args.state)
    if pid is None:
        raise ClearpaneError(
            Problem(
                str(args.state / PID_FILE),
                "no gateway runs with this state folder",
                "start one with `clearpane dump`, or name its folder with --state",
            )
        )
    os.kill(pid, signal.SIGHUP)
    print(f"sent to the gateway (process {pid}); its log says when the policy is in force")
    return _SENT
