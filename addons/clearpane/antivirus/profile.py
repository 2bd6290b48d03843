"""Antivirus profiles: what an administrator wants done about what engines find.

`parse` reads the `antivirus` block of profiles.yaml, with the firewall's names. A profile answers
per decoder (the protocol that carried the content) and direction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from clearpane.antivirus.threats import EICAR_NUMBER, LAST
from clearpane.content.detection import Detection
from clearpane.content.direction import Direction
from clearpane.documents import mapping as documents
from clearpane.documents.place import Text


class Decoder(StrEnum):
    """The protocols that a profile speaks of."""

    FTP = "ftp"
    HTTP = "http"
    HTTP2 = "http2"
    IMAP = "imap"
    POP3 = "pop3"
    SMB = "smb"
    SMTP = "smtp"


class Action(StrEnum):
    """What is done, the mildest first."""

    ALLOW = "allow"
    ALERT = "alert"
    DROP = "drop"
    RESET_CLIENT = "reset-client"
    RESET_SERVER = "reset-server"
    RESET_BOTH = "reset-both"
    BLOCK = "block"


class PacketCapture(StrEnum):
    """What is kept of the exchange."""

    OFF = "off"
    SINGLE = "single"
    EXTENDED = "extended"


_MAIL = (Decoder.SMTP, Decoder.IMAP, Decoder.POP3)


@dataclass(frozen=True, slots=True)
class Actions:
    """One decoder's; `upload` is for what clients send."""

    action: Action
    upload: Action


def _defaults() -> dict[Decoder, Actions]:
    """The firewall's: it can't tell a mail server to send no more, so that mail is let through."""
    alert = Actions(Action.ALERT, Action.ALERT)
    reset = Actions(Action.RESET_BOTH, Action.RESET_BOTH)
    return {decoder: alert if decoder in _MAIL else reset for decoder in Decoder}


@dataclass(frozen=True, slots=True)
class AntivirusProfile:
    """One profile; without arguments it is the one that is there without any file."""

    decoders: Mapping[Decoder, Actions] = field(default_factory=_defaults)
    exceptions: Mapping[int, Action] = field(default_factory=dict)
    packet_capture: PacketCapture = PacketCapture.OFF
    on_unscanned: Action = Action.BLOCK
    allow_http_partial_response: bool = False

    @property
    def captures(self) -> bool:
        return self.packet_capture is not PacketCapture.OFF

    def action(self, decoder: str, direction: Direction, detection: Detection) -> Action:
        """What is done about a threat; an exception goes before the decoder's action."""
        usual = self._usual(Decoder(decoder), direction)
        return self.exceptions.get(detection.identifier, usual)

    def unscanned(self, decoder: str, direction: Direction) -> Action:
        """What is done about content that can't be judged. In mail nothing is stricter than the
        decoder's action: a client would ask for the same mail for ever."""
        usual = self._usual(Decoder(decoder), direction)
        if decoder in _MAIL and usual in (Action.ALLOW, Action.ALERT):
            return Action.ALERT
        return self.on_unscanned

    def _usual(self, decoder: Decoder, direction: Direction) -> Action:
        actions = self.decoders[decoder]
        return actions.upload if direction is Direction.UPLOAD else actions.action


def parse(section: documents.Mapping | None) -> dict[str, AntivirusProfile]:
    """The profiles by name; `default` is there even where the file does not name it."""
    profiles = {"default": AntivirusProfile()}
    if section is not None:
        for name in section.names():
            if block := section.mapping(name):
                block.label = f'antivirus profile "{name}"'
                profiles[str(name)] = _profile(block)
    return profiles


def _profile(block: documents.Mapping) -> AntivirusProfile:
    default = AntivirusProfile()
    block.only(
        *Decoder, "exceptions", "packet-capture", "on-unscanned", "allow-http-partial-response"
    )
    return AntivirusProfile(
        decoders={decoder: _actions(block, decoder) for decoder in Decoder},
        exceptions=_exceptions(block.mapping("exceptions")),
        packet_capture=_packet_capture(block),
        on_unscanned=Action(
            block.choice("on-unscanned", (Action.BLOCK, Action.ALERT), default.on_unscanned)
        ),
        allow_http_partial_response=block.flag("allow-http-partial-response"),
    )


def _actions(block: documents.Mapping, decoder: Decoder) -> Actions:
    """What clients send is treated as what they are sent, unless `upload` says otherwise."""
    usual = _defaults()[decoder]
    part = block.mapping(decoder)
    if part is None:
        return usual
    part.only("action", "upload")
    action = part.choice("action", Action, usual.action)
    return Actions(action, part.choice("upload", Action, action))


def _exceptions(block: documents.Mapping | None) -> dict[int, Action]:
    found: dict[int, Action] = {}
    if block is None:
        return found
    for key in block.names():
        if number := _number(block, key):
            found[number] = block.choice(key, Action, Action.ALLOW)
    return found


def _number(block: documents.Mapping, key: Text) -> int:
    """The threat's number, as the records give it in brackets; 0 where it is none."""
    if key.isascii() and key.isdecimal() and EICAR_NUMBER <= int(key[:8]) <= LAST:
        return int(key)
    message = f"exceptions: {key} is not the number of a threat"
    block.error(
        key, message, "it stands in brackets behind the name, as in Eicar Test File(100000)"
    )
    return 0


def _packet_capture(block: documents.Mapping) -> PacketCapture:
    """`true` means `single`, as on firewalls from before there was `extended`."""
    words = {"false": "off", "no": "off", "true": "single", "yes": "single"}
    kinds = (PacketCapture.SINGLE, PacketCapture.EXTENDED)
    word = str(block.choice("packet-capture", (*words, *kinds), "false"))
    return PacketCapture(words.get(word, word))
