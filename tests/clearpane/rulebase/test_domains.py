"""Published lists are read as they are; what is no list is refused once."""

import pytest

from clearpane.errors import Problems
from clearpane.rulebase.domains import Domains, Entry, entries, is_plain, parse


def read(text: str) -> tuple[Domains, list[str]]:
    problems = Problems()
    return parse(text, "list.txt", problems), [str(each) for each in problems.found]


@pytest.mark.parametrize(
    ("line", "listed"),
    [
        pytest.param("example.com", [Entry("example.com")], id="a domain"),
        pytest.param("  Example.COM.  ", [Entry("example.com")], id="capitals, blanks, last dot"),
        pytest.param("straße.example", [Entry("xn--strae-oqa.example")], id="unicode"),
        pytest.param("under_score.example", [Entry("under_score.example")], id="an underscore"),
        pytest.param(".example.com", [Entry("example.com")], id="squid's leading dot"),
        pytest.param("*.example.com", [Entry("example.com", below_only=True)], id="a wildcard"),
        pytest.param("bank", [Entry("bank")], id="a top-level domain"),
        pytest.param("192.0.2.1", [Entry("192.0.2.1")], id="an address"),
        pytest.param("2001:DB8::1", [Entry("2001:db8::1")], id="an IPv6 address"),
        pytest.param("example.com/a/B?c", [Entry("example.com", "/a/B?c")], id="a URL prefix"),
        pytest.param("https://example.com/a", [Entry("example.com", "/a")], id="with its scheme"),
        pytest.param("example.com/", [Entry("example.com")], id="a URL without a path"),
        pytest.param("example.com # why", [Entry("example.com")], id="a comment behind"),
        pytest.param("example.com/#a", [Entry("example.com", "/#a")], id="a fragment"),
        pytest.param("# example.com", [], id="a comment"),
        pytest.param("   ", [], id="a blank line"),
        pytest.param("0.0.0.0 ads.example.com", [Entry("ads.example.com")], id="a hosts line"),
        pytest.param(
            "127.0.0.1\ta.example b.example # two",
            [Entry("a.example"), Entry("b.example")],
            id="a hosts line with two names",
        ),
        pytest.param("127.0.0.1 localhost", [], id="the machine itself"),
        pytest.param("::1 localhost.localdomain ip6-loopback", [], id="and its other names"),
        pytest.param("0.0.0.0 0.0.0.0", [], id="an address for an address"),
    ],
)
def test_a_line_lists(line: str, listed: list[Entry]) -> None:
    assert list(entries(line)) == listed


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param("example.com other.com", "more than one word", id="two domains"),
        pytest.param("||example.com^", "not a domain", id="another list's format"),
        pytest.param("example.com:443", "not a domain", id="a port"),
        pytest.param("*.example.com/a", r"both a \* and a path", id="a wildcard with a path"),
        pytest.param("a..b", "not a domain", id="an empty label"),
        pytest.param("x" * 300 + ".example", "not a domain", id="a very long name"),
    ],
)
def test_what_is_no_domain_is_refused(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        list(entries(line))
    assert len(str(caught.value)) < 150


def test_a_file_is_sorted_into_its_kinds() -> None:
    found, messages = read("\ufeffa.example\r\n*.b.example\nC.example\nd.example/x\n# end")

    assert messages == []
    assert found == Domains(("a.example", "c.example"), ("b.example",), (Entry("d.example", "/x"),))
    assert len(found) == 4


def test_plain_lines_are_in_the_form_that_compares() -> None:
    assert is_plain("www.example.com")
    assert not any(map(is_plain, ("Example.com", "example.com/", "bank", "a..b", "")))
    assert not is_plain("a." * 127 + "aa")


def test_binary_rubbish_is_one_clear_error() -> None:
    found, messages = read("example.com\n\x7fELF\x02\x01\x00\x00\nmore.example\n\x00\n")

    assert len(found) == 0
    assert messages == ["list.txt:2: error: binary data, not a list of domains (one domain a line)"]


def test_few_slips_in_a_long_list_are_left_out_with_a_warning() -> None:
    good = "".join(f"host{n}.example\n" for n in range(300))
    found, messages = read(f"{good}bad host\n-x y-\n")

    assert len(found) == 300
    assert messages == [
        "list.txt:301: warning: 'bad host' is more than one word; 2 such lines are left out"
    ]


def test_slips_in_a_short_list_are_errors_each_with_its_line() -> None:
    _, messages = read("a.example\nbad host\nb.example\nworse host\n")

    assert [message.split(" error:")[0] for message in messages] == ["list.txt:2:", "list.txt:4:"]


def test_many_slips_are_counted() -> None:
    _, messages = read("not a domain\n" * 1000)

    assert len(messages) == 4
    assert messages[-1] == "list.txt: error: 997 more lines are no domain"
