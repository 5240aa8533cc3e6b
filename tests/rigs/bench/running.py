"""The agent as a process on a desktop, signed in; and what is published."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.agent import Program
from tests.process import ROOT, until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox

PYTHON = str(ROOT / os.environ.get("BENCH_PYTHON", ".venv/bin/python"))
"""What runs the agent. It starts outside of the repository, so that the installed package is used."""
AGENT = [str(Path(PYTHON).with_name("telex-start"))]


def change(name: str, threads: int) -> dict[str, object]:
    """A publication of a channel's counts."""
    data = {"channels_id": name, "name": name, "description": f"about {name}", "thread_count": threads}
    return {"notification_type": "unread_thread_change", "section": "channels_section", "data": data}


def environment(desktop: RealDesktop, telex: Sandbox | None, folder: str) -> dict[str, str]:
    """Of a program on that desktop, with a home of its own."""
    environ = dict(desktop.environ)
    environ |= {name: folder for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    if telex is not None:
        environ |= {name: value for name, value in telex.environ.items() if name.startswith("TELEX_START_")}
    return environ


@contextmanager
def agent(
    desktop: RealDesktop, telex: Sandbox, folder: str, program: Sequence[str] = AGENT, *, by_window: bool = False
) -> Iterator[int]:
    """The agent with its tray, signed in by its input or by its window, which has closed; its process id."""
    options = ["--login"] if by_window else ["--email", telex.email, "--password-stdin"]
    given = None if by_window else telex.password + "\n"
    environ, home = environment(desktop, telex, folder), Path(folder)
    with Program(home, *options, environ=environ, given=given, command=program, cwd=home) as running:
        if by_window:
            desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex")
            time.sleep(0.5)  # until it has the focus, of which no event tells here
            desktop.xdotool("type", "--delay", "5", telex.email)
            desktop.xdotool("key", "Tab")
            desktop.xdotool("type", "--delay", "5", telex.password)
            desktop.xdotool("key", "Return")
        telex.wait_until(lambda status: sum(status["subscriptions"].values()) == len(status["organisations"]))
        if by_window:
            item = desktop.wait_for_item()
            until(lambda: item.labels()[0].startswith("Online"), "it does not come online")
            time.sleep(2)  # the window says its last word
        yield running.process.pid
