"""Names and numbers of threats, the same whichever engine finds them.

The test file has the firewall's own name and number; every other name without a number gets one
from the firewall's range for viruses, always the same.
"""

import hashlib

EICAR, EICAR_NUMBER = "Eicar Test File", 100_000
FIRST, LAST = 100_001, 2_999_999  # the firewall's range for viruses, behind the test file


def number(name: str) -> int:
    """A stable number for a name; two names may share one, as rarely as chance has it."""
    digest = hashlib.sha256(name.encode()).digest()
    return FIRST + int.from_bytes(digest[:8]) % (LAST - FIRST + 1)


def known(name: str) -> tuple[str, int]:
    """What a threat is called in records, by the name that an engine gives it.

    ClamAV's signatures call the test file Eicar-Test-Signature, Win.Test.EICAR_HDB-1 and so on.
    """
    return (EICAR, EICAR_NUMBER) if "eicar" in name.lower() else (name, number(name))
