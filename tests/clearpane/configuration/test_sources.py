"""What can't be known while a file is broken."""

import pytest

from clearpane.configuration.sources import File, Name, unsure

DECRYPTION = "rules: [{name: a, from: x, profile: y, category: [z]}]"
SECURITY = "rules: [{name: a, to: x, profiles: {virus: y}, source: [z]}]"
PROFILES = "url-filtering: {a: {block: [x]}}\ndata-filtering: {a: {patterns: [{pattern: y}]}}"
FILES = {
    Name.DECRYPTION: File("d", DECRYPTION),
    Name.SECURITY: File("s", SECURITY),
    Name.PROFILES: File("p", PROFILES),
}


@pytest.mark.parametrize(
    ("broken", "places"),
    [
        pytest.param([], set(), id="nothing"),
        pytest.param([Name.EXCLUSIONS], set(), id="a file that defines no words"),
        pytest.param([Name.SETTINGS], {"d:1:25", "s:1:23"}, id="zones"),
        pytest.param([Name.PROFILES], {"d:1:37", "s:1:44"}, id="profiles"),
        pytest.param(
            [Name.OBJECTS],
            {"d:1:51", "s:1:57", "p:1:29", "p:2:43"},
            id="objects, which profiles name too",
        ),
    ],
)
def test_words_of_a_broken_file(broken: list[Name], places: set[str]) -> None:
    assert unsure(FILES, broken) == places


def test_files_that_are_broken_themselves_name_nothing() -> None:
    files = {
        Name.DECRYPTION: File("d", None),
        Name.SECURITY: File("s", "rules: ["),
        Name.PROFILES: File("p", "url-filtering: x"),
    }
    assert unsure(files, [*Name]) == frozenset()
