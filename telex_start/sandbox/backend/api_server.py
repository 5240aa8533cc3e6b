"""The HTTP API of Telex, as far as a notification client uses it: each call, its rate limit and its faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from ..server_clock import ServerClock
from ..traffic_log import TrafficLog
from .answers import ErrorAnswer, broken, failure, send_slowly
from .callers import AnswerCall, ApiCall, json_object
from .faults import ApiFault, ApiFaults
from .rate_limit import RateLimiter

API_PATH = "/api/v1"

RouteHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ApiServer:
    """Answers the calls of the API, as far as rate limit and faults let them through."""

    api_calls: Sequence[ApiCall]
    clock: ServerClock
    limiter: RateLimiter
    faults: ApiFaults
    traffic: TrafficLog

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an aiohttp application."""
        routes = [web.route(call.method, API_PATH + call.path, self._handler(call)) for call in self.api_calls]
        return [*routes, web.route("*", API_PATH + "{rest:.*}", self._nowhere)]

    def _handler(self, call: ApiCall) -> RouteHandler:
        async def handle(request: web.Request) -> web.StreamResponse:
            fault: ApiFault | None = None
            if not self.limiter.allow(request.remote or ""):
                response = failure(ErrorAnswer(429, "Limit exceed"), self.clock)
            else:
                fault = self.faults.take(call.fault, await self._organisation_of(request, call))
                with self.traffic.answering():
                    response = await self._answer(request, call.answer, fault)
            self._log(request, call.path, response.status)
            if fault is not None and (fault.drip or fault.truncate):
                return await send_slowly(request, response, truncate=fault.truncate)
            return response

        return handle

    def _log(self, request: web.Request, path: str, status: int) -> None:
        self.traffic.request(request.method, path, status, request.path_qs.removeprefix(API_PATH))

    async def _answer(self, request: web.Request, answer: AnswerCall, fault: ApiFault | None) -> web.Response:
        if fault is None:
            return await self._answered(request, answer)
        early = await self._answered(request, answer) if fault.stale else None
        await asyncio.sleep(fault.delay)
        return broken(fault, self.clock) or early or await self._answered(request, answer)

    async def _answered(self, request: web.Request, answer: AnswerCall) -> web.Response:
        try:
            return await answer(request)
        except ErrorAnswer as error:
            return failure(error, self.clock)

    async def _nowhere(self, request: web.Request) -> web.Response:
        self._log(request, request.path.removeprefix(API_PATH), 404)
        return failure(ErrorAnswer(404, "Page not found"), self.clock)

    @staticmethod
    async def _organisation_of(request: web.Request, call: ApiCall) -> str | None:
        """The organisation a call is about, before anything is checked: faults may be meant for one of them."""
        if call.fault != "subscription":
            return request.match_info.get("organisation")
        try:
            channel = (await json_object(request)).get("channel")
        except ErrorAnswer:
            return None
        return channel.partition("/")[0] if isinstance(channel, str) else None
