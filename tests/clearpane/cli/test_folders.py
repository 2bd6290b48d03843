from argparse import ArgumentParser, Namespace
from pathlib import Path

from clearpane.cli.folders import add_folders


def parsed(*arguments: str) -> Namespace:
    parser = ArgumentParser()
    add_folders(parser)
    return parser.parse_args(arguments)


def test_the_folders_are_those_of_the_gateway() -> None:
    args = parsed()
    assert (args.rules, args.ca, args.state) == (Path("rules"), Path("ca"), Path("var"))


def test_each_can_be_given() -> None:
    args = parsed("--rules", "a", "--ca", "b", "--state", "c")
    assert (args.rules, args.ca, args.state) == (Path("a"), Path("b"), Path("c"))
