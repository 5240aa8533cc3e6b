"""What a preferences window that was opened and closed leaves behind in the agent."""

from __future__ import annotations

import subprocess
import time

from tests.real_desktop import RealDesktop
from tests.rigs.bench.measuring import eventually, read
from tests.rigs.bench.running import agent, environment, say
from tests.servers import Sandbox


def preferences(desktop: RealDesktop, folder: str) -> None:
    """Opened from the menu, one thing changed, closed; twice, as what the first brings stays."""
    seconds = []
    with Sandbox() as telex, agent(environment(desktop, telex, folder), telex) as process:
        time.sleep(5)  # what a start leaves to be done is done; there is no event for that
        item = desktop.wait_for_item()
        before = read(process.pid)
        after = []
        for _ in range(2):
            began = time.monotonic()
            item.click("Preferences…")
            desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex")
            seconds.append(time.monotonic() - began)
            eventually(lambda: desktop.active_title().startswith("Telex"))
            time.sleep(0.5)
            desktop.xdotool("key", "alt+w", "Return")
            eventually(lambda: not _is_there(desktop))
            time.sleep(2)
            after.append(read(process.pid))
    say("menu click -> preferences window", f"{seconds[1] * 1000:.0f} ms (the first time {seconds[0] * 1000:.0f})")
    growth = [one.pss - before.pss for one in after]
    words = f"{growth[0]:+.1f} MB after the first time, {growth[1]:+.1f} MB after the second, of {before.pss:.1f} MB"
    say("  PSS of the agent after it was closed", f"{words};  threads {before.threads}, then {after[-1].threads}")


def _is_there(desktop: RealDesktop) -> bool:
    command = ["xdotool", "search", "--onlyvisible", "--name", "^Telex"]
    return subprocess.run(command, env=desktop.environ, capture_output=True, check=False).returncode == 0
