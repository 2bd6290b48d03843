"""Whether a daemon finds and reports what it must: questions with known answers, for the start.

A ClamAV daemon says OK to an encrypted archive, and to one that it only looked into in part, unless
it is set up otherwise; and it starts without complaint when it has no signatures at all.
"""

import io
import zipfile
from collections.abc import Callable, Iterator

from clearpane.antivirus.threats import EICAR_NUMBER
from clearpane.content.detection import Detection, Finding, Unread, Unscanned
from clearpane.errors import Problem, Severity

DEEPER = 20  # levels; MaxRecursion is 17 by default

# The test file in hexadecimal, so that this module is not taken for a virus itself.
_EICAR = bytes.fromhex(
    "58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e44415244"
    "2d414e544956495255532d544553542d46494c452124482b482a"
)

type Ask = Callable[[bytes], tuple[Finding, ...]]


def problems(place: str, version: str, ask: Ask) -> Iterator[Problem]:
    """Warnings about the daemon at `place`, which gave its `version` and answers by `ask`."""
    if "/" not in version:
        yield _warning(
            place,
            f"{version or 'it'} has no signature database besides local files",
            "run freshclam",
        )
    if not any(_is_eicar(finding) for finding in ask(_EICAR)):
        yield _warning(
            place, "it does not find the EICAR test file", "look at its DatabaseDirectory"
        )
    if not _unread(ask(_encrypted()), Unread.ENCRYPTED):
        yield _warning(place, "it calls encrypted archives clean", "set AlertEncrypted yes")
    if not _unread(ask(_deep()), Unread.LIMIT):
        yield _warning(place, "it calls clean what is over its limits", "set AlertExceedsMax yes")


def _warning(place: str, message: str, cure: str) -> Problem:
    return Problem(place, message, cure, Severity.WARNING)


def _is_eicar(finding: Finding) -> bool:
    return isinstance(finding, Detection) and finding.identifier == EICAR_NUMBER


def _unread(findings: tuple[Finding, ...], reason: Unread) -> bool:
    return any(isinstance(one, Unscanned) and one.reason is reason for one in findings)


def _zip(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def _encrypted() -> bytes:
    """A zip whose headers say that its one member is encrypted."""
    archive = bytearray(_zip("test.txt", bytes(range(64))))
    archive[6] |= 1
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(archive)


def _deep() -> bytes:
    data = b"clean"
    for level in range(DEEPER):
        data = _zip(f"{level}.zip", data)
    return data
