"""mitmproxy's side: one addon per moment of a connection."""
