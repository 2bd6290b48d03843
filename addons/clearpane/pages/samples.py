"""Every page as it looks with values filled in, for `clearpane pages preview` and for the tests.

Where one page has several faces, the others have a name of their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clearpane.content.direction import Direction
from clearpane.pages.answers import ANSWER_PATH
from clearpane.pages.forms import Form, Kind
from clearpane.pages.page import Page, Pages, Reader
from clearpane.pages.words import Facts


@dataclass(frozen=True, slots=True)
class Values:
    """What outsiders and administrators call things."""

    host: str = "www.example.com"
    url: str = "https://www.example.com/downloads/setup.exe"
    fname: str = "setup.exe"
    category: str = "shareware-and-freeware"
    rule: str = "web"
    kind: str = "exe"
    application: str = "dns-over-https"
    authority: str = "CN=Example Root, O=Example"
    threat: str = "Eicar Test File (100000)"
    token: str = "c2FtcGxl.c2FtcGxl"

    def form(self, kind: Kind) -> Form:
        return Form(ANSWER_PATH, self.token, kind)


type Draw = Callable[[Pages, Reader, Values], Page]


def _virus(pages: Pages, reader: Reader, v: Values) -> Page:
    return pages.virus(
        reader, fname=v.fname, host=v.host, url=v.url, category=v.category, threats=[v.threat]
    )


def _certificate(pages: Pages, reader: Reader, v: Values) -> Page:
    return pages.certificate(
        reader,
        host=v.host,
        reasons=["unknown-issuer"],
        facts=Facts(host=v.host, issuer=v.authority),
        certname=v.host,
        issuer=v.authority,
        category=v.category,
    )


def _url_block(pages: Pages, reader: Reader, v: Values) -> Page:
    return pages.url_block(reader, url=v.url, host=v.host, category=v.category, rule=v.rule)


def _url_continue(pages: Pages, reader: Reader, v: Values) -> Page:
    form = v.form(Kind.URL_CONTINUE)
    return pages.url_continue(reader, url=v.url, host=v.host, category=v.category, form=form)


def _url_override(pages: Pages, reader: Reader, v: Values, wrong: bool = False) -> Page:
    form = v.form(Kind.URL_OVERRIDE)
    return pages.url_override(
        reader, url=v.url, host=v.host, category=v.category, form=form, wrong=wrong
    )


def _url_override_wrong(pages: Pages, reader: Reader, v: Values) -> Page:
    return _url_override(pages, reader, v, wrong=True)


def _url_override_locked(pages: Pages, reader: Reader, v: Values) -> Page:
    return pages.url_override_locked(
        reader, url=v.url, host=v.host, category=v.category, seconds=1_800
    )


def _file_block(pages: Pages, reader: Reader, v: Values) -> Page:
    return pages.file_block(reader, fname=v.fname, kind=v.kind, host=v.host, url=v.url)


def _file_continue(pages: Pages, reader: Reader, v: Values) -> Page:
    form = v.form(Kind.FILE_CONTINUE)
    return pages.file_continue(
        reader, fname=v.fname, kind=v.kind, host=v.host, url=v.url, form=form
    )


def _data_block(pages: Pages, reader: Reader, v: Values) -> Page:
    return pages.data_block(
        reader,
        fname=v.fname,
        appname=v.application,
        direction=Direction.UPLOAD,
        host=v.host,
        url=v.url,
    )


def _application_block(pages: Pages, reader: Reader, v: Values) -> Page:
    return pages.application_block(reader, appname=v.application, host=v.host, url=v.url)


def _opt_out(pages: Pages, reader: Reader, v: Values, posted: bool = False) -> Page:
    form = v.form(Kind.OPT_OUT)
    return pages.opt_out(reader, host=v.host, url=v.url, form=form, posted=posted)


def _opt_out_posted(pages: Pages, reader: Reader, v: Values) -> Page:
    return _opt_out(pages, reader, v, posted=True)


def _opt_out_refused(pages: Pages, reader: Reader, v: Values) -> Page:
    return pages.opt_out_refused(reader, host=v.host, url=v.url, seconds=60)


SAMPLES: Mapping[str, Draw] = MappingProxyType(
    {
        "virus-block-page": _virus,
        "ssl-cert-status-page": _certificate,
        "url-block-page": _url_block,
        "url-coach-text": _url_continue,
        "url-override": _url_override,
        "url-override-wrong": _url_override_wrong,
        "url-override-locked": _url_override_locked,
        "file-block-page": _file_block,
        "file-block-continue-page": _file_continue,
        "data-filter-block-page": _data_block,
        "application-block-page": _application_block,
        "ssl-optout-text": _opt_out,
        "ssl-optout-posted": _opt_out_posted,
        "ssl-optout-refused": _opt_out_refused,
    }
)
