"""The answers of the Telex API: its JSON envelope, and what a fault makes of an answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from aiohttp import web

from ..json_writer import compact
from ..server_clock import ServerClock
from .faults import ApiFault

_DRIP_INTERVAL = 1.0
"""Seconds between two bytes of a dripping answer."""
_HTML = """<html>
<head><title>{status} {reason}</title></head>
<body><center><h1>{status} {reason}</h1></center><hr><center>nginx</center></body>
</html>
"""


class ErrorAnswer(Exception):
    """The call is answered with an error."""

    def __init__(self, status: int, message: str, error: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error = error


def success(
    data: object, message: str, clock: ServerClock, *, beside: Mapping[str, object] | None = None
) -> web.Response:
    """A good answer; ``beside`` is what the envelope has beside the data."""
    envelope = {"status": "success", "status_code": 200, "message": message, "data": data, **(beside or {})}
    return _response(200, envelope, clock)


def failure(error: ErrorAnswer, clock: ServerClock, http_status: int | None = None) -> web.Response:
    """An error answer; ``http_status`` when it differs from the one in the body."""
    body: dict[str, object] = {"status": "error", "status_code": error.status, "message": error.message}
    if error.error is not None:
        body["error"] = error.error
    return _response(http_status or error.status, body, clock)


def _response(status: int, body: object, clock: ServerClock) -> web.Response:
    return web.Response(
        status=status,
        text=compact(body),
        content_type="application/json",
        headers={"Date": clock.http_date()},
    )


def broken(fault: ApiFault, clock: ServerClock) -> web.Response | None:
    """The answer that a fault puts in the place of the right one; None if it leaves that as it is."""
    headers = {"Date": clock.http_date()}
    if fault.redirect:
        return web.Response(status=302, headers={**headers, "Location": "http://captive-portal.invalid/login"})
    if fault.status is None:
        return None
    if fault.html:
        response = web.Response(status=fault.status)
        text = _HTML.format(status=fault.status, reason=response.reason)
        return web.Response(status=fault.status, text=text, content_type="text/html", headers=headers)
    message = fault.message or web.Response(status=fault.body_status or fault.status).reason or "error"
    return failure(ErrorAnswer(fault.body_status or fault.status, message), clock, fault.status)


async def send_slowly(request: web.Request, response: web.Response, *, truncate: bool) -> web.StreamResponse:
    """Send an answer one byte a second, or only half of it and then cut the connection."""
    body = response.body if isinstance(response.body, bytes) else b""
    slow = web.StreamResponse(status=response.status, headers=response.headers)
    slow.content_length = len(body)
    await slow.prepare(request)
    if truncate:
        await slow.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return slow
    with contextlib.suppress(ConnectionResetError):  # the client has given up
        for byte in body:
            await slow.write(bytes([byte]))
            await asyncio.sleep(_DRIP_INTERVAL)
    return slow
