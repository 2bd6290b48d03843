"""Lists of domains as others publish them.

A line is a domain (`example.com`, also `.example.com`), its sub-domains alone (`*.example.com`), a
URL prefix (`example.com/path`) or a line of a hosts file. Published lists hold slips: where few
lines are wrong they are left out with a warning, where many are the list is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from clearpane.errors import Problems
from clearpane.hello import address, host_name

# Nine lines of ten of a published list look like this; the others are read with more care.
_plain = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+").fullmatch
_LONGEST_NAME = 253
_binary = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]").search
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a line; `path` is empty or starts with a slash."""

    host: str
    path: str = ""
    below_only: bool = False


@dataclass(frozen=True, slots=True)
class Domains:
    """What a file lists: domains with what lies below, sub-domains alone, and URL prefixes."""

    domains: tuple[str, ...] = ()
    wildcards: tuple[str, ...] = ()
    prefixes: tuple[Entry, ...] = ()

    def __len__(self) -> int:
        return len(self.domains) + len(self.wildcards) + len(self.prefixes)


@dataclass(slots=True)
class _Slips:
    file: str
    first: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, error: ValueError) -> None:
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append((line, str(error)))

    def report(self, good: int, problems: Problems) -> None:
        """More than one line of a hundred: this is no list of domains, or one kept by hand."""
        if not self.count:
            return
        if self.count * 100 <= good:
            line, message = self.first[0]
            problems.warning(
                f"{self.file}:{line}", f"{message}; {self.count} such lines are left out"
            )
            return
        for line, message in self.first:
            problems.error(f"{self.file}:{line}", message, "a line is a domain or a URL prefix")
        if self.count > _SHOWN:
            problems.error(self.file, f"{self.count - _SHOWN} more lines are no domain")


def parse(text: str, file: str, problems: Problems) -> Domains:
    """The entries of a whole file."""
    rubbish = _binary(text)
    if rubbish:
        where = text.count("\n", 0, rubbish.start()) + 1
        problems.error(f"{file}:{where}", "binary data, not a list of domains", "one domain a line")
        return Domains()
    domains: list[str] = []
    others: list[Entry] = []
    slips = _Slips(file)
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if is_plain(line):
            domains.append(line)
            continue
        try:
            others.extend(entries(line))
        except ValueError as error:
            slips.add(number, error)
    slips.report(len(domains) + len(others), problems)
    domains.extend(each.host for each in others if not each.path and not each.below_only)
    return Domains(
        tuple(domains),
        tuple(each.host for each in others if each.below_only),
        tuple(each for each in others if each.path),
    )


def is_plain(line: str) -> bool:
    """Whether the line is nothing but a domain in the form that compares."""
    return _plain(line) is not None and len(line) <= _LONGEST_NAME


def entries(line: str) -> Iterator[Entry]:
    """What one line lists, nothing for blank lines and comments; ValueError says what is wrong."""
    words = _without_comment(line).split()
    if len(words) == 1:
        yield _entry(words[0])
        return
    if words and not _is_address(words[0]):
        raise ValueError(f"{_shown(line)} is more than one word")
    for name in words[1:]:
        # A hosts file names the machine itself and its own addresses too.
        if "." in name and not _is_address(name) and not name.startswith("localhost."):
            yield _entry(name)


def _without_comment(line: str) -> str:
    if line.startswith("#"):
        return ""
    return re.split(r"\s#", line, maxsplit=1)[0]


def _entry(word: str) -> Entry:
    rest = word[word.find("://") + 3 :] if "://" in word else word
    host, slash, path = rest.partition("/")
    if _is_address(host):
        return Entry(str(address(host)), slash + path if path else "")
    below_only = host.startswith("*.")
    try:
        name = host_name(host.removeprefix("*.") if below_only else host.removeprefix("."))
    except ValueError:
        raise ValueError(f"{_shown(word)} is not a domain") from None
    if below_only and path:
        raise ValueError(f"{_shown(word)} has both a * and a path")
    return Entry(name, slash + path if path else "", below_only)


def _is_address(text: str) -> bool:
    try:
        address(text)
    except ValueError:
        return False
    return True


def _shown(text: str) -> str:
    return repr(text.strip() if len(text) < 80 else text.strip()[:77] + "...")
