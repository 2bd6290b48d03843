"""`clearpane show`: what a running gateway knows."""

import argparse

from clearpane.cli import ask


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ask.add_verb(verbs, "show", "show what a running gateway knows")
