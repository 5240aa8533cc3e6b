"""Serves Telex's HTTP API: each answer's envelope, the rate limit and the faults. ``api_calls`` answers the calls.

It covers as much of the API as a notification client uses.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from aiohttp import web

from .deployment import ApiFault
from .push_protocol import compact
from .telex import Telex

API_PATH = "/api/v1"
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
        self.body: dict[str, object] = {"status": "error", "status_code": status, "message": message}
        if error is not None:
            self.body["error"] = error


def success(data: object, message: str, *, beside: Mapping[str, object] | None = None) -> web.Response:
    """A good answer; ``beside`` has further fields of the envelope."""
    envelope = {"status": "success", "status_code": 200, "message": message, "data": data, **(beside or {})}
    return web.Response(text=compact(envelope), content_type="application/json")


def _failure(error: ErrorAnswer, http_status: int | None = None) -> web.Response:
    status = http_status or error.status
    return web.Response(status=status, text=compact(error.body), content_type="application/json")


async def json_object(request: web.Request) -> dict[str, object]:
    """The body of a call.

    Raises:
        ErrorAnswer: it is no JSON object.
    """
    try:
        body = json.loads(await request.text())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ErrorAnswer(400, "Failed to parse request body")
    return body


class ApiCall(NamedTuple):
    """One call of the API."""

    method: str
    path: str
    """Below the API's base; ``{organisation}``, ``{channel}`` and ``{buzz}`` stand for ids."""
    fault: str
    """The name under which a fault is put on it, one of ``FAULT_PATHS``."""
    answer: Callable[[Telex, web.Request], Awaitable[web.Response]]


def routes(telex: Telex, calls: list[ApiCall]) -> list[web.RouteDef]:
    """The routes, for an aiohttp application."""

    async def nowhere(request: web.Request) -> web.Response:
        response = _failure(ErrorAnswer(404, "Page not found"))
        return _noted(telex, request, request.path.removeprefix(API_PATH), response)

    known = [web.route(call.method, API_PATH + call.path, _handler(telex, call)) for call in calls]
    return [*known, web.route("*", API_PATH + "{rest:.*}", nowhere)]


def _noted(telex: Telex, request: web.Request, path: str, response: web.Response) -> web.Response:
    telex.traffic.request(request.method, path, response.status, request.path_qs.removeprefix(API_PATH))
    response.headers["Date"] = telex.clock.http_date()
    return response


def _handler(telex: Telex, call: ApiCall) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        fault: ApiFault | None = None
        if not telex.limiter.allow(request.remote or ""):
            response = _failure(ErrorAnswer(429, "Limit exceed"))
        else:
            fault = telex.faults.take(call.fault, await _organisation_of(request, call))
            with telex.traffic.answering():
                response = await _answer(telex, call, request, fault)
        _noted(telex, request, call.path, response)
        if fault is not None and (fault.drip or fault.truncate):
            return await _send_slowly(request, response, truncate=fault.truncate)
        return response

    return handle


async def _answer(telex: Telex, call: ApiCall, request: web.Request, fault: ApiFault | None) -> web.Response:
    async def answered() -> web.Response:
        try:
            return await call.answer(telex, request)
        except ErrorAnswer as error:
            return _failure(error)

    if fault is None:
        return await answered()
    early = await answered() if fault.stale else None
    await asyncio.sleep(fault.delay)
    return _broken(fault) or early or await answered()


def _broken(fault: ApiFault) -> web.Response | None:
    """The answer that a fault gives instead of the right one; None if the right one stays."""
    if fault.redirect:
        return web.Response(status=302, headers={"Location": "http://captive-portal.invalid/login"})
    if fault.status is None:
        return None
    if fault.html:
        text = _HTML.format(status=fault.status, reason=web.Response(status=fault.status).reason)
        return web.Response(status=fault.status, text=text, content_type="text/html")
    status = fault.body_status or fault.status
    return _failure(ErrorAnswer(status, fault.message or web.Response(status=status).reason or "error"), fault.status)


async def _send_slowly(request: web.Request, response: web.Response, *, truncate: bool) -> web.StreamResponse:
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


async def _organisation_of(request: web.Request, call: ApiCall) -> str | None:
    """The id of the organisation that a call is about, before any check: a fault may be for one organisation only."""
    if call.fault != "subscription":
        return request.match_info.get("organisation")
    try:
        channel = (await json_object(request)).get("channel")
    except ErrorAnswer:
        return None
    return channel.partition("/")[0] if isinstance(channel, str) else None
