"""A program with nothing but Doctor's window, for tests: what the doctor finds comes from a pipe, a line each.

Lines of the pipe are JSON: a list is a finding, ``"end"`` ends the look, ``"fail"`` makes the doctor fail; ``"state"``
is answered on standard output by what a person sees. Standard input and output are the agent's.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

from telex_start.desktop.tk.text_window import TextWindow
from telex_start.doctor import window
from telex_start.doctor.findings import Finding, Mark
from tests.desktop import tk_view

_found: SimpleQueue[Any] = SimpleQueue()
_windows: SimpleQueue[TextWindow] = SimpleQueue()


def _look() -> Iterator[Finding]:
    while (found := _found.get()) != "end":
        if found == "fail":
            raise ZeroDivisionError
        mark, *words = found
        yield Finding(Mark(mark), *words)


def _state(root: Any) -> dict[str, Any]:
    [text] = tk_view.controls(root, "Text")
    [bar] = tk_view.controls(root, "TProgressbar")
    [scrollbar] = tk_view.controls(root, "TScrollbar")
    buttons = tk_view.buttons(root)
    subtitle, said = tk_view.labels(root)
    box = text.bbox("1.end - 3 chars")
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
        "scrollbar": bool(scrollbar.winfo_ismapped()),
        # Where on the screen the first line's last word is.
        "found at": [text.winfo_rootx() + box[0] + 1, text.winfo_rooty() + box[1] + box[3] // 2] if box else None,
    }


def main() -> int:
    run = TextWindow.run

    def running(window: TextWindow) -> None:
        _windows.put(window)
        run(window)

    TextWindow.run = running  # type: ignore[method-assign,assignment]

    def read() -> None:
        with open(sys.argv[1]) as pipe:
            made = _windows.get()
            for line in pipe:
                if json.loads(line) == "state":
                    made.calls.post(lambda: print(json.dumps(_state(made.root)), flush=True))
                else:
                    _found.put(json.loads(line))

    threading.Thread(target=read, daemon=True).start()
    return window.main(_look)


if __name__ == "__main__":
    sys.exit(main())
