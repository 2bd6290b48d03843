import base64
import bz2
import gzip
import lzma
import random
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from archived import EICAR, bomb, deb, nested, tarred, zip_member, zipped
from clearpane.content import archives, encodings
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.flow import LAG, OVERLAP, Flow, Found, Window
from clearpane.content.limits import Budget
from clearpane.content.member import Member

MIB = 1 << 20
NOISE = random.Random(1).randbytes(3 * MIB)
FILES = {"a.bin": NOISE, "docs/eicar.com": EICAR, "z.bin": NOISE[:5000]}
FOLDED = gzip.compress(tarred(FILES), 1)
CLEAN = {"a.bin": NOISE, "b.bin": NOISE[:MIB]}


def rubbish() -> bytes:
    """Where a block should begin, there is none."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(NOISE) + packer.flush(zlib.Z_SYNC_FLUSH) + b"\xff" * 99


def mail(**files: bytes) -> bytes:
    out = b"From: a@example.com\r\nMIME-Version: 1.0\r\n"
    out += b'Content-Type: multipart/mixed; boundary="xx"\r\n\r\n'
    for name, body in files.items():
        out += b"--xx\r\nContent-Transfer-Encoding: base64\r\n"
        out += b"Content-Disposition: attachment; filename=%b\r\n\r\n" % name.encode()
        out += base64.encodebytes(body)
    return out + b"--xx--\r\n"


def form(**files: bytes) -> bytes:
    parts = (
        b'--xx\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), body)
        for name, body in files.items()
    )
    return b"".join(parts) + b"--xx--\r\n"


def read(
    data: bytes,
    step: int = 65_536,
    *,
    coding: Sequence[str] = (),
    kind: str = "",
    whole: int = 32 * MIB,
) -> list[Found]:
    flow, out = Flow(encodings=coding, content_type=kind, whole=whole), list[Found]()
    for at in range(0, len(data), step):
        out += flow.feed(data[at : at + step])
    return [*out, *flow.end()]


def summed(found: Sequence[Found]) -> tuple[set[str], set[Unread]]:
    """The files that are EICAR, and why content could not be read."""
    names, reasons = set[str](), set[Unread]()
    for one in found:
        if isinstance(one, Unscanned):
            reasons.add(one.reason)
        elif isinstance(one, Member):
            for part in archives.walk(one.body, "", "", Budget()):
                if isinstance(part, Unscanned):
                    reasons.add(part.reason)
                elif part.body == EICAR:
                    names.add(part.name or one.name or "body")
    return names, reasons


FOUND: dict[str, tuple[bytes, str]] = {
    "zip, deflated": (zipped(FILES), "docs/eicar.com"),
    "zip, stored": (zipped(FILES, zipfile.ZIP_STORED), "docs/eicar.com"),
    "zip, bzip2": (zipped({"a": NOISE[:MIB] * 2, "e": EICAR}, zipfile.ZIP_BZIP2), "e"),
    "zip, lzma": (zipped({"a": NOISE[:MIB] * 2, "e": EICAR}, zipfile.ZIP_LZMA), "e"),
    "tar": (tarred(FILES), "docs/eicar.com"),
    "tar.gz": (gzip.compress(tarred(FILES), 1), "docs/eicar.com"),
    "tar.bz2": (bz2.compress(tarred({"a": NOISE[: 2 * MIB], "e": EICAR}), 1), "e"),
    "tar.xz": (lzma.compress(tarred(FILES), preset=0), "docs/eicar.com"),
    "tar.zst": (zstandard.compress(tarred(FILES)), "docs/eicar.com"),
    "tgz in zip": (zipped({"x.tgz": FOLDED}), "x.tgz/x.tar/docs/eicar.com"),
    "zip in tar": (tarred({"z.zip": zipped(FILES)}), "z.zip/docs/eicar.com"),
    "small zip in tar": (tarred({"a": NOISE, "z.zip": zipped({"e": EICAR})}), "e"),
    "zip in zip": (zipped({"z.zip": zipped(FILES, 0)}, 0), "z.zip/docs/eicar.com"),
    "zip behind a picture": (b"GIF89a" + NOISE + zipped(FILES), "docs/eicar.com"),
    "second of two zips": (zipped(CLEAN) + zipped(FILES), "docs/eicar.com"),
    "first of two zips": (zipped(FILES) + zipped(CLEAN), "docs/eicar.com"),
    "first stream of two": (gzip.compress(EICAR) + gzip.compress(NOISE), "body"),
    "behind a gzip stream": (gzip.compress(NOISE) + bytes(9) + EICAR, "body"),
    "behind a tar": (tarred(CLEAN) + EICAR, "body"),
    "between two zip members": (
        zip_member(b"a", NOISE, size=len(NOISE)) + EICAR + zip_member(b"b", b"b", size=1),
        "body",
    ),
    "mail": (mail(a=NOISE, e=EICAR), "e"),
    "zip in a mail": (mail(z=zipped(FILES)), "z/docs/eicar.com"),
    "deb": (deb({"a": NOISE, "e": EICAR}), "e"),
    "cut behind the file": (gzip.compress(tarred(FILES), 1)[:-1000], "docs/eicar.com"),
    "small": (zipped({"e": EICAR}), "e"),
    "the body itself": (EICAR, "body"),
}  # fmt: skip


@pytest.mark.parametrize("step", [1 << 24, 60_000, 4099], ids=["at once", "in blocks", "in bits"])
@pytest.mark.parametrize(("data", "name"), FOUND.values(), ids=FOUND)
def test_the_file_is_found_in_a_large_body(data: bytes, name: str, step: int) -> None:
    names, _ = summed(read(data, step))
    assert name in names


CODED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": zstandard.compress,
    "gzip, br": lambda data: brotli.compress(gzip.compress(data, 1), quality=1),
}


@pytest.mark.parametrize(("coding", "pack"), CODED.items(), ids=CODED)
def test_content_codings_are_taken_off(coding: str, pack: Callable[[bytes], bytes]) -> None:
    found = read(pack(tarred(FILES)), coding=[coding])
    assert summed(found) == ({"docs/eicar.com"}, set())
    body = b"".join(w.body[w.fresh :] for w in found if isinstance(w, Window) and not w.name)
    assert body == tarred(FILES)


def test_deflate_may_come_without_its_wrapper() -> None:
    packed = zlib.compress(tarred(FILES), wbits=-15)
    assert summed(read(packed, coding=["deflate"])) == ({"docs/eicar.com"}, set())


UNREAD: dict[str, tuple[bytes, str, Unread]] = {
    "a coding that nobody knows": (NOISE, "x-mine", Unread.MALFORMED),
    "a coding that it is not in": (NOISE, "gzip", Unread.MALFORMED),
    "rubbish in the middle": (rubbish(), "gzip", Unread.MALFORMED),
    "too many codings": (NOISE, "gzip,gzip,gzip,gzip,gzip", Unread.LIMIT),
    "archives too deep": (nested(6, NOISE, 0), "", Unread.LIMIT),
    "a bomb in a bomb": (gzip.compress(bomb(300)), "gzip,gzip", Unread.LIMIT),
    "an archive that must be whole": (b"7z\xbc\xaf\x27\x1c" + NOISE * 2, "", Unread.TOO_BIG),
}


@pytest.mark.parametrize(("data", "coding", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_can_not_be_read_is_named(data: bytes, coding: str, reason: Unread) -> None:
    _, reasons = summed(read(data, coding=[coding] if coding else [], whole=4 * MIB))
    assert reason in reasons


HONEST = {
    "noise": NOISE,
    "zeros": bytes(3 * MIB),
    "zip": zipped(CLEAN),
    "stored zip": zipped(CLEAN | {"empty/": b"", "none": b""}, 0),
    "zip behind a program": b"MZ" + NOISE[:70_000] + zipped(CLEAN),
    "two zips": zipped(CLEAN) * 2,
    "tar": tarred(CLEAN | {"empty": b""}),
    "tar.gz": gzip.compress(tarred(CLEAN), 1),
    "mail": mail(a=NOISE, b=b"x"),
    "form": form(a=NOISE, b=b"x"),
}


@pytest.mark.parametrize("data", HONEST.values(), ids=HONEST)
def test_honest_content_is_read_without_complaint(data: bytes) -> None:
    kind = "multipart/form-data; boundary=xx" if data.startswith(b"--xx") else ""
    assert [one for one in read(data, kind=kind) if isinstance(one, Unscanned)] == []


def test_the_parts_of_an_upload_are_members() -> None:
    kind = "multipart/form-data; boundary=xx"
    names, reasons = summed(read(form(a=NOISE, e=EICAR, z=zipped(FILES)), kind=kind))
    assert names >= {"e", "z/docs/eicar.com"}
    assert reasons == set()


@pytest.mark.parametrize("step", [100, 5000, 65_536, 3 * MIB], ids=lambda step: f"by {step}")
def test_all_but_the_lag_has_been_handed_out(step: int) -> None:
    flow, fed, reached = Flow(), 0, 0
    for at in range(0, MIB, step):
        fed += len(NOISE[at : at + step])
        for one in flow.feed(NOISE[at : at + step]):
            assert isinstance(one, Window)
            assert one.body == NOISE[one.start : one.start + len(one.body)]
            assert one.start == max(0, reached - OVERLAP)
            reached = one.start + len(one.body)
        assert fed - reached < LAG


def test_what_a_coding_holds_is_handed_out_in_time() -> None:
    """Empty blocks bring no content, and the bytes before them must not wait."""
    packer = zlib.compressobj(wbits=31)
    data = packer.compress(NOISE[:40_000]) + packer.flush(zlib.Z_SYNC_FLUSH)
    flow = Flow(encodings=["gzip"])
    assert [*flow.feed(data)] == []
    windows = [*flow.feed(b"\0\0\0\xff\xff" * 6000)]
    assert [len(one.body) for one in windows if isinstance(one, Window)] == [40_000]


def test_a_large_clean_body_costs_little_memory() -> None:
    packed, flow, size = bomb(200), Flow(encodings=["gzip"]), 0
    tracemalloc.start()
    for at in range(0, len(packed), 65_536):
        for one in flow.feed(packed[at : at + 65_536]):
            assert isinstance(one, Window)
            size += len(one.body) - one.fresh
        assert flow.held < 2 * MIB + LAG
    size += sum(len(w.body) - w.fresh for w in flow.end() if isinstance(w, Window))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 200 * MIB
    assert peak < 8 * MIB


def test_a_file_behind_40_mebibytes_is_found() -> None:
    data = gzip.compress(tarred({"big": NOISE * 14, "e": EICAR}), 1)
    assert summed(read(data)) == ({"e"}, set())


SMALL: dict[str, tuple[bytes, list[str]]] = {
    "zip": (zipped({"e": EICAR}), []),
    "tar": (tarred({"e": EICAR}), []),
    "gzip coding": (gzip.compress(tarred({"e": EICAR})), ["gzip"]),
    "two streams": (gzip.compress(EICAR) + gzip.compress(b"x"), ["gzip"]),
    "zstd coding": (zstandard.compress(zipped({"e": EICAR})), ["zstd"]),
    "brotli and rubbish": (brotli.compress(EICAR) + b"x", ["br"]),
    "cut coding": (gzip.compress(EICAR)[:-9], ["gzip"]),
    "nothing": (b"", ["gzip"]),
    "not coded": (EICAR, ["gzip"]),
}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(SMALL)), st.lists(st.integers(0, 4000), max_size=6))
def test_any_split_agrees_with_the_reader_of_whole_bodies(row: str, cuts: list[int]) -> None:
    data, coding = SMALL[row]
    decoded = encodings.decode(data, coding, Budget())
    wanted = summed([*decoded.faults, *(Member("", view) for view in decoded.views)])
    flow, out = Flow(encodings=coding), list[Found]()
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    for start, stop in pairwise(edges):
        out += flow.feed(data[start:stop])
    names, _ = summed([*out, *flow.end()])
    assert names >= wanted[0]


def test_what_waits_counts_for_what_comes_next() -> None:
    flow = Flow()
    assert [*flow.feed(NOISE)]
    assert flow.is_plain(b"\3\4abc")
    assert not [*flow.feed(b"PK")]
    assert not flow.is_plain(b"\3\4abc")


def test_what_has_a_coding_is_never_plain() -> None:
    assert not Flow(encodings=("gzip",)).is_plain(b"a")


LARGE = (
    zipped({"a": NOISE[: MIB + 5], "e": EICAR}, 0),
    tarred({"a": NOISE[: MIB + 5], "e": EICAR}),
    gzip.compress(tarred({"a": NOISE[: MIB + 5], "e": EICAR}), 1),
    mail(a=NOISE[: MIB + 5], e=EICAR),
)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(range(len(LARGE))),
    st.lists(st.integers(0, 1_600_000), max_size=8),
    st.lists(st.tuples(st.integers(0, 1_600_000), st.binary(max_size=12)), max_size=3),
)
def test_no_split_and_no_damage_makes_it_raise(
    row: int, cuts: list[int], damage: list[tuple[int, bytes]]
) -> None:
    data = bytearray(LARGE[row])
    for at, value in damage:
        data[at : at + len(value)] = value
    flow, out = Flow(), list[Found]()
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    for start, stop in pairwise(edges):
        out += flow.feed(bytes(data[start:stop]))
    out += flow.end()
    if not damage:
        assert "e" in summed(out)[0]
