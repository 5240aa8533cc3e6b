"""The section ``organisations``: many of them under Telex's rate limiter. The session alone, in this process."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from telex_start.events import StateChanged, UnreadLookedUp
from telex_start.session.timings import USUAL
from tests.real_desktop import RealDesktop
from tests.rigs.bench.running import say
from tests.servers import Sandbox
from tests.session.agent import Agent

COUNT = 40
RATES = (6, 1)
"""Requests a second; they are played at the same time, as they wait more than they work."""
LIMIT = 900.0
"""Seconds."""


def organisations(_desktop: RealDesktop, _folder: str) -> None:
    """From the sign-in until the first is live, all are live, and all were looked up."""
    with ThreadPoolExecutor(len(RATES)) as players:
        for rate, figures in zip(RATES, players.map(_play, RATES), strict=True):
            say(f"{COUNT} organisations, {rate} requests a second", figures)


def _play(rate: int) -> str:
    options = ("--organisations", str(COUNT), "--rate", str(rate), "--burst", "4")
    with Sandbox(*options) as telex, Agent(telex, timings=USUAL) as session:
        began = time.monotonic()
        session.sign_in()
        session.await_true(lambda: len(_looked_up(session)) == COUNT, LIMIT)
        first, live = (_live(session, count) - began for count in (1, COUNT))
        last = max(_looked_up(session).values()) - began
        refused = telex.status()["rate_limited"]["count"]
    return f"first live {first:.2f} s, all live {live:.2f} s, all looked up {last:.2f} s, {refused} times 429"


def _live(session: Agent, count: int) -> float:
    """When it first told that so many were."""
    told = [(when, event) for when, event in session.events if isinstance(event, StateChanged)]
    return next(when for when, event in told if event.subscribed >= count)


def _looked_up(session: Agent) -> dict[str, float]:
    """When each was first, by channel."""
    found: dict[str, float] = {}
    for when, event in session.events:
        if isinstance(event, UnreadLookedUp):
            found.setdefault(event.channel, when)
    return found
