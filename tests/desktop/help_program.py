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

from telex_start.desktop.tk import help_windows
from telex_start.desktop.tk.help_windows import Conclusion, Line
from telex_start.desktop.tk.text_window import TextWindow
from tests.desktop import tk_view

_found: SimpleQueue[Any] = SimpleQueue()
_windows: SimpleQueue[TextWindow] = SimpleQueue()


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


def _state(root: Any) -> dict[str, Any]:
    [text] = tk_view.controls(root, "Text")
    [bar] = tk_view.controls(root, "TProgressbar")
    [scrollbar] = tk_view.controls(root, "TScrollbar")
    buttons = tk_view.buttons(root)
    subtitle, said = tk_view.labels(root)
    return {
        "text": text.get("1.0", "end-1c"),
        "subtitle": str(subtitle.cget("text")),
        "bar": bool(bar.winfo_ismapped()),
        "bar at": float(bar.cget("value")),
        "enabled": tk_view.enabled(buttons),
        "focus": tk_view.name_of(root, {**buttons, "text": text}),
        "selected": text.get(*text.tag_ranges("sel")) if text.tag_ranges("sel") else "",
        "top": text.yview()[0],
        "said": str(said.cget("text")),
        "found at": _place(text),
        "scrollbar": bool(scrollbar.winfo_ismapped()),
    }


def _tell(root: Any) -> None:
    try:
        print(json.dumps(_state(root)), flush=True)
    except Exception as error:
        print(repr(error), flush=True)
        raise


def _place(text: Any) -> list[int] | None:
    """Where on the screen the first line's last word is."""
    box = text.bbox("1.end - 3 chars")
    return [text.winfo_rootx() + box[0] + 1, text.winfo_rooty() + box[1] + box[3] // 2] if box else None


def main() -> int:
    logging.basicConfig(level=logging.ERROR)
    make = TextWindow.__init__

    def made(window: TextWindow, *args: Any, **options: Any) -> None:
        make(window, *args, **options)
        _windows.put(window)

    TextWindow.__init__ = made  # type: ignore[method-assign,assignment]

    def read() -> None:
        with open(sys.argv[1]) as pipe:
            window = _windows.get()
            for line in pipe:
                match json.loads(line):
                    case "state":
                        window.calls.post(lambda: _tell(window.root))
                    case found:
                        _found.put(found)

    threading.Thread(target=read, daemon=True).start()
    return help_windows.doctor(_look)


if __name__ == "__main__":
    sys.exit(main())
