"""The word that was probably meant.

Only likely slips are offered: a cure that is a guess would send the reader the wrong way.
"""

import difflib
from collections.abc import Iterable
from functools import lru_cache

# A search compares with every option; among thousands only the alike ones are looked at.
_MANY = 500


def nearest(word: str, options: Iterable[str]) -> str:
    """The option most like the word, capitals aside; empty where none is near."""
    return _nearest(str(word), tuple(options))


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """The nearest option as a cure; empty where none is near."""
    found = nearest(word, options)
    return f'did you mean "{found}"?' if found else ""


def listed(words: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


@lru_cache(maxsize=1024)
def _nearest(word: str, options: tuple[str, ...]) -> str:
    lowered = word.lower()
    spelt = {str(option).lower(): str(option) for option in options}
    if len(spelt) > _MANY:
        spelt = {low: text for low, text in spelt.items() if _alike(lowered, low)}
    found = difflib.get_close_matches(lowered, spelt, n=1)
    return spelt[found[0]] if found else ""


def _alike(word: str, option: str) -> bool:
    return abs(len(word) - len(option)) <= 2 and (word[:1] == option[:1] or word[1:] == option[1:])
