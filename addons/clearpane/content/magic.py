"""Which type a file's first bytes announce.

A mark that ordinary text can begin with counts only together with what has to follow it.
"""

import re
import struct
from collections.abc import Callable, Iterable

from clearpane.content.kinds import FileType

_T = FileType

# Where, what, which; of those at one place the first that fits counts. Sources: the formats' own
# specifications, RFC 1952, 8878 and 9649, and ISO 9660 and 14496-12 among them.
_MARKS: tuple[tuple[int, bytes, FileType], ...] = (
    (0, b"\x7fELF", _T.ELF),
    (0, b"dex\n", _T.DEX),
    (0, b"\0asm\x01\0\0\0", _T.WASM),
    (0, b"Cr24", _T.CRX),
    (0, b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", _T.LNK),
    (0, b"ITSF\x03\0\0\0", _T.CHM),
    (0, b"#@~^", _T.VBE),
    (0, b"xar!\0\x1c", _T.PKG),
    (0, b"\xed\xab\xee\xdb", _T.RPM),
    (0, b"!<arch>\ndebian", _T.DEB),
    (0, b"7z\xbc\xaf\x27\x1c", _T.SEVEN_ZIP),
    (0, b"MSCF\0\0\0\0", _T.CAB),
    (0, b"\x1f\x8b\x08", _T.GZIP),
    (0, b"\xfd7zXZ\0", _T.XZ),
    (0, b"\x28\xb5\x2f\xfd", _T.ZSTD),
    (0, b"\x04\x22\x4d\x18", _T.LZ4),
    (0, b"LZIP\x01", _T.LZIP),
    (0, b"\x1f\x9d", _T.ZCOMPRESSED),
    (7, b"**ACE**", _T.ACE),
    (0, b"MSWIM\0\0\0", _T.WIM),
    (0, b"vhdxfile", _T.VHDX),
    (0, b"conectix", _T.VHD),
    (0, b"KDMV", _T.VMDK),
    (0, b"# Disk DescriptorFile", _T.VMDK),
    (0x8001, b"CD001", _T.ISO),
    (0, b"%!PS", _T.PS),
    (0, b"{\\rtf", _T.RTF),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", _T.ONE),
    (0, b"\0\x01\0\0Standard Jet DB\0", _T.MDB),
    (0, b"\0\x01\0\0Standard ACE DB\0", _T.MDB),
    (0, b"SQLite format 3\0", _T.SQLITE),
    (0, b"ISO-10303-21;", _T.STP),
    (0, b"!BDN", _T.PST),
    (0, b"\x89PNG\r\n\x1a\n", _T.PNG),
    (0, b"\xff\xd8\xff", _T.JPEG),
    (0, b"GIF87a", _T.GIF),
    (0, b"GIF89a", _T.GIF),
    (0, b"II*\0", _T.TIF),
    (0, b"MM\0*", _T.TIF),
    (0, b"II+\0\x08\0", _T.TIF),
    (0, b"MM\0+\0\x08", _T.TIF),
    (0, b"8BPS\0", _T.PSD),
    (0, b"\xd7\xcd\xc6\x9a\0\0", _T.WMF),
    (40, b" EMF\0\0\x01\0", _T.EMF),
    (0, b"ID3\x02", _T.MP3),
    (0, b"ID3\x03", _T.MP3),
    (0, b"ID3\x04", _T.MP3),
    (0, b"OggS\0", _T.OGG),
    (0, b"fLaC\0", _T.FLAC),
    (0, b"#!AMR", _T.AMR),
    (0, b"MThd\0\0\0\x06", _T.MIDI),
    (0, b"FLV\x01", _T.FLV),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", _T.WMV),
    (0, b"\0\0\x01\xba", _T.MPEG),
    (0, b"\0\0\x01\xb3", _T.MPEG),
    (0, b".RMF\0\0\0", _T.RM),
    (0, b"OTTO\0", _T.OTF),
    (0, b"\0\x01\0\0\0", _T.TTF),
    (0, b"ttcf\0", _T.TTF),
    (0, b"wOFF", _T.WOFF),
    (0, b"wOF2", _T.WOFF),
    (0, b"-----BEGIN PGP MESSAGE-----", _T.PGP),
    (0, b"regf\x01\0\0\0", _T.REGISTRY_HIVE),
    (0, b"regf\x02\0\0\0", _T.REGISTRY_HIVE),
    (0, b"MDMP\x93\xa7", _T.DMP),
    (0, b"PAGEDU64", _T.DMP),
    (0, b"PAGEDUMP", _T.DMP),
)

# Every body is asked about: looking at its first byte first makes that cheap.
_AT_START = {
    first: tuple(each for each in _MARKS if each[0] == 0 and each[1][:1] == first)
    for first in {mark[:1] for at, mark, _ in _MARKS if at == 0}
}
_ELSEWHERE = tuple(each for each in _MARKS if each[0])

_BRANDS = {
    "heic heix hevc mif1 msf1": _T.HEIC,
    "avif avis": _T.AVIF,
    "qt": _T.MOV,
    "M4A M4B M4P": _T.M4A,
}
_BRAND = {word: kind for words, kind in _BRANDS.items() for word in words.split()}

_PATTERNS: tuple[tuple[re.Pattern[bytes], FileType], ...] = (
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), _T.BZIP2),
    (re.compile(rb"0707(?:01|02|07)[0-7][0-9A-Fa-f]{5}"), _T.CPIO),
    (re.compile(rb"(?s)..-lh[0-9dx]-"), _T.LZH),
    (re.compile(rb"(?s)\x60\xea..[\x1e-\x60][\x01-\x66][\x01-\x66][\x00-\x0f]"), _T.ARJ),
    (re.compile(rb"AC10(?:0[2-9]|[1-3]\d)\0"), _T.DWG),
    # The length of what is unpacked, then how zlib or LZMA begin where it is packed.
    (re.compile(rb"(?s)(?:FWS|CWS(?=.{5}x)|ZWS(?=.{9}\x5d))[\x01-\x40]...[\x00\x01]"), _T.FLASH),
    (re.compile(rb"(?s)\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]"), _T.MP3),
    (re.compile(rb"\0\0\x01\0[\x01-\x40]\0..\0"), _T.ICO),
    (re.compile(rb"(?s)G.{187}G.{187}G"), _T.MPEG),
    (re.compile(rb"d(?:8:announce|10:created by|13:creation date|4:infod)[\dilde]"), _T.TORRENT),
)

