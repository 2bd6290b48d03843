"""Content codings, compressed files, archives and polyglots that hold the test virus."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import brotli  # type: ignore[import-untyped]
import zstandard

from e2e.harness import builders as made
from e2e.harness.bodies import EICAR, LOCKED_ZIP, bomb, zipped
from e2e.harness.hiding import Hidden, blocked, coded, documented, unscanned

NAME = "eicar.com"
ZIP = zipped(NAME, EICAR)
DIRECTORY = ZIP.index(b"PK\1\2")
GIF = b"GIF89a\x01\0\x01\0\0\0\0;"
STUB = b"MZ" + bytes(range(256)) * 40  # as long as programs that unpack themselves begin


def gz(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def zst(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


def raw(body: bytes) -> bytes:
    return zlib.compress(body, wbits=-zlib.MAX_WBITS)


def by_method(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(NAME, EICAR)
    return out.getvalue()


def flowing() -> bytes:
    """A zip as it is written to a pipe: sizes stand behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.written += bytes(data)  # type: ignore[call-overload]
            return len(data)  # type: ignore[arg-type]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, EICAR)
    return pipe.written


def wide() -> bytes:
    """A zip whose sizes stand in zip64 fields."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w") as archive,
        archive.open(zipfile.ZipInfo(NAME, (2026, 1, 2, 3, 4, 6)), "w", force_zip64=True) as member,
    ):
        member.write(EICAR)
    return out.getvalue()


def changed(at: int, new: bytes, body: bytes = ZIP) -> bytes:
    return body[:at] + new + body[at + len(new) :]


def tar(body: bytes = EICAR, name: str = NAME, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


def nested(levels: int) -> bytes:
    body = EICAR
    for level in range(levels):
        body = zipped(f"{level}.zip" if level else NAME, body)
    return body


def deb() -> bytes:
    data = lzma.compress(tar(name="./usr/bin/eicar.com"))
    head = f"{'data.tar.xz':<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return b"!<arch>\n" + head + data


def cut_in_stored_blocks() -> bytes:
    """Deflate without compression, every byte in a block of its own."""
    blocks = [
        bytes((at == len(EICAR) - 1,)) + struct.pack("<HH", 1, 0xFFFE) + EICAR[at : at + 1]
        for at in range(len(EICAR))
    ]
    return b"".join(blocks)


def two_trees() -> bytes:
    """An image whose first tree cuts the file to five bytes: Joliet's tree alone has all of it."""
    image = made.by_bsdtar("iso9660", NAME, EICAR)
    record = image.index(b"EICAR.COM;1") - 33  # ECMA-119 9.1: its size is at 10, both ways round
    return changed(record + 10, struct.pack("<I", 5) + struct.pack(">I", 5), image)


