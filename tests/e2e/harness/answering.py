"""Forms of the gateway's pages, filled in as a browser sends them: by curl, from what the page has."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from . import clients
from .ways import Ways


@dataclass
class Form:
    """Where a page's form goes, and what is in it beside what the reader chooses."""

    action: str = ""
    method: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given["action"], given["method"]))
        elif tag == "input" and given.get("type") == "hidden":
            self.forms[-1].hidden[given["name"]] = given["value"]
        elif tag == "input":
            self.forms[-1].inputs.append(given["name"])


def form_of(reply: clients.Reply) -> Form:
    """The one form of a page."""
    reader = _Reader()
    reader.feed(reply.body.decode())
    assert len(reader.forms) == 1, reply.body
    return reader.forms[0]


def send(
    ways: Ways,
    way: str,
    url: str,
    form: Form,
    *arguments: str,
    choice: str = "yes",
    password: str | None = None,
    origin: str | None = None,
) -> clients.Reply:
    """Sends the form from the page at `url`; `origin` is the header of that name."""
    host = url.partition("/")[0]
    scheme = "http" if way == "http" else "https"
    fields = {**form.hidden, "answer": choice}
    if password is not None:
        fields["password"] = password
    path = urlsplit(form.action).path
    return ways.fetch(
        way,
        f"{host}{path}",
        *("--data", urlencode(fields)),
        *("-H", f"Origin: {origin or f'{scheme}://{host}'}"),
        *arguments,
    )
