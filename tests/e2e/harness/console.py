"""mitmproxy's console in a terminal of its own (tmux), as an administrator has it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from typing import Self

from .clamav import free_port
from .process import BIN, START, environment, listening, places
from .site import PRODUCT, Site
from .wait import until


class Console:
    """A gateway whose screen can be read and whose keys can be pressed."""

    def __init__(self, site: Site, command: Sequence[str]) -> None:
        self.site = site
        self.port = free_port()
        self._command = [str(BIN / command[0]), *command[1:], *listening(self.port), *places(site)]
        self._environment = {**environment(site.folder), "TERM": "screen-256color"}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _tmux(self, *words: str) -> str:
        assert shutil.which("tmux"), "tmux is missing"
        done = subprocess.run(
            ["tmux", "-S", str(self.site.folder / "tmux"), "-f", os.devnull, *words],
            capture_output=True,
            text=True,
            env=self._environment,
            cwd=PRODUCT,
            timeout=20,
            check=False,
        )
        return done.stdout

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def shows(self, *words: str, seconds: float = 10) -> str:
        """The screen, once all words are on it."""
        try:
            return until(
                lambda: seen if all(w in (seen := self.screen()) for w in words) else "",
                f"{words} on the screen",
                seconds,
            )
        except AssertionError as error:
            raise AssertionError(f"{error}, which is\n{self.screen()}") from None

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def __enter__(self) -> Self:
        self._tmux("new-session", "-d", "-x", "180", "-y", "50", *self._command)
        try:
            until(self._listens, "the console listens", START)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.screen()}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")
