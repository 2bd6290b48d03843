"""The three folders that every verb takes."""

import argparse
from pathlib import Path


def add_folders(parser: argparse.ArgumentParser) -> None:
    """`--rules`, `--ca` and `--state`, as the gateway's own options default them."""
    for name, default, what in (
        ("rules", "rules", "the folder with the rules"),
        ("ca", "ca", "the folder with the authorities"),
        ("state", "var", "the folder for logs, captures and the process id"),
    ):
        parser.add_argument(
            f"--{name}", type=Path, default=Path(default), metavar="FOLDER", help=what
        )
