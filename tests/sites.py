"""An administrator's working folder: rules/ as shipped and ca/ with authorities."""

from datetime import UTC, datetime
from pathlib import Path

from clearpane.authorities import store
from clearpane.configuration.configuration import Configuration, Policy
from clearpane.configuration.load import load
from clearpane.errors import ClearpaneError, Severity

SHIPPED = Path(__file__).resolve().parents[1] / "rules"
NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


class Site:
    """The working folder, which must be the current one."""

    rules, ca, now = Path("rules"), Path("ca"), NOW

    def write(self, name: str, text: str | bytes) -> Path:
        """Puts a file into rules/."""
        path = self.rules / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def load(self, before: Policy | None = None) -> Configuration:
        return load(self.rules, self.ca, self.now, store.load, before)

    def problems(self, before: Policy | None = None) -> list[str]:
        """What is reported, warnings too, whether it loads or not."""
        try:
            return [str(problem) for problem in self.load(before).warnings]
        except ClearpaneError as error:
            assert any(problem.severity is Severity.ERROR for problem in error.problems)
            return [str(problem) for problem in error.problems]

    def errors(self, before: Policy | None = None) -> list[str]:
        return [text for text in self.problems(before) if ": error: " in text]
