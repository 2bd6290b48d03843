"""The rules that ship with the product, compiled once."""

from pathlib import Path

import pytest

from clearpane.antivirus.embedded import Embedded

RULES = Path(__file__).resolve().parents[3] / "rules" / "threats"


@pytest.fixture(scope="session")
def embedded() -> Embedded:
    return Embedded({f"rules/threats/{p.name}": p.read_text() for p in RULES.glob("*.yar")})
