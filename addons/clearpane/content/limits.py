"""How much one body may cost: every byte that a reader unpacks is paid for here.

A `Limits` is what is allowed, a `Budget` what is left of it during one scan. A member that is too
large is given up and the next one is read; `ExhaustedError` says that the whole budget is spent.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are in bytes; the precedents are ClamAV's MaxScanSize, MaxFileSize and MaxFiles.

    `ratio` counts only beyond `floor`: what unpacks to less is never called a bomb. `held` is what
    a chain of archives in archives may hold in memory at once. `depth` is the firewall's: four
    levels of archives are opened.
    """

    total: int = 256 * MIB
    member: int = 64 * MIB
    held: int = 128 * MIB
    floor: int = 16 * MIB
    ratio: int = 64
    depth: int = 4
    count: int = 10_000


class ExhaustedError(Exception):
    """The whole scan has used what it may use; the message says of what."""


@dataclass(slots=True)
class Budget:
    """What is left of the limits."""

    limits: Limits = field(default_factory=Limits)
    unpacked: int = 0
    held: int = 0
    members: int = 0

    def allowance(self, packed: int) -> int:
        """How far `packed` bytes may unpack."""
        limits = self.limits
        left = min(limits.total - self.unpacked, limits.held - self.held)
        if left <= 0:
            raise ExhaustedError(f"unpacks to more than {limits.total // MIB} MiB")
        return min(left, limits.member, max(limits.floor, limits.ratio * packed))

    def spend(self, size: int) -> None:
        """Pays for bytes that were unpacked or copied."""
        self.unpacked += size
        if self.unpacked > self.limits.total:
            raise ExhaustedError(f"unpacks to more than {self.limits.total // MIB} MiB")

    def count(self) -> None:
        """Pays for one member, whether it turns out to be one or not."""
        self.members += 1
        if self.members > self.limits.count:
            raise ExhaustedError(f"holds more than {self.limits.count} members")

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """While a member is looked into, it counts as held."""
        self.held += size
        try:
            yield
        finally:
            self.held -= size
