"""The names that a leaf takes over from the real certificate.

A name is copied as it stands or not at all, never cut or mended. A dNSName is always copied: were
one left out, some clients would look at the CommonName instead and warn less than the real site's.
"""

from clearpane.certificates import der

_OTHER_NAME = der.context(0)
_EMAIL = der.context(1, constructed=False)
_DNS = der.context(2, constructed=False)
_DIRECTORY_NAME = der.context(4)
_URI = der.context(6, constructed=False)
_ADDRESS = der.context(7, constructed=False)
_REGISTERED_ID = der.context(8, constructed=False)

_CONSTRUCTED = 0x20
# A directory name nests five deep; deeper ones are made to hurt parsers.
_DEPTH = 10
_STRINGS = {
    der.UTF8_STRING: "utf-8",
    der.NUMERIC_STRING: "ascii",
    der.PRINTABLE_STRING: "ascii",
    der.IA5_STRING: "ascii",
    der.VISIBLE_STRING: "ascii",
    der.T61_STRING: "latin-1",
    der.BMP_STRING: "utf-16-be",
    der.UNIVERSAL_STRING: "utf-32-be",
}


def copied(san: bytes) -> bytes | None:
    """The GeneralNames (DER) of a leaf for those of the real certificate: what can't be read
    strictly is left out. None where nothing remains; raises DerError."""
    content = der.only(san, der.SEQUENCE).content
    if _is_plain(content):
        return der.sequence(content) if content else None
    kept = [der.element(n.tag, n.content) for n in der.items(content) if _is_strict(n)]
    return der.sequence(*kept) if kept else None


def is_empty(subject: bytes) -> bool:
    return not der.only(subject, der.SEQUENCE).content


def _is_plain(content: bytes) -> bool:
    """Whether there are but dNSNames under 128 octets, as nearly always: a thousand names then cost
    a tenth of what reading them element by element does, and this runs on the event loop."""
    at, end = 0, len(content)
    while at + 1 < end and content[at] == _DNS and content[at + 1] < 0x80:
        at += 2 + content[at + 1]
    return at == end


def _is_strict(name: der.Element) -> bool:
    if name.tag == _DNS:
        return True
    if name.tag in (_EMAIL, _URI):
        return name.content.isascii()
    if name.tag == _ADDRESS:
        return len(name.content) in (4, 16)
    try:
        return _is_rare_but_strict(name)
    except ValueError:
        return False


def _is_rare_but_strict(name: der.Element) -> bool:
    """x400Address and ediPartyName are not among them: no client reads these."""
    if name.tag == _REGISTERED_ID:
        return bool(der.read_oid(name.content))
    if not _is_der(name.content, _DEPTH):
        return False
    if name.tag == _OTHER_NAME:
        identifier, value = der.items(name.content)
        der.read_oid(der.expect(identifier, der.OID).content)
        return len(list(der.items(der.expect(value, der.context(0)).content))) == 1
    return name.tag == _DIRECTORY_NAME and _is_directory_name(name.content)


def _is_directory_name(name: bytes) -> bool:
    for relative in der.items(der.only(name, der.SEQUENCE).content):
        for pair in der.items(der.expect(relative, der.SET).content):
            identifier, value = der.items(der.expect(pair, der.SEQUENCE).content)
            der.read_oid(der.expect(identifier, der.OID).content)
            if value.tag not in _STRINGS:
                return False
            value.content.decode(_STRINGS[value.tag])
    return True


def _is_der(content: bytes, depth: int) -> bool:
    """Whether every length in here is in its shortest form."""
    return depth > 0 and all(
        item.raw == der.element(item.tag, item.content)
        and (not item.tag & _CONSTRUCTED or _is_der(item.content, depth - 1))
        for item in der.items(content)
    )
