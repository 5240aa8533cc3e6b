"""A program with nothing but the login window, for tests: it says things on stdout a line each, and obeys stdin.

Orders: ``show WHAT TEXT``, ``forward``, ``close``; ``pointer EVENT`` has the button Show get ``Enter``, ``Motion`` or
``Leave``; ``state`` is answered by what a person sees, as JSON; ``settled``, once it looks at its place no more.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from functools import partial
from typing import Any

from tktooltip import ToolTip

from telex_start.desktop.tk.login_window import LoginWindow
from tests.desktop import tk_view


def tell(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def controls_of(root: Any) -> dict[str, Any]:
    found = [*tk_view.controls(root, "TEntry"), *tk_view.buttons(root).values()]
    return dict(zip(("email", "password", "reveal", "login", "cancel"), found, strict=True))


def state(root: Any) -> dict[str, Any]:
    """What a person sees of it."""
    controls = controls_of(root)
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
        "tips": [name for name, control in controls.items() if control in over],
    }


def obey(window: LoginWindow, word: str, text: str) -> None:
    root = window.root
    match word:
        case "state":
            tell(**state(root))
            return
        case "settled" if len(root.tk.splitlist(root.tk.call("after", "info"))):
            root.after(10, obey, window, word, text)
            return
        case "forward":
            window.told({"show": "front", "message": ""})
        case "close":
            window.close()
        case "show":
            what, message = text.split(" ", 1)
            window.show(what, message)
        case "pointer":
            controls_of(root)["reveal"].event_generate(f"<{text}>")
    tell(done=word)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--email", default="")
    parser.add_argument("--message", default="")
    parser.add_argument("--unasked", action="store_true")
    parser.add_argument("--starved", action="store_true", help="shown, it gets no time before an order comes")
    options = parser.parse_args()
    window = LoginWindow(tell, options.email, take_focus=not options.unasked, message=options.message)

    def read() -> None:
        for line in sys.stdin:
            word, _, text = line.strip().partition(" ")
            window.calls.post(partial(obey, window, word, text))

    tell(open=True)
    if options.starved:
        sys.stdin.readline()
    threading.Thread(target=read, daemon=True).start()
    window.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
