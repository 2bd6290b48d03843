"""Numbers of things, in words."""


def counted(number: int, what: str) -> str:
    """`1 rule`, `1,024 rules`."""
    return f"{number} {what}" if number == 1 else f"{number:,} {what}s"
