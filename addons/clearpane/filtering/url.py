"""URL-filtering profiles: what an administrator wants done about categories of sites.

`parse` reads the `url-filtering` block of profiles.yaml, with the firewall's words. Where a URL is
in several categories, the strictest of their actions counts.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from clearpane.documents import mapping as documents
from clearpane.documents.nearest import did_you_mean
from clearpane.documents.place import Text

# The firewall's own word for a site that no category lists.
UNKNOWN = "unknown"


class UrlAction(StrEnum):
    """What is done, the mildest first (KB kA10g000000ClsmCAC: "URL Filtering Order")."""

    ALLOW = "allow"
    ALERT = "alert"
    CONTINUE = "continue"
    OVERRIDE = "override"
    BLOCK = "block"


_STRICTNESS = {action: number for number, action in enumerate(UrlAction)}


@dataclass(frozen=True, slots=True)
class UrlJudgement:
    """What is done about a URL, and the category that decided."""

    action: UrlAction
    category: str


@dataclass(frozen=True, slots=True)
class UrlFiltering:
    """One profile; without arguments it is the one that is there without any file."""

    actions: Mapping[str, UrlAction] = field(default_factory=dict)

    def judge(self, categories: Collection[str]) -> UrlJudgement:
        """The action for a URL in these categories; a URL in none of them is in `unknown`.

        A category that the profile does not name is allowed. Between categories with the same
        action the first by name is given, so that records of one site agree.
        """
        judged = [UrlJudgement(self._action(each), each) for each in categories or (UNKNOWN,)]
        return min(judged, key=lambda each: (-_STRICTNESS[each.action], each.category))

    def _action(self, category: str) -> UrlAction:
        return self.actions.get(category, UrlAction.ALLOW)


def parse(
    section: documents.Mapping | None, categories: Collection[str]
) -> dict[str, UrlFiltering]:
    """The profiles by name; `default` is there even where the file does not name it, and allows.

    `categories` are the names that exist; `unknown` is always one.
    """
    profiles = {"default": UrlFiltering()}
    if section is not None:
        known = sorted({*categories, UNKNOWN})
        for name in section.names():
            if block := section.mapping(name):
                block.label = f'url-filtering profile "{name}"'
                profiles[str(name)] = UrlFiltering(_actions(block, known))
    return profiles


def _actions(block: documents.Mapping, known: list[str]) -> dict[str, UrlAction]:
    block.only(*UrlAction)
    actions: dict[str, UrlAction] = {}
    first: dict[str, Text] = {}
    for action, category in _listed(block, known):
        before = actions.setdefault(category, action)
        if before is not action:
            message = f"category {category} stands under {before}, at {first[category].place}, "
            block.error(category, f"{message}and under {action}", "remove one of the two")
        first.setdefault(category, category)
    return {str(category): action for category, action in actions.items()}


def _listed(block: documents.Mapping, known: list[str]) -> Iterator[tuple[UrlAction, Text]]:
    """Each category that exists, with the action that it stands under."""
    for action in UrlAction:
        for category in block.texts(action) or ():
            if category in known:
                yield action, category
            else:
                cure = did_you_mean(category, known) or _cure(category)
                block.error(category, f"{action}: there is no category {category}", cure)


def _cure(category: str) -> str:
    if category == "any":
        return "list the categories; unknown stands for sites in none of them"
    return f"a category is a file, here rules/categories/{category}.txt"
