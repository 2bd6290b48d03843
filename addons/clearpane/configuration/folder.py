"""ADAPTER. One reading of the folder rules/: its files, and what they hold together."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from secrets import token_bytes

from clearpane.antivirus.embedded import Embedded
from clearpane.configuration.assembly import assemble
from clearpane.configuration.configuration import Policy, ReadCategory
from clearpane.configuration.engines import Engine
from clearpane.configuration.files import is_private, read, stamp, visible
from clearpane.configuration.sources import File, Name
from clearpane.documents.place import Text
from clearpane.errors import ClearpaneError, Problem, Problems
from clearpane.filtering.override import PasswordHash
from clearpane.pages import template
from clearpane.rulebase import categories
from clearpane.rulebase.categories import Categories

_SALT = 16

_GONE = {
    Name.SECURITY: "put it back; a restart goes on without it, and then everything is allowed",
}


class Rules:
    """Reads once; what is wrong is recorded in `problems`.

    `before` is what is in force: files that did not change since are not parsed again.
    """

    def __init__(
        self,
        folder: Path,
        problems: Problems,
        before: Policy | None = None,
        inbound: Collection[str] | None = None,
    ) -> None:
        self._folder = folder
        self._inbound = inbound
        self._problems = problems
        self._before = before
        self._files: set[str] = set()
        self._places: dict[str, str] = {}

    def policy(self, now: datetime) -> Policy | None:
        if not self._folder.is_dir():
            cure = "`clearpane init` makes one"
            self._problems.error(self._folder, "there is no folder with rules here", cure)
            return None
        files = self._yaml()
        parsed = self._categories()
        every = self._together(parsed)
        assembled = assemble(
            str(self._folder), files, every, self._named, now, self._problems, self._inbound
        )
        self._problems.found[:] = map(self._located, self._problems.found)
        pages, threats = self._pages(), self._texts("threats", ".yar")
        scans = assembled is None or Engine.EMBEDDED in assembled.settings.antivirus.engines
        embedded = self._embedded(threats, scans)
        override = self._password(assembled.settings.override_file) if assembled else None
        if assembled is None or self._problems.errors:
            return None
        known = assembled.profiles
        return Policy(
            rulebase=assembled.rulebase,
            security=assembled.security,
            decryption_profiles=known.decryption,
            antivirus_profiles=known.antivirus,
            url_profiles=known.url,
            file_profiles=known.files,
            data_profiles=known.data,
            patterns=assembled.patterns,
            url_lists=assembled.url_lists,
            settings=assembled.settings,
            override=override,
            pages=pages,
            threats=threats,
            embedded=embedded,
            files=frozenset(self._files),
            categories=parsed,
            warnings=tuple(self._problems.found),
        )

    def _yaml(self) -> dict[Name, File]:
        """The YAML files that are there; one that was there before may not be missing now."""
        files: dict[Name, File] = {}
        for name in Name:
            path = self._folder / name
            if path.exists() or path.is_symlink():
                files[name] = File(str(path), self._text(path))
            elif name is Name.DECRYPTION:
                cure = "`clearpane init` writes one; `rules: []` says that nothing is decrypted"
                self._problems.error(path, "this file is missing", cure)
            elif self._before and str(path) in self._before.files:
                cure = _GONE.get(name, "put it back, or leave {} in it if nothing is meant")
                self._problems.error(path, "this file was in force and is gone", cure)
        return files

    def _categories(self) -> dict[str, ReadCategory]:
        return {str(path): self._category(path) for path in self._listing("categories", ".txt")}

    def _category(self, path: Path) -> ReadCategory:
        current = stamp(path)
        known = self._before.categories.get(str(path)) if self._before else None
        if known is None or known.stamp != current:
            found = Problems()
            text = read(path, found)
            # A few bytes of another encoding are slips of a line, which the parser counts.
            lines = "" if text is None else text.decode("utf-8", "replace")
            parsed = categories.parse(path.stem, lines, str(path), found)
            known = ReadCategory(current, parsed, tuple(found.found))
        self._files.add(str(path))
        self._problems.found += known.warnings
        return known

    def _together(self, read: dict[str, ReadCategory]) -> Categories:
        """The index of all of them, which is kept where no file changed."""
        before = self._before
        if before and before.categories == read:
            return before.rulebase.categories
        return Categories(each.category for each in read.values())

    def _named(self, file: Text) -> str | None:
        """The text of a list or user file; its path counts from rules/."""
        path = self._folder / file
        self._places[file] = str(path)
        return self._text(path, str(file.place))

    def _located(self, problem: Problem) -> Problem:
        """A problem in a list or user file is found under the name by which it was asked for."""
        file, colon, line = problem.place.partition(":")
        return replace(problem, place=f"{self._places.get(file, file)}{colon}{line}")

    def _password(self, file: Text | None) -> PasswordHash | None:
        """What stands in the file's first line, of which only a hash is kept."""
        if file is None:
            return None
        path, asked = self._folder / file, str(file.place)
        self._files.add(str(path))
        data = read(path, self._problems, asked)
        if data is None or not is_private(path, self._problems, asked):
            return None
        lines = data.decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
        if not lines or not lines[0].strip():
            message = f"there is no password in the first line of {path}"
            self._problems.error(asked, message, "write one")
            return None
        return PasswordHash.make(lines[0], token_bytes(_SALT))

    def _pages(self) -> dict[str, str]:
        pages = {Path(file).stem: text for file, text in self._texts("pages", ".html").items()}
        for name, text in pages.items():
            template.check(text, name, self._problems, str(self._folder / "pages" / f"{name}.html"))
        return pages

    def _embedded(self, threats: dict[str, str], scans: bool) -> Embedded | None:
        """The compiled rules, which are checked even where the engine is off."""
        if self._before and self._before.embedded and self._before.threats == threats:
            return self._before.embedded if scans else None
        if not threats:
            if scans:
                cure = "put a .yar file there, or take embedded out of the engines"
                message = "the engine embedded has no rules"
                self._problems.error(self._folder / "threats", message, cure)
            return None
        try:
            compiled = Embedded(threats)
        except ClearpaneError as error:
            self._problems.found += error.problems
            return None
        return compiled if scans else None

    def _texts(self, folder: str, suffix: str) -> dict[str, str]:
        read = {str(path): self._text(path) for path in self._listing(folder, suffix)}
        return {file: text for file, text in read.items() if text is not None}

    def _listing(self, folder: str, suffix: str) -> list[Path]:
        """The files with the suffix; others are pointed out, for they were put there on purpose."""
        taken: list[Path] = []
        for path in sorted(visible(self._folder / folder, self._problems)):
            if path.suffix == suffix:
                taken.append(path)
            elif path.stem.upper() != "README":
                self._problems.warning(path, "this is not read", f"name it NAME{suffix}")
        return taken

    def _text(self, path: Path, asked: str = "") -> str | None:
        """A file's text; `asked` is the place that names it, where there is one."""
        self._files.add(str(path))
        data = read(path, self._problems, asked)
        if data is None:
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self._problems.error(f"{path}:{line}", "this is not UTF-8", "save the file as UTF-8")
            return None
