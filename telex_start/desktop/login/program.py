"""The login window's own process: ``telex-start login``, started by the agent alone (:mod:`.opening` is its side)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any

from ...errors import ConfigError, TelexStartError
from ...events import Event, WindowClosed, WindowSubmitted
from ...process.streams import is_terminal
from ..parent import Parent


def main() -> int:
    """Show the window until the agent has it closed, or is gone; returns the exit code.

    Raises:
        ConfigError: a person has typed it.
    """
    if is_terminal(sys.stdin):
        raise ConfigError("login is what the agent runs for its window: use telex-start --login.")
    parent = Parent()
    data = parent.data()

    def tell(event: Event) -> None:
        match event:
            case WindowSubmitted(email, password):
                parent.say(email=email, password=password)
            case WindowClosed():
                parent.say(closed=True)

    try:
        from .window import LoginWindow

        window = LoginWindow(tell, data["email"], take_focus=data["take_focus"], message=data["message"])
    except TelexStartError as error:
        parent.say(failed=error.message)
        return 2
    asked: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()

    def hear(said: Mapping[str, Any] | None) -> None:
        asked.put(said)
        window.wake()

    def turn() -> None:
        try:
            while True:
                match asked.get_nowait():
                    case None:
                        window.close()
                    case {"show": "busy", "message": str(message)}:
                        window.show_busy(message)
                    case {"show": "failure", "message": str(message)}:
                        window.show_failure(message)
                    case {"show": "success", "message": str(message)}:
                        window.show_success(message)
                    case {"show": "words", "message": str(message)}:
                        window.say(message)
                    case {"show": "front"}:
                        window.come_forward()
        except Empty:
            pass

    parent.listen(lambda token: None, lambda: hear(None), hear)
    window.run(turn)
    return 0
