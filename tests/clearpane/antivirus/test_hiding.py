"""Every way to hide the test virus ends as its row says, and no clean file is suspected."""

from collections import Counter

import pytest

from clearpane.antivirus.embedded import Embedded
from clearpane.content.detection import Detection, Finding, Unread, Unscanned
from e2e.harness import clean, hidden_archives, hidden_papers
from e2e.harness.hiding import Hidden

HIDING = {**hidden_archives.ROWS, **hidden_papers.ROWS}


def scan(embedded: Embedded, row: Hidden) -> tuple[Finding, ...]:
    return embedded.scan(row.make(), row.name, row.encodings, row.content_type)


@pytest.mark.parametrize("row", HIDING.values(), ids=HIDING)
def test_the_virus_ends_as_it_should(embedded: Embedded, row: Hidden) -> None:
    found = scan(embedded, row)
    threats = [one for one in found if isinstance(one, Detection)]
    reasons = [one.reason for one in found if isinstance(one, Unscanned)]
    assert bool(threats) is (row.end == "blocked"), found
    if row.end == "unscanned":
        assert reasons == [row.unread]
    elif row.end == "documented":
        assert found == ()


def test_the_table_says_what_it_has_to() -> None:
    assert not hidden_archives.ROWS.keys() & hidden_papers.ROWS.keys()
    ends = Counter(row.end for row in HIDING.values())
    assert ends["blocked"] >= 80 and ends["unscanned"] >= 20
    for row in HIDING.values():
        assert bool(row.limit) is (row.end == "documented")
        assert row.unread in (list(Unread) if row.end == "unscanned" else [""])


@pytest.mark.parametrize("file", clean.FILES.values(), ids=clean.FILES)
def test_clean_files_are_clean(embedded: Embedded, file: clean.Clean) -> None:
    assert embedded.scan(file.body(), file.name, file.encodings, file.content_type) == ()


def test_clean_files_are_of_many_types() -> None:
    assert len({file.content_type for file in clean.FILES.values()}) >= 35
    assert len(clean.FILES) >= 40
