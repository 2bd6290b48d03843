"""Bodies too large to be held back, with the virus at their very end, and clean ones."""

import gzip
import io
import tarfile
import zipfile
from functools import cache

from . import bodies

MIB = 1 << 20


@cache
def clean(size: int) -> bytes:
    return bodies.clean(size)


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
