"""What look-ups cost in memory, each measured in a process in which nothing else takes or frees any meanwhile.

``python -m tests.session.look_up_memory``: MB that a session is larger after look-ups of 300 channels than before.

``python -m tests.session.look_up_memory program [SECONDS]``: MB of its own (USS) that the program has at most, and so
many seconds after it has looked up 1,000 unread channels: without previews, with 50 messages in each (44 MB), and
with one long message, which comes twice in each row (40 MB).
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from telex_start.events import ReconnectNow, UnreadSection
from tests.end_to_end.conftest import headless
from tests.rigs.bench.measuring import memory
from tests.servers import Sandbox
from tests.session.agent import Agent, quick

CHANNELS, MESSAGES, CHARACTERS = 300, 50, 400
MANY = 1000
"""Channels, for the whole program."""
SETTLES_WITHIN = 60.0
"""Seconds."""


class Own(NamedTuple):
    """MB (10^6 bytes) of a program's own."""

    most: float
    after: float


def resident() -> float:
    """MB."""
    words = Path("/proc/self/smaps_rollup").read_text().split()
    return int(words[words.index("Rss:") + 1]) / 1024


def look_up(session: Agent) -> int:
    """Look up, wait until the thread has ended, and forget what came; gives how many rows came."""
    session.mark()
    session.send(ReconnectNow())
    session.await_looked_up(limit=60.0)
    for thread in threading.enumerate():
        if thread.name == "look-ups":
            thread.join(60.0)
    rows = sum(len(event.rows) for event in session.all(UnreadSection))
    session.events[:] = [each for each in session.events if not isinstance(each[1], UnreadSection)]
    return rows


def of_a_session() -> float:
    """MB that it is larger after look-ups than before."""
    with Sandbox("--organisations", "1", "--rate", "0") as sandbox, Agent(sandbox, timings=quick()) as session:
        session.online()
        session.await_looked_up()
        look_up(session)
        before = resident()
        sandbox.order("fill", organisation=0, channels=CHANNELS, messages=MESSAGES, unread=3, size=CHARACTERS)
        rows = [look_up(session) for _ in range(3)]
        assert rows == [CHANNELS] * 3, rows
        return resident() - before


def of_the_program(messages: int, characters: int, seconds: float = SETTLES_WITHIN) -> Own:
    """What it has at most, from its start to so many seconds after the look-up, and what it has then."""
    with tempfile.TemporaryDirectory() as folder, Sandbox("--organisations", "1", "--rate", "0") as sandbox:
        sandbox.order("fill", organisation=0, channels=MANY, messages=messages, unread=3, size=characters)
        with headless(Path(folder), sandbox) as agent:
            most = own = 0.0
            until = float("inf")
            while time.monotonic() < until:
                time.sleep(0.02)
                own = memory([agent.process.pid]).uss
                most = max(most, own)
                if until == float("inf") and sandbox.calls("fetch-bots"):  # the last call of a look-up
                    until = time.monotonic() + seconds
            agent.event("unread", unread=3 * MANY)
        return Own(most, own)


def main() -> None:
    if sys.argv[1:2] != ["program"]:
        print(f"{of_a_session():.1f}")
        return
    for messages, characters in ((0, 0), (50, 450), (1, 20_000)):
        own = of_the_program(messages, characters, *map(float, sys.argv[2:3]))
        print(f"{messages:2} messages of {characters:5} characters: {own.most:.1f} MB at most, {own.after:.1f} then")


if __name__ == "__main__":
    main()
