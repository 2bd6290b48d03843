"""Names are compared label by label, whatever their spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.hello import host_name
from clearpane.rulebase.names import Names, parents, pattern

label = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
names = st.lists(label, min_size=1, max_size=5).map(".".join)


@pytest.mark.parametrize(
    ("entry", "name", "covered"),
    [
        pytest.param("example.com", "example.com", True, id="a name covers itself"),
        pytest.param("example.com", "www.example.com", False, id="a name covers no sub-domain"),
        pytest.param("example.com", "examplexcom.test", False, id="a dot is no wildcard"),
        pytest.param("example.com", "notexample.com", False, id="a name is not a suffix"),
        pytest.param("*.example.com", "www.example.com", True, id="a wildcard covers below"),
        pytest.param("*.example.com", "a.b.example.com", True, id="at any depth"),
        pytest.param("*.example.com", "example.com", False, id="not the domain itself"),
        pytest.param("*.example.com", "wwwexample.com", False, id="only whole labels"),
        pytest.param("*.example.com", "example.com.evil.test", False, id="only at the end"),
        pytest.param("EXAMPLE.Com.", "example.com", True, id="case and the last dot don't count"),
        pytest.param("Straße.example", "xn--strae-oqa.example", True, id="unicode is IDNA 2008"),
        pytest.param("XN--STRAE-OQA.Example", "straße.example", True, id="capital punycode"),
        pytest.param("straße.example.", "STRASSE.example", False, id="ß is not ss"),
        pytest.param("under_score.example", "under_score.example", True, id="underscores"),
        pytest.param("*.bücher.example", "www.xn--bcher-kva.example", True, id="unicode wildcard"),
    ],
)
def test_an_entry_covers(entry: str, name: str, covered: bool) -> None:
    assert Names.of([pattern(entry)]).covers(host_name(name)) is covered


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(r"^(.+\.)?microsoft\.com:443$", "regular expressions", id="a pasted regex"),
        pytest.param("(a|b).example", "regular expressions", id="an alternative"),
        pytest.param("https://example.com", "URL", id="a URL"),
        pytest.param("example.com/path", "URL", id="a path"),
        pytest.param("example.com:443", "a port belongs under service", id="a port"),
        pytest.param("www.*.example.com", "only", id="a wildcard in the middle"),
        pytest.param("*example.com", "only", id="half a label"),
        pytest.param("*.*.example.com", "only", id="two wildcards"),
        pytest.param("*", "only", id="a lone wildcard"),
        pytest.param("", "not a host name", id="nothing"),
        pytest.param("a..example", "not a host name", id="an empty label"),
        pytest.param("a b.example", "not a host name", id="a blank"),
        pytest.param("x" * 64 + ".example", "not a host name", id="a label over 63"),
        pytest.param("a." * 127 + "a", "not a host name", id="a name over 253"),
        pytest.param("☃.example", "not a host name", id="not allowed by IDNA 2008"),
    ],
)
def test_what_is_no_name_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        pattern(text)


def test_a_listed_domain_covers_itself_and_below() -> None:
    listed = Names(domains=frozenset(["example.com"]))

    assert listed.covers("example.com")
    assert listed.covers("a.b.example.com")
    assert not listed.covers("notexample.com")


@pytest.mark.parametrize(
    ("outer", "inner", "contained"),
    [
        pytest.param(["*.a.test"], ["www.a.test"], True, id="a host under a wildcard"),
        pytest.param(["*.a.test"], ["*.b.a.test"], True, id="a wildcard under a wildcard"),
        pytest.param(["*.a.test"], ["*.a.test"], True, id="the same wildcard"),
        pytest.param(["*.a.test"], ["a.test"], False, id="the domain itself"),
        pytest.param(["www.a.test"], ["*.a.test"], False, id="a wildcard is more than a host"),
        pytest.param(["a.test"], ["a.test", "b.test"], False, id="one of two"),
    ],
)
def test_sets_contain_sets(outer: list[str], inner: list[str], contained: bool) -> None:
    assert Names.of(outer).contains(Names.of(inner)) is contained


@pytest.mark.parametrize(
    ("outer", "contained"),
    [
        pytest.param(Names(domains=frozenset(["a.test"])), True, id="the same domain"),
        pytest.param(Names(domains=frozenset(["test"])), True, id="a domain above"),
        pytest.param(Names(wildcards=frozenset(["test"])), True, id="a wildcard above"),
        pytest.param(Names(wildcards=frozenset(["a.test"])), False, id="without the domain"),
        pytest.param(Names(hosts=frozenset(["a.test"])), False, id="without what lies below"),
        pytest.param(Names.of(["a.test", "*.a.test"]), True, id="host and wildcard together"),
    ],
)
def test_a_listed_domain_is_contained(outer: Names, contained: bool) -> None:
    assert outer.contains(Names(domains=frozenset(["a.test"]))) is contained


@given(names)
def test_every_name_lies_below_its_parents_and_no_other(name: str) -> None:
    above = parents(name)

    assert all(name.endswith(f".{up}") for up in above)
    assert len(above) == name.count(".")
    assert all(Names.of([f"*.{up}"]).covers(name) for up in above)


@given(names, names)
def test_a_wildcard_covers_exactly_what_ends_with_it(domain: str, name: str) -> None:
    wildcard = Names.of([f"*.{domain}"])

    assert wildcard.covers(name) is name.endswith(f".{domain}")
    assert wildcard.covers(f"{name}.{domain}")


@given(st.lists(names, max_size=4), st.lists(names, max_size=4), names)
def test_containing_means_covering_all(outer: list[str], inner: list[str], name: str) -> None:
    big = Names(domains=frozenset(outer))
    small = Names(hosts=frozenset(inner[:2]), domains=frozenset(inner[2:]))

    if big.contains(small) and small.covers(name):
        assert big.covers(name)
    assert (big | small).contains(small)
