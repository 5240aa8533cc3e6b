"""The agent with ``--headless --json``, as a script sees it."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from tests.program import Program

from .subject import Failed, Subject, require

ENDED = "Sign in needed (the program has ended)"


class Headless(Subject):
    """Reads each line as it comes. It signs in by standard input, so a new session is a new process."""

    name = "headless"
    clicks = ("restart", "second start", "wake", "wake", "paused")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._titles: list[str] = []
        self._state: dict[str, Any] = {}
        self._unread = 0
        self._taken = 0

    def options(self) -> tuple[tuple[str, ...], str | None]:
        options, given = super().options()
        return ("--headless", "--json", *options), given

    def start(self) -> None:
        super().start()
        self._state, self._unread, self._taken = {}, 0, 0

    def look(self) -> None:
        self._read_lines()
        code = self.program.process.poll()
        if code is not None:
            require(code in self.codes[1:], f"headless has ended by itself with {code}: {self.program.errors}")

    def _read_lines(self) -> None:
        lines = self.program.lines_so_far()
        for line in lines[self._taken :]:
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError) as error:
                raise Failed(f"headless has printed a line that is none: {line[:200]!r}") from error
        self._taken = len(lines)

    def _take(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "state":
                self._state = event
            case "unread":
                self._unread = event["unread"]
            case "notification":
                self._titles.append(event["title"])
            case "error":
                require("had a problem" not in event["title"], f"headless: {event['title']}: {event['message']}")

    def status(self) -> str:
        if not self.running:
            return ENDED
        self._read_lines()
        state = self._state.get("state", "starting")
        if state != "online":
            return str(state)
        live, known = self._state["subscribed"], self._state["organisations"]
        unread = f", {self._unread} unread" if self._unread else ""
        return f"Online: {known} organisations{unread}" if live == known else f"Online: {live} of {known} organisations"

    def told(self) -> list[str]:
        return self._titles

    # --- what a person does with it ---------------------------------------------------------------------------------

    def click(self, what: str, chance: random.Random) -> str:
        if what == "wake":
            return self.wake()
        if not self.running:
            return "it has ended"
        if what == "restart":
            return self.sign_in_anew()
        if what == "second start":
            return self._second_start()
        return self.pause(chance)

    def _second_start(self) -> str:
        began = time.monotonic()
        self.look()
        options = ("--exit",)
        with Program(self.folder, *options, environ=self.telex.environ) as second:
            require(second.ended() == 0, f"a second start with --exit ended badly: {second.errors}")
        self._ended(began)
        self.start()
        return "--exit, and started again"

    def reconnect(self) -> str:
        return self.wake()

    def sign_in_anew(self) -> str:
        words = self.exit()
        self.start()
        return f"{words}, and started again"
