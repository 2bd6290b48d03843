"""Bodies too large to be held back, with the virus at their very end, and clean ones."""

import gzip
import hashlib
import io
import tarfile
import zipfile
from functools import cache

from . import bodies

MIB = 1 << 20


@cache
def clean(size: int) -> bytes:
    """Nothing compresses it."""
    return hashlib.shake_256(b"large").digest(size)


@cache
def infected(kind: str, size: int) -> bytes:
    """A tar, a zip or a tar.gz of `size` clean bytes and then the virus."""
    if kind == "tar.gz":
        return gzip.compress(infected("tar", size), compresslevel=1, mtime=0)
    members, out = {"a.bin": clean(size), "eicar.com": bodies.EICAR}, io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as archive:
            for name, body in members.items():
                archive.writestr(name, body)
        return out.getvalue()
    with tarfile.open(fileobj=out, mode="w") as tape:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tape.addfile(info, io.BytesIO(body))
    return out.getvalue()


@cache
def many_members() -> bytes:
    """A zip that is small, clean, and takes a scanner most of a second."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(5800):
            archive.writestr(zipfile.ZipInfo(str(number)), b"%d" % number)
    return out.getvalue()
