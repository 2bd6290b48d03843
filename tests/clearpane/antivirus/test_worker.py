"""What a worker sees is what the gateway asked it to see; its life is tested with the pool."""

import encodings.cp437
import sys

import pytest

from archived import EICAR, zipped
from clearpane.antivirus import worker
from clearpane.antivirus.wire import Request, Setup
from clearpane.antivirus.worker import Eyes
from clearpane.content.data_patterns import Definition
from clearpane.content.detection import DataSeen, FileSeen

BODY = zipped({"a": EICAR, "b": b"hello"})


@pytest.fixture
def eyes(sources: dict[str, str]) -> Eyes:
    return Eyes(Setup(sources, True, (Definition("greeting", "hello"),)))


def test_all_that_is_asked_for(eyes: Eyes) -> None:
    found = eyes.look(Request("x.zip"), BODY)
    assert [str(one) for one in found.findings] == ["Eicar Test File(100000)"]
    assert FileSeen("zip") in found.seen
    assert [one.pattern for one in found.seen if isinstance(one, DataSeen)] == ["greeting"]


def test_nothing_that_is_not_asked_for() -> None:
    found = Eyes(Setup()).look(Request("x.zip"), BODY)
    assert (found.findings, found.seen) == ((), ())


@pytest.mark.parametrize(("views", "expected"), [(True, (BODY,)), (False, ())])
def test_views_are_for_who_wants_them(eyes: Eyes, views: bool, expected: tuple[bytes, ...]) -> None:
    assert eyes.look(Request(views=views), BODY).views == expected


def test_nothing_is_left_to_be_imported_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, encodings.cp437.__name__)
    worker._load_what_is_loaded_late()
    assert {"encodings.cp437", "encodings.shift_jis", "libarchive"} <= sys.modules.keys()
