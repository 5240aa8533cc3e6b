"""Raw clients of the sandbox's push server and API, for tests that check every message; also signs push tokens."""

from __future__ import annotations

import contextlib
import json
import ssl
import time
import urllib.error
import urllib.request
from collections import deque
from typing import Any, Self

import websocket

from tests.servers import Sandbox

LIMIT = 12.0
"""Seconds to wait for anything before the test fails: above the 5 s after which a refused connect is cut."""


class Closed(Exception):
    """The connection ended; ``code`` is ``None`` if no close frame came."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class RawPushClient:
    """One WebSocket to the push server of a sandbox."""

    def __init__(self, sandbox: Sandbox, **options: Any) -> None:
        options = {"suppress_origin": True, **options}
        self.socket = websocket.create_connection(
            sandbox.push_url, timeout=LIMIT, sslopt={"ca_certs": sandbox.ca_file}, **options
        )
        self._received: deque[str] = deque()
        self._id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.socket.shutdown()  # type: ignore[no-untyped-call]

    def text(self, text: str) -> None:
        """Send one text frame."""
        self.socket.send(text)

    def send(self, *commands: dict[str, Any]) -> None:
        """Send commands in one frame, numbering those that have no id."""
        numbered = []
        for command in commands:
            self._id += 1
            numbered.append({"id": self._id, **command})
        self.text("\n".join(map(json.dumps, numbered)))

    def frame(self) -> str:
        """The next frame as it came.

        Raises:
            Closed: the connection ended instead.
        """
        try:
            opcode, data = self.socket.recv_data()
        except (websocket.WebSocketConnectionClosedException, ssl.SSLError, ConnectionError):
            raise Closed(None) from None
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            if len(data) < 2:
                raise Closed(1005)
            raise Closed(int.from_bytes(data[:2], "big"), data[2:].decode())
        return str(data.decode())

    def receive(self) -> Any:
        """The next message; raises ``Closed`` when the connection ended instead."""
        while not self._received:
            self._received.extend(line for line in self.frame().split("\n") if line)
        return json.loads(self._received.popleft())

    def ask(self, command: dict[str, Any]) -> Any:
        """Send one command and give the next message."""
        self.send(command)
        return self.receive()

    def closing(self) -> tuple[int | None, str]:
        """The code and reason with which the connection ends; fails if a message comes first."""
        try:
            message = self.receive()
        except Closed as closed:
            return closed.code, closed.reason
        raise AssertionError(f"a message instead of the end: {message}")


class RawApiClient:
    """Makes calls of the Telex API; the answers are (status, body)."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=sandbox.tls)
        )
        self.access_token = ""
        self.notification_token = ""

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, timeout: float = LIMIT
    ) -> tuple[int, Any]:
        """Make one call; an answer's body that is no JSON is given as text."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._sandbox.api_url + path, data, headers or {}, method=method)
        try:
            response = self._opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read().decode()
            try:
                return response.status, json.loads(text)
            except ValueError:
                return response.status, text

    def login(self, email: str | None = None, password: str | None = None) -> tuple[int, Any]:
        """Sign in, by default with the announced account, and keep the tokens."""
        credentials = {"email": email or self._sandbox.email, "password": password or self._sandbox.password}
        status, body = self.call("POST", "/auth/login", credentials)
        if status == 200:
            self.access_token = body["data"]["access_token"]
            self.notification_token = body["data"].get("notification_token", "")
        return status, body

    @property
    def bearer(self) -> dict[str, str]:
        """The header of calls with the access token."""
        return {"Authorization": f"Bearer {self.access_token}"}

    @property
    def notification(self) -> dict[str, str]:
        """The header of calls with the notification token."""
        return {"X-Notification-Token": self.notification_token}

    def get(self, path: str) -> tuple[int, Any]:
        """Any GET call with the access token."""
        return self.call("GET", path, headers=self.bearer)

    def organisations(self) -> tuple[int, Any]:
        """Ask for the organisations."""
        return self.call("GET", "/users/organisations", headers=self.bearer)

    def connection(self) -> tuple[int, Any]:
        """Ask for a connection token, with the notification token."""
        return self.call("GET", "/centrifugo/connection", headers=self.notification)

    def subscription(self, channel: str) -> tuple[int, Any]:
        """Ask for a subscription token, with the notification token."""
        return self.call("POST", "/centrifugo/subscription", {"channel": channel}, self.notification)


class SignedTokens:
    """Has the sandbox sign push tokens for any user and channel that a test chooses."""

    def __init__(self, sandbox: Sandbox, user: str) -> None:
        self.sandbox = sandbox
        self.user = user

    def connection(self, ttl: int | None = 120, secret: str | None = None, **claims: Any) -> str:
        """A connection token; ``ttl`` None for one without ``exp``."""
        return self._signed(ttl, secret, claims)

    def subscription(self, channel: str, ttl: int | None = 300, secret: str | None = None, **claims: Any) -> str:
        """A subscription token."""
        return self._signed(ttl, secret, {"channel": channel, **claims})

    def _signed(self, ttl: int | None, secret: str | None, claims: dict[str, Any]) -> str:
        expiry = {} if ttl is None else {"exp": int(time.time()) + ttl}
        answer = self.sandbox.order("sign", claims={"sub": self.user, **expiry, **claims}, secret=secret)
        return str(answer["token"])
