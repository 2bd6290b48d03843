"""The `clearpane` command: one module per verb; this one only finds the verb.

Exit codes: 0 all is well, 1 something is not as it should be, 2 the command could not be done.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from clearpane.errors import ClearpaneError

INTERFACES = ("dump", "console", "web")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; no traceback reaches the user."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given and given[0] in INTERFACES:
            return _interface(given[0], given[1:])
        return _verb(given)
    except ClearpaneError as error:
        for problem in error.problems:
            print(f"clearpane: {problem}", file=sys.stderr)
    except OSError as error:
        print(f"clearpane: {error.filename or 'error'}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print(file=sys.stderr)
    return 2


def _interface(name: str, arguments: list[str]) -> int:
    from clearpane.gateway.masters import run  # mitmproxy takes half a second to import

    run(name, arguments)
    return 0


def _verb(given: list[str]) -> int:
    from clearpane.cli import (
        antivirus,
        ca,
        check,
        clear,
        commit,
        demo,
        explain,
        init,
        pages,
        show,
        test,
    )

    parser = argparse.ArgumentParser(
        prog="clearpane",
        description="A TLS decryption gateway: decide, verify, sign, inspect, record.",
        epilog="dump, console and web start the gateway in mitmproxy's three interfaces "
        "and take all of mitmproxy's arguments.",
    )
    parser.add_argument("--version", action="version", version=f"clearpane {version('clearpane')}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, what in zip(INTERFACES, ("mitmdump", "the console", "mitmweb"), strict=True):
        verbs.add_parser(name, help=f"run the gateway in {what}", add_help=False)
    for module in (demo, init, check, commit, test, antivirus, explain, show, clear, ca, pages):
        module.add_parser(verbs)
    args = parser.parse_args(given)
    code: int = args.run(args)
    return code
