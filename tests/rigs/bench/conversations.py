"""The section ``conversations``: what the agent weighs that knows of many."""

from __future__ import annotations

import time
from pathlib import Path

from tests.real_desktop import RealDesktop
from tests.rigs.bench.measuring import read
from tests.rigs.bench.running import IDLE, agent, environment, say
from tests.servers import Sandbox

MANY = {"channels": 100, "directs": 80, "agents": 20}
LAST_LOOK_UP = "GET /organisations/{organisation}/fetch-bots"
"""The last of an organisation's three look-ups, as the sandbox counts it."""


def conversations(desktop: RealDesktop, folder: str) -> None:
    """Signed in with one organisation, which was looked up, and nothing happens."""
    without = _weigh(desktop, folder, "none", None)
    say("PSS, signed in over TLS, 1 organisation, no conversation", f"{without:.1f} MB")
    for unread, words in ((0, "all read"), (1, "each unread, and told in one summary")):
        weighs = _weigh(desktop, folder, f"unread-{unread}", unread)
        count = sum(MANY.values())
        say(f"  {count} conversations, {words}", f"{weighs:.1f} MB;  {weighs - without:+.1f} MB")


def _weigh(desktop: RealDesktop, folder: str, name: str, unread: int | None) -> float:
    """MB, with that many unread in each of many conversations, or with none of these."""
    home = Path(folder, name)
    home.mkdir()
    with Sandbox("--rate", "0", "--organisations", "1") as telex:
        if unread is not None:
            telex.order("fill", organisation=0, unread=unread, **MANY)
        with agent(environment(desktop, telex, str(home)), telex) as process:
            telex.wait_until(lambda status: LAST_LOOK_UP in status["requests"], 60.0)
            time.sleep(IDLE)  # idle is that nothing happens, of which there is no event
            return read(process.pid).pss
