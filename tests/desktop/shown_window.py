"""One of our windows in a process of its own, its agent, and the person at the keyboard."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Self

from tests.fake_desktop import RealDesktop, Xvfb
from tests.process import TIMEOUT, Script, until


class ShownWindow(Script):
    """A window of `window_program.py`, open.

    Args:
        kind: Which: ``login``, ``preferences``, ``doctor``.
        data: What the agent has it show.
    """

    def __init__(self, desktop: RealDesktop | Xvfb, kind: str, *options: str, **data: Any) -> None:
        super().__init__("tests/desktop/window_program.py", kind, *options, environ=desktop.environ)
        self.desktop = desktop
        self.typed = 0
        """How often it has said that something was typed."""
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
        """The agent says this to it."""
        self.tell(json.dumps(said))

    def says(self, **said: Any) -> None:
        """It says this to the agent, and nothing before it but that something was typed."""
        assert self._next() == said

    def state(self) -> dict[str, Any]:
        """What a person sees of it now."""
        self.hears(look=True)
        found: dict[str, Any] = self._next()["state"]
        return found

    def wait_until(self, **wanted: object) -> dict[str, Any]:
        """Wait until it looks so; returns all that is seen then."""
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
        """The agent goes."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            return self.ended(TIMEOUT) == 0
        except subprocess.TimeoutExpired:
            return False
