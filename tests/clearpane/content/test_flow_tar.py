import io
import tarfile

import pytest

from archived import EICAR, tarred
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow_content import Content
from clearpane.content.flow_nodes import Context, Found, Meter, Place
from clearpane.content.flow_tar import LONGEST_RECORDS, Tar
from clearpane.content.limits import Limits
from clearpane.content.member import Member

BLOCK = 512


def read(data: bytes, step: int = 100) -> list[Found]:
    limits = Limits()
    reader, out = Tar(Place(Context(999, limits, Meter(limits), Content))), list[Found]()
    for at in range(0, len(data), step):
        out += reader.feed(data[at : at + step])
    return [*out, *reader.end()]


def entry(name: str, kind: bytes = b"0", body: bytes = b"") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(body)
    return info.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % BLOCK)


def pax(name: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(EICAR)
        archive.addfile(info, io.BytesIO(EICAR))
    return out.getvalue()


LONG = "folder/" * 40 + "e"
FOUND: dict[str, tuple[bytes, str]] = {
    "one of several": (tarred({"a": bytes(2000), "e": EICAR, "b": b"x"}), "e"),
    "a long name": (tarred({LONG: EICAR}), LONG),
    "a long name by pax": (pax(LONG), LONG),
    "behind the end": (tarred({"a": b"x"}) + EICAR, ""),
    "behind rubbish": (tarred({"a": b"x"}) + b"x" * BLOCK + entry("e", body=EICAR), "e"),
    "in a second archive": (tarred({"a": b"x"}) + tarred({"e": EICAR}), "e"),
    "padding is cut off": (entry("e", body=EICAR)[: BLOCK + 68], "e"),
}


@pytest.mark.parametrize("step", [1, 100, 99_999], ids=lambda step: f"by {step}")
@pytest.mark.parametrize(("data", "name"), FOUND.values(), ids=FOUND)
def test_the_file_is_found(data: bytes, name: str, step: int) -> None:
    assert Member(name, EICAR) in read(data, step)


UNREAD: dict[str, tuple[bytes, Unread]] = {
    "two sizes": (entry("x", b"x", b"10 size=9\n") + entry("a", body=EICAR), Unread.MALFORMED),
    "sparse": (entry("a", b"S"), Unread.MALFORMED),
    "endless records": (entry("x", b"x", bytes(LONGEST_RECORDS)), Unread.LIMIT),
}


@pytest.mark.parametrize(("data", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_can_not_be_read_is_named(data: bytes, reason: Unread) -> None:
    assert [one.reason for one in read(data) if isinstance(one, Unscanned)] == [reason]


def test_honest_archives_are_read_without_complaint() -> None:
    found = read(tarred({"a": bytes(2000), "empty": b"", "b": EICAR}))
    assert found == [Member("a", bytes(2000)), Member("b", EICAR)]
