"""Running one of these windows as the agent's child: it comes forward when it is asked for again, and ends with it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ...errors import TelexStartError
from ..parent import Parent
from ..tk.orders import Orders

if TYPE_CHECKING:
    from .text_window import TextWindow


def run(window: TextWindow, orders: Orders, parent: Parent, *, anew: bool = False) -> None:
    """Run the window until it is closed, by the person or by the agent's end.

    Args:
        orders: What other threads want done on this one.
        anew: Where it is asked for again, another takes its place, which tells what holds then.
    """

    def forward(token: str) -> bool:
        if anew:
            orders.give(window.close)
            return False  # then the agent opens another
        return orders.give(lambda: window.come_forward(token)).get()

    orders.open(window.wake)
    parent.listen(forward, lambda: orders.give(window.close))
    window.run(orders.obey)
    orders.close()


def show(make: Callable[[Parent], object]) -> int:
    """Make and run a window.

    Args:
        make: Does it; has what the agent says.

    Returns:
        The exit code. Where a thread is left behind, in a look-up of a name for instance, this ends the process: a
        daemon thread in a library's C code can crash the interpreter's end (CPython 3.11: code -11).
    """
    parent = Parent()
    try:
        make(parent)
    except TelexStartError as error:
        parent.say(failed=error.message)
    if threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(0)
    return 0
