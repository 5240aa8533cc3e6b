"""A program with nothing but the preferences window, for tests.

Its argument is JSON: the values of the ``file``, what is ``given``, ``organisations``, ``muted``, ``at_login``. What it
does is told a line of JSON each. Orders come on stdin: ``state`` is answered by what a person sees; ``file JSON``
changes the file by hand, and ``fail WORDS`` has writing fail.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from tkinter import ttk
from typing import Any

from telex_start.desktop.preferences.model import Model, Shown, ShownOrganisation
from telex_start.desktop.preferences.saving import Deeds, Saver
from telex_start.desktop.preferences.window import PreferencesWindow
from telex_start.errors import ChangedMeanwhile, ConfigError
from telex_start.menu import Muted


class FakeFile:
    """As :class:`telex_start.config_file.ConfigFile` behaves, without a file."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.now = values
        self.failing = ""

    def values(self) -> dict[str, Any]:
        return dict(self.now)

    def write(self, changes: Mapping[str, Any | None], base: Mapping[str, Any]) -> None:
        if self.failing:
            raise ConfigError(self.failing)
        if keys := tuple(key for key in changes if self.now.get(key) != base.get(key)):
            raise ChangedMeanwhile("changed", keys)
        self.now = {key: value for key, value in {**self.now, **changes}.items() if value is not None}
        tell(wrote=dict(changes))


def tell(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def state(window: PreferencesWindow) -> dict[str, Any]:
    """What a person sees of it."""
    page, root = window._page, window._root
    fields = {**window._controls._fields, "ok": window._ok, "apply": window._apply, "cancel": window._cancel}
    fields |= {f"day {day}": box for day, box in window._controls._days.items()}
    focus = root.focus_get()
    seen = True
    if focus is not None and str(focus).startswith(str(page.inner)):
        top = page._canvas.winfo_rooty()
        bottom = top + page._canvas.winfo_height()
        seen = top <= focus.winfo_rooty() and focus.winfo_rooty() + focus.winfo_height() <= bottom
    words = str(focus.cget("text")) if isinstance(focus, ttk.Button) else ""
    return {
        "focus": next((name for name, field in fields.items() if field is focus), words),
        "focus_is_seen": seen,
        "enabled": sorted(name for name, field in fields.items() if field.instate(["!disabled"])),
        "notes": {key: note.cget("text") for key, note in window._controls._notes.items() if note.cget("text")},
        "message": window._message.cget("text"),
        "message_is_whole": window._message.winfo_width() >= window._message.winfo_reqwidth(),
        "tips": [str(tip.widget.cget("text")) for tip in window._controls.tips if isinstance(tip.widget, ttk.Label)],
        "heights": {key: note.winfo_reqheight() for key, note in window._controls._notes.items()},
        "asks": bool(window._question.winfo_ismapped()),
        "scrolls": bool(page._bar.winfo_ismapped()),
        "whole": root.winfo_rooty() >= 0 and root.winfo_rooty() + root.winfo_height() <= root.winfo_screenheight(),
    }


def main() -> int:
    data = json.loads(sys.argv[1])
    file = FakeFile(data.get("file", {}))
    shown = Shown(
        data.get("given", {}),
        [ShownOrganisation(*one) for one in data.get("organisations", [])],
        [Muted(tuple(key), *rest) for key, *rest in data.get("muted", [])],
        data.get("at_login"),
    )
    model = Model(file.values(), shown)

    def start_at_login(wanted: bool) -> str:
        tell(start_at_login=wanted)
        return str(data.get("kept", ""))

    deeds = Deeds(lambda: tell(saved=True), lambda key: tell(unmute=key), start_at_login)
    window = PreferencesWindow(model, Saver(model, file, deeds))

    def read() -> None:
        for line in sys.stdin:
            word, _, text = line.strip().partition(" ")
            if word == "file":
                file.now = json.loads(text)
                tell(done=word)
            elif word == "fail":
                file.failing = text
                tell(done=word)
            else:
                window.orders.give(lambda: tell(**state(window)))

    threading.Thread(target=read, daemon=True).start()
    tell(open=True)
    window.run()
    tell(closed=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
