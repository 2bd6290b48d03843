"""What is fetched, what must come of it, and what came of it.

A row is as it should be only if the client's own eyes and, for a virus, the threat log say so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cryptography import x509

from clearpane.cli.demonstration.client import Answer
from clearpane.cli.demonstration.files import eicar
from clearpane.cli.demonstration.origins import WELCOME
from clearpane.cli.demonstration.signers import Signer
from clearpane.cli.demonstration.stage import DOWNLOADS, EXPIRED, UNKNOWN_ISSUER, Stage
from clearpane.cli.demonstration.threat_log import Record

# X509_V_ERR_*: what a client says to a leaf of an authority that it does not know, and to a date.
_UNKNOWN = frozenset({2, 18, 19, 20, 21})
_EXPIRED = 10
_VIRUS_PAGE, _CERTIFICATE_PAGE = 403, 503

_FILES = ("eicar.com", "eicar.com.txt", "eicar_com.zip", "eicarcom2.zip")


@dataclass(frozen=True, slots=True)
class Row:
    """One case: `seen` fits a column of the screen, `ok` if it is as it should be."""

    case: str
    expected: str
    seen: str
    ok: bool


type Seen = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Case:
    """`look` fetches and judges."""

    name: str
    expected: str
    look: Callable[[Stage], Seen]

    def play(self, stage: Stage) -> Row:
        return Row(self.name, self.expected, *self.look(stage))


def _http(file: str, stage: Stage) -> Seen:
    log = stage.log.onward()
    answer = stage.client.plain(stage.web.port, f"/{file}")
    return _blocked(stage.files[file], answer, lambda: log.virus(file, decrypted=False))


def _https(file: str, stage: Stage) -> Seen:
    log = stage.log.onward()
    answer = stage.client.secure(DOWNLOADS, stage.secure.port, f"/{file}")
    signer = stage.signers.of(answer.certificate)
    seen, ok = _blocked(stage.files[file], answer, lambda: log.virus(file, decrypted=True))
    if answer.warning:
        return f"warning: {answer.words}, {signer}", False
    return f"{seen}, {signer}", ok and signer is Signer.TRUST


def _blocked(file: bytes, answer: Answer, logged: Callable[[], Record | None]) -> Seen:
    if answer.body == file or eicar() in answer.body:
        return "the virus arrived", False
    if answer.warning or (answer.status != _VIRUS_PAGE and not answer.failure):
        return f"status {answer.status}", False
    seen = f"virus page ({_VIRUS_PAGE})" if answer.status == _VIRUS_PAGE else answer.failure
    if logged() is None:
        return f"{seen}, not logged", False
    return seen, True


def _no_decrypt(stage: Stage) -> Seen:
    if not stage.private:
        return "no rule leaves a category alone", False
    answer = stage.client.secure(stage.private, stage.secure.port, "/")
    if answer.failure:
        return answer.failure, False
    same = answer.certificate == stage.servers[stage.private].der
    seen = f"{stage.private}: {stage.signers.of(answer.certificate)}"
    return seen, same and not answer.warning and answer.body == WELCOME


def _untrusted(stage: Stage) -> Seen:
    answer = stage.client.secure(UNKNOWN_ISSUER, stage.secure.port, "/")
    signer = stage.signers.of(answer.certificate)
    warned = answer.warning in _UNKNOWN and signer is Signer.UNTRUST
    return _warned(answer, signer, "unknown issuer" if answer.warning in _UNKNOWN else "", warned)


def _expired(stage: Stage) -> Seen:
    answer = stage.client.secure(EXPIRED, stage.secure.port, "/")
    signer = stage.signers.of(answer.certificate)
    if answer.warning != _EXPIRED or signer is Signer.NOBODY:
        return _warned(answer, signer, "", False)
    shown = x509.load_der_x509_certificate(answer.certificate).not_valid_after_utc
    same = shown == stage.servers[EXPIRED].certificate.not_valid_after_utc
    return _warned(answer, signer, f"expired {shown:%Y-%m-%d}", signer is Signer.TRUST and same)


def _warned(answer: Answer, signer: Signer, words: str, warned: bool) -> Seen:
    """A page under a Trust leaf in place of the warning is what a profile with checks asks for."""
    if answer.failure:
        return answer.failure, False
    if answer.status == _CERTIFICATE_PAGE and signer is Signer.TRUST:
        return f"block page ({_CERTIFICATE_PAGE}), {signer}", True
    if not answer.warning:
        return f"no warning (status {answer.status}), {signer}", False
    return f"warning: {words or answer.words}, {signer}", warned


CASES = (
    *(
        Case(f"EICAR over HTTP: {file}", "blocked, and in the threat log", partial(_http, file))
        for file in _FILES
    ),
    *(
        Case(
            f"EICAR over HTTPS: {file}",
            "decrypted under a Trust leaf, blocked, and in the threat log",
            partial(_https, file),
        )
        for file in _FILES
    ),
    Case("no-decrypt category", "the server's own certificate, byte for byte", _no_decrypt),
    Case("untrusted server", "an unknown-issuer warning, under an Untrust leaf", _untrusted),
    Case("expired server", "a warning of the real date, under a Trust leaf", _expired),
)
