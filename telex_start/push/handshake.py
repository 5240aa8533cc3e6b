"""The opening handshake of a WebSocket (RFC 6455, section 4), from the client's side. No I/O.

websocket-client (1.9) has one, which keeps the cookies of all connections in one jar for the life of the process, fails
over a ``Set-Cookie`` that it does not understand, and reads the whole body of a refusal, however large.
"""

from __future__ import annotations

import base64
import hashlib

from ..net.http_head import Head

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class NoWebSocket(Exception):
    """An answer that opens no WebSocket."""


def new_key(nonce: bytes) -> str:
    """The key of a handshake from 16 bytes of chance."""
    return base64.b64encode(nonce).decode()


def request(host: str, resource: str, key: str, agent: str) -> bytes:
    """What opens the handshake.

    Without an ``Origin``: Centrifugo refuses one that it was not told to allow with 403.

    Args:
        host: With the port, where that is not 443.
        resource: Path and query.
        key: From :func:`new_key`.
        agent: For the header ``User-Agent``.
    """
    lines = [
        f"GET {resource} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"User-Agent: {agent}",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def check(head: Head, key: str) -> None:
    """Check the answer of status 101 to the request with this key.

    Raises:
        NoWebSocket: it is not the answer to that request, or agrees to what was not asked.
    """
    expected = base64.b64encode(hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()).decode()
    if "websocket" not in head.words("upgrade") or "upgrade" not in head.words("connection"):
        raise NoWebSocket("no upgrade")
    if head.fields.get("sec-websocket-accept") != expected:
        raise NoWebSocket("another key")
    if head.words("sec-websocket-extensions") or head.words("sec-websocket-protocol"):
        raise NoWebSocket("an extension or a protocol that was not asked for")
