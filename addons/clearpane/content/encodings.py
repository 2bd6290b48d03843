"""Takes the content codings of a message off, last one first, so that engines see what a user sees.

Nothing is guessed: a coding that nobody knows, or a body that is not in it, is reported, and what
was there is still looked at as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from clearpane.content import series
from clearpane.content.detection import Unread, Unscanned
from clearpane.content.limits import Budget, ExhaustedError
from clearpane.content.series import Format, Series

MOST = 4  # codings on one body; browsers know of one, the odd server sends two

CODINGS = {
    "gzip": Format.GZIP,
    "x-gzip": Format.GZIP,  # RFC 9110 section 8.4.1.3
    "deflate": Format.ZLIB,
    "br": Format.BROTLI,
    "zstd": Format.ZSTD,
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """`body` without its codings; `others` is what readers may see in its place, or behind it."""

    body: bytes
    others: tuple[bytes, ...] = ()
    faults: tuple[Unscanned, ...] = ()

    @property
    def views(self) -> tuple[bytes, ...]:
        return self.body, *self.others


def decode(body: bytes, encodings: Iterable[str], budget: Budget) -> Decoded:
    """The body without `encodings` (values of Content-Encoding, first applied first)."""
    codings = names(encodings)
    if not codings or not body:
        return Decoded(body)
    if len(codings) > MOST:
        fault = Unscanned(Unread.LIMIT, detail=f"more than {MOST} content codings")
        return Decoded(body, faults=(fault,))
    try:
        return _decode(body, codings, budget)
    except ExhaustedError as exhausted:
        return Decoded(body, faults=(Unscanned(Unread.LIMIT, detail=str(exhausted)),))


def names(encodings: Iterable[str]) -> list[str]:
    """The codings, as one list of lower-case words without `identity`."""
    words = (word.strip().lower() for value in encodings for word in value.split(","))
    return [word for word in words if word not in ("", "identity")]


def _decode(body: bytes, codings: list[str], budget: Budget) -> Decoded:
    current, others = body, []
    for coding in reversed(codings):
        one = _take_off(coding, current, budget)
        others += [view for view in (*one.views[1:], one.rest) if view]
        if one.fault:
            others += [one.whole] if one.whole and one.whole is not body else []
            return Decoded(body, tuple(others), (one.fault,))
        current = one.whole
    return Decoded(current, tuple(others))


def _take_off(coding: str, data: bytes, budget: Budget) -> Series:
    form = CODINGS.get(coding)
    if form is None:
        detail = f"content coding {coding[:40]!r} is not known"
        return Series(False, data, data, fault=Unscanned(Unread.MALFORMED, detail=detail))
    if not data:
        return Series(True)
    found = series.read(form, data, budget)
    if form is Format.ZLIB and (not found.found or found.fault):
        # RFC 9110 section 8.4.1.2: some senders leave the zlib wrapper out, and browsers read it.
        bare = series.read(Format.DEFLATE, data, budget)
        found = bare if not bare.fault else found if found.found else bare
    if not found.found:
        fault = Unscanned(Unread.MALFORMED, detail=f"the body is not in {coding}")
        return Series(False, data, data, fault=fault)
    return found
