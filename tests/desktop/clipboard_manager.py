"""A clipboard manager for tests: takes over the clipboard's text if its owner asks for that, and then offers it.

By freedesktop's Clipboard Manager specification 0.1. Prints ``ready``, and ``kept`` for each text.
"""

from __future__ import annotations

from typing import Any

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.protocol import event as events


def main() -> None:
    display = Display()
    window: Any = display.screen().root.create_window(-1, -1, 1, 1, 0, X.CopyFromParent)
    manager, clipboard = display.intern_atom("CLIPBOARD_MANAGER"), display.intern_atom("CLIPBOARD")
    utf8, targets, place = (display.intern_atom(name) for name in ("UTF8_STRING", "TARGETS", "KEPT"))
    window.set_selection_owner(manager, X.CurrentTime)
    display.sync()
    print("ready", flush=True)
    text, asked = b"", None

    def answer(request: Any, place: int) -> None:
        names = {"time": request.time, "requestor": request.requestor, "selection": request.selection}
        request.requestor.send_event(events.SelectionNotify(**names, target=request.target, property=place))

    while True:
        event = display.next_event()
        if event.type == X.SelectionRequest and event.selection == manager:
            asked = event
            window.convert_selection(clipboard, utf8, place, X.CurrentTime)
        elif event.type == X.SelectionNotify and asked is not None:
            text = window.get_full_property(place, utf8).value
            window.set_selection_owner(clipboard, X.CurrentTime)
            answer(asked, X.NONE)
            asked = None
            display.sync()
            print("kept", flush=True)
        elif event.type == X.SelectionRequest:
            if event.target == targets:
                event.requestor.change_property(event.property, Xatom.ATOM, 32, [targets, utf8])
            else:
                event.requestor.change_property(event.property, event.target, 8, text)
            answer(event, event.property)
        display.flush()


if __name__ == "__main__":
    main()
