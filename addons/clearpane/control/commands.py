"""The commands of a running gateway, in the firewall's words.

`COMMANDS` is the tree of words: a new command is one more entry. Behind a command's last word stand
pairs of a word and its value, in any order. The line is what somebody typed: whatever is wrong with
it is answered in one line that says what may stand there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from clearpane.control import exclude_cache
from clearpane.control.answer import Answer
from clearpane.control.table import visible
from clearpane.documents.nearest import did_you_mean, listed
from clearpane.rulebase.learned import LearnedExclusions

_SHOWN = 64  # characters of a wrong word


@dataclass(frozen=True, slots=True)
class State:
    """What commands look at and change."""

    learned: LearnedExclusions


type Said = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Command:
    """`pairs` are the words that may follow, each with what its value is called."""

    run: Callable[[State, Said, datetime], Answer]
    pairs: Mapping[str, str] = field(default_factory=dict)


type Words = dict[str, "Words | Command"]

COMMANDS: Words = {
    "show": {
        "system": {
            "setting": {
                "ssl-decrypt": {
                    "exclude-cache": Command(
                        lambda state, said, now: exclude_cache.show(state.learned, now)
                    ),
                }
            }
        }
    },
    "clear": {
        "system": {
            "setting": {
                "ssl-decrypt": {
                    "exclude-cache": Command(
                        lambda state, said, now: exclude_cache.clear(
                            state.learned, said.get("server", "")
                        ),
                        {"server": "HOST[:PORT]"},
                    ),
                }
            }
        }
    },
}


def answer(words: Sequence[str], state: State, now: datetime) -> Answer:
    """Does what the words say."""
    at: Words | Command = COMMANDS
    for number, word in enumerate(words):
        if isinstance(at, Command):
            return _run(at, words[:number], words[number:], state, now)
        if word not in at:
            return _unknown(words[:number], word, at)
        at = at[word]
    if isinstance(at, Command):
        return _run(at, words, (), state, now)
    return Answer(error=f"{_place(words)}a word is missing; {_may_follow(at)}")


def _run(
    command: Command, line: Sequence[str], rest: Sequence[str], state: State, now: datetime
) -> Answer:
    said: dict[str, str] = {}
    for word, value in zip(rest[::2], [*rest[1::2], ""], strict=False):
        if word not in command.pairs:
            return _unknown(line, word, command.pairs)
        if not value:
            return Answer(error=f"{_place(line)}{word} needs a value: {command.pairs[word]}")
        if word in said:
            return Answer(error=f"{_place(line)}{word} is said twice")
        said[word] = value
    return command.run(state, said, now)


def _unknown(line: Sequence[str], word: str, options: Mapping[str, object]) -> Answer:
    word = word[:_SHOWN]
    meant = did_you_mean(word, options)
    cure = f" ({meant})" if meant else ""
    return Answer(
        error=f'{_place(line)}unknown word "{visible(word)}"{cure}; {_may_follow(options)}'
    )


def _may_follow(options: Mapping[str, object]) -> str:
    return f"what may follow: {listed(options)}" if options else "nothing may follow"


def _place(line: Sequence[str]) -> str:
    """The words that were right."""
    return f"{' '.join(line)}: " if line else ""
