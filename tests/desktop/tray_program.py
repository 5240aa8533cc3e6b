"""A program with nothing but the tray, for tests: events go to stdout a line each, orders come on stdin.

An order is a face (``state unread status…``, or its fields as JSON), ``openings`` (from here on each opening of the
menu is told, too), or ``stop``, which is answered by ``stopped True`` and ends the program.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from typing import Any

from telex_start.desktop.bus.buses import Buses
from telex_start.desktop.tray.tray import Tray
from telex_start.errors import NoPlaceForIcon
from telex_start.events import Event, MenuClicked, MenuOpened, MuteChosen, ThreadFailed, TrayMissing, UnreadClicked
from telex_start.face import Face
from telex_start.menu import Muted, Unread
from telex_start.states import State

_openings = False


def _print(event: Event) -> None:
    words = [type(event).__name__]
    if isinstance(event, MenuOpened) and not _openings:
        return
    if isinstance(event, UnreadClicked):
        words.append(event.conversation.ident)
    elif isinstance(event, MuteChosen):
        words += [event.conversation.ident, str(event.how_long and event.how_long.value), event.name]
    elif isinstance(event, MenuClicked):
        words.append(event.item.value)
    elif isinstance(event, ThreadFailed):
        words += [event.thread, event.error]
    elif isinstance(event, TrayMissing):
        print("missing:", event.missing, file=sys.stderr, flush=True)
    print(*words, flush=True)


def _face(fields: dict[str, Any]) -> Face:
    recent = tuple(Unread(tuple(key), *more) for key, *more in fields.pop("recent", ()))
    muted = tuple(Muted(tuple(key), *more) for key, *more in fields.pop("muted", ()))
    state = State(fields.pop("state", "online"))
    known: dict[str, Any] = {"unread": 0, "status": "Online"} | fields
    return Face(**known, state=state, recent=recent, muted=muted)


def main(wait_for_tray: str = "0.2", silent_for: str = "0") -> int:
    global _openings
    logging.basicConfig(level=logging.DEBUG)
    buses = Buses()
    # One cache for all the tests of a run: drawing takes longer than most of them.
    cache = os.path.join(tempfile.gettempdir(), f"tray-program-{os.getuid()}")
    tray = Tray(_print, buses, cache, wait_for_tray=float(wait_for_tray), silent_for=float(silent_for))
    try:
        tray.start()
    except NoPlaceForIcon as error:
        print(f"{error.title}: {error.message}", file=sys.stderr)
        buses.stop()
        return 2
    for line in sys.stdin:
        state, _, rest = line.strip().partition(" ")
        if state == "stop":
            break
        if state == "openings":
            _openings = True
        elif state.startswith("{"):
            tray.face(_face(json.loads(line)))
        else:
            unread, _, status = rest.partition(" ")
            tray.face(Face(State(state), int(unread), status))
    print("stopped", tray.stop(1.5) and buses.stop(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
