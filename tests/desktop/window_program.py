"""A program that shows one of the product's windows alone, for tests, which speak to it in the agent's place.

Its first argument is the window: ``login``, ``preferences`` or ``doctor``. With ``starved`` after it, the process is
stopped once the window is made, until SIGCONT; with ``soon``, another link can be asked for at once. Its standard input
takes what the agent may say, and also: ``look``, answered with what a person sees; ``pointer``, which sends ``Enter``,
``Motion`` or ``Leave`` to the login window's button Show; ``keyring``, what is missing for a keyring, for which the
window waits; ``finds``, what the doctor finds: ``"end"`` ends its work, ``"fail"`` makes it fail.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue
from typing import Any

from tktooltip import ToolTip

from telex_start.config_file import ConfigFile
from telex_start.desktop.tk import login, login_pages, process
from telex_start.desktop.tk.preferences_model import Model, PreferencesData, SaveActions
from telex_start.desktop.tk.preferences_window import PreferencesWindow
from telex_start.desktop.tk.process import Parent
from telex_start.desktop.tk.toolkit import Window
from telex_start.doctor import window
from telex_start.doctor.findings import Finding, Mark
from telex_start.menu import Muted

STYLES = {f"{name}.TLabel" for name in ("Info", "Quiet", "Good", "Bad")}
"""The styles of labels that tell a state: hints, successes and errors."""
_finds: SimpleQueue[Any] = SimpleQueue()
_keyring: SimpleQueue[str] = SimpleQueue()


# What a person sees; controls are found by their kind and text.


def controls(widget: Any, kind: str) -> list[Any]:
    """All controls of a kind (Tk's class) in a window, in the order of Tab."""
    found: list[Any] = []
    for child in widget.winfo_children():
        found += [child] * (child.winfo_class() == kind) + controls(child, kind)
    return found


def buttons(root: Any) -> dict[str, Any]:
    return {str(button.cget("text")): button for button in controls(root, "TButton")}


def labels(root: Any) -> list[Any]:
    return [label for label in controls(root, "TLabel") if str(label.cget("style")) in STYLES]


def seen(root: Any, named: dict[str, Any]) -> dict[str, Any]:
    """Which of these controls has the keyboard, are visible, usable, or ticked; and the size of the window."""
    focus = root.focus_get()
    there = {name: control for name, control in named.items() if control.winfo_viewable()}
    return {
        "focus": next((name for name, control in named.items() if control is focus), None),
        "there": list(there),
        "enabled": [name for name, control in there.items() if control.instate(["!disabled"])],
        "ticked": [name for name, control in there.items() if control.instate(["selected"])],
        "size": [root.winfo_width(), root.winfo_height()],
    }


def of_login(root: Any) -> dict[str, Any]:
    [box] = controls(root, "TCheckbutton")
    found = [*controls(root, "TEntry"), *buttons(root).values(), box]
    turn = "back" if "Back" in buttons(root) else "mail"
    return dict(
        zip(("email", "password", "link", "reveal", "again", turn, "login", "cancel", "box"), found, strict=True)
    )


def see_login(root: Any) -> dict[str, Any]:
    named = of_login(root)
    tips = {tip.widget: tip for tip in root.winfo_children() if isinstance(tip, ToolTip)}
    words = {name: tips[control].msg for name, control in named.items()}
    found = seen(root, named)
    return found | {
        "email": named["email"].get(),
        "password": named["password"].get(),
        "link": named["link"].get(),
        "mailed": named["link"].master.winfo_children()[0].cget("text"),
        "emphasised": [name for name in found["there"] if named[name].cget("style") == "Login.TButton"],
        "link is at": [str(named["link"].winfo_rootx() + 9), str(named["link"].winfo_rooty() + 9)],
        "whole": root.winfo_rooty() >= 0 and root.winfo_height() == root.winfo_reqheight(),
        "message": labels(root)[-1].cget("text"),
        "readable": not named["password"].cget("show"),
        "bar": bool(controls(root, "TProgressbar")[0].winfo_ismapped()),
        "tips": [name for name, control in named.items() if tips[control].status.name != "OUTSIDE"],
        "words": {name: said() if callable(said) else said for name, said in words.items()},
        "settled": not root.tk.splitlist(root.tk.call("after", "info")),
    }


def see_preferences(root: Any) -> dict[str, Any]:
    named = {str(box.cget("text")): box for box in controls(root, "TCheckbutton")}
    for field in controls(root, "TCombobox") + controls(root, "TEntry"):
        place = field.grid_info()
        [label] = field.master.grid_slaves(row=place["row"], column=place["column"] - 1)
        named[str(label.cget("text"))] = field
    pressed = buttons(root)
    muted = pressed.pop("Unmute", None)
    [canvas], [bar] = controls(root, "Canvas"), controls(root, "TScrollbar")
    message = next(label for label in labels(root) if label.master is pressed["OK"].master)
    told = [one for one in labels(root) if one.winfo_ismapped() and one is not message]
    notes = [one for one in told if "Bad" in str(one.cget("style")) or str(one.cget("text")).startswith("Set by")]
    focus, top = root.focus_get(), canvas.winfo_rooty()
    on_page = focus is not None and str(focus).startswith(f"{canvas}.")
    found = seen(root, named | pressed)
    if muted is not None and on_page and str(focus.cget("text")) == "Unmute":
        found["focus"] = "Unmute"
    return found | {
        "focus_is_seen": not on_page
        or top <= focus.winfo_rooty() <= top + canvas.winfo_height() - focus.winfo_height(),
        "lines": [one.cget("text") for one in told],
        "notes": [one.cget("text") for one in notes],
        "heights": [one.winfo_reqheight() for one in notes],
        "tips": [
            str(tip.widget.cget("text"))
            for tip in root.winfo_children()
            if isinstance(tip, ToolTip) and tip.widget.winfo_class() == "TLabel"
        ],
        "message": message.cget("text"),
        # A label may lose its empty border, a pixel on each side.
        "message_is_whole": message.winfo_width() >= message.winfo_reqwidth() - 2,
        "asks": bool(pressed["Keep the File"].winfo_ismapped()),
        "scrolls": bool(bar.winfo_ismapped()),
        "whole": root.winfo_rooty() >= 0 and root.winfo_rooty() + root.winfo_height() <= root.winfo_screenheight(),
    }


def see_doctor(root: Any) -> dict[str, Any]:
    [text], [bar], [scrollbar] = (controls(root, kind) for kind in ("Text", "TProgressbar", "TScrollbar"))
    pressed = buttons(root)
    subtitle, said = labels(root)
    box = text.bbox("1.end - 3 chars")
    return (
        seen(root, pressed)
        | ({"focus": "text"} if root.focus_get() is text else {})
        | {
            "text": text.get("1.0", "end-1c"),
            "subtitle": str(subtitle.cget("text")),
            "bar": bool(bar.winfo_ismapped()),
            "bar at": float(bar.cget("value")),
            "selected": text.get(*text.tag_ranges("sel")) if text.tag_ranges("sel") else "",
            "top": text.yview()[0],
            "said": str(said.cget("text")),
            "scrollbar": bool(scrollbar.winfo_ismapped()),
            # Where on the screen the first line's last word is.
            "found at": [text.winfo_rootx() + box[0] + 1, text.winfo_rooty() + box[1] + box[3] // 2] if box else None,
        }
    )


SEE = {"login": see_login, "preferences": see_preferences, "doctor": see_doctor}


# The windows.


def look() -> Iterator[Finding]:
    while (found := _finds.get()) != "end":
        if found == "fail":
            raise ZeroDivisionError
        mark, *words = found
        yield Finding(Mark(mark), *words)


def make_preferences(parent: Parent) -> Window:
    """Makes the preferences window. The parent's data has the path of the ``file``, what is ``given``,
    ``organisations``, ``muted``, ``at_login``, and the answer to a changed start at log-in, ``kept``."""
    data = parent.data
    muted = [Muted(tuple(key), *rest) for key, *rest in data.get("muted", [])]
    shown = PreferencesData(data.get("given", {}), data.get("organisations", []), muted, data.get("at_login"))

    def start_at_login(wanted: bool) -> str:
        parent.say(start_at_login=wanted)
        return str(data.get("kept", ""))

    actions = SaveActions(lambda: parent.say(saved=True), lambda key: parent.say(unmute=key), start_at_login)
    return PreferencesWindow(Model(ConfigFile(data["file"]), shown, actions), _keyring.get, "")


def looked_into(kind: str, shown: Window, parent: Parent) -> Window:
    told = shown.told

    def hear(said: dict[str, Any]) -> None:
        match said:
            case {"look": _}:
                shown.calls.post(lambda: parent.say(state=SEE[kind](shown.root)))
            case {"pointer": event}:
                shown.calls.post(lambda: of_login(shown.root)["reveal"].event_generate(f"<{event}>"))
            case {"keyring": missing}:
                _keyring.put(missing)
            case {"finds": found}:
                for one in found:
                    _finds.put(one)
            case _:
                told(said)

    shown.told = hear  # type: ignore[method-assign]
    return shown


def main() -> int:
    kind, *options = sys.argv[1:]
    if "soon" in options:
        login_pages.SEND_AGAIN_AFTER = 0

    def show_and_look(make: Callable[[Parent], Window]) -> int:
        def made(parent: Parent) -> Window:
            shown = looked_into(kind, make(parent), parent)
            if "starved" in options:
                os.kill(os.getpid(), signal.SIGSTOP)
            return shown

        return process.show(made)

    login.show = window.show = show_and_look  # type: ignore[attr-defined]
    login.why_none = _keyring.get  # type: ignore[attr-defined]
    mains: dict[str, Callable[[], int]] = {"login": login.main, "doctor": partial(window.main, look)}
    return mains.get(kind, partial(show_and_look, make_preferences))()


if __name__ == "__main__":
    sys.exit(main())
