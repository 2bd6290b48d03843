"""mitmdump -s addons/gateway.py: the whole suite in stock mitmproxy, mitmdump or mitmweb."""

import sys

try:
    from clearpane.gateway.addons import make_addons
except ModuleNotFoundError as missing:
    print(f"clearpane: the Python package {missing.name} is missing (run make setup)", file=sys.stderr)
    sys.exit(2)

addons = make_addons(script=True)
