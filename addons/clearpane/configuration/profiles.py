"""profiles.yaml: one section per kind of profile.

What a section holds is for the room that acts on it; here they are only handed out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from clearpane.antivirus import profile as antivirus
from clearpane.antivirus.profile import AntivirusProfile
from clearpane.content.data_patterns import Definition
from clearpane.documents import mapping as documents
from clearpane.filtering import data, files, url
from clearpane.filtering.data import DataFiltering
from clearpane.filtering.files import FileBlocking
from clearpane.filtering.url import UrlFiltering
from clearpane.rulebase.security import ProfileKind
from clearpane.verification import profile as verification
from clearpane.verification.profile import DecryptionProfile

_SECTIONS = ("decryption", "antivirus", "url-filtering", "file-blocking", "data-filtering")


@dataclass(frozen=True, slots=True)
class Profiles:
    """By name; every kind has a `default`, as on the firewall."""

    decryption: Mapping[str, DecryptionProfile]
    antivirus: Mapping[str, AntivirusProfile]
    url: Mapping[str, UrlFiltering]
    files: Mapping[str, FileBlocking]
    data: Mapping[str, DataFiltering]

    @property
    def names(self) -> dict[ProfileKind, Collection[str]]:
        """What a security rule can name."""
        return {
            ProfileKind.VIRUS: self.antivirus.keys(),
            ProfileKind.URL_FILTERING: self.url.keys(),
            ProfileKind.FILE_BLOCKING: self.files.keys(),
            ProfileKind.DATA_FILTERING: self.data.keys(),
        }


def parse(
    document: documents.Mapping | None,
    categories: Collection[str] = (),
    patterns: Mapping[str, Definition] | None = None,
) -> Profiles:
    """The profiles; without the file the default ones alone.

    `categories` are those that there are, domain lists too; `patterns` the administrator's own.
    """
    if document:
        document.only(*_SECTIONS)
    sections = {key: document.mapping(key) if document else None for key in _SECTIONS}
    return Profiles(
        verification.parse(sections["decryption"]),
        antivirus.parse(sections["antivirus"]),
        url.parse(sections["url-filtering"], categories),
        files.parse(sections["file-blocking"]),
        data.parse(sections["data-filtering"], patterns or {}),
    )
