"""The pages as they come with the product, shown where rules/pages/ has none of that name.

Each says what happened, why, and what the reader can do. `clearpane pages export` writes them for
editing; those in rules/pages/ were written so, and a test keeps the two the same.
"""

from clearpane.pages import style
from clearpane.pages.style import STYLE

_FRAME = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main class="{tone}">
<div class="sign" aria-hidden="true">
<svg width="28" height="28" viewBox="0 0 24 24" fill="none" stroke="currentColor"
 stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">
{sign}
</svg>
</div>
<h1>{title}</h1>
<p>{lead}</p>
<p class="cause"><reason/></p>
{form}<dl>
{facts}
</dl>
<h2>What you can do</h2>
<p class="soft">{cure}</p>
</main>
</body>
</html>
"""

_STOP, _CARE, _CALM = "stop", "care", "calm"


def _page(
    tone: str,
    sign: str,
    title: str,
    lead: str,
    facts: dict[str, str],
    cure: str,
    form: bool = False,
) -> str:
    """A whole page; `facts` are labels with the token that stands beside each."""
    rows = (f"<dt>{label}</dt><dd><{token}/></dd>" for label, token in facts.items())
    return _FRAME.format(
        style=STYLE,
        tone=tone,
        sign=sign,
        title=title,
        lead=lead,
        form="<pan_form/>\n" if form else "",
        facts="\n".join(rows),
        cure=cure,
    )


_SITE = {"Address": "url", "Category": "category"}
_USER = {"User": "user"}
_FILE = {"File": "fname", "Address": "url"}

BUILTIN = {
    "virus-block-page": _page(
        _STOP,
        style.SHIELD,
        "This file was blocked",
        "The virus check stopped it, and it was not passed on.",
        _FILE | {"Category": "category"} | _USER,
        "Tell whoever gave you this file. If you need it for your work, ask your administrator, "
        "and name the file, its address and the reason above.",
    ),
    "ssl-cert-status-page": _page(
        _CARE,
        style.LOCK,
        "This site was blocked",
        "No secure connection could be made to <strong><url/></strong>.",
        {"Certificate": "certname", "Issuer": "issuer", "Status": "status"}
        | {"Category": "category"}
        | _USER,
        "Nothing that you entered was sent to it. You can try again later; if you need this site "
        "for your work, tell your administrator its name and the status above.",
    ),
    "url-block-page": _page(
        _STOP,
        style.BARRED,
        "This site is not allowed here",
        "The rules of this network do not allow <strong><url/></strong>.",
        _SITE | {"Rule": "rule"} | _USER,
        "If you need this site for your work, or think that its category is wrong, tell your "
        "administrator the address, the category and the user shown above.",
    ),
    "url-coach-text": _page(
        _CARE,
        style.WARNING,
        "This site needs a decision",
        "The rules of this network do not open <strong><url/></strong> right away.",
        _SITE | _USER,
        "If you did not mean to open this site, close this page. If you need it often for your "
        "work, tell your administrator the address, the category and the user shown above.",
        form=True,
    ),
    "file-block-page": _page(
        _STOP,
        style.FILE,
        "This file is not allowed here",
        "The rules of this network do not allow files of this type, and it was not passed on.",
        _FILE | _USER,
        "If you need this file for your work, tell your administrator its name, its address and "
        "the type named above. Giving it another name does not help.",
    ),
    "file-block-continue-page": _page(
        _CARE,
        style.FILE,
        "This file needs a decision",
        "Files of this type can do harm, so it was not passed on yet.",
        _FILE | _USER,
        "Go on only if you expected this file and know who sent it. If you do not, close this "
        "page, and tell your administrator the file and its address.",
        form=True,
    ),
    "data-filter-block-page": _page(
        _STOP,
        style.EYE,
        "This transfer was blocked",
        "It holds data that the rules of this network do not let pass.",
        _FILE | {"Direction": "direction", "Application": "appname"} | _USER,
        "Remove what is confidential, such as card or account numbers, and try again. If the "
        "transfer is part of your work, tell your administrator the file, its address and the "
        "user shown above.",
    ),
    "application-block-page": _page(
        _STOP,
        style.BARRED,
        "This application is not allowed here",
        "The rules of this network do not allow <strong><appname/></strong>.",
        {"Application": "appname", "Address": "url"} | _USER,
        "If you need this application for your work, tell your administrator its name, the "
        "address and the user shown above.",
    ),
    "ssl-optout-text": _page(
        _CALM,
        style.EYE,
        "Secure connections are inspected here",
        "This network decrypts secure connections to look for viruses and other dangers. What "
        "you exchange with a site is read by its gateway, and encrypted again on its way.",
        {"Site": "url"} | _USER,
        "With Yes, sites open as usual for a day, then you are asked again. With No, no secure "
        "site opens for a minute. For what is private, use another connection. If you have a "
        "question about it, ask your administrator.",
        form=True,
    ),
}

# Shown for a moment after an answer. Not a redirection: Chromium holds a page's form-action against
# each hop that follows its form, so that a site which leads to another host would not open.
# 2026-11, seen in Chromium; whatwg/html and w3c/webappsec-csp do not agree on it.
ONWARD = _FRAME.format(
    style=STYLE,
    tone=_CALM,
    sign=style.EYE,
    title="Thank you",
    lead='Your answer was noted. <a href="<url/>">Go on to the site</a> if it does not open by '
    "itself.",
    form="",
    facts="<dt>User</dt><dd><user/></dd>",
    cure="If you had sent a form, go back to it and send it again.",
).replace("<title>", '<meta http-equiv="refresh" content="0;url=<url/>">\n<title>')
