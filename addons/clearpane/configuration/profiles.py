"""profiles.yaml: one section per kind of profile.

What a section holds is for the room that acts on it; here they are only handed out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clearpane.antivirus import profile as antivirus
from clearpane.antivirus.profile import AntivirusProfile
from clearpane.documents import mapping as documents
from clearpane.verification import profile as verification
from clearpane.verification.profile import DecryptionProfile

_LATER = ("url-filtering", "file-blocking", "data-filtering")


@dataclass(frozen=True, slots=True)
class Profiles:
    """By name; both kinds have a `default`, as on the firewall."""

    decryption: Mapping[str, DecryptionProfile]
    antivirus: Mapping[str, AntivirusProfile]


def parse(document: documents.Mapping | None) -> Profiles:
    """The profiles; without the file the default ones alone."""
    if document is None:
        return Profiles(verification.parse(None), antivirus.parse(None))
    document.only("decryption", "antivirus", *_LATER)
    for section in _LATER:
        if section in document:
            document.warning(section, f"{section} is not read yet: these profiles do nothing")
    return Profiles(
        verification.parse(document.mapping("decryption")),
        antivirus.parse(document.mapping("antivirus")),
    )
