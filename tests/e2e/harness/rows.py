"""What a row of the table of servers is, and the authorities that all rows are made with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import chains

from . import pki, spelled
from .pki import DAY, NOW, Pair
from .shelf import Shelf
from .site import authorities
from .zoo import Zoo

PAST, FUTURE = (NOW - 90 * DAY, NOW - 3 * DAY), (NOW + 3 * DAY, NOW + 90 * DAY)
STEADY = (NOW - 400 * DAY, NOW + 3650 * DAY)
UNKNOWN, INCOMPLETE = "unknown-issuer", "incomplete-chain"


class Makers:
    """The zoo's authorities and the odd ones beside them, each made once.

    `shelf` is where their responders, lists and CA Issuers addresses are; `own` is the gateway's
    own Forward Trust.
    """

    def __init__(self, zoo: Zoo, shelf: Shelf) -> None:
        self.shelf, self.own = shelf, authorities()[0]
        self.root, self.issuing, self.stranger = zoo.root, zoo.issuing, zoo.stranger

    @cached_property
    def old_root(self) -> Pair:
        """Trusted by the administrator, and expired."""
        return pki.authority("Old Root", dates=(NOW - 900 * DAY, NOW - 3 * DAY))

    @cached_property
    def lonely(self) -> Pair:
        """An intermediate that stands among the trusted roots; nobody knows its issuer."""
        return pki.authority("Lonely Issuing", self.stranger)

    @cached_property
    def device(self) -> Pair:
        """A device's own certificate that stands among the trusted roots."""
        return pki.leaf(None, "device.zoo.test")

    @cached_property
    def rsa(self) -> Pair:
        return pki.authority("Zoo RSA Issuing", self.root, key="rsa2048")

    @cached_property
    def sha1_root(self) -> Pair:
        """Trusted; only its signature of itself is SHA-1, which nobody checks."""
        root = pki.authority("Zoo SHA-1 Root", key="rsa2048")
        return pki.rewritten(root, root, algorithm=pki.SHA1_RSA)

    @cached_property
    def future_root(self) -> Pair:
        return pki.authority("Future Root", dates=(NOW + 3 * DAY, NOW + 900 * DAY))

    @cached_property
    def weak_root(self) -> Pair:
        return pki.authority("Weak Root", key="rsa1024")

    @cached_property
    def feeble_root(self) -> Pair:
        return spelled.authority(None, "Feeble Root", key=spelled.key_of("rsa512"))

    @cached_property
    def mute_root(self) -> Pair:
        """Trusted, though its keyUsage lets it sign nothing."""
        usage = (chains.constraints(ca=True), chains.key_usage(0x80))
        return spelled.authority(None, "Mute Root", extensions=usage)

    @cached_property
    def software_root(self) -> Pair:
        """Trusted, though it says that it is for code signing only."""
        usage = chains.purpose("1.3.6.1.5.5.7.3.3")
        extensions = (chains.constraints(ca=True), chains.CERT_SIGN, usage)
        return spelled.authority(None, "Software Root", extensions=extensions)

    @property
    def trusted(self) -> list[Pair]:
        """What the administrator put among the trusted roots."""
        odd = [self.lonely, self.device, self.feeble_root, self.mute_root, self.software_root]
        return [self.root, self.old_root, self.future_root, self.sha1_root, self.weak_root, *odd]

    def under(self, issuer: Pair, name: str, dates: pki.Dates = STEADY) -> Pair:
        """An intermediate for one row."""
        return pki.authority(f"Issuing of {name}", issuer, dates=dates)


type Make = Callable[[Makers, str], Pair]


class Served(StrEnum):
    """By whom: the one server of all names, one that speaks TLS 1.2 only, one that takes what
    Python's ssl refuses, or one that sends the octets as they are and can't go on."""

    TOGETHER = "together"
    OLDER = "older"
    ODDLY = "oddly"
    RAW = "raw"


@dataclass(frozen=True)
class Row:
    """`signer`: the authority of the leaf that a client is shown, "" for a page.

    `reasons`: what the record says. `sees`: the errors
    that openssl finds in the real certificate and must find in the leaf; None for any that no
    leaf under Forward Trust would show. `name`: what the client asks for, "" for ROW.zoo.test.
    `lost`: what openssl, which tries one path and fetches nothing, makes of a chain that holds.
    """

    make: Make
    signer: str
    reasons: tuple[str, ...] = ()
    sees: frozenset[int] | None = None
    name: str | None = ""
    served: Served = Served.TOGETHER
    lost: frozenset[int] = frozenset()

    @property
    def oddly(self) -> "Row":
        return replace(self, served=Served.ODDLY)

    @property
    def older(self) -> "Row":
        return replace(self, served=Served.OLDER)

    def losing(self, *errors: int) -> "Row":
        return replace(self, lost=frozenset(errors))


def trust(make: Make, *reasons: str, sees: Sequence[int] = (), name: str | None = "") -> Row:
    return Row(make, "forward-trust", reasons, frozenset(sees), name)


def untrust(make: Make, *reasons: str) -> Row:
    return Row(make, "forward-untrust", reasons)


def page(make: Make, *reasons: str) -> Row:
    return Row(make, "", reasons or ("malformed-certificate",))
