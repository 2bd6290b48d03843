"""Each section of profiles.yaml goes to the room that acts on it."""

from clearpane.configuration.profiles import Profiles, parse
from clearpane.documents.reading import read
from clearpane.errors import Problems


def parsed(text: str) -> tuple[Profiles, list[str]]:
    problems = Problems()
    document = read(text, "p.yaml", problems)
    assert document is not None
    return parse(document), [str(problem) for problem in problems.found]


def test_a_default_profile_is_always_there() -> None:
    for found in (parse(None), parsed("{}")[0], parsed("decryption: {strict: {}}")[0]):
        assert "default" in found.decryption and "default" in found.antivirus


def test_profiles_are_found_by_their_names() -> None:
    found, problems = parsed("decryption: {a: {}, b: {}}\nantivirus: {c: {}}\n")
    assert not problems
    assert set(found.decryption) == {"default", "a", "b"}
    assert set(found.antivirus) == {"default", "c"}


def test_sections_of_later_versions_are_a_warning_and_others_an_error() -> None:
    assert parsed("url-filtering: {}\nantivirs: {}\n")[1] == [
        'p.yaml:2:1: error: unknown key antivirs (did you mean "antivirus"? else remove it)',
        "p.yaml:1:16: warning: url-filtering is not read yet: these profiles do nothing",
    ]
