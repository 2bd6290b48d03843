"""Who is who, in which groups, and what a rule can say of them."""

import pytest

from clearpane.errors import Problems
from clearpane.hello import address
from clearpane.rulebase.users import UserFile, Users, parse

FILE = """# made by the directory
10.1.2.3  Alice finance staff
10.1.2.4  bob            # no group

2001:db8::7 carol finance
"""


def read(text: str) -> tuple[UserFile, list[str]]:
    problems = Problems()
    return parse(text, "users.txt", problems), [str(each) for each in problems.found]


def test_lines_are_an_address_a_user_and_groups() -> None:
    file, messages = read(FILE)

    assert messages == []
    assert dict(file.users) == {
        address("10.1.2.3"): "Alice",
        address("10.1.2.4"): "bob",
        address("2001:db8::7"): "carol",
    }
    assert file.groups == {"finance": ("alice", "carol"), "staff": ("alice",)}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("10.1.2 alice", "users.txt:2: error: '10.1.2' is not", id="no address"),
        pytest.param("alice 10.1.2.3", "users.txt:2: error: 'alice' is not", id="the wrong order"),
        pytest.param("10.1.2.3", "users.txt:2: error: 10.1.2.3 has no user", id="no user"),
        pytest.param("10.0.0.1 eve", "users.txt:2: error: 10.0.0.1 is in line 1", id="twice"),
        pytest.param("::ffff:10.0.0.1 eve", "is in line 1", id="twice in another spelling"),
    ],
)
def test_slips_are_reported_with_their_line(line: str, message: str) -> None:
    file, messages = read(f"10.0.0.1 root\n{line}\n")

    assert len(messages) == 1
    assert message in messages[0]
    assert dict(file.users) == {address("10.0.0.1"): "root"}


@pytest.fixture
def users() -> Users:
    groups = {"Board": ["dave", "staff"], "finance": ["Erin"]}
    return Users(read(FILE)[0], groups)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        pytest.param("", {"unknown"}, id="nobody"),
        pytest.param("mallory", {"mallory", "known-user"}, id="a user that no file knows"),
        pytest.param("bob", {"bob", "known-user"}, id="a user without groups"),
        pytest.param("carol", {"carol", "known-user", "finance"}, id="a group of the user file"),
        pytest.param("ERIN", {"erin", "known-user", "finance"}, id="a group of the objects"),
        pytest.param(
            "alice",
            {"alice", "known-user", "finance", "staff", "board"},
            id="a group of the objects that holds one of the file",
        ),
        pytest.param("unknown", {"known-user"}, id="a user who calls himself unknown"),
        pytest.param("any", {"known-user"}, id="a user who calls himself any"),
    ],
)
def test_what_can_be_said_of_a_user(users: Users, user: str, words: set[str]) -> None:
    assert users.words(user) == words


def test_the_file_names_who_is_at_an_address(users: Users) -> None:
    assert users.at(address("::ffff:10.1.2.3")) == "Alice"
    assert users.at(address("10.9.9.9")) == ""
