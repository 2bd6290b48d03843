"""`clearpane init`: a folder with the rules as they came with the product.

A file that is there is kept, whatever it holds.
"""

import argparse
from pathlib import Path

from clearpane.cli import shipped
from clearpane.cli.folders import add_folders


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "write rules/ and ca/ as shipped; what is there is kept"
    parser = verbs.add_parser("init", help=text, description=text)
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        type=Path,
        default=Path(),
        help="where to; --rules and --ca count from it (the working folder)",
    )
    add_folders(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    places = {"rules": args.folder / args.rules, "ca": args.folder / args.ca}
    written = dict.fromkeys(places, 0)
    for file in shipped.files():
        top = file.parts[0]
        target = places[top] / file.relative_to(top)
        if _write(target, (shipped.folder() / file).read_bytes()):
            written[top] += 1
        else:
            print(f"{target}: kept as it is")
    for top, place in places.items():
        print(f"{place}: {written[top]} file{'s' if written[top] != 1 else ''} written")
    print("next: `clearpane check`, then `clearpane dump`, which makes the authorities")
    return 0


def _write(target: Path, content: bytes) -> bool:
    """Whether it was written: not over anything, a link that leads nowhere included."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True
