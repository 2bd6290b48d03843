"""mitmdump -s addons/gateway.py: the whole suite in stock mitmproxy, mitmdump or mitmweb."""

import sys

try:
    from clearpane.gateway.addons import make_addons
except ModuleNotFoundError as missing:
    cure = "run make setup, or install clearpane beside mitmproxy"
    print(f"clearpane: the package {missing.name} is missing ({cure})", file=sys.stderr)
    sys.exit(2)

addons = make_addons(script=True)
