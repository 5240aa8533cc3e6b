"""A corner of the screen, watched for its first change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

from Xlib import X, display

_SIDE = 12
"""Pixels."""


class Corner:
    """A small square where a toast will be.

    Args:
        environ: Names the display.
        left: Of the square, in pixels.
        top: Likewise. Nothing is there when it is entered.
    """

    def __init__(self, environ: Mapping[str, str], left: int, top: int) -> None:
        self._display = display.Display(environ["DISPLAY"])
        self._root = self._display.screen().root
        self._place = left, top
        self._empty = self._look()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._display.close()

    def _look(self) -> Any:
        return self._root.get_image(*self._place, _SIDE, _SIDE, X.ZPixmap, 0xFFFFFFFF).data

    def wait_empty(self, limit: float = 60.0) -> None:
        """Wait until what was shown is gone."""
        until = time.monotonic() + limit
        while self._look() != self._empty:
            if time.monotonic() > until:
                raise TimeoutError("something stays on the screen")
            time.sleep(0.05)

    def after(self, act: Callable[[], float], limit: float = 20.0) -> float:
        """Seconds from the moment that ``act`` returns, on the monotonic clock, to the first change here."""
        seen: list[float] = []

        def watch() -> None:
            until = time.monotonic() + limit
            while time.monotonic() < until:
                if self._look() != self._empty:
                    seen.append(time.monotonic())
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        began = act()
        watcher.join()
        if not seen:
            raise TimeoutError("nothing was shown")
        return seen[0] - began
