"""What the gateway wrote into its threat log since the demonstration began."""

import json
import time
from pathlib import Path
from typing import Any

type Record = dict[str, Any]

_PATIENCE = 3.0  # seconds; records are written beside the traffic, in milliseconds
_PAUSE = 0.02


class ThreatLog:
    """Reads on from the end that the file has now."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._file = state / "log" / "threat.jsonl"
        self._start = self._file.stat().st_size if self._file.exists() else 0

    def onward(self) -> "ThreatLog":
        """The same file, without what it holds by now."""
        return ThreatLog(self._state)

    def records(self) -> list[Record]:
        """All whole lines so far."""
        if not self._file.exists():
            return []
        lines = self._file.read_bytes()[self._start :].split(b"\n")[:-1]
        return [json.loads(line) for line in lines]

    def virus(self, file: str, *, decrypted: bool) -> Record | None:
        """The record of a test virus in the file, waited for."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            for record in self.records():
                name, threat = record.get("misc", ""), record.get("threatid", "")
                if name == file and record.get("decrypted") is decrypted and "Eicar" in threat:
                    return record
            if time.monotonic() > deadline:
                return None
            time.sleep(_PAUSE)


def short(record: Record) -> str:
    """One line of the log in a line of the screen."""
    time_of_day = str(record.get("receive_time", "")).rpartition(" ")[2]
    words = [time_of_day, *(str(record.get(key, "")) for key in ("threatid", "action", "misc"))]
    seen = "decrypted" if record.get("decrypted") else "not encrypted"
    return "  ".join([*words, seen])
