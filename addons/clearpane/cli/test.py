"""`clearpane test`: what the rules would say, asked before anybody is connected.

The questions need the rules alone: no gateway, no authority, no network.
"""

import argparse
import json

from clearpane.cli import match, security_match, url
from clearpane.cli.clock import now as current_time
from clearpane.cli.folders import add_folders
from clearpane.configuration.load import load_rules

_ANSWERED = 0


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = verbs.add_parser("test", help="ask the rules what they would say")
    questions = parser.add_subparsers(dest="question", required=True, metavar="QUESTION")
    _add_url(questions)
    _add_match(questions)


def _add_url(questions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "the categories of a host or URL, and the rules that they lead to"
    parser = questions.add_parser("url", help=text, description=text)
    parser.add_argument("url", metavar="HOST[/PATH]")
    add_folders(parser)
    parser.set_defaults(run=_url)


def _add_match(questions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, what, usage, run in (
        ("decryption-policy-match", "decryption", match.USAGE, _match),
        ("security-policy-match", "security", security_match.USAGE, _security_match),
    ):
        text = f"which {what} rule matches, and why those above it do not"
        parser = questions.add_parser(name, help=text, description=text, epilog=usage)
        parser.add_argument("words", metavar="WORD", nargs="*", help="pairs, in any order")
        parser.add_argument("--json", action="store_true", help="as one JSON object")
        add_folders(parser)
        parser.set_defaults(run=run)


def _url(args: argparse.Namespace) -> int:
    now = current_time()
    print(url.answer(args.url, load_rules(args.rules, now), now))
    return _ANSWERED


def _match(args: argparse.Namespace) -> int:
    now = current_time()
    rulebase = load_rules(args.rules, now).rulebase
    answer = match.ask(match.read(args.words, rulebase), rulebase, now)
    print(json.dumps(answer.as_json(), indent=2) if args.json else answer)
    return _ANSWERED


def _security_match(args: argparse.Namespace) -> int:
    now = current_time()
    answer = security_match.ask(args.words, load_rules(args.rules, now), now)
    print(json.dumps(answer.as_json(), indent=2) if args.json else answer)
    return _ANSWERED
