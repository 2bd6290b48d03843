import bz2
import gzip
import lzma
import sqlite3
import struct

import pytest
import zstandard

from archived import cpio, deb, rpm, tarred, zip_member, zipped
from clearpane.content.detection import FileSeen
from clearpane.content.file_types import FileInspector, FileType, kind_of
from clearpane.content.member import Member

T = FileType


def pe(*, flags: int = 0x0102, subsystem: int = 3) -> bytes:
    """The headers of a Windows program, the second one where linkers put it."""
    optional = struct.pack("<H66xHH", 0x20B, subsystem, 0).ljust(240, b"\0")
    coff = struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, flags)
    return (
        b"MZ\x90\0".ljust(60, b"\0")
        + struct.pack("<I", 128)
        + bytes(64)
        + b"PE\0\0"
        + coff
        + optional
    )


def ftyp(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + b"isom" + b"\0\0\0\x08mdat"


def ole(*names: str, identifier: bytes = bytes(16), first: bytes = b"") -> bytes:
    """An OLE file with 512-byte sectors: table, directory, and one stream's first sector."""
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    )
    header += bytes(6) + struct.pack(
        "<IIIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0
    )
    entries = [entry("Root Entry", 5, identifier)] + [entry(name, 2) for name in names]
    directory = b"".join(entries)
    sectors = -(-len(directory) // 512)
    chain = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE, 0xFFFFFFFE]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    directory = directory.replace(b"STRT", struct.pack("<I", sectors + 1)).ljust(
        sectors * 512, b"\0"
    )
    return header.ljust(512, b"\xff") + table + directory + first.ljust(512, b"\0")


def entry(name: str, kind: int, identifier: bytes = bytes(16)) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    return (
        raw.ljust(64, b"\0")
        + struct.pack("<HBB12x", len(raw), kind, 1)
        + identifier
        + bytes(20)
        + b"STRT"
        + struct.pack("<Q", 4096)
    )


def iso() -> bytes:
    return bytes(0x8000) + b"\x01CD001\x01"


def database() -> bytes:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("create table a (b)")
        return connection.serialize()
    finally:
        connection.close()


def rar(flags: int = 0, file_flags: int = 0) -> bytes:
    archive = struct.pack("<HBHH6x", 0, 0x73, flags, 13)
    name = b"a.txt"
    file = struct.pack(
        "<HBHHIIBIIBBHI", 0, 0x74, file_flags, 32 + len(name), 5, 5, 2, 0, 0, 29, 48, len(name), 32
    )
    return b"Rar!\x1a\x07\0" + archive + file + name + b"12345"


def rar5(kind: int = 2, extra: bytes = b"") -> bytes:
    main = b"\0\0\0\0" + b"\x03\x01\0\0"
    body = (
        bytes([kind, 3 if extra else 2])
        + (bytes([len(extra)]) if extra else b"")
        + b"\x05"
        + b"\0" * 8
        + extra
    )
    return b"Rar!\x1a\x07\x01\0" + main + b"\0\0\0\0" + bytes([len(body)]) + body + b"12345"


