"""Plain values: empty unless something is known, and never changed afterwards."""

from dataclasses import FrozenInstanceError, fields

import pytest

from clearpane.sessions.tls import Leg, ServerCertificate


@pytest.mark.parametrize("value", [Leg(), ServerCertificate()])
def test_nothing_is_known_at_first(value: Leg | ServerCertificate) -> None:
    assert not any(getattr(value, field.name) for field in fields(value))


def test_a_leg_does_not_change() -> None:
    leg = Leg("TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519")
    with pytest.raises(FrozenInstanceError):
        leg.version = "TLSv1.2"  # type: ignore[misc]
