"""Which way content goes, in the words of the records."""

from enum import StrEnum


class Direction(StrEnum):
    """Seen from the client that opened the connection, whoever is protected."""

    UPLOAD = "client-to-server"
    DOWNLOAD = "server-to-client"
