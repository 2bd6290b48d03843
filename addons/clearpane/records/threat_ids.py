"""The column `threatid` of what is no virus: a name and a number in the firewall's ranges.

Numbers never change, whatever is added: whoever filters records by them must not be surprised.
"""

from zlib import crc32

# The firewall's constant for URL filtering, which has no name.
URL = "(9999)"

# The firewall has 52000 to 52999 for types of files. These four are its own, as its records show
# them; its other numbers are not published.
_KNOWN = {
    "dll": "Windows Dynamic Link Library (DLL)(52019)",
    "exe": "Windows Executable (EXE)(52020)",
    "pdf": "Adobe Portable Document Format (PDF)(52021)",
    "pe": "Microsoft PE File(52060)",
}
# Ours are numbered in this order; a new word belongs at the end.
_OWN = """
    elf mach-o class jar apk dex ipa msi msp appx deb rpm pkg dmg crx xpi wasm flash lnk chm
    bat cmd ps1 vbs vbe js jse wsf hta sct reg sh pl py php asp jsp zip encrypted-zip 7z rar
    encrypted-rar cab tar cpio gzip bzip2 xz zstd lz4 lzip zcompressed lzh arj ace iso wim vhd
    vhdx vmdk encrypted-pdf ps rtf doc xls ppt docx xlsx pptx xps vsd vsdx pub hwp msoffice
    encrypted-doc encrypted-xls encrypted-ppt encrypted-office2007 odt ods odp odg epub one
    mdb sqlite dwg stp msg eml pst png jpeg gif bmp tif webp svg ico heic avif wmf emf psd mp3
    m4a wav ogg flac amr midi mp4 mov avi mkv webm flv wmv mpeg rm ttf otf woff torrent pgp
    registry-hive dmp
"""
_FIRST, _OTHER = 52_500, 52_999
_FILES = _KNOWN | {
    word: f"{word.upper()}({number})" for number, word in enumerate(_OWN.split(), _FIRST)
}

# The firewall has 60000 to 69999 for data filtering, numbered as its patterns are made.
_DATA, _DATA_RANGE = 60_000, 10_000


def of_file(kind: str) -> str:
    """The type of a file, as `Microsoft PE File(52060)`; `kind` is a word of `FileType`."""
    return _FILES.get(kind) or f"{kind.upper()}({_OTHER})"


def of_data(pattern: str) -> str:
    """A data pattern; the number follows from its name alone, so that it stays the same."""
    return f"{pattern}({_DATA + crc32(pattern.encode('utf-8', 'replace')) % _DATA_RANGE})"
