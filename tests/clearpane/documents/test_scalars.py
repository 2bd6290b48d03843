"""Nothing is guessed: a value is what was written, or an error that says what to write."""

from collections.abc import Callable
from datetime import date

import pytest

from clearpane.documents import scalars
from clearpane.documents.place import Place, Text

HERE = Place("rules/x.yaml", 1, 1)


def plain(word: str) -> Text:
    return Text(word, HERE, plain=True)


def integer(text: Text) -> int:
    return scalars.integer(text, 1, 1000)


def number(text: Text) -> float:
    return scalars.number(text, 0, 60)


def size(text: Text) -> int:
    return scalars.size(text, 1, 1 << 40)


@pytest.mark.parametrize("word", ["no", "NO", "No", "yes", "True", "false", "null", "~"])
def test_a_bare_word_that_yaml_does_not_read_as_text_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=f"is the bare word {word}") as caught:
        scalars.text(plain(word))
    assert caught.value.args[1] == f'write "{word}" in quotes if the text is meant'


@pytest.mark.parametrize("word", ["no", "on", "~", ""])
def test_quotes_make_every_word_a_text(word: str) -> None:
    assert scalars.text(Text(word, HERE)) == word


@pytest.mark.parametrize(
    "word", ["1e3", "1.10", "0123", "12:30", "2027-06-30", "n", "::1", "on", "Off"]
)
def test_what_yaml_would_turn_into_a_number_or_date_stays_as_written(word: str) -> None:
    assert scalars.text(plain(word)) == word


def test_a_key_without_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="has no value"):
        scalars.text(plain(""))


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        pytest.param(scalars.flag, "true", True, id="true"),
        pytest.param(scalars.flag, "yes", True, id="yes"),
        pytest.param(scalars.flag, "false", False, id="false"),
        pytest.param(scalars.flag, "no", False, id="no"),
        pytest.param(integer, "1", 1, id="the lowest number"),
        pytest.param(integer, "1000", 1000, id="the highest number"),
        pytest.param(number, "0.5", 0.5, id="half a second"),
        pytest.param(number, "5", 5.0, id="a whole number where a fraction may stand"),
        pytest.param(size, "68", 68, id="plain bytes"),
        pytest.param(size, "512KiB", 524_288, id="KiB"),
        pytest.param(size, "32MiB", 33_554_432, id="MiB"),
        pytest.param(size, "1 GiB", 1_073_741_824, id="GiB behind a blank"),
        pytest.param(scalars.day, "2028-02-29", date(2028, 2, 29), id="a leap day"),
    ],
)
def test_values(parse: Callable[[Text], object], text: str, expected: object) -> None:
    assert parse(plain(text)) == expected


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        pytest.param(scalars.flag, "on", "must be true or false", id="on is no flag"),
        pytest.param(scalars.flag, "1", "must be true or false", id="1 is no flag"),
        pytest.param(scalars.flag, "", "must be true or false, not empty", id="nothing is no flag"),
        pytest.param(integer, "0443", "has a leading zero", id="an octal number"),
        pytest.param(integer, "0", "must be 1 to 1000, not 0", id="under the range"),
        pytest.param(integer, "1001", "must be 1 to 1000", id="over the range"),
        pytest.param(integer, "1e3", "must be a whole number", id="an exponent"),
        pytest.param(integer, "0x10", "must be a whole number", id="hexadecimal"),
        pytest.param(integer, "1_000", "must be a whole number", id="underscores"),
        pytest.param(integer, "12:30", "must be a whole number", id="base sixty"),
        pytest.param(integer, "٣", "must be a whole number", id="digits of another script"),
        pytest.param(integer, "9" * 5_000, "must be a whole number", id="thousands of digits"),
        pytest.param(number, "nan", "must be a number", id="not a number"),
        pytest.param(number, ".inf", "must be a number", id="infinity"),
        pytest.param(number, "00.5", "has a leading zero", id="two zeros in front"),
        pytest.param(size, "32MB", "must be a size such as 32MiB", id="a unit with two meanings"),
        pytest.param(size, "1.5GiB", "must be a size", id="half a unit"),
        pytest.param(size, "0", "must be 1 to", id="no bytes"),
        pytest.param(size, "032MiB", "has a leading zero", id="a size in octal"),
        pytest.param(scalars.day, "30.06.2027", "must be a date such as", id="another order"),
        pytest.param(scalars.day, "2027-02-30", "there is no 2027-02-30", id="no such day"),
        pytest.param(scalars.day, "2027-06-30T10:00", "must be a date", id="a time behind it"),
    ],
)
def test_refusals(parse: Callable[[Text], object], text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(plain(text))


def test_the_cure_names_the_unit_that_was_meant() -> None:
    with pytest.raises(ValueError) as caught:
        size(plain("32MB"))
    assert caught.value.args[1] == 'did you mean "MiB"?'
