from clearpane.antivirus.scan import Scan, one_by_one
from clearpane.content.detection import Detection, Unread, Unscanned


def test_a_threat_is_worse_than_what_was_not_read() -> None:
    threat, unread = Detection("Threat", 200_000), Unscanned(Unread.LIMIT)
    assert Scan((unread, threat)).worst == threat
    assert Scan((unread,)).worst == unread
    assert Scan().worst is None


async def test_one_by_one_keeps_the_order() -> None:
    async def say(word: str) -> str:
        return word

    assert await one_by_one(say("a"), say("b")) == ["a", "b"]
