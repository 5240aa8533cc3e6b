"""What the sections share: the agent as a process, signed in, and a daemon that notes when its toasts came."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jeepney import Message

from tests.fake_desktop import FakeNotificationDaemon, PrivateBus
from tests.real_desktop import RealDesktop
from tests.rigs.bench.measuring import PYTHON, eventually
from tests.servers import Sandbox

IDLE = float(os.environ.get("IDLE", "60"))
"""Seconds."""
ROUNDS = int(os.environ.get("ROUNDS", "7"))
"""How often a figure is taken that is compared with a peer's."""
MESSAGES = int(os.environ.get("MESSAGES", "100"))
AGENT = [str(Path(PYTHON).with_name("telex-start"))]
APART = 1.8
"""Seconds between two messages, or the flood rule would hold some of them."""


class TimedDaemon(FakeNotificationDaemon):
    """A notification daemon that also notes when each call came, on the monotonic clock."""

    def __init__(self, bus: PrivateBus) -> None:
        super().__init__(bus)
        self.arrivals: list[float] = []

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[object, ...]] | str | None:
        if member == "Notify":
            self.arrivals.append(time.monotonic())
        return super().answer(call, interface, member)

    def after(self, known: int, limit: float = 20.0) -> float:
        """When the next call after so many came."""
        arrived: float = eventually(lambda: self.arrivals[known:], limit)[0]
        return arrived


def change(name: str, threads: int) -> dict[str, object]:
    data = {"channels_id": name, "name": name, "description": f"about {name}", "thread_count": threads}
    return {"notification_type": "unread_thread_change", "section": "channels_section", "data": data}


def environment(desktop: RealDesktop, telex: Sandbox | None, folder: str) -> dict[str, str]:
    environ = dict(desktop.environ)
    environ |= {name: folder for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    if telex is not None:
        environ |= {name: value for name, value in telex.environ.items() if name.startswith("TELEX_START_")}
    return environ


def say(what: str, figures: str) -> None:
    print(f"{what}:  {figures}", flush=True)


@contextmanager
def agent(environ: dict[str, str], telex: Sandbox, program: Sequence[str] = AGENT) -> Iterator[subprocess.Popen[str]]:
    """The agent with its tray, signed in."""
    command = [*program, "--email", telex.email, "--password-stdin"]
    process = subprocess.Popen(command, env=environ, cwd=environ["HOME"], stdin=subprocess.PIPE, text=True)
    try:
        assert process.stdin is not None
        process.stdin.write(telex.password + "\n")
        process.stdin.close()
        telex.wait_until(lambda status: sum(status["subscriptions"].values()) == len(status["organisations"]))
        yield process
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def signed_in_by_window(
    desktop: RealDesktop, environ: dict[str, str], telex: Sandbox, program: Sequence[str] = AGENT
) -> Iterator[subprocess.Popen[bytes]]:
    """The agent with its tray, signed in by its window, which has closed."""
    process = subprocess.Popen([*program, "--login"], env=environ, cwd=environ["HOME"])
    try:
        desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex")
        time.sleep(0.5)  # until it has the focus, of which no event tells here
        desktop.xdotool("type", "--delay", "5", telex.email)
        desktop.xdotool("key", "Tab")
        desktop.xdotool("type", "--delay", "5", telex.password)
        desktop.xdotool("key", "Return")
        telex.wait_until(lambda status: sum(status["subscriptions"].values()) == len(status["organisations"]))
        item = desktop.wait_for_item()
        eventually(lambda: item.labels()[0].startswith("Online"))
        time.sleep(2)  # the window says its last word
        yield process
    finally:
        process.terminate()
        process.wait(10)
