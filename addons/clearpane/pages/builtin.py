"""What is shown where rules/pages/ lacks a page: plain, with the shipped ones' tokens."""

_FRAME = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 10vh auto; padding: 0 1rem;
       overflow-wrap: anywhere }}
</style>
<body>
<main>
<h1>{title}</h1>
<p><reason/></p>
{facts}
</main>
</body>
</html>
"""

BUILTIN = {
    "virus-block-page": _FRAME.format(
        title="This file was blocked",
        facts="<p>The virus check stopped <strong><fname/></strong> from <url/>.</p>\n"
        "<p>User: <user/></p>",
    ),
    "ssl-cert-status-page": _FRAME.format(
        title="This site was blocked",
        facts="<p>No secure connection was made to <strong><url/></strong>.</p>\n"
        "<p>Certificate: <certname/><br>Issuer: <issuer/><br>Status: <status/><br>"
        "User: <user/></p>",
    ),
}
