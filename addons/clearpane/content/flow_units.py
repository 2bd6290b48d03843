"""What readers of endless bodies hand out: wire bytes, and what is judged before they pass."""

from dataclasses import dataclass

from clearpane.content.flow_nodes import Found


@dataclass(frozen=True, slots=True)
class Unit:
    """`raw` may be passed on once all of `found`, and all before it, has been judged.

    The units' raw bytes together are the body as it came; either may be empty.
    """

    raw: bytes
    found: tuple[Found, ...] = ()
