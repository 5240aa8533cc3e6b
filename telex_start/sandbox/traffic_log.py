"""Counts and logs what clients sent and how they were answered.

Tests read it through the orders ``status`` and ``calls``, to assert on what a client really sent.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

COMMANDS_KEPT = 1000
"""How many commands, and how many connects, of push clients ``status`` shows: the newest."""
CALLS_KEPT = 10_000
"""How many API calls the order ``calls`` shows: the newest."""


def without_tokens(value: object) -> object:
    """A copy of a command in which each ``token`` is replaced by ``#`` and the start of its SHA-256.

    Two equal marks mean the same token sent twice; a mark does not reveal the token.
    """
    if isinstance(value, Mapping):
        return {key: _mark(item) if key == "token" else without_tokens(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_tokens(item) for item in value]
    return value


def _mark(token: object) -> object:
    if not isinstance(token, str) or not token:
        return token
    return "#" + hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()[:12]


COUNTED = ("request_times", "under_way", "logins", "refused_logins", "logouts", "readings", "switched_organisations")
"""The attributes of ``TrafficLog`` that ``status`` shows unchanged."""


class TrafficLog:
    """Counts and logs since the start of the sandbox. Times are seconds since then."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.requests: dict[str, Counter[int]] = {}
        self.request_times: dict[str, list[float]] = {}
        self.under_way = 0
        """Calls of the API that have come and are not answered yet."""
        self.rate_limited_times: list[float] = []
        self.logins = 0
        self.refused_logins = 0
        self.logouts = 0
        self.readings: list[str] = []
        """The channel id of each reading call."""
        self.switched_organisations = 0
        self.calls: deque[dict[str, object]] = deque(maxlen=CALLS_KEPT)
        self.commands: deque[dict[str, object]] = deque(maxlen=COMMANDS_KEPT)
        self.connects: deque[dict[str, object]] = deque(maxlen=COMMANDS_KEPT)
        self.closes: Counter[int] = Counter()
        self.handshakes: Counter[int] = Counter()
        self.pongs = 0

    def uptime(self) -> float:
        """Seconds since the start of the sandbox."""
        return round(time.monotonic() - self._started, 3)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count an API call as under way while it is being answered."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def request(self, method: str, path: str, status: int, asked: str) -> None:
        """Count one answered API call.

        Args:
            path: The call's path, with ``{organisation}`` and the like instead of ids.
            asked: What was asked for: the path with its ids and its query.
        """
        name = f"{method} {path}"
        self.requests.setdefault(name, Counter())[status] += 1
        self.request_times.setdefault(name, []).append(self.uptime())
        self.calls.append({"time": self.uptime(), "method": method, "path": asked, "status": status})
        if status == 429:
            self.rate_limited_times.append(self.uptime())

    def command(self, connection: str, command: object) -> None:
        """Log one command of a push client, tokens replaced by marks."""
        self.commands.append(
            {"time": self.uptime(), "connection": connection, "command": without_tokens(command)},
        )

    def connect(self, connection: str) -> None:
        """Log a connect command; what it asked for is among the commands."""
        self.connects.append({"time": self.uptime(), "connection": connection})
