"""mitmproxy's options that would undo the gateway, and those worth a warning.

A refusal names the option, what it would do, and the cure. It is looked for before a port is opened
and again whenever an option changes while the gateway runs.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from ipaddress import ip_address

from mitmproxy.options import Options

from clearpane.errors import Problem, Severity

MITMPROXY = "12.3."


def refused(options: Options, environment: Mapping[str, str]) -> Iterator[Problem]:
    """What the gateway must not start with."""
    if not version("mitmproxy").startswith(MITMPROXY):
        yield Problem(
            "mitmproxy",
            f"this gateway is made for mitmproxy 12.3, found {version('mitmproxy')}",
            "install mitmproxy 12.3",
        )
    for name, (bad, why) in _REFUSED.items():
        if name in options and bad(getattr(options, name)):
            yield Problem(name, why, f"remove the option {name}")
    for name in ("SSLKEYLOGFILE", "MITMPROXY_SSLKEYLOGFILE"):
        if environment.get(name):
            why = "is set: it would take the keys of decrypted sessions off the device"
            yield Problem(name, why, f"unset {name}")


def doubtful(options: Options) -> Iterator[Problem]:
    """What it starts with, and says so."""
    for name, (bad, why) in _DOUBTFUL.items():
        if name in options and bad(getattr(options, name)):
            yield Problem(name, why, severity=Severity.WARNING)
    yield from _without_effect(options)


def _without_effect(options: Options) -> Iterator[Problem]:
    """Both TLS connections are the gateway's own: the decryption profile says what they offer."""
    for name in _TLS:
        if name in options and getattr(options, name) != options.default(name):
            why = "has no effect on sessions that are decrypted; the decryption profile has"
            yield Problem(name, why, severity=Severity.WARNING)


def _on(value: object) -> bool:
    return bool(value)


def _off(value: object) -> bool:
    return value is False


def _off_loopback(host: str) -> bool:
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


type _Rules = Mapping[str, tuple[Callable[..., bool], str]]

_PUBLIC_KEY = "signs with an authority whose private key is public"
_UNSEEN = "lets traffic pass that no rule has decided about"
_REFUSED: _Rules = {
    "emudhra": (_on, _PUBLIC_KEY),
    "emudhra_old": (_on, _PUBLIC_KEY),
    "ssl_insecure": (_on, "ssl_insecure (-k) makes every bad certificate look good"),
    "ignore_hosts": (_on, _UNSEEN),
    "allow_hosts": (_on, _UNSEEN),
    "tcp_hosts": (_on, "takes hosts out of inspection"),
    "udp_hosts": (_on, "takes hosts out of inspection"),
    "stream_large_bodies": (_on, "streams bodies past the antivirus"),
    "upstream_cert": (_off, "without the server's certificate no leaf can say what it says"),
    "connection_strategy": (
        lambda value: value != "eager",
        "the server's certificate must be seen before the client's handshake",
    ),
    "validate_inbound_headers": (_off, "lets smuggled requests past inspection"),
    "client_certs": (_on, "shows the gateway's own client certificate to servers"),
    "certs": (_on, "serves certificates that no verdict stands behind"),
}
_TLS = (
    *(
        "tls_version_client_min",
        "tls_version_client_max",
        "ciphers_client",
        "tls_ecdh_curve_client",
    ),
    *(
        "tls_version_server_min",
        "tls_version_server_max",
        "ciphers_server",
        "tls_ecdh_curve_server",
    ),
    *("add_upstream_certs_to_client_chain", "request_client_cert"),
)
_DOUBTFUL: _Rules = {
    "save_stream_file": (_on, "decrypted content is written to a file"),
    "hardump": (_on, "decrypted content is written to a file"),
    "map_remote": (_on, "requests are sent to other servers than the client asked for"),
    "flow_detail": (lambda level: level > 2, "decrypted content is printed"),
    "web_host": (_off_loopback, "the web interface can be reached from other hosts"),
    "onboarding": (_on, "mitm.it hands out mitmproxy's own authority, not the Forward Trust one"),
    "body_size_limit": (_on, "has no effect; antivirus scan-limit in settings.yaml has"),
}
