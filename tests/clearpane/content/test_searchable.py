import pytest

from clearpane.content.searchable import Coding, coding, cut, text

PLAIN = "number 4111 1111 1111 1111, ä and \N{GRINNING FACE}"
CODINGS: dict[str, tuple[bytes, Coding]] = {
    "UTF-8": (PLAIN.encode(), Coding.PLAIN),
    "UTF-8 with a mark": (b"\xef\xbb\xbf" + PLAIN.encode(), Coding.PLAIN),
    "nothing": (b"", Coding.PLAIN),
    "an old code page": (b"\xe4\xf6\xfc 4111", Coding.PLAIN),
    "little-endian with a mark": (b"\xff\xfe" + PLAIN.encode("utf-16-le"), Coding.UTF16_LE),
    "big-endian with a mark": (b"\xfe\xff" + PLAIN.encode("utf-16-be"), Coding.UTF16_BE),
    "little-endian": (PLAIN.encode("utf-16-le"), Coding.UTF16_LE),
    "big-endian": (PLAIN.encode("utf-16-be"), Coding.UTF16_BE),
    "zeros": (bytes(1000), Coding.PLAIN),
    "a program": (bytes(range(256)) * 4, Coding.PLAIN),
    "a form with a plus": (b"name=a+b&card=4111+1111", Coding.FORM),
    "a form with an escape": (b"card=4111%201111", Coding.FORM),
    "a form without either": (b"name=a&card=41111111", Coding.PLAIN),
    "prose with a percent sign": (b"a=b is 100% right", Coding.PLAIN),
    "JSON": (b'{"a":"b%20c=d"}', Coding.PLAIN),
    "base64 that is filled up": (b"aGVsbG8+d29ybGQ+aGVsbG8=", Coding.PLAIN),
    "a quoted-printable line": (b"caf=C3=A9 100%\r\n", Coding.PLAIN),
}


@pytest.mark.parametrize(("body", "expected"), CODINGS.values(), ids=CODINGS)
def test_coding(body: bytes, expected: Coding) -> None:
    assert coding(body) is expected


@pytest.mark.parametrize("how", [Coding.UTF16_LE, Coding.UTF16_BE])
def test_utf16(how: Coding) -> None:
    assert text(PLAIN.encode(how), how) == PLAIN.encode()


def test_half_a_character_is_replaced() -> None:
    assert text(b"a\0\x3d\xd8", Coding.UTF16_LE) == "a\N{REPLACEMENT CHARACTER}".encode()
    assert text(b"a\0b", Coding.UTF16_LE) == "a\N{REPLACEMENT CHARACTER}".encode()


def test_a_form() -> None:
    assert text(b"a=4111+11%31%31&b=%", Coding.FORM) == b"a=4111 1111&b=%"


def test_plain_is_not_copied() -> None:
    body = PLAIN.encode()
    assert text(body, Coding.PLAIN) is body


@pytest.mark.parametrize("shift", range(4))
def test_a_long_form_is_read_in_steps_that_split_no_escape(shift: int) -> None:
    body = b"a=" + b"x" * shift + b"%34" * 100_000
    assert text(body, Coding.FORM) == b"a=" + b"x" * shift + b"4" * 100_000


BODIES = {
    Coding.PLAIN: PLAIN.encode(),
    Coding.FORM: b"a=%34%31+1%201%F0%9F%98%80",
    Coding.UTF16_LE: PLAIN.encode("utf-16-le"),
    Coding.UTF16_BE: PLAIN.encode("utf-16-be"),
}


@pytest.mark.parametrize(("how", "body"), BODIES.items())
def test_what_is_cut_reads_as_before(how: Coding, body: bytes) -> None:
    for at in range(-1, len(body) + 2):
        end = cut(body, at, how)
        assert 0 <= end <= max(at, 0)
        assert at - end <= 3 or at > len(body)
        assert text(body[:end], how) + text(body[end:], how) == text(body, how)
