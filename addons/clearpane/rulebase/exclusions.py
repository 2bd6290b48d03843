"""Servers that are never decrypted because decryption breaks them.

An entry is looked up among the names that the ClientHello and the server's certificate show, host
names and other certificate names alike. Own entries go before the predefined ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.documents.place import Text
from clearpane.errors import Problems
from clearpane.hello import address
from clearpane.rulebase import names, predefined

_NEVER_IN_A_NAME = frozenset("^$\\[]{}|+?*/:")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """`name` as written; `expires` is the last day; predefined entries have a `reason`."""

    name: str
    description: str = ""
    reason: str = ""
    expires: date | None = None
    custom: bool = True
    place: str = ""

    def expired(self, today: date) -> bool:
        return self.expires is not None and today > self.expires


class Exclusions:
    """Own and predefined entries by the form of their names that compares."""

    __slots__ = ("_custom", "_predefined")

    def __init__(
        self, custom: Mapping[str, Exclusion], predefined_entries: Mapping[str, Exclusion]
    ) -> None:
        self._custom = dict(custom)
        self._predefined = dict(predefined_entries)

    @property
    def custom(self) -> tuple[Exclusion, ...]:
        return tuple(self._custom.values())

    @property
    def predefined(self) -> tuple[Exclusion, ...]:
        """Those that are switched on."""
        return tuple(self._predefined.values())

    def find(self, name: str, today: date) -> Exclusion | None:
        """The entry for a host name in the form of `hello.host_name`, or an address's text."""
        return _find(self._custom, name, today) or _find(self._predefined, name, today)

    def find_certificate(self, shown: Iterable[str], today: date) -> Exclusion | None:
        """The entry for the names of a certificate, which may be no host names at all.

        A wildcard in the certificate is covered where the entry covers all that it stands for.
        """
        for each in shown:
            found = self.find(_lenient_key(each), today)
            if found:
                return found
        return None


def key(text: str) -> str:
    """The form of an entry that compares; ValueError says what is wrong.

    A name with a blank is no host name, but the CommonName of a certificate (`AnyDesk Client`).
    """
    if " " in text.strip() and not _NEVER_IN_A_NAME.intersection(text.removeprefix("*.")):
        return text.strip().casefold()
    try:
        return str(address(text))
    except ValueError:
        return names.pattern(text)


def parse(document: documents.Mapping | None, problems: Problems) -> Exclusions:
    """exclusions.yaml; without the file the predefined list alone is in force."""
    shipped = {
        key(name): Exclusion(name, reason=reason, custom=False)
        for name, reason in predefined.ENTRIES
    }
    if document is None:
        return Exclusions({}, shipped)
    document.only("exclusions", "predefined")
    custom: dict[str, Exclusion] = {}
    for block in document.mappings("exclusions") or ():
        found = _entry(block)
        if found is None:
            continue
        form, entry = found
        if form in custom:
            cure = "remove one of the two"
            problems.error(
                entry.place, f"{entry.name} is excluded at {custom[form].place} already", cure
            )
        else:
            custom[form] = entry
    switches = document.mapping("predefined")
    return Exclusions(custom, _switched(shipped, switches) if switches else shipped)


def _entry(block: documents.Mapping) -> tuple[str, Exclusion] | None:
    block.only("name", "description", "expires")
    name = block.text("name")
    if not block.required("name") or not isinstance(name, Text):
        return None
    try:
        form = key(name)
    except ValueError as error:
        block.error(name, str(error))
        return None
    entry = Exclusion(
        name, block.text("description"), expires=block.date("expires"), place=str(name.place)
    )
    return form, entry


def _switched(shipped: dict[str, Exclusion], switches: documents.Mapping) -> dict[str, Exclusion]:
    """The predefined list without the entries that are switched off."""
    switched_off = set()
    for name in switches.names():
        try:
            form = key(name)
        except ValueError:
            form = ""
        if form not in shipped:
            known = (entry.name for entry in shipped.values())
            switches.error(name, f"{name} is not in the predefined list", did_you_mean(name, known))
        elif not switches.flag(name, True):
            switched_off.add(form)
    return {form: entry for form, entry in shipped.items() if form not in switched_off}


def _find(entries: Mapping[str, Exclusion], name: str, today: date) -> Exclusion | None:
    found = entries.get(name)
    if found and not found.expired(today):
        return found
    for up in names.parents(name):
        found = entries.get(f"*.{up}")
        if found and not found.expired(today):
            return found
    return None


def _lenient_key(shown: str) -> str:
    try:
        return key(shown)
    except ValueError:
        return shown.strip().casefold()
