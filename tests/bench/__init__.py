"""Benchmarks: the gateway against stock mitmproxy in the same run; `make bench` runs them."""
