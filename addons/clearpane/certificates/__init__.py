"""What a certificate says, read leniently from DER; no judgement."""
