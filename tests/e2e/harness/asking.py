"""A site and a server of which each path leads to another response page."""

import io
import zipfile
from pathlib import Path

from . import bodies
from .messages import PAGE, Answer, Request
from .origins import Origin
from .site import Site
from .zoo import Zoo

HOST = "localhost"  # the one name that resolves everywhere, for browsers
PASSWORD = "open sesame"

_PROFILES = {
    "url-filtering": {
        "default": {"continue": ["gambling"], "override": ["locked"], "block": ["barred"]},
        "by-host": {"block": ["here"]},
    },
    "file-blocking": {
        "default": {
            "rules": [
                {"name": "programs", "file-type": ["pe"], "action": "block"},
                {"name": "papers", "file-type": ["pdf", "rtf"], "action": "continue"},
            ]
        }
    },
    "data-filtering": {
        "default": {"patterns": [{"pattern": "payment-card", "block-threshold": 1}]}
    },
}
_ALL = dict.fromkeys(("virus", *_PROFILES), "default")

PDF = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PROGRAM = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0\x64\x86" + bytes(300)
CARDS = b"name,card\nalice,4111 1111 1111 1111\n"


def _zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()


BOTH = _zipped({"paper.pdf": PDF, "note.rtf": b"{\\rtf1 a note}"})

# page -> the path that leads to it
PATHS = {
    "virus": "/files/eicar.com",
    "url-block": "/barred/page",
    "url-continue": "/games/page",
    "url-override": "/locked/page",
    "file-block": "/files/tool.exe",
    "file-continue": "/files/paper.pdf?type=application/pdf",
    "data": "/files/cards.csv?type=text/csv",
    "application": "/denied/page",
}


def site(folder: Path, zoo: Zoo, *, left: int, hosts: tuple[str, ...] = (HOST,)) -> Site:
    """Its gateway decrypts all but what goes to the port `left`, where every host is blocked."""
    made = Site(
        folder,
        roots=[zoo.root],
        decryption=[
            {"name": "leave", "service": [f"tcp/{left}"]},
            {"name": "all", "action": "decrypt", "profile": "best-practice"},
        ],
        categories={
            "gambling": [f"{host}/games/" for host in hosts],
            "locked": [f"{host}/locked/" for host in hosts],
            "barred": [f"{host}/barred/" for host in hosts],
            "denied": [f"{host}/denied/" for host in hosts],
            "here": hosts,
        },
        profiles=_PROFILES,
        settings={
            "ssl-decrypt": {"url-proxy": True},
            "url-admin-override": {"password-file": "override.txt"},
        },
    )
    by_host = {"name": "left", "service": [f"tcp/{left}"], "action": "allow"}
    denied = {"name": "denied", "category": ["denied"], "action": "deny"}
    rest = {"name": "rest", "action": "allow", "profiles": _ALL}
    made.write(
        "security.yaml",
        {"rules": [by_host | {"profiles": {"url-filtering": "by-host"}}, denied, rest]},
    )
    password = made.rules / "override.txt"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    password.chmod(0o600)
    return made


def furnish(origin: Origin) -> Origin:
    """Puts behind each page what it stands before."""
    origin.contents.files |= {
        "tool.exe": PROGRAM,
        "paper.pdf": PDF,
        "cards.csv": CARDS,
        "both.zip": BOTH,
    }
    for place in ("games", "locked", "barred", "denied"):
        origin.contents.routes[f"/{place}/page"] = _page
    return origin


def _page(_: Request) -> Answer:
    return Answer(headers=[("content-type", "text/html")], body=PAGE)


# What nobody may be sent while its page is in the way.
HIDDEN = (bodies.EICAR, PAGE, PROGRAM, PDF, CARDS)
