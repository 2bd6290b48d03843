import json

import pytest

from clearpane.control.answer import Answer
from clearpane.control.table import Table

TABLE = Table(("NAME",), (("a\n",),))


@pytest.mark.parametrize(
    ("answer", "text", "json_text", "code"),
    [
        pytest.param(Answer(text="done"), "done", {"text": "done"}, 0, id="a sentence"),
        pytest.param(Answer(error="no"), "no", {"error": "no"}, 2, id="an error"),
        pytest.param(
            Answer(table=lambda: TABLE), "NAME\n----\na\\n", [{"name": "a\n"}], 0, id="a table"
        ),
        pytest.param(
            Answer(table=lambda: Table(("NAME",))),
            "NAME\n----\nno entries",
            [],
            0,
            id="an empty one",
        ),
    ],
)
def test_an_answer_for_people_and_for_programs(
    answer: Answer, text: str, json_text: object, code: int
) -> None:
    for each in (answer, Answer.from_wire(answer.to_wire())):
        assert str(each) == text
        assert json.loads(each.to_json()) == json_text
        assert each.code == code


def test_an_answer_is_one_line_on_the_wire() -> None:
    wire = Answer(text="a\nb\u2028", table=lambda: TABLE).to_wire()
    assert wire.count(b"\n") == 1 and wire.endswith(b"\n")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\xff\xff",
        b"{}",
        b"[]",
        b'{"text": "a", "error": ""}',
        b'{"text": 1, "table": null, "error": ""}',
        b'{"text": "", "table": {}, "error": ""}',
        b"[" * 100_000,
    ],
    ids=lambda document: repr(document[:20]),
)
def test_what_is_no_answer_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Answer.from_wire(document)
