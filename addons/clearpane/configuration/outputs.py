"""The `outputs` of settings.yaml: where records go besides the state folder.

They are checked here so that the file stays valid when a later version writes to them.
"""

from dataclasses import dataclass
from enum import StrEnum

from clearpane.documents.mapping import Mapping

_COMMON = ("name", "type", "format")
_FILE = (*_COMMON, "path")
_SYSLOG = (*_COMMON, "transport", "host", "port", "path", "header")


class OutputType(StrEnum):
    FILE = "file"
    SYSLOG = "syslog"


class Format(StrEnum):
    JSON = "json"
    PAN_OS = "pan-os"
    CEF = "cef"
    ECS = "ecs"


class Transport(StrEnum):
    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    UNIX = "unix"


class Header(StrEnum):
    """The syslog header: RFC 3164 as the firewall writes it, or RFC 5424."""

    BSD = "bsd"
    IETF = "ietf"


@dataclass(frozen=True, slots=True)
class Output:
    """`path` is a file or a Unix socket, `host` and `port` a syslog server."""

    name: str
    type: OutputType
    format: Format = Format.JSON
    path: str = ""
    transport: Transport = Transport.UDP
    host: str = ""
    port: int = 514
    header: Header = Header.BSD


def parse(settings: Mapping) -> tuple[Output, ...]:
    """All outputs; two of one name are an error."""
    found: dict[str, Output] = {}
    for number, block in enumerate(settings.mappings("outputs") or (), 1):
        block.label = f"output {number}"
        output = _output(block)
        if output.name in found:
            block.error("name", f"the name {output.name} is taken already", "rename one of the two")
        found[output.name] = output
    return tuple(found.values())


def _output(block: Mapping) -> Output:
    name = block.text("name") if block.required("name") else block.label
    block.label = f'output "{name}"'
    block.required("type")
    kind = block.choice("type", OutputType, None)
    if kind is not None:
        block.only(*(_SYSLOG if kind is OutputType.SYSLOG else _FILE))
    output = Output(
        name,
        kind or OutputType.FILE,
        block.choice("format", Format, Format.JSON),
        block.text("path"),
        block.choice("transport", Transport, Transport.UDP),
        block.text("host"),
        block.integer("port", 514, 1, 65_535),
        block.choice("header", Header, Header.BSD),
    )
    local = output.type is OutputType.FILE or output.transport is Transport.UNIX
    if kind is not None:
        block.required("path" if local else "host")
    return output
