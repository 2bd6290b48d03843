import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearpane.certificates import pem


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=4))
def test_what_is_written_is_read(ders: list[bytes]) -> None:
    assert pem.certificates("".join(map(pem.to_pem, ders)).encode()) == ders


def test_lines_have_64_characters() -> None:
    lines = pem.to_pem(bytes(100)).splitlines()
    assert [len(line) for line in lines[1:-1]] == [64, 64, 8]


FRAMES = [
    pytest.param("Bag Attributes\n    localKeyID: 01\nsubject=CN = a-b\n{}", id="Bag Attributes"),
    pytest.param("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n{}", id="a key"),
    pytest.param("\ufeff# comment\n{}trailing", id="a byte order mark and comments"),
]


@pytest.mark.parametrize("frame", FRAMES)
def test_what_stands_around_is_passed_over(frame: str) -> None:
    assert pem.certificates(frame.format(pem.to_pem(b"abc")).encode()) == [b"abc"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("\n", "\r\n"), id="Windows line ends"),
        pytest.param((" CERT", " X509 CERT"), id="the old label"),
        pytest.param(("\n", "\n  "), id="indented"),
    ],
)
def test_other_spellings_are_read(change: tuple[str, str]) -> None:
    assert pem.certificates(pem.to_pem(bytes(99)).replace(*change).encode()) == [bytes(99)]


def test_text_without_a_certificate_has_none() -> None:
    assert pem.certificates(b"\x00\xff nothing here") == []


def test_a_block_that_is_no_base64_is_named() -> None:
    text = pem.to_pem(b"first") + pem.to_pem(b"second").replace("c2Vjb25k", "c2V?b25k")
    with pytest.raises(pem.PemError, match="certificate 2 is not base64"):
        pem.certificates(text.encode())
