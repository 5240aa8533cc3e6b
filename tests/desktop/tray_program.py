"""A program that shows the tray alone: a process of its own, as GTK may not be loaded into that of the tests.

It prints each event as a line. Each line on stdin is a view, as JSON of its fields, or `stop`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any

from telex_start.desktop.bus.buses import Buses
from telex_start.desktop.tray.tray import Tray
from telex_start.events import Event, MenuClicked, MenuOpened, TrayMissing, UnreadClicked
from telex_start.menu import Unread
from telex_start.states import State
from telex_start.tray_view import TrayView


def _print(event: Event) -> None:
    words = [type(event).__name__]
    if isinstance(event, MenuOpened):
        return
    if isinstance(event, UnreadClicked):
        words.append(event.conversation.ident)
    elif isinstance(event, MenuClicked):
        words.append(event.item.value)
    elif isinstance(event, TrayMissing):
        words.append(event.missing)
    print(*words, flush=True)


def _view(fields: dict[str, Any]) -> TrayView:
    recent = tuple(Unread(tuple(key), *more) for key, *more in fields.pop("recent", ()))
    return TrayView(State.ONLINE, fields.pop("unread", 0), "Online", recent=recent, **fields)


def main() -> int:
    logging.basicConfig(level=logging.DEBUG)
    buses = Buses()
    tray = Tray(_print, buses, sys.argv[1], wait_for_tray=0.2, environ=os.environ)
    tray.start()
    for line in sys.stdin:
        if line == "stop\n":
            break
        tray.show(_view(json.loads(line)))
    print("stopped", tray.stop(1.5) and buses.stop(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
