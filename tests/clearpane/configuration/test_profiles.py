"""Each section of profiles.yaml goes to the room that acts on it."""

import pytest

from clearpane.configuration.profiles import Profiles, parse
from clearpane.content.data_patterns import Definition
from clearpane.documents.reading import read
from clearpane.errors import Problems

PATTERNS = {"names": Definition("names", "apollo")}


def parsed(text: str) -> tuple[Profiles, list[str]]:
    problems = Problems()
    document = read(text, "p.yaml", problems)
    assert document is not None
    return parse(document, ["bank"], PATTERNS), [str(problem) for problem in problems.found]


def test_a_default_profile_is_always_there() -> None:
    for found in (parse(None), parsed("{}")[0], parsed("decryption: {strict: {}}")[0]):
        assert "default" in found.decryption
        assert all("default" in names for names in found.names.values())


def test_profiles_are_found_by_their_names() -> None:
    found, problems = parsed("""\
decryption: {a: {}, b: {}}
antivirus: {c: {}}
url-filtering: {d: {block: [bank]}}
file-blocking: {e: {rules: [{file-type: [pe], action: block}]}}
data-filtering: {f: {patterns: [{pattern: names, block-threshold: 1}]}}
""")
    assert not problems
    assert set(found.decryption) == {"default", "a", "b"}
    assert {str(kind): set(names) for kind, names in found.names.items()} == {
        "virus": {"default", "c"},
        "url-filtering": {"default", "d"},
        "file-blocking": {"default", "e"},
        "data-filtering": {"default", "f"},
    }


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(
            "antivirs: {}",
            'p.yaml:1:1: error: unknown key antivirs (did you mean "antivirus"? else remove it)',
            id="a section",
        ),
        pytest.param(
            "url-filtering: {a: {block: [bnak]}}",
            'p.yaml:1:29: error: url-filtering profile "a": block: there is no category bnak '
            '(did you mean "bank"?)',
            id="a category",
        ),
        pytest.param(
            "data-filtering: {a: {patterns: [{pattern: nams, block-threshold: 1}]}}",
            'p.yaml:1:43: error: data-filtering profile "a": there is no data pattern nams '
            '(did you mean "names"?)',
            id="a pattern",
        ),
    ],
)
def test_words_that_do_not_exist(text: str, error: str) -> None:
    assert parsed(text)[1] == [error]
