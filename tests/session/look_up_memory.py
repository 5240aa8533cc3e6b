"""``python -m tests.session.look_up_memory``: MB that a session is larger after look-ups of 300 channels than before.

A process of its own, in which nothing else takes or frees memory meanwhile.
"""

from __future__ import annotations

import threading
from pathlib import Path

from telex_start.events import ReconnectNow, UnreadSection
from tests.servers import Sandbox
from tests.session.agent import Agent, quick

CHANNELS, MESSAGES, CHARACTERS = 300, 50, 400


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


def main() -> None:
    with Sandbox("--organisations", "1", "--rate", "0") as sandbox, Agent(sandbox, timings=quick()) as session:
        session.online()
        session.await_looked_up()
        look_up(session)
        before = resident()
        sandbox.order("fill", organisation=0, channels=CHANNELS, messages=MESSAGES, unread=3, size=CHARACTERS)
        rows = [look_up(session) for _ in range(3)]
        assert rows == [CHANNELS] * 3, rows
        print(f"{resident() - before:.1f}")


if __name__ == "__main__":
    main()
