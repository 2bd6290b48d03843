"""The words are the firewall's; records are filtered by them."""

from clearpane.records.actions import DENIALS, DataLogged, FileLogged, UrlLogged


def test_the_words_of_url_filtering() -> None:
    assert set(UrlLogged) == {
        *("alert", "block-url", "block-continue", "continue"),
        *("block-override", "override", "override-lockout"),
    }


def test_the_words_of_files_and_data() -> None:
    assert set(FileLogged) == {"alert", "block", "block-continue", "continue"}
    assert set(DataLogged) == {"alert", "block"}


def test_what_the_user_did_not_get() -> None:
    assert {
        *("block-url", "block-continue", "block-override", "override-lockout"),
    } == DENIALS
