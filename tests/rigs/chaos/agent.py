"""``python -m tests.rigs.chaos.agent``: the agent, soon asked to sign in again where Telex refuses its look-ups."""

from __future__ import annotations

import sys
from collections.abc import Callable


def main(before: Callable[[], None] = lambda: None) -> int:
    """Run it to its end, in a process that does nothing else.

    Args:
        before: Called before anything of the agent is imported but its timings.
    """
    from telex_start.session import timings

    timings.USUAL = timings.Timings(look_up_every=2.0, look_ups_refused_for=1.0)
    before()
    from telex_start.__main__ import main as agent

    return agent()


if __name__ == "__main__":
    sys.exit(main())
