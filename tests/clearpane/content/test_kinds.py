from clearpane.content.kinds import FAMILIES, OPAQUE, PAGE_PARTS, FileType


def test_words_are_words_of_rules() -> None:
    assert all(word == word.lower() and " " not in word for word in FileType)
    assert "any" not in FileType


def test_a_family_that_is_a_type_holds_it() -> None:
    for word, members in FAMILIES.items():
        assert set(members) <= set(FileType)
        assert word not in FileType or FileType(word) in members


def test_what_can_hold_text_of_its_own_is_looked_into() -> None:
    text = {"pdf", "rtf", "doc", "xls", "msg", "eml", "svg", "sqlite", "js", "bat", "sh", "mdb"}
    assert not text & OPAQUE


def test_pages_are_made_of_pictures_fonts_and_scripts() -> None:
    assert {"png", "jpeg", "woff", "js"} <= PAGE_PARTS
    assert not {"exe", "pdf", "zip", "mp4", "docx"} & PAGE_PARTS
