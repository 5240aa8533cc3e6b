"""A program with nothing but the login window, for tests: it says things on stdout a line each, and obeys stdin.

Orders: ``show WHAT TEXT``, ``forward``, ``close``; ``pointer EVENT`` has the button Show get ``Enter``, ``Motion`` or
``Leave``; ``state`` is answered by what a person sees, as JSON; ``settled``, once it looks at its place no more;
``keyring WORDS`` says what is missing for one.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from functools import partial
from queue import SimpleQueue
from typing import Any

from tktooltip import ToolTip

from telex_start.desktop.tk import login_pages
from telex_start.desktop.tk.login_window import LoginWindow
from tests.desktop import tk_view

KEYRING: SimpleQueue[str] = SimpleQueue()


def tell(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def controls_of(root: Any) -> dict[str, Any]:
    found = [
        *tk_view.controls(root, "TEntry"),
        *tk_view.buttons(root).values(),
        *tk_view.controls(root, "TCheckbutton"),
    ]
    names = ("email", "password", "link", "reveal", "again", "mail", "back", "login", "cancel", "box")
    return dict(zip(names, found, strict=len(found) == len(names)))


def state(root: Any) -> dict[str, Any]:
    """What a person sees of it."""
    controls = controls_of(root)
    [bar] = tk_view.controls(root, "TProgressbar")
    message = tk_view.labels(root)[-1]
    over = [tip.widget for tip in root.winfo_children() if isinstance(tip, ToolTip) and tip.status.name != "OUTSIDE"]
    return {
        "email": controls["email"].get(),
        "password": controls["password"].get(),
        "link": controls["link"].get(),
        "mailed": next(one.cget("text") for one in controls["link"].master.winfo_children()),
        "message": message.cget("text"),
        "readable": not controls["password"].cget("show"),
        "bar": bool(bar.winfo_ismapped()),
        "enabled": [name for name in tk_view.enabled(controls) if controls[name].winfo_viewable()],
        "emphasised": [
            name
            for name, control in controls.items()
            if control.winfo_viewable() and control.cget("style") == "Login.TButton"
        ],
        "box": "box" in controls and bool(controls["box"].winfo_viewable()),
        "ticked": "box" in controls and controls["box"].instate(["selected"]),
        "whole": root.winfo_rooty() >= 0 and root.winfo_height() == root.winfo_reqheight(),
        "size": [root.winfo_width(), root.winfo_height()],
        "link_is_at": [str(controls["link"].winfo_rootx() + 9), str(controls["link"].winfo_rooty() + 9)],
        "focus": tk_view.name_of(root, controls),
        "tips": [name for name, control in controls.items() if control in over],
        "words": {name: words_at(root, control) for name, control in controls.items()},
    }


def words_at(root: Any, control: Any) -> str:
    """The words of its tip."""
    [words] = [tip.msg for tip in root.winfo_children() if isinstance(tip, ToolTip) and tip.widget is control]
    return str(words() if callable(words) else words)


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
        case "keyring":
            KEYRING.put(text)
        case "pointer":
            controls_of(root)["reveal"].event_generate(f"<{text}>")
    tell(done=word)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--email", default="")
    parser.add_argument("--message", default="")
    parser.add_argument("--unasked", action="store_true")
    parser.add_argument("--starved", action="store_true", help="shown, it gets no time before an order comes")
    parser.add_argument("--more", default="{}", help="what else the agent tells, as JSON")
    parser.add_argument("--soon", action="store_true", help="another link can be asked for at once")
    options = parser.parse_args()
    if options.soon:
        login_pages.SEND_AGAIN_AFTER = 0
    more = json.loads(options.more)
    asked, message = not options.unasked, options.message
    window = LoginWindow(tell, KEYRING.get, options.email, take_focus=asked, message=message, **more)

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
