"""`clearpane clear`: has a running gateway forget something."""

import argparse

from clearpane.cli import ask


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ask.add_verb(verbs, "clear", "have a running gateway forget something")
