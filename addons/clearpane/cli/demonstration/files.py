"""The four EICAR files, put together when they are needed.

The test virus stands nowhere whole, neither in this file nor in its compiled form, so that no
scanner takes the product itself away.
"""

import io
import zipfile
from collections.abc import Mapping

_HALVES = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")


def eicar() -> bytes:
    """The 68 octets. Constants that are added would be joined by the compiler."""
    return b"".join(_HALVES)


def downloads() -> Mapping[str, bytes]:
    """The files by their names on the EICAR organisation's download page."""
    plain = eicar()
    packed = _zip("eicar.com", plain)
    return {
        "eicar.com": plain,
        "eicar.com.txt": plain,
        "eicar_com.zip": packed,
        "eicarcom2.zip": _zip("eicar_com.zip", packed),
    }


def _zip(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()
