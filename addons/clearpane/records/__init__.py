"""What happened and why: threat, traffic and decryption records, captures, outputs."""
