"""What a zip archive is the wrapping of: a document, a program or just files.

The names of its members decide, and what they claim of themselves.
"""

from collections.abc import Iterator
from itertools import islice

from clearpane.content import directory
from clearpane.content.directory import Claim
from clearpane.content.kinds import FileType

_T = FileType
MARKS = (directory.LOCAL, directory.END, b"PK\x07\x08PK\x03\x04")
# As many as a scan opens, so that nothing hides behind a thousand names.
_MOST = 10_000

# OpenDocument 1.3 part 2, section 3.3, and EPUB OCF 3.3: the first member holds its own type.
_MIMETYPES = (
    (b"application/vnd.oasis.opendocument.text", _T.ODT),
    (b"application/vnd.oasis.opendocument.spreadsheet", _T.ODS),
    (b"application/vnd.oasis.opendocument.presentation", _T.ODP),
    (b"application/vnd.oasis.opendocument.graphics", _T.ODG),
    (b"application/epub+zip", _T.EPUB),
)
# The first that is there counts: Android's and Java's packages hold a manifest both.
_MEMBERS = (
    ("AndroidManifest.xml", _T.APK),
    ("AppxManifest.xml", _T.APPX),
    ("AppxMetadata/", _T.APPX),
    ("META-INF/mozilla.rsa", _T.XPI),
    ("META-INF/MANIFEST.MF", _T.JAR),
    ("Payload/", _T.IPA),
)
# ECMA-376 part 2: a package has this member, and its main part lies in the program's own folder.
_OPC = "[Content_Types].xml"
_FOLDERS = (
    ("word/", _T.DOCX),
    ("xl/", _T.XLSX),
    ("ppt/", _T.PPTX),
    ("visio/", _T.VSDX),
    ("Documents/1/", _T.XPS),
)


def kind(data: bytes) -> FileType:
    """The type of what begins as a zip archive does."""
    claims = list(islice(directory.entries(data), _MOST)) or list(islice(_locals(data), _MOST))
    if any(claim.encrypted for claim in claims):
        return _T.ENCRYPTED_ZIP
    return (
        _by_mimetype(data)
        or _by_names([claim.name.replace("\\", "/") for claim in claims])
        or _T.ZIP
    )


def is_behind(data: bytes) -> bool:
    """Whether an archive ends this file, whatever it begins with."""
    return next(directory.entries(data), None) is not None


def _by_mimetype(data: bytes) -> FileType | None:
    first = directory.local(data, 0)
    if first and first.claim.name == "mimetype":
        for mimetype, found in _MIMETYPES:
            if data.startswith(mimetype, first.start):
                return found
    return None


def _by_names(names: list[str]) -> FileType | None:
    tables = (_FOLDERS, _MEMBERS) if _OPC in names else (_MEMBERS,)
    for table in tables:
        for start, found in table:
            if any(name.startswith(start) for name in names):
                return found
    return None


def _locals(data: bytes) -> Iterator[Claim]:
    """The members in a row from the start, for an archive whose end is not there."""
    at = 0
    while header := directory.local(data, at):
        yield header.claim
        at = header.start + header.claim.packed
        if not header.claim.packed and (found := data.find(directory.LOCAL, header.start)) >= 0:
            at = found
