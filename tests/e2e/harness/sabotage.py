"""A mitmproxy script that makes one hook of the gateway raise, whichever a file names.

It runs inside the gateway's process, loaded by `-s` beside the gateway. Each guarded hook is told
by its `__wrapped__`; what the guard calls is replaced, so the guard itself is what is tried out.
"""

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

from mitmproxy import ctx

TRIGGER = Path(os.environ["SABOTAGE"])


def running() -> None:
    """Finds the guarded hooks and writes their names beside the trigger."""
    names = set()
    ours = ctx.master.addons.get("clearpane")
    for addon in ours.parts:
        if type(addon).__module__.startswith("clearpane."):
            for name, method in inspect.getmembers(type(addon), inspect.isfunction):
                if hasattr(method, "__wrapped__"):
                    _break(method, method.__wrapped__)
                    names.add(name)
    TRIGGER.with_suffix(".hooks").write_text("\n".join(sorted(names)), encoding="ascii")


def _break(guard: FunctionType, hook: Callable[..., Any]) -> None:
    cells = [cell for cell in guard.__closure__ or () if cell.cell_contents is hook]
    assert len(cells) == 1, f"the guard of {hook.__name__} calls something else"

    def raise_if_asked() -> None:
        if TRIGGER.read_text(encoding="ascii") == hook.__name__:
            raise RuntimeError("sabotage")

    @functools.wraps(hook)
    def broken(*arguments: Any) -> Any:
        raise_if_asked()
        return hook(*arguments)

    @functools.wraps(hook)
    async def broken_async(*arguments: Any) -> Any:
        raise_if_asked()
        return await hook(*arguments)

    cells[0].cell_contents = broken_async if inspect.iscoroutinefunction(hook) else broken
