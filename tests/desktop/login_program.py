"""A program with nothing but the login window, for tests: events go to stdout a line each, orders come on stdin.

Orders: ``busy TEXT``, ``failure TEXT``, ``success TEXT``, ``say TEXT``, ``forward``, ``close``; ``pointer EVENT`` has
the button Show get ``Enter``, ``Motion`` or ``Leave``; ``state`` is answered by what a person sees, as JSON; ``moves``,
by how often the window may still move, once no look at its place is due.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import sys
import threading
from queue import SimpleQueue
from typing import Any

from telex_start.desktop.login.window import _TIPS, LoginWindow
from telex_start.events import Event, WindowSubmitted


def _print(event: Event) -> None:
    words = [type(event).__name__]
    if isinstance(event, WindowSubmitted):
        words += [event.email, event.password]
    print(*words, flush=True)


def _state(window: LoginWindow) -> dict[str, Any]:
    """What a person sees of it."""
    controls = {name: getattr(window, f"_{name}") for name in ("email", "password", "reveal", "login", "cancel")}
    focus = window._root.focus_get()
    return {
        "email": window._email.get(),
        "password": window._password.get(),
        "message": window._message.cget("text"),
        "readable": not window._password.cget("show"),
        "bar": bool(window._bar.winfo_ismapped()),
        "enabled": [name for name, control in controls.items() if control.instate(["!disabled"])],
        "focus": next((name for name, control in controls.items() if control is focus), None),
        "selected": window._password.selection_present(),
        "tips": [name for name, tip in zip(_TIPS, window._tips, strict=True) if tip.status.name != "OUTSIDE"],
    }


def _obey(window: LoginWindow, word: str, text: str) -> None:
    if word == "forward":
        window.come_forward()
    elif word == "close":
        window.close()
    elif word == "say":
        window.say(text)
    elif word == "state":
        print(json.dumps(_state(window)), flush=True)
        return
    elif word == "pointer":
        window._reveal.event_generate(f"<{text}>")
    elif word == "moves":
        # An order that comes while a look is due waits for it.
        if window._look_again is not None:
            window._root.after(10, _obey, window, word, text)
            return
        print(f"{window._moves_left} left, looks again: {window._look_again is not None}", flush=True)
        return
    else:
        getattr(window, f"show_{word}")(text)
    print("done", word, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--email", default="")
    parser.add_argument("--message", default="")
    parser.add_argument("--unasked", action="store_true")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--starved", action="store_true", help="shown, it gets no time before an order comes")
    options = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG)
    orders: SimpleQueue[str] = SimpleQueue()
    windows: list[LoginWindow] = []

    def read() -> None:
        for line in sys.stdin:
            orders.put(line.strip())
            for window in windows:
                window.wake()

    def collect() -> None:
        while True:
            gc.collect()

    threading.Thread(target=read, daemon=True).start()
    if options.times > 1:
        threading.Thread(target=collect, daemon=True).start()
    for _ in range(options.times):
        window = LoginWindow(_print, options.email, take_focus=not options.unasked, message=options.message)

        windows[:] = [window]

        def turn(window: LoginWindow = window) -> None:
            if options.times > 1:
                window.close()
            while not orders.empty():
                _obey(window, *orders.get().partition(" ")[::2])

        print("open", flush=True)
        if options.starved:
            orders.get()
        window.run(turn)
    print("closed", vars(window), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
