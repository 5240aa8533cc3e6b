"""Starts the agent to be measured, watches the screen for its first pixels, and prints figures in lines and a table."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from Xlib import X, display

from tests.agent import Program
from tests.process import ROOT, TIMEOUT, until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox

IDLE = float(os.environ.get("IDLE", "60"))
"""Seconds."""
ROUNDS = int(os.environ.get("ROUNDS", "7"))
"""How often each figure is measured that is compared with the peer's."""
MESSAGES = int(os.environ.get("MESSAGES", "100"))


# The agent.

PYTHON = str(ROOT / os.environ.get("BENCH_PYTHON", ".venv/bin/python"))
"""The Python that runs the agent. It starts outside the repository, so that the installed package is used."""
AGENT = [str(Path(PYTHON).with_name("telex-start"))]


def environment(desktop: RealDesktop, telex: Sandbox | None, folder: str) -> dict[str, str]:
    """The environment of a program on that desktop, with a home of its own."""
    environ = dict(desktop.environ)
    environ |= {name: folder for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    if telex is not None:
        environ |= {name: value for name, value in telex.environ.items() if name.startswith("TELEX_START_")}
    return environ


@contextmanager
def agent(
    desktop: RealDesktop, telex: Sandbox, folder: str, program: Sequence[str] = AGENT, *, by_window: bool = False
) -> Iterator[int]:
    """Run the agent with its tray, and sign in by its input or by its window, which closes; gives its process id."""
    options = ["--login"] if by_window else ["--email", telex.email, "--password-stdin"]
    given = None if by_window else telex.password + "\n"
    environ, home = environment(desktop, telex, folder), Path(folder)
    with Program(home, *options, environ=environ, given=given, command=program, cwd=home) as running:
        if by_window:
            desktop.sign_in(telex)
        telex.wait_until(lambda status: sum(status["subscriptions"].values()) == len(status["organisations"]))
        if by_window:
            item = desktop.wait_for_item()
            until(lambda: item.labels()[0].startswith("Online"), "it does not come online")
            time.sleep(2)  # the window shows its success, and closes
        yield running.process.pid


# The screen.


class Corner:
    """A rectangle of the screen, watched for its first change; its look at entering counts as empty.

    Args:
        environ: Has the display.
        place: Left, top, width and height in pixels; by default where the panel's tray is.
    """

    def __init__(self, environ: Mapping[str, str], place: tuple[int, int, int, int] = (0, 770, 60, 28)) -> None:
        self._environ, self._place = environ, place

    def __enter__(self) -> Self:
        self._display = display.Display(self._environ["DISPLAY"])
        self._root = self._display.screen().root
        self._empty = self._look()
        return self

    def __exit__(self, *_: object) -> None:
        self._display.close()

    def _look(self) -> Any:
        return self._root.get_image(*self._place, X.ZPixmap, 0xFFFFFFFF).data

    def settle(self) -> None:
        """Wait until the rectangle has not changed for a third of a second, and count that look as empty."""
        seen, since = self._look(), time.monotonic()
        while time.monotonic() - since < 0.3:
            if (now := self._look()) != seen:
                seen, since = now, time.monotonic()
        self._empty = seen

    def wait_empty(self) -> None:
        """Wait until the rectangle is empty again."""
        until(lambda: self._look() == self._empty, "it stays", 60.0)

    def appears(self) -> float:
        """Wait until something is drawn in the rectangle; gives the monotonic time."""
        end = time.monotonic() + TIMEOUT
        while self._look() == self._empty:
            if time.monotonic() > end:
                raise TimeoutError("nothing was shown")
        return time.monotonic()

    def after(self, act: Callable[[], float]) -> float:
        """Seconds from the monotonic time that ``act`` gives to the first change of the rectangle."""
        seen: list[float] = []
        watcher = threading.Thread(target=lambda: seen.append(self.appears()))
        watcher.start()
        began = act()
        watcher.join()
        return seen[0] - began


# How figures are printed.


def percentiles(took: Sequence[float]) -> str:
    """The percentiles of milliseconds as text, by nearest rank."""
    ordered = sorted(took)
    half, most = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99))
    return f"p50 {half:.1f} ms, p99 {most:.1f} ms, most {ordered[-1]:.1f} ms"


class Table:
    """A table, printed row by row: our figure and the C++ original's from the same run, their ratio, and the goal."""

    def __init__(self) -> None:
        self.missed: list[str] = []
        """The figures that did not reach their goal."""
        print(f"{'figure':<58} {'ours':>22} {'peer':>22} {'ratio':>6}  goal", flush=True)

    def row(
        self,
        figure: str,
        ours: Sequence[float],
        peers: Sequence[float] = (),
        *,
        unit: str,
        goal: float | None = None,
        most: float | None = None,
    ) -> None:
        """Print a row: the median, and in parentheses least to most.

        Args:
            figure: The figure's name.
            ours: Our values, one of each round.
            peers: The peer's values; empty if there is no peer.
            unit: The unit of all values.
            goal: The ratio of ours to the peer's may be this at most.
            most: Our median may be this at most.
        """
        own = statistics.median(ours)
        ratio = own / statistics.median(peers) if peers else None
        wanted, reached = "", True
        if goal is not None:
            wanted, reached = f"at most {goal:g} times C++", ratio is None or ratio <= goal
        if most is not None:
            wanted, reached = f"at most {most:g}{unit}", own <= most
        if not reached:
            self.missed.append(figure)
            wanted += "  MISSED"
        told = f"{ratio:.2f}" if ratio is not None else ""
        print(f"{figure:<58} {_spread(ours, unit):>22} {_spread(peers, unit):>22} {told:>6}  {wanted}", flush=True)


def _spread(values: Sequence[float], unit: str) -> str:
    if not values:
        return "-"
    middle, least, most = map(_short, (statistics.median(values), min(values), max(values)))
    return middle + unit if len(values) == 1 else f"{middle}{unit} ({least}-{most})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