_EBML = b"\x1a\x45\xdf\xa3"
_DIB_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_NATIVE, _EFI = 1, range(10, 14)  # subsystems, PE format section 3.4.2
_IS_DLL = 0x2000


def announced(data: bytes) -> FileType | None:
    """The type that the bytes announce; None where they announce none."""
    for at, mark, kind in (*_AT_START.get(data[:1], ()), *_ELSEWHERE):
        if data.startswith(mark, at):
            return kind
    for pattern, kind in _PATTERNS:
        if pattern.match(data):
            return kind
    return _first(reader(data) for reader in _READERS)


def _first(found: Iterable[FileType | None]) -> FileType | None:
    return next((kind for kind in found if kind), None)


def _windows(data: bytes) -> FileType | None:
    """Programs of DOS and Windows, which differ by what the header points to."""
    if not data.startswith((b"MZ", b"ZM")) or len(data) < 64:
        return None
    at = struct.unpack_from("<I", data, 0x3C)[0]
    if data.startswith(b"PE\0\0", at) and len(data) >= at + 94:
        flags, subsystem = struct.unpack_from("<H", data, at + 22) + struct.unpack_from(
            "<H", data, at + 92
        )
        if subsystem == _NATIVE or subsystem in _EFI:
            return _T.PE
        return _T.DLL if flags & _IS_DLL else _T.EXE
    # The oldest have no second header: a text that begins like one has no NUL in its first bytes.
    return _T.EXE if b"\0" in data[:64] else None


def _mach(data: bytes) -> FileType | None:
    """Mach-O, of one or of many processors; Java's classes begin as the latter do."""
    if data.startswith((b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe")):
        return _T.MACHO
    if data.startswith(b"\xcf\xfa\xed\xfe"):
        return _T.MACHO
    if not data.startswith(b"\xca\xfe\xba\xbe") or len(data) < 8:
        return None
    # JVM specification 4.1: the version is 45 at least; no file has as many processors.
    return _T.CLASS if int.from_bytes(data[4:8]) >= 45 else _T.MACHO


def _riff(data: bytes) -> FileType | None:
    form = data[8:12] if data.startswith((b"RIFF", b"RF64")) else b""
    return {b"WEBP": _T.WEBP, b"AVI ": _T.AVI, b"WAVE": _T.WAV}.get(form)


def _boxes(data: bytes) -> FileType | None:
    """ISO 14496-12 files say in their first box what they are; QuickTime's old ones do not."""
    if data.startswith(b"ftyp", 4):
        return _BRAND.get(data[8:12].decode("latin-1").strip(), _T.MP4)
    size = int.from_bytes(data[:4])
    atoms = (b"moov", b"mdat", b"wide")
    return _T.MOV if data[4:8] in atoms and (size == 1 or size >= 8) else None


def _ebml(data: bytes) -> FileType | None:
    if not data.startswith(_EBML):
        return None
    return _T.WEBM if b"webm" in data[:64] else _T.MKV


def _bitmap(data: bytes) -> FileType | None:
    if not data.startswith(b"BM") or len(data) < 18:
        return None
    return _T.BMP if int.from_bytes(data[14:18], "little") in _DIB_HEADERS else None


_READERS: tuple[Callable[[bytes], FileType | None], ...] = (
    _windows,
    _mach,
    _riff,
    _boxes,
    _ebml,
    _bitmap,
)
