"""Runs a window as a process of its own: its pipes to the agent that has started it (``desktop/child.py``).

Also checks whether a window can be shown; imports Tk only for that.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...errors import TelexStartError
from ..child import line, object_of

if TYPE_CHECKING:
    from .toolkit import Window


def check(what: str, otherwise: str) -> None:
    """Check that a window can be shown; imports Tk.

    Args:
        what: Which window: ``The login window``.
        otherwise: What else the person can do.

    Raises:
        TelexStartError: there is no Tk, or no X display.
    """
    lacking = ""
    try:
        import tkinter  # noqa: F401
    except ImportError:
        install = (
            "python3-tk (as Debian and Ubuntu call it)" if sys.platform.startswith("linux") else "a Python with Tk"
        )
        lacking = f"Tk: install {install}"
    else:
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            lacking = "an X display, which a Wayland desktop has with XWayland: install that"
    if lacking:
        raise TelexStartError(f"{what} needs {lacking}, or {otherwise}.", f"No {what.removeprefix('The ')}")


class Parent:
    """The agent that has started this process; reached by standard input and output."""

    def __init__(self) -> None:
        # Not sys.stdin: a thread that waits there when the interpreter ends makes it abort.
        self._input = io.FileIO(0, closefd=False)
        self.data = object_of(self._input.readline()) or {}
        """What the window is to show: the first line, which the constructor waits for; empty if there is none."""

    def listen(self, window: Window) -> None:
        """Pass on to the window what the agent says, on this thread, until the agent is gone; then close the window."""
        while words := self._input.readline():
            match object_of(words):
                case {"raise": str(token)}:
                    if window.come_forward(token):
                        self.say(raised=True)
                case said if said:
                    window.told(said)
        window.close()

    def say(self, **said: Any) -> None:
        """Tell the agent something; does nothing if the agent is gone. From any thread.

        ``failed`` says, in words for the person, why the window cannot be shown.
        """
        with suppress(OSError, ValueError):
            # In one go, so that the line stays whole even if another thread prints.
            sys.stdout.write(line(said))
            sys.stdout.flush()


def show(make: Callable[[Parent], Window]) -> int:
    """Be the window of the agent that has started this process, until it is closed; returns the exit code.

    Args:
        make: Makes the window. The agent is told of a :class:`TelexStartError` that it raises.
    """
    parent = Parent()
    try:
        window = make(parent)
    except TelexStartError as error:
        parent.say(failed=error.message)
        return 2
    threading.Thread(target=parent.listen, args=(window,), name="agent", daemon=True).start()
    window.run()
    # A daemon thread in a library's C code can crash the interpreter's end (CPython 3.11: code -11).
    os._exit(0)
