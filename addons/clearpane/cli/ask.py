"""The verbs whose words go to a running gateway as they stand; what it answers is printed."""

import argparse
import sys

from clearpane.cli.folders import add_folders
from clearpane.control.client import SOCKET, ask


def add_verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", verb: str, text: str
) -> None:
    parser = verbs.add_parser(verb, help=text, description=text)
    parser.add_argument("words", metavar="WORD", nargs="*", help="as on the firewall")
    parser.add_argument("--json", action="store_true", help="as one JSON document")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    answer = ask(args.state / SOCKET, [args.verb, *args.words])
    if answer.error:
        print(f"clearpane: {answer.error}", file=sys.stderr)
    else:
        print(answer.to_json() if args.json else answer)
    return answer.code
