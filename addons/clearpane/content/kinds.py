"""The types of files that are told apart, in the firewall's words where it has one.

Pages and plain text are no files to it, nor are they here; `any` would mean every answer.
"""

from collections.abc import Mapping
from enum import StrEnum


class FileType(StrEnum):
    """A type; what it stands for where the word does not say it is noted beside it."""

    # Programs and what installs them.
    EXE = "exe"
    DLL = "dll"
    PE = "pe"  # a driver or an EFI image; as a word of a rule every Windows program
    ELF = "elf"
    MACHO = "mach-o"
    CLASS = "class"
    JAR = "jar"
    APK = "apk"
    DEX = "dex"
    IPA = "ipa"
    MSI = "msi"
    MSP = "msp"
    APPX = "appx"
    DEB = "deb"
    RPM = "rpm"
    PKG = "pkg"
    DMG = "dmg"
    CRX = "crx"
    XPI = "xpi"
    WASM = "wasm"
    FLASH = "flash"
    LNK = "lnk"
    CHM = "chm"
    # Scripts, which a name tells from other text.
    BAT = "bat"
    CMD = "cmd"
    PS1 = "ps1"
    VBS = "vbs"
    VBE = "vbe"
    JS = "js"
    JSE = "jse"
    WSF = "wsf"
    HTA = "hta"
    SCT = "sct"
    REG = "reg"
    SH = "sh"
    PL = "pl"
    PY = "py"
    PHP = "php"
    ASP = "asp"
    JSP = "jsp"
    # Archives and images of disks.
    ZIP = "zip"
    ENCRYPTED_ZIP = "encrypted-zip"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    ENCRYPTED_RAR = "encrypted-rar"
    CAB = "cab"
    TAR = "tar"
    CPIO = "cpio"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"
    LZ4 = "lz4"
    LZIP = "lzip"
    ZCOMPRESSED = "zcompressed"  # of compress(1), the suffix .Z
    LZH = "lzh"
    ARJ = "arj"
    ACE = "ace"
    ISO = "iso"
    WIM = "wim"
    VHD = "vhd"
    VHDX = "vhdx"
    VMDK = "vmdk"
    # Documents.
    PDF = "pdf"
    ENCRYPTED_PDF = "encrypted-pdf"
    PS = "ps"
    RTF = "rtf"
    DOC = "doc"
    XLS = "xls"
    PPT = "ppt"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    XPS = "xps"
    VSD = "vsd"
    VSDX = "vsdx"
    PUB = "pub"
    HWP = "hwp"
    MSOFFICE = "msoffice"  # an OLE file of no known kind; as a word of a rule every Office file
    ENCRYPTED_DOC = "encrypted-doc"
    ENCRYPTED_XLS = "encrypted-xls"
    ENCRYPTED_PPT = "encrypted-ppt"
    ENCRYPTED_OFFICE2007 = "encrypted-office2007"  # docx, xlsx or pptx: the cipher hides which
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    ODG = "odg"
    EPUB = "epub"
    ONE = "one"
    MDB = "mdb"
    SQLITE = "sqlite"
    DWG = "dwg"
    STP = "stp"
    # Mail.
    MSG = "msg"
    EML = "eml"
    PST = "pst"
    # Pictures.
    PNG = "png"
    JPEG = "jpeg"
    GIF = "gif"
    BMP = "bmp"
    TIF = "tif"
    WEBP = "webp"
    SVG = "svg"
    ICO = "ico"
    HEIC = "heic"
    AVIF = "avif"
    WMF = "wmf"
    EMF = "emf"
    PSD = "psd"
    # Sound and film.
    MP3 = "mp3"
    M4A = "m4a"
    WAV = "wav"
    OGG = "ogg"
    FLAC = "flac"
    AMR = "amr"
    MIDI = "midi"
    MP4 = "mp4"
    MOV = "mov"
    AVI = "avi"
    MKV = "mkv"
    WEBM = "webm"
    FLV = "flv"
    WMV = "wmv"
    MPEG = "mpeg"
    RM = "rm"
    # The rest.
    TTF = "ttf"
    OTF = "otf"
    WOFF = "woff"
    TORRENT = "torrent"
    PGP = "pgp"
    REGISTRY_HIVE = "registry-hive"
    DMP = "dmp"


_T = FileType

_OFFICE = (
    *(_T.DOC, _T.XLS, _T.PPT, _T.DOCX, _T.XLSX, _T.PPTX, _T.VSD, _T.VSDX, _T.PUB, _T.MSOFFICE),
    *(_T.ENCRYPTED_DOC, _T.ENCRYPTED_XLS, _T.ENCRYPTED_PPT, _T.ENCRYPTED_OFFICE2007),
)

# Words of rules that stand for several types, as the firewall's PE and msoffice do.
FAMILIES: Mapping[str, tuple[FileType, ...]] = {
    "pe": (_T.PE, _T.EXE, _T.DLL),
    "msoffice": _OFFICE,
}

# What pages are made of: a rule for `any` file does not mean each of them in each page.
PAGE_PARTS = frozenset(
    (
        *(_T.PNG, _T.JPEG, _T.GIF, _T.BMP, _T.WEBP, _T.SVG, _T.ICO, _T.AVIF),
        *(_T.JS, _T.WASM, _T.TTF, _T.OTF, _T.WOFF),
    )
)

# What holds no text of its own: digits in it mean nothing, and what it packs is looked at apart.
OPAQUE = frozenset(
    (
        *(_T.PNG, _T.JPEG, _T.GIF, _T.BMP, _T.TIF, _T.WEBP, _T.ICO, _T.HEIC, _T.AVIF, _T.PSD),
        *(_T.WMF, _T.EMF, _T.MP3, _T.M4A, _T.WAV, _T.OGG, _T.FLAC, _T.AMR, _T.MIDI, _T.MP4),
        *(_T.MOV, _T.AVI, _T.MKV, _T.WEBM, _T.FLV, _T.WMV, _T.MPEG, _T.RM, _T.TTF, _T.OTF),
        *(_T.WOFF, _T.EXE, _T.DLL, _T.PE, _T.ELF, _T.MACHO, _T.CLASS, _T.DEX, _T.WASM, _T.FLASH),
        *(_T.ZIP, _T.ENCRYPTED_ZIP, _T.JAR, _T.APK, _T.IPA, _T.APPX, _T.XPI, _T.CRX, _T.DOCX),
        *(_T.XLSX, _T.PPTX, _T.VSDX, _T.XPS, _T.ODT, _T.ODS, _T.ODP, _T.ODG, _T.EPUB),
        *(_T.ENCRYPTED_OFFICE2007, _T.SEVEN_ZIP, _T.RAR, _T.ENCRYPTED_RAR, _T.CAB, _T.TAR),
        *(_T.CPIO, _T.DEB, _T.RPM, _T.PKG, _T.DMG, _T.GZIP, _T.BZIP2, _T.XZ, _T.ZSTD, _T.LZ4),
        *(_T.LZIP, _T.ZCOMPRESSED, _T.LZH, _T.ARJ, _T.ACE, _T.WIM),
    )
)
