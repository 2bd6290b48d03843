"""`clearpane pages`: the response pages, written out for editing, checked, and looked at.

What is there is never written over.
"""

import argparse
from pathlib import Path

from clearpane.cli.counted import counted
from clearpane.cli.folders import add_folders
from clearpane.configuration import files
from clearpane.errors import ClearpaneError, Problem, Problems
from clearpane.pages import template
from clearpane.pages.builtin import BUILTIN
from clearpane.pages.page import Pages, Reader
from clearpane.pages.samples import SAMPLES, Values


def add_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "write out, check and look at the response pages"
    parser = verbs.add_parser("pages", help=text, description=text)
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    for name, run, what in (
        ("export", _export, "write the built-in pages for editing; nothing is written over"),
        ("check", _check, "say what is wrong with the pages in rules/pages/"),
        ("preview", _preview, "show a page with sample values, as rules/pages/ has it"),
    ):
        kind = kinds.add_parser(name, help=what, description=what)
        add_folders(kind)
        kind.set_defaults(run=run)
        if name == "export":
            kind.add_argument("folder", metavar="FOLDER", type=Path, help="where to")
        elif name == "preview":
            kind.add_argument("name", metavar="NAME", choices=SAMPLES, help=", ".join(SAMPLES))
            kind.add_argument("--json-page", action="store_true", help="as a JSON client gets it")
            kind.add_argument("--out", type=Path, metavar="FILE", help="write it to a new file")


def _export(args: argparse.Namespace) -> int:
    places = {args.folder / f"{name}.html": text for name, text in BUILTIN.items()}
    there = [path for path in places if path.exists() or path.is_symlink()]
    if there:
        cure = "name another folder, or remove it first"
        raise ClearpaneError(*(Problem(str(each), "this file is there", cure) for each in there))
    args.folder.mkdir(parents=True, exist_ok=True)
    for path, text in places.items():
        _write(path, text.encode())
    print(f"{args.folder}: {len(places)} pages written")
    return 0


def _check(args: argparse.Namespace) -> int:
    problems = Problems()
    read = _templates(args.rules, problems)
    print(*problems.found, sep="\n", end="\n" if problems.found else "")
    errors, warnings = len(problems.errors), len(problems.warnings)
    print(
        f"{args.rules / 'pages'}: {counted(len(read), 'page')}, {counted(errors, 'error')}, "
        f"{counted(warnings, 'warning')}; the other {len(BUILTIN.keys() - read)} are built in"
    )
    return 1 if errors else 0


def _preview(args: argparse.Namespace) -> int:
    problems = Problems()
    pages = Pages(_templates(args.rules, problems))
    if problems.errors:
        raise ClearpaneError.of(problems.errors)
    reader = Reader("alice", "application/json" if args.json_page else "")
    page = SAMPLES[args.name](pages, reader, Values())
    if args.out:
        _write(args.out, page.body)
        print(f"{args.out}: {len(page.body):,} bytes, status {page.status}")
    else:
        print(page.body.decode().rstrip("\n"))
    return 0


def _templates(rules: Path, problems: Problems) -> dict[str, str]:
    """The pages of rules/pages/ by name, those that the gateway reads, and what is wrong there."""
    read = {}
    for path in sorted(files.visible(rules / "pages", problems)):
        text = _text(path, problems) if path.suffix == ".html" else None
        if text is not None:
            read[path.stem] = text
            template.check(text, path.stem, problems, str(path))
    return read


def _text(path: Path, problems: Problems) -> str | None:
    data = files.read(path, problems)
    if data is None:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.error(f"{path}:{line}:1", "this is not UTF-8", "save the file as UTF-8")
        return None


def _write(path: Path, content: bytes) -> None:
    """To a new file only, a link that leads nowhere included."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        cure = "name another file, or remove it first"
        raise ClearpaneError(Problem(str(path), "this file is there", cure)) from None
