"""Signed tokens of the pages' forms: an answer counts only from whom it was asked, there and then.

A token holds what was asked, its time and the way back; user and host are signed with it without
standing in it. Whatever is forged, foreign, altered or too old is None, without saying which.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from json import dumps, loads
from urllib.parse import quote, urlsplit

from clearpane.pages.forms import TOKEN_LIMIT, Kind

LIFETIME = timedelta(minutes=15)

# Together within TOKEN_LIMIT, in base64 and with the signature.
_URL_LIMIT = 640
_KEY_LIMIT = 800
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}")
# What RFC 3986 lets stand in a URL, and the percent sign of what is escaped already.
_RFC3986 = "%:/?#[]@!$&'()*+,;=-._~"
_AUTHORITY = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Claim:
    """What was asked: of whom (a name or an address), on which host, about what (`key`: a category
    or a file type), and where the reader goes after it."""

    kind: Kind
    user: str
    host: str
    url: str
    key: str = ""


def issue(secret: bytes, claim: Claim, now: datetime) -> str:
    """A token of at most `TOKEN_LIMIT` characters that stands in a URL or in HTML as it is.

    `secret` has at least 32 bytes, and the key is no longer than a file's name. A `url` of another
    host, or a very long one, becomes the front page of the host, so that a token leads nowhere
    else.
    """
    if len(secret) < 32 or len(dumps(claim.key)) > _KEY_LIMIT:
        raise ValueError("the secret is too short, or the key too long")
    until = int((now + LIFETIME).timestamp())
    url = _on_host(claim.url, claim.host)
    text = dumps([claim.kind, until, url, claim.key], separators=(",", ":"))
    payload = urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    return f"{payload}.{_signature(secret, payload, claim.user, claim.host)}"


def read(secret: bytes, token: str, *, user: str, host: str, now: datetime) -> Claim | None:
    """The claim, if this gateway issued the token for this user on this host, not long ago."""
    if len(token) > TOKEN_LIMIT or not _FORM.fullmatch(token):
        return None
    payload, _, signature = token.partition(".")
    if not compare_digest(signature, _signature(secret, payload, user, host)):
        return None
    kind, until, url, key = loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if now.timestamp() >= until:
        return None
    return Claim(Kind(kind), user, host, url, key)


def way_back(host: str, *, url: str, method: str, referer: str = "") -> str:
    """Where a reader goes after the answer. Only a GET is asked again by itself: after anything
    else he is led to the page that he sent it from, if that is on the same host."""
    return _on_host(url if method in ("GET", "HEAD") else referer, host, url)


def _on_host(url: str, host: str, other: str = "") -> str:
    """The URL, if it is on the host; else the front page, as the scheme of either has it."""
    url = _quoted(url)
    if len(url) <= _URL_LIMIT and _authority(url, host):
        return url
    found = _quoted(other) or url
    authority = _authority(found, host)
    scheme = "http" if found.startswith("http:") else "https"
    return f"{scheme}://{authority or _bracketed(host)}/"


def _authority(url: str, host: str) -> str:
    """Host and port of a URL of this host; empty for any other, and for what a browser could read
    in another way: a user part, a backslash."""
    try:
        parts = urlsplit(url)
        named = parts.hostname
    except ValueError:
        return ""
    fits = parts.scheme in ("http", "https") and _AUTHORITY.fullmatch(parts.netloc.lower())
    return parts.netloc if fits and named == host.lower().strip("[]") else ""


def _bracketed(host: str) -> str:
    bare = quote(host.strip("[]"), safe=":", errors="replace")
    return f"[{bare}]" if ":" in bare else bare


def _quoted(url: str) -> str:
    """In ASCII; bytes that are no UTF-8 stay what they were (PEP 383)."""
    try:
        return quote(url, safe=_RFC3986, errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(url, safe=_RFC3986, errors="replace")


def _signature(secret: bytes, payload: str, user: str, host: str) -> str:
    signed = dumps(["clearpane form", payload, user, host.lower()]).encode()
    return urlsafe_b64encode(digest(secret, signed, sha256)).rstrip(b"=").decode()
