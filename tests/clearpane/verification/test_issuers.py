import asyncio

import pytest

from chains import NOW, authority
from clearpane.verification import issuers as module
from clearpane.verification.fetch import Fetch, Fetched
from clearpane.verification.intermediate_cache import KEPT_UNPROVEN, Answer
from clearpane.verification.issuers import Issuers, http_only

CA = authority(None, "CA").der
URL = "http://ca.test/ca.crt"


class Net(Fetch):
    """Gives what it was made with; `go` lets it."""

    def __init__(self, *answers: Fetched) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.go = asyncio.Event()

    async def get(self, url: str, *, timeout: float, limit: int) -> Fetched:
        assert (timeout, limit) == (5, 64 * 1024)
        self.asked.append(url)
        await self.go.wait()
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("fetched", "expected"),
    [
        (Fetched(CA), Answer((CA,))),
        (Fetched(error="status 404"), Answer(error="status 404")),
        (Fetched(b"junk"), Answer(error="no-certificate")),
    ],
    ids=["a certificate", "a failure", "junk"],
)
async def test_an_answer_is_kept_a_failure_too(fetched: Fetched, expected: Answer) -> None:
    net = Net(fetched, Fetched(error="asked again"))
    net.go.set()
    issuers = Issuers(net, asyncio.to_thread)
    assert await issuers.ask(URL, NOW) == expected
    assert await issuers.ask(URL, NOW) == expected
    assert (await issuers.ask(URL, NOW + KEPT_UNPROVEN)).error == "asked again"


async def test_many_ask_at_once_and_one_goes_away() -> None:
    net = Net(Fetched(CA))
    issuers = Issuers(net, asyncio.to_thread)
    waiting = [asyncio.ensure_future(issuers.ask(URL, NOW)) for _ in range(50)]
    while not net.asked:
        await asyncio.sleep(0)
    waiting.pop(0).cancel()
    net.go.set()
    assert await asyncio.gather(*waiting) == [Answer((CA,))] * 49
    assert net.asked == [URL]


async def test_no_more_than_some_are_asked_at_once() -> None:
    net = Net(*[Fetched(error="timeout")] * module.MOST_FLIGHTS)
    issuers = Issuers(net, asyncio.to_thread)
    tasks = [
        asyncio.ensure_future(issuers.ask(f"{URL}?{number}", NOW))
        for number in range(module.MOST_FLIGHTS)
    ]
    while len(net.asked) < module.MOST_FLIGHTS:
        await asyncio.sleep(0)
    assert await issuers.ask(URL, NOW) == Answer(error="too-many-at-once")
    net.go.set()
    await asyncio.gather(*tasks)
    assert issuers.cache.get(URL, NOW) is None


def test_only_http_and_each_once() -> None:
    urls = ("ldap://a", "http://b", "https://c", "HTTP://d", "http://b", "file:///e", "")
    assert http_only(urls) == ("http://b", "HTTP://d")
