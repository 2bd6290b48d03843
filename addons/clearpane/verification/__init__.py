"""Is the server who it says it is: handshake, chain, Verdict, Outcome."""
