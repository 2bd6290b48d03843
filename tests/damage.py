"""Strategies that spoil what is sound: hellos, certificates, answers.

`HYPOTHESIS_PROFILE=fuzz` (tests/conftest.py) makes many more of them.
"""

from collections.abc import Callable

from hypothesis import strategies as st

type Change = Callable[[bytes], bytes]

_OCTETS = st.one_of(st.sampled_from((0, 1, 0x7F, 0x80, 0xFE, 0xFF)), st.integers(0, 255))
_LIES = st.sampled_from((b"\0\0", b"\0\1", b"\x7f\xff", b"\xff\xff", b"\x84\x7f\xff\xff\xff"))
_ANYWHERE = st.floats(0, 1, exclude_max=True)


def _put(at: float, octets: bytes, over: int) -> Change:
    """`octets` in place of `over` others."""

    def change(data: bytes) -> bytes:
        place = int(at * len(data))
        return data[:place] + octets + data[place + over :]

    return change


def _repeat(at: float, length: int, times: int) -> Change:
    def change(data: bytes) -> bytes:
        place = int(at * len(data))
        return data[:place] + data[place : place + length] * times + data[place + length :]

    return change


_CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(lambda at, octet: _put(at, bytes((octet,)), 1), _ANYWHERE, _OCTETS),
    st.builds(lambda at, lie: _put(at, lie, len(lie)), _ANYWHERE, _LIES),
    st.builds(_put, _ANYWHERE, st.binary(max_size=4), st.integers(0, 40)),
    st.builds(_repeat, _ANYWHERE, st.integers(1, 60), st.integers(2, 6)),
    st.builds(lambda at: lambda data: data[: int(at * len(data))], _ANYWHERE),
)


@st.composite
def damaged(draw: st.DrawFn, *sound: bytes) -> bytes:
    """One of these with one to four changes: octets, lengths that lie, cuts, repetitions."""
    data = draw(st.sampled_from(sound))
    for change in draw(st.lists(_CHANGES, min_size=1, max_size=4)):
        data = change(data)
    return data


def nested(heads: st.SearchStrategy[bytes], deepest: int) -> st.SearchStrategy[bytes]:
    """The same head again and again, as of elements that hold elements."""
    return st.builds(lambda head, depth: head * depth, heads, st.integers(0, deepest))
