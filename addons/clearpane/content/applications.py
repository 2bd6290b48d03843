"""The applications that are told apart, in the words of rules and of the column `app`."""

from enum import StrEnum


class Application(StrEnum):
    """What runs in a session; the first two are for those in which nothing was said."""

    INCOMPLETE = "incomplete"
    NOT_APPLICABLE = "not-applicable"
    SSL = "ssl"
    WEB_BROWSING = "web-browsing"
    WEBSOCKET = "websocket"
    GRPC = "grpc"
    DNS_OVER_HTTPS = "dns-over-https"
    IMAP = "imap"
    SMTP = "smtp"
    POP3 = "pop3"
    FTP = "ftp"
    SSH = "ssh"
    RDP = "rdp"
    BITTORRENT = "bittorrent"
    UNKNOWN_TCP = "unknown-tcp"
