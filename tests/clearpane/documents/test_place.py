"""A place is what an editor jumps to; a text is a string that has not forgotten its place."""

from clearpane.documents.place import Place, Text


def test_a_place_reads_as_file_line_and_column() -> None:
    assert str(Place("rules/decryption.yaml", 14, 7)) == "rules/decryption.yaml:14:7"


def test_places_sort_as_a_reader_goes_through_a_file() -> None:
    places = [Place("b", 1, 1), Place("a", 10, 1), Place("a", 2, 9), Place("a", 2, 3)]
    assert [str(place) for place in sorted(places)] == ["a:2:3", "a:2:9", "a:10:1", "b:1:1"]


def test_a_text_is_a_string_with_a_place() -> None:
    text = Text("trust", Place("rules/settings.yaml", 3, 5))
    assert text == "trust" and {text} == {"trust"}
    assert str(text.place) == "rules/settings.yaml:3:5"
    assert not text.plain
