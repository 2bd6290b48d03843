"""Names and numbers stay as they are, and inside the firewall's ranges."""

import re

import pytest

from clearpane.content.file_types import FileType
from clearpane.records.threat_ids import URL, of_data, of_file


def number(text: str) -> int:
    found = re.fullmatch(r".+\((\d+)\)", text)
    assert found, text
    return int(found[1])


def test_url_filtering_has_one_without_a_name() -> None:
    assert URL == "(9999)"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("pe", "Microsoft PE File(52060)", id="the firewall's own for PE"),
        pytest.param("exe", "Windows Executable (EXE)(52020)", id="the firewall's own for EXE"),
        pytest.param(
            "pdf", "Adobe Portable Document Format (PDF)(52021)", id="the firewall's own for PDF"
        ),
        pytest.param("elf", "ELF(52500)", id="the first of ours"),
        pytest.param("zip", "ZIP(52537)", id="one in the middle"),
        pytest.param("dmp", "DMP(52627)", id="the last of ours"),
        pytest.param("newer", "NEWER(52999)", id="one that has no number yet"),
    ],
)
def test_numbers_of_files_never_change(kind: str, expected: str) -> None:
    assert of_file(kind) == expected


def test_every_type_of_file_has_a_number_of_its_own() -> None:
    numbers = [number(of_file(kind)) for kind in FileType]
    assert len(set(numbers)) == len(numbers) and set(numbers) <= set(range(52_000, 52_999))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("payment-card", "payment-card(63304)", id="a predefined one"),
        pytest.param("größe\udcff", "größe\udcff(66525)", id="a name of any text"),
    ],
)
def test_numbers_of_patterns_follow_from_the_name(pattern: str, expected: str) -> None:
    assert of_data(pattern) == expected
    assert number(of_data(pattern)) in range(60_000, 70_000)
