"""`python -m tests.bench [NAME ...] [FILE.json]`: a table, and the same as JSON.

Each name is a block of rows that can run by itself; without one all of them run.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from . import memory, sessions, soak, steps, streaming
from .compare import Row

BLOCKS: dict[str, Callable[[Path], list[Row]]] = {
    "sessions": sessions.run,
    "steps": steps.run,
    "streaming": streaming.run,
    "memory": memory.run,
    "soak": soak.run,
}


def main(words: Sequence[str]) -> int:
    files = [word for word in words if word.endswith(".json")]
    names = [word for word in words if word not in files] or list(BLOCKS)
    if unknown := sorted({*names} - {*BLOCKS}):
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BLOCKS)}")
        return 2
    rows: list[Row] = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            for row in BLOCKS[name](Path(folder)):
                rows.append(row)
                print(_shown(row), flush=True)
    for file in files:
        Path(file).write_text(json.dumps(rows, indent=2))
    return 0 if all(row["ok"] for row in rows) else 1


def _shown(row: Row) -> str:
    each = (f"{k} {v:.2f}" if isinstance(v, float) else str(v) for k, v in row.items())
    return "  ".join(each)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
