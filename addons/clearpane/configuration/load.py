"""From the folders rules/ and ca/ to what is in force.

Everything that is wrong anywhere is raised at once. A file is read only if it is a plain file of a
bearable size, so that no pipe or device can hold the gateway up.
"""

import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import certifi
from OpenSSL import crypto

from clearpane.antivirus.embedded import Embedded
from clearpane.authorities.authority import Authorities
from clearpane.authorities.inbound import Found
from clearpane.certificates import pem
from clearpane.configuration import inbound
from clearpane.configuration.assembly import File, Name, assemble
from clearpane.configuration.configuration import Configuration, Policy, ReadCategory
from clearpane.configuration.engines import Engine
from clearpane.documents.place import Text
from clearpane.errors import ClearpaneError, Problem, Problems
from clearpane.pages import template
from clearpane.rulebase import categories
from clearpane.rulebase.categories import Categories

type Stamp = tuple[int, ...]
type ReadAuthorities = Callable[[Path, datetime, Problems], Authorities | None]
type ReadInbound = Callable[[Path, datetime, Problems], Found]

# A list of a million domains has 20 MiB.
_LARGEST = 256 << 20
_LATER = "security.yaml"


def load(
    rules: Path,
    ca: Path,
    now: datetime,
    authorities_in: ReadAuthorities,
    inbound_in: ReadInbound,
    before: Policy | None = None,
) -> Configuration:
    """All of it; raises ClearpaneError with every problem of every file.

    `now` is aware and in local time. `authorities_in` is `store.load`, which makes none, and
    `inbound_in` `inbound_store.load_inbound`. `before` is what is in force: files that did not
    change since are not parsed again.
    """
    problems, at_servers = Problems(), Problems()
    found = inbound_in(ca, now, at_servers)
    policy = _Rules(rules, problems, before, found).policy(now)
    authorities = authorities_in(ca, now, problems)
    problems.found += at_servers.found
    servers = {name: each for name, each in found.items() if each}
    if policy:
        inbound.check_used(servers.values(), policy.rulebase.rules, problems)
    if authorities:
        inbound.check_apart(servers.values(), authorities, problems)
    own = {pair.certificate.der for pair in authorities.all} if authorities else set[bytes]()
    extra = tuple(_trusted_roots(ca / "trusted-roots", own, problems))
    ordered = _in_order(problems.found)
    if problems.errors or policy is None or authorities is None:
        raise ClearpaneError.of(ordered)
    return Configuration(
        policy.rulebase,
        policy.decryption_profiles,
        policy.antivirus_profiles,
        policy.settings,
        policy.pages,
        policy.threats,
        policy.embedded,
        policy.files,
        policy.categories,
        ordered,
        authorities,
        (certifi.contents().encode("ascii"), extra),
        servers,
    )


def load_rules(rules: Path, now: datetime) -> Policy:
    """What needs no authority; raises as `load`."""
    problems = Problems()
    policy = _Rules(rules, problems).policy(now)
    if policy is None:
        raise ClearpaneError.of(_in_order(problems.found))
    return policy


def fingerprint(rules: Path, ca: Path, files: Iterable[str] = ()) -> frozenset[tuple[str, Stamp]]:
    """Changes when a file of either folder changes, or one of `files` (`Policy.files`)."""
    found: dict[str, Stamp] = {}
    for folder in (rules, ca):
        for where, folders, names in folder.walk():
            folders[:] = [name for name in folders if not name.startswith(".")]
            for path in (where / name for name in names if not name.startswith(".")):
                found[str(path)] = _stamp(path)
    found.update((file, _stamp(Path(file))) for file in files)
    return frozenset(found.items())


