"""A script with nothing but an icon: what such a program costs, and how it ends.

With the argument ``modules`` it prints, at its end, ``PYSTRAY_BACKEND`` and the names of all modules that it has
loaded.
"""

from __future__ import annotations

import os
import signal
import sys
from queue import SimpleQueue

from telex_start.desktop.bus.bus import Bus, session_address
from telex_start.desktop.statusnotifier.icon import Icon, pystray
from telex_start.desktop.statusnotifier.item import Item


def picture(size: int) -> tuple[int, int, bytes]:
    """A square with a transparent rim."""
    rim = max(1, size // 8)
    full = bytes((255, 0, 150, 136))
    row = bytes(4) * rim + full * (size - 2 * rim) + bytes(4) * rim
    return size, size, bytes(4 * size) * rim + row * (size - 2 * rim) + bytes(4 * size) * rim


def main() -> None:
    """Show the icon until Exit is chosen."""
    bus = Bus(session_address(os.environ), keep=True, thread_name="tray")
    pictures = [picture(size) for size in (16, 22, 24, 32, 48, 64)]
    leave: SimpleQueue[None] = SimpleQueue()  # whose put, unlike an event's set, is safe in a signal handler
    item = Item(bus, name="peer", title="peer", pictures=pictures)
    Icon(item, pystray.Menu(pystray.MenuItem("Exit", lambda: leave.put(None))))
    signal.signal(signal.SIGTERM, lambda *_: leave.put(None))
    signal.signal(signal.SIGINT, lambda *_: leave.put(None))
    bus.start()
    leave.get()
    bus.stop()
    if "modules" in sys.argv:
        print(os.environ.get("PYSTRAY_BACKEND"), *sys.modules)


if __name__ == "__main__":
    main()
