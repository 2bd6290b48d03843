"""The four EICAR files, put together when they are needed.

The test virus stands nowhere whole, neither in this file nor in its compiled form, so that no
scanner takes the product itself away.
"""

import io
import signal
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_HALVES = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")


def eicar() -> bytes:
    """The 68 octets. Constants that are added would be joined by the compiler."""
    return b"".join(_HALVES)


def downloads() -> Mapping[str, bytes]:
    """The files by their names on the EICAR organisation's download page."""
    plain = eicar()
    with _uninterrupted():
        packed = _zip("eicar.com", plain)
        twice = _zip("eicar_com.zip", packed)
    return {
        "eicar.com": plain,
        "eicar.com.txt": plain,
        "eicar_com.zip": packed,
        "eicarcom2.zip": twice,
    }


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Signals wait: zipfile meets an interruption with an error of its own."""
    ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _zip(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()
