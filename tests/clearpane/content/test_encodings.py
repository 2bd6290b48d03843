import gzip
import zlib

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from archived import EICAR, bomb
from clearpane.content.detection import Unread
from clearpane.content.encodings import decode
from clearpane.content.limits import Budget, Limits


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


CODED: dict[str, tuple[list[str], bytes]] = {
    "no coding": ([], EICAR),
    "identity": (["identity"], EICAR),
    "gzip": (["gzip"], gzip.compress(EICAR)),
    "in any case": (["GZip"], gzip.compress(EICAR)),
    "x-gzip": (["x-gzip"], gzip.compress(EICAR)),
    "deflate": (["deflate"], zlib.compress(EICAR)),
    "deflate without its wrapper": (["deflate"], raw_deflate(EICAR)),
    "brotli": (["br"], brotli.compress(EICAR)),
    "zstd": (["zstd"], zstandard.compress(EICAR)),
    "two in one field": (["deflate, gzip"], gzip.compress(zlib.compress(EICAR))),
    "two in two fields": (["br", "zstd"], zstandard.compress(brotli.compress(EICAR))),
    "identity between two": (["gzip", "identity, gzip"], gzip.compress(gzip.compress(EICAR))),
}


@pytest.mark.parametrize(("codings", "body"), CODED.values(), ids=CODED)
def test_codings_are_taken_off(codings: list[str], body: bytes) -> None:
    decoded = decode(body, codings, Budget())
    assert (decoded.body, decoded.others, decoded.faults) == (EICAR, (), ())


def test_an_empty_body_needs_no_decoding() -> None:
    assert decode(b"", ["gzip"], Budget()).views == (b"",)


FAULTS: dict[str, tuple[list[str], bytes, Unread, str]] = {
    "an unknown coding": (["sdch"], EICAR, Unread.MALFORMED, "'sdch' is not known"),
    "an unknown one below": (
        ["sdch, gzip"],
        gzip.compress(EICAR),
        Unread.MALFORMED,
        "'sdch' is not known",
    ),
    "gzip that is none": (["gzip"], EICAR, Unread.MALFORMED, "not in gzip"),
    "deflate that is none": (["deflate"], EICAR, Unread.MALFORMED, "can't be unpacked"),
    "brotli that is none": (["br"], EICAR, Unread.MALFORMED, "can't be unpacked"),
    "too many codings": (["gzip"] * 5, EICAR, Unread.LIMIT, "more than 4"),
    "a coding with a very long name": (["x" * 999], EICAR, Unread.MALFORMED, "xxx"),
}


@pytest.mark.parametrize(("codings", "body", "reason", "detail"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_reported_and_what_is_there_is_kept(
    codings: list[str], body: bytes, reason: Unread, detail: str
) -> None:
    decoded = decode(body, codings, Budget())
    assert [fault.reason for fault in decoded.faults] == [reason]
    assert detail in decoded.faults[0].detail
    assert len(decoded.faults[0].detail) < 100
    assert EICAR in decoded.views


def test_what_readers_may_see_in_its_place_is_kept() -> None:
    decoded = decode(gzip.compress(EICAR) + gzip.compress(b"a") + b"junk", ["gzip"], Budget())
    assert decoded.views == (EICAR + b"a", EICAR, b"junk")


def test_a_bomb_is_a_limit() -> None:
    decoded = decode(bomb(40), ["gzip"], Budget())
    assert [fault.reason for fault in decoded.faults] == [Unread.LIMIT]


def test_a_spent_budget_is_a_limit() -> None:
    decoded = decode(gzip.compress(bytes(1000)), ["gzip"], Budget(Limits(total=100)))
    assert [fault.reason for fault in decoded.faults] == [Unread.LIMIT]