class _Rules:
    """One reading of the folder rules/."""

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
        read = self._categories()
        every = self._together(read)
        assembled = assemble(
            str(self._folder), files, every, self._named, now, self._problems, self._inbound
        )
        self._problems.found[:] = map(self._located, self._problems.found)
        pages, threats = self._pages(), self._texts("threats", ".yar")
        scans = assembled is None or Engine.EMBEDDED in assembled.settings.antivirus.engines
        embedded = self._embedded(threats, scans)
        if assembled is None or self._problems.errors:
            return None
        return Policy(
            assembled.rulebase,
            assembled.profiles.decryption,
            assembled.profiles.antivirus,
            assembled.settings,
            pages,
            threats,
            embedded,
            frozenset(self._files),
            read,
            _in_order(self._problems.found),
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
                cure = "put it back, or leave {} in it if nothing is meant"
                self._problems.error(path, "this file was in force and is gone", cure)
        if (self._folder / _LATER).exists():
            self._problems.warning(
                self._folder / _LATER, "this file is not read yet: every application is allowed"
            )
        return files

    def _categories(self) -> dict[str, ReadCategory]:
        return {str(path): self._category(path) for path in self._listing("categories", ".txt")}

    def _category(self, path: Path) -> ReadCategory:
        stamp = _stamp(path)
        known = self._before.categories.get(str(path)) if self._before else None
        if known is None or known.stamp != stamp:
            found = Problems()
            text = _read(path, found)
            # A few bytes of another encoding are slips of a line, which the parser counts.
            lines = "" if text is None else text.decode("utf-8", "replace")
            parsed = categories.parse(path.stem, lines, str(path), found)
            known = ReadCategory(stamp, parsed, tuple(found.found))
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
        for path in sorted(_visible(self._folder / folder, self._problems)):
            if path.suffix == suffix:
                taken.append(path)
            elif path.stem.upper() != "README":
                self._problems.warning(path, "this is not read", f"name it NAME{suffix}")
        return taken

    def _text(self, path: Path, asked: str = "") -> str | None:
        """A file's text; `asked` is the place that names it, where there is one."""
        self._files.add(str(path))
        data = _read(path, self._problems, asked)
        if data is None:
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self._problems.error(f"{path}:{line}", "this is not UTF-8", "save the file as UTF-8")
            return None


def _trusted_roots(folder: Path, own: set[bytes], problems: Problems) -> Iterator[bytes]:
    """Further anchors; `own` are our authorities, of which none may be one."""
    for path in sorted(_visible(folder, problems)):
        if path.suffix not in (".crt", ".pem"):
            continue
        data = _read(path, problems)
        for der in () if data is None else _certificates(path, data, problems):
            if der in own:
                message = "this is the gateway's own authority, which no server may show"
                problems.error(path, message, "remove it")
            yield der


def _certificates(path: Path, data: bytes, problems: Problems) -> Iterator[bytes]:
    """What a file holds in PEM or DER, as far as OpenSSL can load it."""
    try:
        found = pem.certificates(data) if b"-----BEGIN" in data else [data]
    except pem.PemError as error:
        problems.error(path, str(error), "export the certificate again")
        return
    if not found:
        problems.error(path, "there is no certificate in this file", "put one in or remove it")
    for number, der in enumerate(found, 1):
        try:
            crypto.load_certificate(crypto.FILETYPE_ASN1, der)
        except crypto.Error:
            problems.error(path, f"certificate {number} can't be read", "export it again")
        else:
            yield der


def _visible(folder: Path, problems: Problems) -> Iterator[Path]:
    """What lies in a folder, if there is one; hidden files are an editor's."""
    try:
        yield from (path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return
    except OSError as error:
        problems.error(folder, f"this folder can't be read: {error.strerror}")


def _read(path: Path, problems: Problems, asked: str = "") -> bytes | None:
    """The bytes of a plain file."""
    place = asked or path
    what = f"the file {path}" if asked else "this file"
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            problems.error(place, f"{what} is a folder", "name a file")
        elif not stat.S_ISREG(status.st_mode):
            problems.error(place, f"{what} is no plain file", "name a file")
        elif status.st_size > _LARGEST:
            problems.error(place, f"{what} has over {_LARGEST >> 20} MiB", "split it")
        else:
            return path.read_bytes()
    except FileNotFoundError:
        cure = "its path counts from the folder of the rules" if asked else ""
        problems.error(place, f"{what} does not exist", cure)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problems.error(place, f"{what} can't be read: {reason}")
    return None


def _stamp(path: Path) -> Stamp:
    """What changes whenever a file is written or replaced; empty where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _in_order(found: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file in the order of their first problem, within a file by line; each problem once."""
    unique = list(dict.fromkeys(found))
    files: dict[str, int] = {}
    for problem in unique:
        files.setdefault(problem.place.split(":")[0], len(files))
    return tuple(sorted(unique, key=lambda problem: _key(problem, files)))


def _key(problem: Problem, files: dict[str, int]) -> tuple[int, ...]:
    file, *numbers = problem.place.split(":")
    return files[file], *(int(number) if number.isdecimal() else 0 for number in numbers)