def opc(member: str) -> bytes:
    return zipped({"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"", member: b"<x/>"})


def open_document(mimetype: str) -> bytes:
    first = zip_member(b"mimetype", mimetype.encode(), size=len(mimetype))
    return first + zip_member(b"content.xml", b"<x/>", size=4)


MSI = bytes.fromhex("84100c0000000000c000000000000046")
MSP = bytes.fromhex("86100c0000000000c000000000000046")
BMP = b"BM" + struct.pack("<IHHI", 58, 0, 0, 54) + struct.pack("<IiiHH24x", 40, 1, 1, 1, 24)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer <</Root 1 0 R>>\n%%EOF"
MAIL = b"From: a@example.com\r\nSubject: hello\r\nMessage-ID: <1@example.com>\r\n\r\nbody\r\n"
SVG = b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'

KINDS: dict[str, tuple[bytes, FileType]] = {
    "a Windows program": (pe(), T.EXE),
    "a Windows library": (pe(flags=0x2102), T.DLL),
    "a driver": (pe(subsystem=1), T.PE),
    "an EFI image": (pe(subsystem=10), T.PE),
    "a DOS program": (b"MZ" + bytes(62), T.EXE),
    "a Linux program": (b"\x7fELF\x02\x01\x01" + bytes(57), T.ELF),
    "a macOS program": (b"\xcf\xfa\xed\xfe\x07\0\0\x01" + bytes(24), T.MACHO),
    "a macOS program, big-endian": (b"\xfe\xed\xfa\xce" + bytes(24), T.MACHO),
    "a macOS program for two processors": (b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(40), T.MACHO),
    "a Java class": (b"\xca\xfe\xba\xbe\0\0\0\x41" + bytes(40), T.CLASS),
    "Java's archive": (zipped({"META-INF/MANIFEST.MF": b"", "A.class": b"x"}), T.JAR),
    "an Android package": (
        zipped({"META-INF/MANIFEST.MF": b"", "AndroidManifest.xml": b"x", "classes.dex": b""}),
        T.APK,
    ),
    "Android's bytecode": (b"dex\n035\0" + bytes(104), T.DEX),
    "an iOS package": (zipped({"Payload/A.app/Info.plist": b""}), T.IPA),
    "a Windows package": (opc("AppxManifest.xml"), T.APPX),
    "a Firefox extension": (zipped({"META-INF/mozilla.rsa": b"", "manifest.json": b""}), T.XPI),
    "a Chrome extension": (b"Cr24\x03\0\0\0" + bytes(8), T.CRX),
    "an installer": (ole("Property", identifier=MSI), T.MSI),
    "a patch": (ole("Property", identifier=MSP), T.MSP),
    "a Debian package": (deb({"debian-binary": b"2.0\n"}), T.DEB),
    "an RPM package": (rpm(b"x"), T.RPM),
    "a macOS package": (b"xar!\0\x1c\0\x01" + bytes(20), T.PKG),
    "a macOS disk image": (bytes(600) + b"koly\0\0\0\x04".ljust(512, b"\0"), T.DMG),
    "WebAssembly": (b"\0asm\x01\0\0\0", T.WASM),
    "Flash": (b"FWS\x0a\x40\0\0\0" + bytes(20), T.FLASH),
    "Flash, packed": (b"CWS\x0a\x40\0\0\0x\x9c", T.FLASH),
    "Flash, packed by LZMA": (b"ZWS\x0d\x40\0\0\0\x30\0\0\0\x5d", T.FLASH),
    "a shortcut": (
        b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F" + bytes(56),
        T.LNK,
    ),
    "compiled help": (b"ITSF\x03\0\0\0" + bytes(80), T.CHM),
    "an encoded script": (b"#@~^DgAAAA==\\ko$K6,JCE", T.VBE),
    "a zip archive": (zipped({"a.txt": b"x"}), T.ZIP),
    "a zip archive without anything": (b"PK\x05\x06" + bytes(18), T.ZIP),
    "a zip archive in parts": (b"PK\x07\x08" + zipped({"a.txt": b"x"}), T.ZIP),
    "an encrypted zip archive": (zip_member(b"a", b"x" * 20, flags=1, size=20), T.ENCRYPTED_ZIP),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(24), T.SEVEN_ZIP),
    "RAR": (rar(), T.RAR),
    "RAR 5": (rar5(), T.RAR),
    "RAR with encrypted headers": (rar(flags=0x80), T.ENCRYPTED_RAR),
    "RAR with an encrypted file": (rar(file_flags=0x04), T.ENCRYPTED_RAR),
    "RAR 5 with encrypted headers": (rar5(kind=4), T.ENCRYPTED_RAR),
    "RAR 5 with an encrypted file": (rar5(extra=b"\x02\x01\0"), T.ENCRYPTED_RAR),
    "a cabinet": (b"MSCF\0\0\0\0" + bytes(28), T.CAB),
    "tar": (tarred({"a.txt": b"x"}), T.TAR),
    "cpio": (cpio({"a.txt": b"x"}), T.CPIO),
    "gzip": (gzip.compress(b"x"), T.GZIP),
    "bzip2": (bz2.compress(b"x"), T.BZIP2),
    "bzip2 of nothing": (bz2.compress(b""), T.BZIP2),
    "xz": (lzma.compress(b"x"), T.XZ),
    "zstd": (zstandard.compress(b"x"), T.ZSTD),
    "lz4": (b"\x04\x22\x4d\x18\x64\x40\xa7", T.LZ4),
    "lzip": (b"LZIP\x01\x0c", T.LZIP),
    "compress": (b"\x1f\x9d\x90x", T.ZCOMPRESSED),
    "LHA": (b"\x22\x1e-lh5-" + bytes(20), T.LZH),
    "ARJ": (b"\x60\xea\x2c\0\x22\x0b\x01\x0b\x10\0\x02", T.ARJ),
    "ACE": (b"\x12\x34\x31\0\0\0\x90**ACE**\x14\x14", T.ACE),
    "a CD": (iso(), T.ISO),
    "a Windows image": (b"MSWIM\0\0\0\xd0\0\0\0", T.WIM),
    "a virtual disk of VMware": (b"KDMV\x01\0\0\0", T.VMDK),
    "a virtual disk of Hyper-V": (b"vhdxfile" + bytes(20), T.VHDX),
    "a virtual disk of Virtual PC": (b"conectix" + bytes(20), T.VHD),
    "PDF": (PDF, T.PDF),
    "PDF behind something else": (b"\r\n junk \r\n" + PDF, T.PDF),
    "an encrypted PDF": (PDF.replace(b"/Root", b"/Encrypt 9 0 R /Root"), T.ENCRYPTED_PDF),
    "PostScript": (b"%!PS-Adobe-3.0\n", T.PS),
    "RTF": (b"{\\rtf1\\ansi hello}", T.RTF),
    "Word of old": (ole("\5SummaryInformation", "WordDocument", "1Table"), T.DOC),
    "Word of old, encrypted": (
        ole("WordDocument", first=b"\xec\xa5\xc1\0" + bytes(6) + b"\0\x01"),
        T.ENCRYPTED_DOC,
    ),
    "Excel of old": (ole("a", "b", "c", "d", "e", "Workbook"), T.XLS),
    "Excel 95": (ole("Book"), T.XLS),
    "Excel of old, encrypted": (
        ole("Workbook", first=b"\x09\x08\x10\0" + bytes(16) + b"\x2f\0\x36\0"),
        T.ENCRYPTED_XLS,
    ),
    "PowerPoint of old": (ole("Current User", "PowerPoint Document"), T.PPT),
    "PowerPoint of old, encrypted": (
        ole("EncryptedSummary", "PowerPoint Document"),
        T.ENCRYPTED_PPT,
    ),
    "Word": (opc("word/document.xml"), T.DOCX),
    "Excel": (opc("xl/workbook.xml"), T.XLSX),
    "PowerPoint": (opc("ppt/presentation.xml"), T.PPTX),
    "Word, encrypted": (ole("EncryptionInfo", "EncryptedPackage"), T.ENCRYPTED_OFFICE2007),
    "Visio of old": (ole("VisioDocument"), T.VSD),
    "Visio": (opc("visio/document.xml"), T.VSDX),
    "Publisher": (ole("Quill"), T.PUB),
    "XPS": (opc("Documents/1/FixedDocument.fdoc"), T.XPS),
    "Hangul": (ole("FileHeader", "\5HwpSummaryInformation"), T.HWP),
    "an OLE file of some kind": (ole("Contents"), T.MSOFFICE),
    "OpenDocument text": (open_document("application/vnd.oasis.opendocument.text"), T.ODT),
    "OpenDocument table": (open_document("application/vnd.oasis.opendocument.spreadsheet"), T.ODS),
    "OpenDocument slides": (
        open_document("application/vnd.oasis.opendocument.presentation"),
        T.ODP,
    ),
    "OpenDocument drawing": (open_document("application/vnd.oasis.opendocument.graphics"), T.ODG),
    "a book": (open_document("application/epub+zip"), T.EPUB),
    "OneNote": (
        bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(20),
        T.ONE,
    ),
    "Access": (b"\0\x01\0\0Standard Jet DB\0\x01", T.MDB),
    "Access since 2007": (b"\0\x01\0\0Standard ACE DB\0\x02", T.MDB),
    "SQLite": (database(), T.SQLITE),
    "AutoCAD": (b"AC1032\0\0\0\0\0", T.DWG),
    "STEP": (b"ISO-10303-21;\nHEADER;", T.STP),
    "a message of Outlook": (ole("__nameid_version1.0", "__properties_version1.0"), T.MSG),
    "a mail": (MAIL, T.EML),
    "a mail box of Outlook": (b"!BDN\x12\x34\x56\x78SM", T.PST),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", T.PNG),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF\0", T.JPEG),
    "GIF": (b"GIF89a\x01\0\x01\0", T.GIF),
    "BMP": (BMP, T.BMP),
    "TIFF": (b"II*\0\x08\0\0\0", T.TIF),
    "TIFF, big-endian": (b"MM\0*\0\0\0\x08", T.TIF),
    "WebP": (b"RIFF\x1a\0\0\0WEBPVP8L", T.WEBP),
    "SVG": (SVG, T.SVG),
    "an icon": (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0", T.ICO),
    "HEIC": (ftyp(b"heic"), T.HEIC),
    "AVIF": (ftyp(b"avif"), T.AVIF),
    "a metafile": (b"\xd7\xcd\xc6\x9a\0\0" + bytes(16), T.WMF),
    "an enhanced metafile": (b"\x01\0\0\0\x6c\0\0\0" + bytes(32) + b" EMF\0\0\x01\0", T.EMF),
    "Photoshop": (b"8BPS\0\x01" + bytes(20), T.PSD),
    "MP3 with a tag": (b"ID3\x03\0\0\0\0\0\0", T.MP3),
    "MP3": (b"\xff\xfb\x90\x44" + bytes(20), T.MP3),
    "AAC in a box": (ftyp(b"M4A "), T.M4A),
    "WAV": (b"RIFF\x24\0\0\0WAVEfmt ", T.WAV),
    "Ogg": (b"OggS\0\x02" + bytes(20), T.OGG),
    "FLAC": (b"fLaC\0\0\0\x22", T.FLAC),
    "AMR": (b"#!AMR\n", T.AMR),
    "MIDI": (b"MThd\0\0\0\x06\0\x01", T.MIDI),
    "MP4": (ftyp(b"isom"), T.MP4),
    "QuickTime": (ftyp(b"qt  "), T.MOV),
    "QuickTime of old": (b"\0\0\0\x08wide\0\0\x10\0mdat", T.MOV),
    "AVI": (b"RIFF\x24\0\0\0AVI LIST", T.AVI),
    "Matroska": (b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska", T.MKV),
    "WebM": (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", T.WEBM),
    "FLV": (b"FLV\x01\x05\0\0\0\x09", T.FLV),
    "Windows Media": (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), T.WMV),
    "MPEG": (b"\0\0\x01\xba\x44", T.MPEG),
    "MPEG, a transport stream": (b"G".ljust(188, b"x") * 4, T.MPEG),
    "RealMedia": (b".RMF\0\0\0\x12", T.RM),
    "TrueType": (b"\0\x01\0\0\0\x0c\0\x80\0\x03\0\x40", T.TTF),
    "OpenType": (b"OTTO\0\x0c\0\x80", T.OTF),
    "a font of the web": (b"wOF2\0\x01\0\0", T.WOFF),
    "a torrent": (b"d8:announce30:http://tracker.example/announce", T.TORRENT),
    "a PGP message": (b"-----BEGIN PGP MESSAGE-----\n\nhQE", T.PGP),
    "a registry": (b"regf\x01\0\0\0\x01\0\0\0", T.REGISTRY_HIVE),
    "a memory dump": (b"MDMP\x93\xa7\0\0", T.DMP),
    "a registry file": (b"Windows Registry Editor Version 5.00\r\n", T.REG),
    "a registry file in UTF-16": (
        "\ufeffWindows Registry Editor Version 5.00\r\n".encode("utf-16-le"),
        T.REG,
    ),
    "a script of the shell": (b"#!/bin/sh\necho\n", T.SH),
    "a script of Python": (b"#!/usr/bin/env python3\n", T.PY),
    "a script of Perl": (b"#!/usr/bin/perl -w\n", T.PL),
}  # fmt: skip


@pytest.mark.parametrize("name", ["", "harmless.txt", "report.pdf"])
@pytest.mark.parametrize(("body", "kind"), KINDS.values(), ids=KINDS)
def test_what_it_is_under_any_name(body: bytes, kind: FileType, name: str) -> None:
    assert kind_of(body, name) is kind


def test_sixty_types_and_more_are_tested() -> None:
    assert len({kind for _, kind in KINDS.values()}) >= 100


NO_FILES: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<!doctype html><title>MZ</title>",
    "a page about PDF": b"<p>A file begins with %PDF-1.4, says the norm.</p>",
    "XML": b"<?xml version='1.0'?><a/>",
    "JSON": b'{"a": 1}',
    "text": b"PK is what zip archives begin with",
    "text that begins like a program": b"MZ is how a program begins. " * 10,
    "text that begins like a bitmap": b"BMW cars and other cars are here",
    "text that begins like bzip2": b"BZh91 is a code",
    "text that begins like a film": b"0000ftyq",
    "text that begins like Flash": b"FWS is short for something",
    "text that begins like a mail": b"From here on: nothing",
    "text in UTF-16": "\ufeffhello there".encode("utf-16-le"),
    "a page in UTF-16": "\ufeff<html>".encode("utf-16-le"),
    "zeros": bytes(1000),
    "bytes that mean nothing": bytes(range(128, 256)) * 4 + b"\0\1\2",
    "half a mark": b"\x89PN",
    "a RIFF file of no known form": b"RIFF\x24\0\0\0ABCD",
    "a letter G every 188 bytes, but not thrice": b"G".ljust(188, b"x") * 2 + b"x",
    "a bencoded dictionary of another kind": b"d3:fooi1ee",
    "a cursor": b"\0\0\x02\0\x01\0\x10\x10\0\0\x01\0\x20\0",
}


@pytest.mark.parametrize("body", NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_file_of_a_known_type(body: bytes) -> None:
    assert kind_of(body, "page.html") is None


@pytest.mark.parametrize(("body", "kind"), KINDS.values(), ids=KINDS)
def test_a_file_that_is_cut_off_anywhere_is_no_error(body: bytes, kind: FileType) -> None:
    for end in range(0, min(len(body), 1200), 7):
        assert kind_of(body[:end]) in (*FileType, None)
    for at in range(0, min(len(body), 600), 3):
        assert kind_of(body[:at] + b"\xff" + body[at + 1 :]) in (*FileType, None)


def test_an_inspector_says_what_each_member_is() -> None:
    inspector = FileInspector("setup.bat")
    assert list(inspector.see(Member("", b"@echo off"))) == [FileSeen("bat")]
    assert list(inspector.see(Member("a/b.txt", pe()))) == [FileSeen("exe", "a/b.txt")]
    assert list(inspector.see(Member("a/b.txt", b"text"))) == []
    assert list(FileInspector().see(Member("a/b.ps1", b"text"))) == [FileSeen("ps1", "a/b.ps1")]


def test_a_picture_that_is_an_archive_too_is_both() -> None:
    both = b"GIF89a\x01\0\x01\0\0\0\0;" + zipped({"META-INF/MANIFEST.MF": b""})
    assert list(FileInspector().see(Member("a", both))) == [
        FileSeen("gif", "a"),
        FileSeen("jar", "a"),
    ]


def test_a_word_document_cut_off_is_still_one() -> None:
    whole = opc("word/document.xml")
    assert kind_of(whole[: whole.index(b"PK\1\2")]) is T.DOCX
