"""A program with nothing but the preferences window, for tests.

Its argument is JSON: the path of the ``file``, what is ``given``, ``organisations``, ``muted``, ``at_login``, and
whether there is a ``keyring``. What it does beside writing the file is told a line of JSON each. Each line on stdin is
answered by what a person sees; from the line ``keyring`` on it is known whether there is one.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from tktooltip import ToolTip

from telex_start.config_file import ConfigFile
from telex_start.desktop.tk.preferences_model import Model, PreferencesData, SaveActions
from telex_start.desktop.tk.preferences_window import PreferencesWindow
from telex_start.menu import Muted
from tests.desktop import tk_view


def tell(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def fields_of(root: Any) -> dict[str, Any]:
    """What can be entered and pressed, by the words at it."""
    found = {str(box.cget("text")): box for box in tk_view.controls(root, "TCheckbutton")}
    for kind in ("TCombobox", "TEntry"):
        for field in tk_view.controls(root, kind):
            place = field.grid_info()
            [label] = field.master.grid_slaves(row=place["row"], column=place["column"] - 1)
            found[str(label.cget("text"))] = field
    return found | {name: button for name, button in tk_view.buttons(root).items() if name != "Unmute"}


def state(root: Any) -> dict[str, Any]:
    """What a person sees of it."""
    fields, buttons = fields_of(root), tk_view.buttons(root)
    [canvas], [bar] = tk_view.controls(root, "Canvas"), tk_view.controls(root, "TScrollbar")
    message = next(label for label in tk_view.labels(root) if label.master is buttons["OK"].master)
    told = [one for one in tk_view.labels(root) if one.winfo_ismapped() and one is not message]
    notes = [one for one in told if "Bad" in str(one.cget("style")) or str(one.cget("text")).startswith("Set by")]
    focus = root.focus_get()
    seen = True
    if focus is not None and str(focus).startswith(f"{canvas}."):
        top = canvas.winfo_rooty()
        seen = top <= focus.winfo_rooty() and focus.winfo_rooty() + focus.winfo_height() <= top + canvas.winfo_height()
    muted = [button for button in tk_view.controls(root, "TButton") if str(button.cget("text")) == "Unmute"]
    return {
        "focus": "Unmute" if focus in muted else tk_view.name_of(root, fields),
        "focus_is_seen": seen,
        "enabled": tk_view.enabled(fields),
        "notes": [one.cget("text") for one in notes],
        "heights": [one.winfo_reqheight() for one in notes],
        "tips": [
            str(tip.widget.cget("text"))
            for tip in root.winfo_children()
            if isinstance(tip, ToolTip) and tip.widget.winfo_class() == "TLabel"
        ],
        "message": message.cget("text"),
        # But for a label's empty border of a pixel.
        "message_is_whole": message.winfo_width() >= message.winfo_reqwidth() - 2,
        "asks": bool(buttons["Keep the File"].winfo_ismapped()),
        "lines": [one.cget("text") for one in told],
        "size": [root.winfo_width(), root.winfo_height()],
        "names": [name for name, field in fields.items() if field.winfo_viewable()],
        "ticked": [name for name, field in fields.items() if field.instate(["selected"])],
        "scrolls": bool(bar.winfo_ismapped()),
        "whole": root.winfo_rooty() >= 0 and root.winfo_rooty() + root.winfo_height() <= root.winfo_screenheight(),
    }


def main() -> int:
    data = json.loads(sys.argv[1])
    shown = PreferencesData(
        data.get("given", {}),
        data.get("organisations", []),
        [Muted(tuple(key), *rest) for key, *rest in data.get("muted", [])],
        data.get("at_login"),
    )

    def start_at_login(wanted: bool) -> str:
        tell(start_at_login=wanted)
        return str(data.get("kept", ""))

    actions = SaveActions(lambda: tell(saved=True), lambda key: tell(unmute=key), start_at_login)
    known = threading.Event()

    def why_none() -> str:
        if "keyring" in data:
            known.wait()
        return "" if data.get("keyring") else "No keyring."

    window = PreferencesWindow(Model(ConfigFile(data["file"]), shown, actions), why_none, "")

    def read() -> None:
        for line in sys.stdin:
            if line == "keyring\n":
                known.set()
            window.calls.post(lambda: tell(**state(window.root)))

    threading.Thread(target=read, daemon=True).start()
    tell(open=True)
    window.run()
    tell(closed=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