ROWS: dict[str, Hidden] = {
    # As it is, and in content codings.
    "the 68 bytes": coded(lambda: EICAR),
    "blanks and a line break behind": coded(lambda: EICAR + b" " * 20 + b"\r\n"),
    "named and typed as a picture": blocked(lambda: EICAR, "image/png", name="a.png"),
    "gzip coding": coded(lambda: gz(EICAR), "gzip"),
    "x-gzip coding": coded(lambda: gz(EICAR), "x-gzip"),
    "deflate coding": coded(lambda: zlib.compress(EICAR), "deflate"),
    "deflate coding without its wrapper": coded(lambda: raw(EICAR), "deflate"),
    "deflate coding in blocks of one byte": coded(cut_in_stored_blocks, "deflate"),
    "br coding": coded(lambda: brotli.compress(EICAR), "br"),
    "zstd coding": coded(lambda: zst(EICAR), "zstd"),
    "gzip over gzip": coded(lambda: gz(gz(EICAR)), "gzip, gzip"),
    "br over gzip in two fields": coded(lambda: brotli.compress(gz(EICAR)), "gzip", "br"),
    "four codings": coded(lambda: zst(brotli.compress(gz(gz(EICAR)))), "gzip,gzip,br,zstd"),
    "gzip coding, its end cut off": coded(lambda: gz(EICAR)[:-12], "gzip"),
    "gzip coding with rubbish behind": coded(lambda: gz(EICAR) + b"rubbish", "gzip"),
    "behind a clean gzip coding": coded(lambda: gz(b"clean") + EICAR, "gzip"),
    "the second of two gzip streams": coded(lambda: gz(b"") + gz(EICAR), "gzip"),
    "a coding that the body is not in": coded(lambda: EICAR, "br"),
    "identity coding": coded(lambda: EICAR, "identity"),
    "gzip under a coding that nobody knows": unscanned(
        lambda: gz(EICAR[::-1]), "malformed", "sdch, gzip"
    ),
    "five codings": unscanned(
        lambda: gz(gz(gz(gz(gz(EICAR))))), "limit", "gzip, gzip, gzip, gzip, gzip"
    ),
    "behind 256 MiB of zeros": unscanned(bomb, "limit", "gzip"),
    # Compressed files.
    "a .gz that says nothing": blocked(lambda: gz(EICAR), name="eicar.com.gz"),
    "a .bz2": blocked(lambda: bz2.compress(EICAR)),
    "a .xz": blocked(lambda: lzma.compress(EICAR)),
    "a .lzma": blocked(lambda: lzma.compress(EICAR, lzma.FORMAT_ALONE)),
    "a .zst": blocked(lambda: zst(EICAR)),
    "a .zst behind frames without content": blocked(
        lambda: b"\x50\x2a\x4d\x18\4\0\0\0junk" + zst(EICAR)
    ),
    "a .lz4": blocked(lambda: made.by_bsdtar("raw", NAME, EICAR, "--lz4")),
    "a .lz": blocked(lambda: made.by_bsdtar("raw", NAME, EICAR, "--lzip")),
    "a .Z": blocked(lambda: made.compressed(EICAR)),
    "a .gz in a .bz2 in a .xz": blocked(lambda: lzma.compress(bz2.compress(gz(EICAR)))),
    "an archive behind a .gz": blocked(lambda: gz(b"clean") + ZIP),
    # Zip archives, honest and other.
    "zip, stored": blocked(lambda: ZIP),
    "zip, deflated": blocked(lambda: by_method(zipfile.ZIP_DEFLATED)),
    "zip, bzip2": blocked(lambda: by_method(zipfile.ZIP_BZIP2)),
    "zip, lzma": blocked(lambda: by_method(zipfile.ZIP_LZMA)),
    "zip with data descriptors": blocked(flowing),
    "zip64": blocked(wide),
    "zip in zip": blocked(lambda: nested(2)),
    "four zips deep": blocked(lambda: nested(4)),
    "five zips deep": unscanned(lambda: nested(5), "limit"),
    "zip without a directory": blocked(lambda: ZIP[:DIRECTORY]),
    "zip whose directory says size 0": blocked(lambda: changed(DIRECTORY + 20, bytes(8))),
    "zip whose local header says size 0": blocked(lambda: changed(18, bytes(8))),
    "zip whose local header says too much": blocked(lambda: changed(18, b"\0\0\xff\0" * 2)),
    "zip whose headers give two methods": blocked(lambda: changed(8, b"\x08")),
    "two zips, the first one infected": blocked(lambda: ZIP + zipped("clean.txt", b"nothing")),
    "zip in the comment of a zip": blocked(
        lambda: zipped("clean.txt", b"nothing")[:-2] + struct.pack("<H", len(ZIP)) + ZIP
    ),
    "zip between members of another": blocked(lambda: ZIP[:DIRECTORY] + zipped("b", b"clean")),
    "a member that only the directory names": blocked(lambda: zipped("a.bin", b"x" + ZIP)),
    "zip with ZipCrypto": unscanned(lambda: LOCKED_ZIP, "encrypted"),
    "zip with AES": unscanned(
        lambda: changed(6, b"\1\0\x63\0", changed(DIRECTORY + 8, b"\1\0\x63\0")), "encrypted"
    ),
    "zip by Deflate64": unscanned(
        lambda: changed(8, b"\x09", changed(DIRECTORY + 10, b"\x09")).replace(EICAR, EICAR[::-1]),
        "malformed",
    ),
    # Other archives.
    "tar": blocked(tar),
    "tar of GNU with a long name": blocked(
        lambda: tar(name="d/" * 80 + NAME, form=tarfile.GNU_FORMAT)
    ),
    "tar.gz": blocked(lambda: gz(tar())),
    "tar.zst": blocked(lambda: zst(tar())),
    "zip in tar in xz": blocked(lambda: lzma.compress(tar(ZIP, "x.zip"))),
    "two tars, the second one infected": blocked(lambda: tar(b"clean", "a") + tar()),
    "a Debian package": blocked(deb),
    "cpio": blocked(lambda: made.by_bsdtar("newc", NAME, EICAR)),
    "cpio of the old portable kind": blocked(lambda: made.by_bsdtar("odc", NAME, EICAR)),
    "cpio of the old binary kind": blocked(lambda: made.by_bsdtar("bin", NAME, EICAR)),
    "7z by LZMA": blocked(lambda: made.by_bsdtar("7zip", NAME, EICAR)),
    "7z by PPMd": blocked(
        lambda: made.by_bsdtar("7zip", NAME, EICAR, "--options", "7zip:compression=ppmd")
    ),
    "7z in zip": blocked(lambda: zipped("a.7z", made.by_bsdtar("7zip", NAME, EICAR))),
    "7z, its member encrypted": unscanned(
        lambda: made.seven_zip(NAME, EICAR[::-1], encrypted=True), "encrypted"
    ),
    "7z, its names encrypted": unscanned(
        lambda: made.seven_zip(NAME, EICAR[::-1], hidden=True), "encrypted"
    ),
    "7z, cut off": unscanned(lambda: made.seven_zip(NAME, EICAR)[:-20], "malformed"),
    "rar 4": blocked(lambda: made.rar4(NAME, EICAR)),
    "rar 5": blocked(lambda: made.rar5(NAME, EICAR)),
    "rar 4, encrypted": unscanned(
        lambda: made.rar4(NAME, EICAR[::-1], encrypted=True), "encrypted"
    ),
    "rar 5, encrypted": unscanned(
        lambda: made.rar5(NAME, EICAR[::-1], encrypted=True), "encrypted"
    ),
    "rar 5 in several volumes": unscanned(
        lambda: made.rar5(NAME, EICAR[:20], volume=True), "malformed"
    ),
    "rar 4, cut in its member": unscanned(lambda: made.rar4(NAME, EICAR)[:-40], "malformed"),
    "two rars, the second one infected": blocked(
        lambda: made.rar5("a", b"clean") + made.rar5(NAME, EICAR)
    ),
    "cab": blocked(lambda: made.by_gcab(NAME, EICAR)),
    "cab by MSZIP": blocked(lambda: made.by_gcab(NAME, EICAR, "-z")),
    "xar": blocked(lambda: made.by_bsdtar("xar", NAME, EICAR)),
    "lha": blocked(lambda: made.lha(NAME, EICAR)),
    "a disc image": blocked(lambda: made.by_bsdtar("iso9660", NAME, EICAR)),
    "a disc image, named by Joliet alone": blocked(two_trees),
    "arj": unscanned(lambda: made.arj(EICAR), "malformed"),
    "ace": unscanned(lambda: bytes(7) + b"**ACE**" + EICAR, "malformed"),
    "wim": unscanned(lambda: b"MSWIM\0\0\0" + bytes(200) + EICAR, "malformed"),
    "a virtual disk": unscanned(
        lambda: EICAR[:9] + bytes(1 << 12) + b"conectix".ljust(512), "malformed"
    ),
    # Two things at once.
    "a picture in front of a zip": blocked(lambda: GIF + ZIP, "image/gif", name="a.gif"),
    "a picture in front of a rar": blocked(lambda: GIF + made.rar5(NAME, EICAR), "image/gif"),
    "a program that unpacks a zip": blocked(lambda: STUB + ZIP, name="setup.exe"),
    "a program that unpacks a 7z": blocked(lambda: STUB + made.seven_zip(NAME, EICAR)),
    "a program that unpacks a rar 4": blocked(lambda: STUB + made.rar4(NAME, EICAR)),
    "a program that unpacks a cab": blocked(lambda: STUB + made.by_gcab(NAME, EICAR)),
    "a script in front of a zip": blocked(lambda: b"#!/bin/sh\nexit\n" + ZIP),
    "a brotli file without a coding": documented(
        lambda: brotli.compress(EICAR),
        "Brotli and raw deflate have no mark: they are read as content codings alone.",
    ),
    "behind a stub of more than 1 MiB": documented(
        lambda: b"MZ" + bytes(2 << 20) + made.rar5(NAME, EICAR),
        "A rar, 7z or cab archive is looked for in the first MiB of a body.",
    ),
}
