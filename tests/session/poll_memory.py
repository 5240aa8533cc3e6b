"""What polls cost the program in memory: ``python -m tests.session.poll_memory [SECONDS]``.

MB of its own (USS) that the program has at most, and so many seconds after it has polled 1,000 unread channels: without
previews, with 50 messages in each (44 MB), and with one long message, which comes twice in each row (40 MB).
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.agent import headless, read
from tests.servers import Sandbox

CHANNELS = 1000
SETTLES_WITHIN = 60.0
"""Seconds."""


class Own(NamedTuple):
    """MB (10^6 bytes) of a program's own."""

    most: float
    after: float


def of_the_program(messages: int, characters: int, seconds: float = SETTLES_WITHIN) -> Own:
    """What it has at most, from its start to so many seconds after the poll, and what it has then."""
    with tempfile.TemporaryDirectory() as folder, Sandbox("--organisations", "1", "--rate", "0") as sandbox:
        sandbox.order("fill", organisation=0, channels=CHANNELS, messages=messages, unread=3, size=characters)
        with headless(Path(folder), sandbox) as agent:
            most = own = 0.0
            until = float("inf")
            while time.monotonic() < until:
                time.sleep(0.02)
                own = read(agent.process.pid).uss
                most = max(most, own)
                if until == float("inf") and sandbox.calls("fetch-bots"):  # the last call
                    until = time.monotonic() + seconds
            agent.event("unread", unread=3 * CHANNELS)
        return Own(most, own)


def main() -> None:
    for messages, characters in ((0, 0), (50, 450), (1, 20_000)):
        own = of_the_program(messages, characters, *map(float, sys.argv[1:2]))
        print(f"{messages:2} messages of {characters:5} characters: {own.most:.1f} MB at most, {own.after:.1f} then")


if __name__ == "__main__":
    main()
