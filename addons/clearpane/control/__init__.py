"""What a running gateway shows and lets be changed: the firewall's operational commands."""
