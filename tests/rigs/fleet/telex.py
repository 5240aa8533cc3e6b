"""Simulates Telex's API and push server, as far as a session notices them, and counts calls and connections.

Written after the sandbox (docs/sandbox.md); tokens live as long as the sandbox's. Nothing here waits:
what takes time is scheduled by :meth:`World.after`.
"""

from __future__ import annotations

import base64
import email.utils
import json
from array import array
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from telex_start.net.https import Answer
from telex_start.push.websocket import Closed
from telex_start.sandbox.deployment import RateLimiter
from telex_start.session.telex_api import claims

from .world import World

ORGANISATIONS = 3
CONNECTION_TTL = 120
"""Seconds."""
SUBSCRIPTION_TTL = 300
"""Seconds."""
PING = 25
"""Seconds between two pings."""
EXPIRED_CLOSE_DELAY = 25
"""Seconds that a connection may live without a fresh token."""
RATE, BURST = 6.0, 4
"""How many calls one agent may make a second, and at once."""
_EPOCH = 1_800_000_000
"""The Unix time at the world's second 0."""

LOGIN, LOOK_UP, CONNECTION, SUBSCRIPTION = "login", "organisations", "connection", "subscription"
"""The kinds of API calls: the last parts of their paths."""
_COMMANDS = ("connect", "refresh", "subscribe", "sub_refresh", "unsubscribe")


class Way:
    """One direction of one connection: what is sent arrives a moment later, in order."""

    def __init__(self, telex: Telex) -> None:
        self._telex = telex
        self._free_at = 0.0

    def send(self, arrives: Callable[[], object]) -> None:
        """Send something: ``arrives`` is called when it arrives."""
        self._free_at = max(self._free_at, self._telex.world.now() + self._telex.latency())
        self._telex.world.at(self._free_at, arrives)


class Link:
    """The server's end of one connection."""

    def __init__(self, telex: Telex, deliver: Callable[[bytes | Closed], None]) -> None:
        """``deliver``: called with each frame when it arrives at the agent, and with the close."""
        self._telex = telex
        self._way = Way(telex)
        self._arrives = deliver
        self.open = True
        self._expires_at = float("inf")

    def close(self, code: int) -> None:
        """Close the connection, as the server."""
        if self.open:
            self.gone()
            self._way.send(lambda: self._arrives(Closed(code)))

    def gone(self) -> None:
        """Forget the connection: it is closed."""
        self.open = False
        self._telex.links.pop(self, None)

    def received(self, text: str) -> None:
        """Handle a frame from the agent."""
        for line in text.split("\n"):
            if self.open and line != "{}":
                self._command(json.loads(line))

    def _deliver(self, text: str) -> None:
        self._way.send(lambda: self._arrives(text.encode()))

    def ping(self) -> None:
        """Send a ping, and another one every :data:`PING` seconds."""
        if self.open:
            self._deliver("{}")
            self._telex.world.after(PING, self.ping)

    def _command(self, command: dict[str, Any]) -> None:
        """Handle a command as Centrifugo does, which ignores the tokens in ``connect.subs``."""
        kind = next(name for name in _COMMANDS if name in command)
        if kind == "unsubscribe":
            self._answer(command, kind, {})
            return
        payload = claims(command[kind].get("token", ""))
        if payload is None:
            self.close(3500)
            return
        ttl = payload["exp"] - int(self._telex.unix())
        if ttl > 0:
            self._good(command, kind, ttl)
        elif kind == "refresh":
            self.close(3005)
        elif kind == "sub_refresh":
            self._answer(command, kind, {})
        else:
            self._deliver(json.dumps({"id": command["id"], "error": {"code": 109, "message": "token expired"}}))

    def _good(self, command: dict[str, Any], kind: str, ttl: int) -> None:
        result: dict[str, Any] = {"expires": True, "ttl": ttl}
        if kind == "connect":
            result |= {"client": "x", "version": "0", "ping": PING, "pong": True}
            self._telex.world.after(PING * self._telex.world.chance.random(), self.ping)
            self._telex.accepted(self)
        if kind in ("connect", "refresh"):
            self._expires_at = self._telex.world.now() + ttl
            self._telex.world.after(ttl + EXPIRED_CLOSE_DELAY, self._expire)
        self._answer(command, kind, result)

    def _answer(self, command: dict[str, Any], kind: str, result: dict[str, Any]) -> None:
        self._deliver(json.dumps({"id": command["id"], kind: result}))

    def _expire(self) -> None:
        if self.open and self._telex.world.now() > self._expires_at:
            self._telex.expired += 1
            self.close(3005)


