"""`clearpane explain`: what the gateway would do with a server, why, and what would change it.

The pipeline decides, on the very way that the gateway goes; here it is only asked.
"""

import argparse
import json
from dataclasses import replace

from clearpane.authorities import store
from clearpane.authorities.inbound_store import load_inbound
from clearpane.cli.clock import now as current_time
from clearpane.cli.explaining.document import document
from clearpane.cli.explaining.question import USAGE, client, target
from clearpane.cli.explaining.screen import screen
from clearpane.cli.folders import add_folders
from clearpane.configuration.load import load

_ANSWERED, _UNSEEN = 0, 1


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "what the gateway would do with a server, and why"
    parser = verbs.add_parser("explain", help=text, description=text, epilog=USAGE)
    parser.add_argument("server", metavar="HOST[:PORT]")
    parser.add_argument("words", metavar="WORD", nargs="*", help="who asks, pairs in any order")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    # The gateway's own adapters import mitmproxy, which takes most of a second.
    from clearpane.cli.explaining.inquiry import inquire

    now, to = current_time(), target(args.server)
    policy = load(args.rules, args.ca, now, store.load, load_inbound)
    hello = client(args.words, to, policy.rulebase)
    answer = inquire(policy, args.state, to, hello, now)
    answer = replace(answer, rules=str(args.rules), ca=str(args.ca))
    print(json.dumps(document(answer), indent=2) if args.json else screen(answer))
    return _ANSWERED if answer.seen else _UNSEEN
