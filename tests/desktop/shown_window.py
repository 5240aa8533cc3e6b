"""Shows one of the product's windows in a process of its own; the test is its agent and the person at the keyboard."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Self

from tests.fake_desktop import RealDesktop, Xvfb
from tests.process import TIMEOUT, Script, until


class ShownWindow(Script):
    """A window shown by `window_program.py`.

    Args:
        kind: ``login``, ``preferences`` or ``doctor``.
        data: The data that the agent gives to the window at its start.
    """

    def __init__(self, desktop: RealDesktop | Xvfb, kind: str, *options: str, **data: Any) -> None:
        super().__init__("tests/desktop/window_program.py", kind, *options, environ=desktop.environ)
        self.desktop = desktop
        self.typed = 0
        """How often the window has reported that something was typed."""
        self._data = data

    def __enter__(self) -> Self:
        super().__enter__()
        self.hears(**self._data)
        return self

    def xdotool(self, *words: str) -> str:
        return subprocess.run(["xdotool", *words], env=self.environ, check=True, text=True, stdout=-1).stdout

    def type(self, text: str) -> None:
        self.xdotool("type", "--delay", "2", text)

    def press(self, *keys: str) -> None:
        self.xdotool("key", "--delay", "10", *keys)

    def hears(self, **said: Any) -> None:
        """Send the window a message from the agent."""
        self.tell(json.dumps(said))

    def says(self, **said: Any) -> None:
        """Check that this is the window's next message to the agent, apart from ``typed``."""
        assert self._next() == said

    def state(self) -> dict[str, Any]:
        """Ask the window what a person sees of it."""
        self.hears(look=True)
        found: dict[str, Any] = self._next()["state"]
        return found

    def wait_until(self, **wanted: object) -> dict[str, Any]:
        """Wait until :meth:`state` has these values; gives the whole state."""
        state: dict[str, Any] = {}

        def looks_so() -> bool:
            state.update(self.state())
            return wanted.items() <= state.items()

        until(looks_so, f"{wanted}")
        return state

    def _next(self) -> Any:
        while (said := json.loads(self.next_line())) == {"typed": True}:
            self.typed += 1
        return said

    def _end(self) -> bool:
        """Close the window's input, as an agent does that ends: the window must end, too, with code 0."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            return self.ended(TIMEOUT) == 0
        except subprocess.TimeoutExpired:
            return False
