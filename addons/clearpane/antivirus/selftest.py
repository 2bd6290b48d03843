"""Whether engines find and report what they must: questions with known answers.

A ClamAV daemon says OK to an encrypted archive, and to one that it only looked into in part, unless
it is set up otherwise; and it starts without complaint when it has no signatures at all.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator

from clearpane.antivirus.threats import EICAR_NUMBER
from clearpane.content.detection import Detection, Finding, Unread, Unscanned
from clearpane.errors import Problem, Severity

DEEPER = 20  # levels; MaxRecursion is 17 by default

# The test file in hexadecimal, so that this module is not taken for a virus itself.
_EICAR = bytes.fromhex(
    "58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e44415244"
    "2d414e544956495255532d544553542d46494c452124482b482a"
)

# The test file in a 7z archive, packed as 7-Zip does by itself (LZMA2).
_EICAR_7Z = bytes.fromhex(
    "377abcaf271c0003de4f479a480000000000000064000000000000001ff3a19201004358354f215025404150"
    "5b345c505a58353428505e2937434329377d2445494341522d5354414e444152442d414e544956495255532d"
    "544553542d46494c452124482b482a000104060001094800070b010001212101160c4400080a013ccf516800"
    "000501111500650069006300610072002e0063006f006d000000140a010002c4c91f0a7ddd01120a010002c4"
    "c91f0a7ddd01130a010002c4c91f0a7ddd01150601002080a4810000"
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
    if not is_found(ask(_EICAR)):
        yield _warning(
            place, "it does not find the EICAR test file", "look at its DatabaseDirectory"
        )
    if not _unread(ask(_encrypted()), Unread.ENCRYPTED):
        yield _warning(place, "it calls encrypted archives clean", "set AlertEncrypted yes")
    if not _unread(ask(_deep()), Unread.LIMIT):
        yield _warning(place, "it calls clean what is over its limits", "set AlertExceedsMax yes")


def samples(*, with_7z: bool) -> dict[str, bytes]:
    """The test file, as every engine must find it; a 7z takes an unpacker that may not be there."""
    found = {"plain": _EICAR, "in a zip": _zip("eicar.com", _EICAR)}
    return {**found, "in a 7z": _EICAR_7Z} if with_7z else found


def is_found(findings: Iterable[Finding]) -> bool:
    """Whether that is the test file."""
    return any(
        isinstance(finding, Detection) and finding.identifier == EICAR_NUMBER
        for finding in findings
    )


def _warning(place: str, message: str, cure: str) -> Problem:
    return Problem(place, message, cure, Severity.WARNING)


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
