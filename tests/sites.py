"""An administrator's working folder: rules/ as shipped and ca/ with authorities."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from chains import Key, Party, Spec, issue, p256
from clearpane.authorities import store
from clearpane.authorities.inbound_store import load_inbound
from clearpane.certificates import pem
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

    def protect(
        self, name: str, *, days: int = 300, now: datetime = NOW, key: Key | None = None
    ) -> Party:
        """Puts a server's own certificate into ca/inbound/, with so many days left."""
        dates = (now - timedelta(days=10), now + timedelta(days=days, hours=1))
        server = issue(None, Spec(start=dates[0], end=dates[1], key=lambda: key or p256()))
        (self.ca / "inbound").mkdir(exist_ok=True)
        path = self.ca / "inbound" / f"{name}.key"
        path.touch(0o600)
        path.write_bytes(server.key_pem)
        path.with_suffix(".crt").write_text(pem.to_pem(server.der))
        return server

    def load(self, before: Policy | None = None) -> Configuration:
        return load(self.rules, self.ca, self.now, store.load, load_inbound, before)

    def problems(self, before: Policy | None = None) -> list[str]:
        """What is reported, warnings too, whether it loads or not."""
        try:
            return [str(problem) for problem in self.load(before).warnings]
        except ClearpaneError as error:
            assert any(problem.severity is Severity.ERROR for problem in error.problems)
            return [str(problem) for problem in error.problems]

    def errors(self, before: Policy | None = None) -> list[str]:
        return [text for text in self.problems(before) if ": error: " in text]
