"""A program with nothing but Doctor's window, for tests: what the doctor finds comes from a pipe, a line each.

Lines of the pipe are JSON: a list of five is a finding, one of two the verdict, ``"fail"`` makes the doctor fail;
``"state"`` is answered on standard output by what a person sees. Standard input and output are the agent's.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

from telex_start.desktop.help import doctor_window, text_window
from telex_start.desktop.help.doctor_window import Conclusion, Line
from telex_start.desktop.help.text_window import TextWindow
from telex_start.desktop.tk.orders import Orders

_windows: list[TextWindow] = []
_found: SimpleQueue[Any] = SimpleQueue()


def _look() -> Iterator[Line | Conclusion]:
    while True:
        match _found.get():
            case [words, good]:
                yield Conclusion(words, good)
                return
            case [*finding]:
                yield Line(*finding)
            case _:
                raise ZeroDivisionError


def _state() -> dict[str, Any]:
    window = _windows[0]
    text = window._text
    focus = window.root.focus_get()
    controls = {**window._buttons, "text": text}
    return {
        "text": text.get("1.0", "end-1c"),
        "subtitle": str(window._subtitle.cget("text")),
        "bar": bool(window._bar.winfo_ismapped()),
        "bar at": float(window._bar.cget("value")),
        "enabled": [name for name, control in window._buttons.items() if control.instate(["!disabled"])],
        "focus": next((name for name, control in controls.items() if control is focus), None),
        "selected": text.get(*text.tag_ranges("sel")) if text.tag_ranges("sel") else "",
        "top": text.yview()[0],
        "said": str(window._said.cget("text")),
        "found at": _place(text),
        "scrollbar": bool(window._scrollbar.winfo_ismapped()),
    }


def _tell() -> None:
    try:
        print(json.dumps(_state()), flush=True)
    except Exception as error:
        print(repr(error), flush=True)
        raise


def _place(text: Any) -> list[int] | None:
    """Where on the screen the first line's last word is."""
    box = text.bbox("1.end - 3 chars")
    return [text.winfo_rootx() + box[0] + 1, text.winfo_rooty() + box[1] + box[3] // 2] if box else None


def main() -> int:
    logging.basicConfig(level=logging.ERROR)
    given: list[Orders] = []
    there = threading.Event()
    make = TextWindow.__init__

    def made(window: TextWindow, *args: Any, **options: Any) -> None:
        make(window, *args, **options)
        _windows.append(window)

    text_window.TextWindow.__init__ = made  # type: ignore[method-assign,assignment]
    orders = Orders.__init__

    def ordered(self: Orders) -> None:
        orders(self)
        given.append(self)
        there.set()

    Orders.__init__ = ordered  # type: ignore[method-assign]

    def read() -> None:
        with open(sys.argv[1]) as pipe:
            there.wait()
            for line in pipe:
                match json.loads(line):
                    case "state":
                        given[0].give(_tell)
                    case found:
                        _found.put(found)

    threading.Thread(target=read, daemon=True).start()
    return doctor_window.open_window(_look)


if __name__ == "__main__":
    sys.exit(main())
