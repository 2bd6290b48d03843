import pytest

from clearpane.control.table import Table, visible

POOLS = Table(
    ("POOL NAME", "FREE", "FULL"), (("proxy session", 1_019, False), (None, 0, True)), "Pools", "2"
)


def test_columns_stand_below_each_other() -> None:
    assert str(POOLS).splitlines() == [
        "Pools",
        "POOL NAME      FREE  FULL",
        "-------------------------",
        "proxy session  1019  no",
        "               0     yes",
        "2",
    ]


def test_an_empty_table_says_so_below_its_columns() -> None:
    assert str(Table(("NAME", "REASON"))) == "NAME  REASON\n------------\nno entries"


def test_a_program_gets_objects_with_values() -> None:
    assert POOLS.as_json() == [
        {"pool_name": "proxy session", "free": 1_019, "full": False},
        {"pool_name": None, "free": 0, "full": True},
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("shop.test", "shop.test", id="a name"),
        pytest.param("café 漢", "café 漢", id="letters of any script"),
        pytest.param("a\x1b[2J\r\nb\x7f\x9b", "a\\x1b[2J\\r\\nb\\x7f\\x9b", id="controls"),
        pytest.param("a\u202eb\u2066c\u200b", "a\\u202eb\\u2066c\\u200b", id="bidi and unseen"),
        pytest.param("\u2028\ud800", "\\u2028\\ud800", id="line separator, lone surrogate"),
    ],
)
def test_what_an_outsider_wrote_stays_text(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert str(Table(("NAME",), ((text,),))).splitlines()[2] == shown


def test_a_table_survives_the_wire() -> None:
    wire = POOLS.to_wire() | {
        "columns": list(POOLS.columns),
        "rows": [list(row) for row in POOLS.rows],
    }
    assert Table.from_wire(wire) == POOLS


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {"columns": ["A"]},
        {"columns": ["A"], "rows": [[]], "title": "", "footer": ""},
        {"columns": ["A"], "rows": [["a", "b"]], "title": "", "footer": ""},
        {"columns": ["A"], "rows": [[[]]], "title": "", "footer": ""},
        {"columns": ["A"], "rows": ["a"], "title": "", "footer": ""},
        {"columns": [1], "rows": [], "title": "", "footer": ""},
    ],
)
def test_what_is_no_table_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="no table"):
        Table.from_wire(wrong)
