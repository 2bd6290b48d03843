"""Two proxies at the same work: their rounds take turns, so that other work on the machine meets
both alike. Only the ratio of what they took says something."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from .proxies import Proxy

type Row = dict[str, object]
type Pair = tuple[Proxy, Proxy]  # stock, the gateway
type Work = Callable[[Proxy, int], None]  # gets the number of the round

ROUNDS = 6


@dataclass
class Used:
    """By one proxy, in seconds: CPU in all rounds together, and the time of the fastest, which
    other work on the machine disturbed least."""

    cpu: float = 0.0
    fastest: float = float("inf")


def compare(pair: Pair, work: Work, rounds: int = ROUNDS) -> tuple[Used, Used]:
    """What both used for the same rounds."""
    used = Used(), Used()
    for number in range(-1, rounds):
        for proxy, own in zip(pair, used, strict=True):
            cpu, started = proxy.cpu(), time.perf_counter()
            work(proxy, number)
            if number >= 0:  # the first round only warms up
                own.fastest = min(own.fastest, time.perf_counter() - started)
                own.cpu += proxy.cpu() - cpu
    return used


def cost(what: str, used: tuple[Used, Used], each: int, ceiling: float) -> Row:
    """CPU of each of `each` steps."""
    stock, gateway = (1000 * one.cpu / each for one in used)
    ratio = gateway / stock
    return {"what": what, "stock ms": stock, "gateway ms": gateway,
            "ratio": ratio, "ceiling": ceiling, "ok": ratio <= ceiling}  # fmt: skip


def rate(what: str, used: tuple[Used, Used], amount: float, unit: str, floor: float) -> Row:
    """How fast the `amount` of one round went through; the ratio of the CPU is told besides."""
    stock, gateway = (amount / one.fastest for one in used)
    ratio, cpu = gateway / stock, used[1].cpu / used[0].cpu
    return {"what": what, f"stock {unit}/s": stock, f"gateway {unit}/s": gateway,
            "ratio": ratio, "floor": floor, "cpu ratio": cpu, "ok": ratio >= floor}  # fmt: skip
