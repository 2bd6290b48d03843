"""What sessions teach, under the settings for it."""

import pytest

from clearpane.gateway.hellos import hello_of
from clearpane.pipeline.connection import Course, Step
from clearpane.rulebase.learned import Cause
from gateways import Gateway, Wire


def shown(gateway: Gateway, *reasons: str) -> Wire:
    """A client that was shown a leaf of Forward Trust."""
    wire = Wire(gateway)
    wire.context.server.address = wire.context.server.peername = ("198.51.100.7", 443)
    decision = gateway.core.decide(wire.live, hello_of(wire.context, "www.test"))
    wire.live.course = Course(Step.DECRYPT, "forward-trust", reasons, decision)
    return wire


@pytest.mark.parametrize(
    ("alert", "reasons", "suggested"),
    [
        pytest.param("unknown ca", (), True, id="it does not know the authority"),
        pytest.param("bad certificate", (), True, id="it takes the certificate for a bad one"),
        pytest.param("decrypt error", (), False, id="something else"),
        pytest.param("unknown ca", ("expired",), False, id="it was warned of the server"),
    ],
)
async def test_an_alert_is_suggested_as_an_exclusion(
    gateway: Gateway,
    alert: str,
    reasons: tuple[str, ...],
    suggested: bool,
) -> None:
    wire = shown(gateway, *reasons)
    gateway.core.learning.rejected(wire.live, alert)
    gateway.core.learning.rejected(wire.live, alert)
    assert wire.live.session.alert == alert
    said = [text for text in gateway.said if "exclusions.yaml" in text]
    assert len(said) == suggested


async def test_a_server_is_learned_under_its_profile(gateway: Gateway) -> None:
    wire = shown(gateway)
    gateway.core.learning.learn(wire.live, Cause.UNSUPPORTED_CIPHER)
    again = Wire(gateway)
    again.context.server.address = again.context.server.peername = ("198.51.100.7", 443)
    decision = gateway.core.decide(again.live, hello_of(again.context, "www.test"))
    assert decision.reason == "excluded-learned"
