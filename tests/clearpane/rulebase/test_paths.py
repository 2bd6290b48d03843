"""Spellings of one place compare as the same, and other places do not."""

import pytest

from clearpane.rulebase.paths import comparable

SAME = {
    "": "",
    "/": "/",
    "/games": "/games",
    "/games/": "/games/",
    "/%67ames": "/games",
    "/%67%61mes/%C3%9F": "/games/ß",
    "/a%2Fb": "/a%2Fb",
    "/a%2fb%3f%25": "/a%2Fb%3F%25",
    "/%zz%6": "/%zz%6",
    "//games": "/games",
    "/./games": "/games",
    "/%2e/games": "/games",
    "/x/../games": "/games",
    "/x/%2E%2E/games": "/games",
    "/../../games": "/games",
    "/games/..": "/",
    "/games/x/.": "/games/x/",
    "/games/..x": "/games/..x",
    "/games/.well-known": "/games/.well-known",
    "/games?to=/../x%67": "/games?to=/../x%67",
}


@pytest.mark.parametrize("path", SAME)
def test_a_path_has_one_form(path: str) -> None:
    assert comparable(path) == SAME[path]
    assert comparable(comparable(path)) == comparable(path)
