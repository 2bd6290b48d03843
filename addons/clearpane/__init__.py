"""A TLS decryption gateway for mitmproxy: decide, verify, sign, inspect, record."""
