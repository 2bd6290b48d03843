"""The most specific entry wins, and equals share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.errors import Problems
from clearpane.rulebase.categories import Categories, Line, parse, where

FILES = {
    "shopping": "example.com\nshop.example\nbank.example/shop\nboth.example\n*.wild.example\n",
    "financial-services": "bank.example.com\nbank.example\nboth.example\nwild.example\n",
    "government": "gov\n192.0.2.1\nexample.com/tax\nexample.com/tax/refund/\n",
    "third": "both.example\n",
    "custom-no-decrypt": "# none yet\n",
}


def categories(files: dict[str, str]) -> Categories:
    problems = Problems()
    found = Categories(parse(name, text, f"{name}.txt", problems) for name, text in files.items())
    assert not problems.found
    return found


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("example.com", {"shopping"}, id="an entry covers itself"),
        pytest.param("a.b.example.com", {"shopping"}, id="and its sub-domains"),
        pytest.param("bank.example.com", {"financial-services"}, id="the longer entry wins"),
        pytest.param("www.bank.example.com", {"financial-services"}, id="below it too"),
        pytest.param("www.example.org", set(), id="listed nowhere"),
        pytest.param("notexample.com", set(), id="not a suffix of letters"),
        pytest.param("tax.gov", {"government"}, id="a top-level domain"),
        pytest.param("192.0.2.1", {"government"}, id="an address"),
        pytest.param("bank.example", {"financial-services"}, id="URL prefixes don't count"),
        pytest.param("wild.example", {"financial-services"}, id="a wildcard not for its domain"),
        pytest.param(
            "a.wild.example", {"financial-services", "shopping"}, id="a wildcard is as specific"
        ),
        pytest.param(
            "www.both.example", {"shopping", "financial-services", "third"}, id="equals share"
        ),
    ],
)
def test_a_host_is_in(host: str, expected: set[str]) -> None:
    assert categories(FILES).of_host(host) == expected


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        pytest.param("bank.example", "/", {"financial-services"}, id="the domain"),
        pytest.param("bank.example", "/shop", {"shopping"}, id="the prefix itself"),
        pytest.param("bank.example", "/shop/a", {"shopping"}, id="below the prefix"),
        pytest.param("bank.example", "/shop?a=1", {"shopping"}, id="with a query"),
        pytest.param("bank.example", "/shopping", {"financial-services"}, id="whole segments"),
        pytest.param("bank.example", "/Shop", {"financial-services"}, id="paths know capitals"),
        pytest.param("www.bank.example", "/shop", {"shopping"}, id="a sub-domain's path"),
        pytest.param("example.com", "/tax/refund/x", {"government"}, id="the longer prefix"),
        pytest.param(
            "bank.example.com", "/tax", {"financial-services"}, id="a nearer domain wins over it"
        ),
        pytest.param("nowhere.example", "/tax", set(), id="listed nowhere"),
    ],
)
def test_a_url_is_in(host: str, path: str, expected: set[str]) -> None:
    assert categories(FILES).of_url(host, path) == expected


def test_names_are_those_of_the_files_even_of_empty_ones() -> None:
    assert categories(FILES).names == tuple(sorted(FILES))


def test_a_category_can_not_be_named_any() -> None:
    problems = Problems()
    parse("any", "example.com", "categories/any.txt", problems)

    assert "any is no name for a category" in str(problems.errors[0])


def test_an_entry_that_stands_twice_in_one_file_is_no_tie() -> None:
    found = categories({"a": "x.example\nX.example\nx.example\n", "b": "x.example\nx.example\n"})

    assert found.of_host("x.example") == {"a", "b"}


@pytest.mark.parametrize(
    ("host", "path", "line"),
    [
        pytest.param("www.example.com", "", Line(2, "example.com"), id="a domain above"),
        pytest.param("a.shop.example.com", "", Line(4, "Shop.example.com # us"), id="the nearest"),
        pytest.param("example.com", "/a/b", Line(5, "example.com/a"), id="a URL prefix"),
        pytest.param("example.com", "/b", Line(2, "example.com"), id="another path"),
        pytest.param("x.wild.example", "", Line(6, "*.wild.example"), id="a wildcard"),
        pytest.param("wild.example", "", None, id="a wildcard's own domain"),
        pytest.param("other.example", "", None, id="nowhere"),
    ],
)
def test_the_line_that_says_so_is_found(host: str, path: str, line: Line | None) -> None:
    text = "\ufeff# head\nexample.com\nnot a domain\nShop.example.com # us\n"
    text += "example.com/a\n*.wild.example\n"

    assert where(host, path, text.splitlines(keepends=True)) == line


label = st.sampled_from("abc")
names = st.lists(label, min_size=1, max_size=4).map(".".join)


@given(st.dictionaries(names, st.sampled_from(["one", "two"]), max_size=12), names)
def test_the_longest_listed_suffix_decides(listed: dict[str, str], host: str) -> None:
    files = {
        name: "".join(f"{domain}\n" for domain, category in listed.items() if category == name)
        for name in ("one", "two")
    }
    above = [each for each in listed if host == each or host.endswith(f".{each}")]
    expected = {listed[max(above, key=len)]} if above else set()

    assert categories(files).of_host(host) == expected
    for name in ("one", "two"):
        found = where(host, "", files[name].splitlines())
        assert (found is not None) is any(listed[each] == name for each in above)
