import pytest

from archived import zip_member, zipped
from clearpane.content.kinds import FileType
from clearpane.content.zip_kinds import is_behind, kind

T = FileType
TYPES, MANIFEST = "[Content_Types].xml", "META-INF/MANIFEST.MF"


def encrypted(data: bytes, *, local: bool, listed: bool) -> bytes:
    """The archive with the flag set in its first header, or in the directory."""
    out = bytearray(data)
    out[6] |= local
    out[data.index(b"PK\1\2") + 8] |= listed
    return bytes(out)


ONE = zipped({"a.txt": b"x"})
KINDS: dict[str, tuple[bytes, FileType]] = {
    "files": (ONE, T.ZIP),
    "a folder of Word's alone": (zipped({"word/document.xml": b""}), T.ZIP),
    "types alone": (zipped({TYPES: b""}), T.ZIP),
    "Word": (zipped({TYPES: b"", "word/document.xml": b""}), T.DOCX),
    "Word that writes backslashes": (zipped({TYPES: b"", "word\\document.xml": b""}), T.DOCX),
    "Word with a manifest of Java's": (
        zipped({MANIFEST: b"", TYPES: b"", "word/document.xml": b""}),
        T.DOCX,
    ),
    "Word behind a thousand members": (
        zipped({**{str(n): b"" for n in range(1500)}, TYPES: b"", "word/a": b""}),
        T.DOCX,
    ),
    "Java": (zipped({MANIFEST: b""}), T.JAR),
    "Android has Java's manifest too": (
        zipped({MANIFEST: b"", "AndroidManifest.xml": b""}),
        T.APK,
    ),
    "a name that only ends like a manifest": (zipped({f"x/{MANIFEST}": b""}), T.ZIP),
    "a mimetype that is another": (zip_member(b"mimetype", b"text/plain", size=10), T.ZIP),
    "a mimetype that is not the first member": (
        zip_member(b"a", b"x", size=1) + zip_member(b"mimetype", b"application/epub+zip", size=20),
        T.ZIP,
    ),
    "encrypted, says the directory": (encrypted(ONE, local=False, listed=True), T.ENCRYPTED_ZIP),
    "encrypted, says a header without a directory": (
        encrypted(ONE, local=True, listed=True)[: ONE.index(b"PK\1\2")],
        T.ENCRYPTED_ZIP,
    ),
    "one of two members is encrypted": (
        zip_member(b"a", b"x", size=1) + zip_member(b"b", b"y", flags=1, size=1),
        T.ENCRYPTED_ZIP,
    ),
    "sizes that stand behind the data": (
        zip_member(b"a", b"xyz", flags=8, size=0) + zip_member(TYPES.encode(), b"", size=0)
        + zip_member(b"xl/a", b"", size=0),
        T.XLSX,
    ),
    "a header alone": (b"PK\3\4", T.ZIP),
    "a size that leads outside": (zip_member(b"a", b"x", size=0x7FFFFFFF), T.ZIP),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), KINDS.values(), ids=KINDS)
def test_kind(data: bytes, expected: FileType) -> None:
    assert kind(data) is expected


@pytest.mark.timeout(10)
def test_members_without_end_are_counted() -> None:
    assert kind(zip_member(b"a", b"", size=0) * 100_000) is T.ZIP


def test_is_behind() -> None:
    assert is_behind(b"GIF89a" + ONE)
    assert not is_behind(b"GIF89a")
    assert not is_behind(b"PK\5\6" + bytes(18))
