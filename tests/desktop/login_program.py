"""A program with nothing but the login window, for tests: events go to stdout a line each, orders come on stdin.

Orders: ``show WHAT TEXT``, ``forward``, ``close``; ``pointer EVENT`` has the button Show get ``Enter``, ``Motion`` or
``Leave``; ``state`` is answered by what a person sees, as JSON; ``settled``, once it looks at its place no more.
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

from tktooltip import ToolTip

from telex_start.desktop.tk.login_window import LoginWindow
from telex_start.events import Event, WindowSubmitted
from tests.desktop import tk_view


def _print(event: Event) -> None:
    words = [type(event).__name__]
    if isinstance(event, WindowSubmitted):
        words += [event.email, event.password]
    print(*words, flush=True)


def _controls(root: Any) -> dict[str, Any]:
    found = [*tk_view.controls(root, "TEntry"), *tk_view.buttons(root).values()]
    return dict(zip(("email", "password", "reveal", "login", "cancel"), found, strict=True))


def _state(root: Any) -> dict[str, Any]:
    """What a person sees of it."""
    controls = _controls(root)
    [bar] = tk_view.controls(root, "TProgressbar")
    message = tk_view.labels(root)[-1]
    over = [tip.widget for tip in root.winfo_children() if isinstance(tip, ToolTip) and tip.status.name != "OUTSIDE"]
    return {
        "email": controls["email"].get(),
        "password": controls["password"].get(),
        "message": message.cget("text"),
        "readable": not controls["password"].cget("show"),
        "bar": bool(bar.winfo_ismapped()),
        "enabled": tk_view.enabled(controls),
        "focus": tk_view.name_of(root, controls),
        "selected": controls["password"].selection_present(),
        "tips": [name for name, control in controls.items() if control in over],
    }


def _obey(window: LoginWindow, root: Any, word: str, text: str) -> None:
    match word:
        case "state":
            print(json.dumps(_state(root)), flush=True)
            return
        case "settled" if root.tk.call("after", "info"):
            root.after(10, _obey, window, root, word, text)
            return
        case "forward":
            window.come_forward()
        case "close":
            window.close()
        case "show":
            window.show(*text.split(" ", 1))
        case "pointer":
            _controls(root)["reveal"].event_generate(f"<{text}>")
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
        root = tk_view.roots.get()
        windows[:] = [window]

        def turn(window: LoginWindow = window, root: Any = root) -> None:
            if options.times > 1:
                window.close()
            while not orders.empty():
                _obey(window, root(), *orders.get().partition(" ")[::2])

        print("open", flush=True)
        if options.starved:
            orders.get()
        window.run(turn)
    print("closed", vars(window), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
