"""The form of a response page: read from the page, and sent as a browser sends it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode


@dataclass(frozen=True)
class Form:
    """`buttons` are the values that the page's buttons send as `answer`."""

    action: str
    method: str
    token: str
    buttons: tuple[str, ...]

    def answer(self, choice: str, **fields: str) -> str:
        """The body of the request."""
        return urlencode({"token": self.token, "answer": choice, **fields})


@dataclass
class _Reader(HTMLParser):
    form: dict[str, str] = field(default_factory=dict)
    token: str = ""
    buttons: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert not self.form, "two forms"
            self.form = said
        elif tag == "input" and said.get("name") == "token":
            self.token = said["value"]
        elif tag == "button":
            self.buttons.append(said["value"])


def has_form(page: bytes) -> bool:
    return b"<form" in page


def form_of(page: bytes) -> Form:
    """The one form of a page."""
    reader = _Reader()
    reader.feed(page.decode("utf-8"))
    assert reader.form and reader.token, page
    return Form(reader.form["action"], reader.form["method"], reader.token, tuple(reader.buttons))