class Telex:
    """Both servers. A changed attribute holds for every agent from that moment on."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.connects = array("d")
        """The times of all attempts to connect to the push server, in order, also while it is down."""
        self.calls: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        """The times of all API calls, by kind, also while the API is down."""
        self.look_ups: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        """The times at which organisations were looked up, by user."""
        self.refused = array("d")
        """The times of calls that were answered 429."""
        self.links: dict[Link, None] = {}  # a dict keeps their order, so that each run is the same
        self.down = False
        """Neither server takes a connection."""
        self.stands: float | None = None
        """Seconds after which the push server drops each connection; ``None`` for never."""
        self.expired = 0
        """Connections that were closed because no fresh token came in time: agents that failed."""
        self._limiter = RateLimiter(RATE, BURST, world.now)
        self._capacity = RateLimiter(0.0, 1, world.now)
        """The limit for all calls together; there is none until :meth:`take_at_most`."""

    def unix(self) -> float:
        """The server's wall clock."""
        return _EPOCH + self.world.now()

    def latency(self) -> float:
        """Seconds that one way through the network takes: 10 to 75 ms, at random."""
        return 0.01 + 0.065 * self.world.chance.random()

    def take_at_most(self, rate: float) -> None:
        """Let the API answer so many calls a second, and all others with 429."""
        self._capacity.set(rate, int(rate))

    def close_all(self, code: int) -> None:
        """Close every connection with a code, in the same moment."""
        for link in list(self.links):
            link.close(code)

    def restart(self, down_for: float) -> None:
        """Close every connection, and take none for so many seconds."""
        self.down = True
        self.close_all(3001)
        self.world.after(down_for, lambda: setattr(self, "down", False))

    def accepted(self, link: Link) -> None:
        """Keep a connection that was accepted."""
        self.links[link] = None
        if self.stands is not None:
            self.world.after(self.stands, lambda: link.close(3001))

    # The API.

    def on_its_way(self, path: str, headers: dict[str, str], body: dict[str, Any] | None) -> None:
        """Count a call at the moment when it is sent."""
        kind, now = _kind(path), self.world.now()
        self.calls[kind].append(now)
        if kind == LOOK_UP:
            self.look_ups[_user(headers, body)].append(now)

    def call(self, path: str, headers: dict[str, str], body: dict[str, Any] | None) -> Answer:
        """Answer a call, at the moment when it arrives."""
        kind, user, now = _kind(path), _user(headers, body), self.world.now()
        if not self._limiter.allow(user) or not self._capacity.allow("all"):
            self.refused.append(now)
            return self._answer(429, None, "Limit exceed")
        if kind == LOGIN:
            return self._answer(200, {"access_token": user, "notification_token": user, "user": {"id": user}})
        if kind == LOOK_UP:
            return self._answer(200, [{"id": f"o{number}", "name": f"{number}"} for number in range(ORGANISATIONS)])
        if kind == CONNECTION:
            return self._answer(200, {"token": self._token(user, CONNECTION_TTL)})
        if kind == SUBSCRIPTION:
            assert body is not None
            return self._answer(200, {"token": self._token(user, SUBSCRIPTION_TTL, channel=body["channel"])})
        return self._answer(200, {} if path == "profile" or "device_type" in path else None)

    def _token(self, user: str, ttl: int, **extra: str) -> str:
        payload = json.dumps({"sub": user, "exp": int(self.unix()) + ttl, **extra}).encode()
        return f"e30.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.c2ln"

    def _answer(self, status: int, data: Any, message: str = "ok") -> Answer:
        word = "success" if status < 400 else "error"
        body = json.dumps({"status": word, "status_code": status, "message": message, "data": data}).encode()
        return Answer(status, {"date": email.utils.formatdate(self.unix(), usegmt=True)}, body)


def _kind(path: str) -> str:
    return path.partition("?")[0].rpartition("/")[2]


def _user(headers: dict[str, str], body: dict[str, Any] | None) -> str:
    if "X-Notification-Token" in headers:
        return headers["X-Notification-Token"]
    if "Authorization" in headers:
        return headers["Authorization"].removeprefix("Bearer ")
    assert body is not None
    user: str = body["email"].partition("@")[0]
    return user
