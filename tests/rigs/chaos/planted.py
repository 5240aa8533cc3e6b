"""``python -m tests.rigs.chaos.planted DEFECT [OPTIONS]``: the agent, soon asked to sign in again where Telex
refuses its look-ups; with a defect, for the test of what finds them, or with ``none``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any


def _twice() -> None:
    """Every notification is told twice."""
    from telex_start.console import Console

    toast = Console.toast

    def told_twice(self: Console, shown: Any) -> None:
        toast(self, shown)
        toast(self, shown)

    Console.toast = told_twice  # type: ignore[method-assign, assignment]


def _descriptors() -> None:
    """Each connection leaves something behind."""
    from telex_start.push.websocket import WebSocket

    opened = WebSocket.open

    def leaky(self: WebSocket) -> None:
        for _ in range(10):
            os.dup(2)
        opened(self)

    WebSocket.open = leaky  # type: ignore[method-assign]


def _spinning() -> None:
    """The login window never learns what has become of its sign-in."""
    from telex_start.app.sign_in_dialogue import SignInDialogue

    SignInDialogue.state = lambda *args: None  # type: ignore[method-assign]


DEFECTS: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "twice": _twice,
    "descriptor": _descriptors,
    "spinning": _spinning,
}


def main(plant: Callable[[], None]) -> int:
    """Run the agent to its end, in a process that does nothing else; its timings come before all else of it."""
    from telex_start.session import pace

    pace.USUAL = pace.Timings(organisations_every=2.0, organisations_refused_for=1.0)
    plant()
    from telex_start.__main__ import main as agent

    return agent()


if __name__ == "__main__":
    sys.exit(main(DEFECTS[sys.argv.pop(1)]))
