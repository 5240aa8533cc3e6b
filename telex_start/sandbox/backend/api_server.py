"""The HTTP API of Telex, as far as a notification client uses it: login, organisations, push tokens, logout."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from ..server_clock import ServerClock
from ..token_signer import TokenSigner
from ..traffic_log import TrafficLog
from .accounts import ACCESS_TOKEN_TTL, Accounts, LoginSession, StoredOrganisation, User
from .answers import ErrorAnswer, broken, failure, send_slowly, success
from .faults import ApiFault, ApiFaults
from .rate_limit import RateLimiter

API_PATH = "/api/v1"

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_INVALID_TOKEN = "invalid or exipired token"  # spelled so by the backend

AnswerCall = Callable[[web.Request], Awaitable[web.Response]]
RouteHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ApiServer:
    """Answers the calls of the API."""

    accounts: Accounts
    signer: TokenSigner
    clock: ServerClock
    limiter: RateLimiter
    faults: ApiFaults
    traffic: TrafficLog
    notification_token: bool
    """Whether a login brings a notification token; some backend versions bring none."""

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an aiohttp application."""
        calls: list[tuple[str, str, str, AnswerCall]] = [
            ("POST", "/auth/login", "login", self._login),
            ("GET", "/users/organisations", "organisations", self._organisations),
            ("GET", "/centrifugo/connection", "connection", self._connection_token),
            ("POST", "/centrifugo/subscription", "subscription", self._subscription_token),
            ("GET", "/token/connection", "connection", self._connection_token),
            ("POST", "/token/subscription", "subscription", self._subscription_token),
            ("POST", "/auth/logout", "logout", self._logout),
        ]
        routes = [
            web.route(method, API_PATH + path, self._call(path, fault_path, answer))
            for method, path, fault_path, answer in calls
        ]
        return [*routes, web.route("*", API_PATH + "{rest:.*}", self._nowhere)]

    def _call(self, path: str, fault_path: str, answer: AnswerCall) -> RouteHandler:
        async def handle(request: web.Request) -> web.StreamResponse:
            fault: ApiFault | None = None
            if not self.limiter.allow(request.remote or ""):
                response = failure(ErrorAnswer(429, "Limit exceed"), self.clock)
            else:
                organisation_id = await self._organisation_of(request) if fault_path == "subscription" else None
                fault = self.faults.take(fault_path, organisation_id)
                with self.traffic.answering():
                    response = await self._answer(request, answer, fault)
            self.traffic.request(request.method, path, response.status)
            if fault is not None and (fault.drip or fault.truncate):
                return await send_slowly(request, response, truncate=fault.truncate)
            return response

        return handle

    async def _answer(self, request: web.Request, answer: AnswerCall, fault: ApiFault | None) -> web.Response:
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if (instead := broken(fault, self.clock)) is not None:
                return instead
        try:
            return await answer(request)
        except ErrorAnswer as error:
            return failure(error, self.clock)

    async def _nowhere(self, request: web.Request) -> web.Response:
        self.traffic.request(request.method, request.path.removeprefix(API_PATH), 404)
        return failure(ErrorAnswer(404, "Page not found"), self.clock)

    # --- the calls --------------------------------------------------------------------------------------------------

    async def _login(self, request: web.Request) -> web.Response:
        body = await _json_object(request)
        email, password = body.get("email"), body.get("password")
        errors = {}
        if not isinstance(email, str) or not email:
            errors["Email"] = "Email is a required field"
        elif not _EMAIL.fullmatch(email):
            errors["Email"] = "Email must be a valid email address"
        if not isinstance(password, str) or not password:
            errors["Password"] = "Password is a required field"
        if errors:
            raise ErrorAnswer(422, "Validation failed", errors)
        user = self.accounts.user(str(email))
        if user is None or user.password != password:
            self.traffic.refused_logins += 1
            # The documentation says 401; the backend says this.
            raise ErrorAnswer(400, "invalid credentials")
        expires_at = self.clock.unix() + ACCESS_TOKEN_TTL
        access_token = self.signer.access_token(user.id, expires_at)
        notification_token = self.signer.notification_token()
        self.accounts.open_session(user, access_token, notification_token)
        self.traffic.logins += 1
        data: dict[str, object] = {"access_token": access_token, "user": self._user(user, expires_at)}
        if self.notification_token:
            data["notification_token"] = notification_token
        return success(data, "user login successfully", self.clock)

    @staticmethod
    def _user(user: User, expires_at: int) -> dict[str, object]:
        return {
            "id": user.id,
            "email": user.email,
            "username": user.username,
            "fullname": user.fullname,
            "avatar_url": "",
            "phone": "",
            "role": "user",
            "expires_in": str(expires_at),
            "current_org": user.organisations[0].id if user.organisations else "",
            "is_verified": True,
            "is_onboarded": True,
        }

    async def _organisations(self, request: web.Request) -> web.Response:
        user = self._bearer(request).user
        data = [
            {
                "id": organisation.id,
                "name": organisation.name,
                "description": "",
                "email": f"hello@{organisation.name.lower().replace(' ', '-')}.example",
                "type": "company",
                "location": "",
                "owner_id": user.id,
                "logo_url": "",
            }
            for organisation in user.organisations
        ]
        return success(data or None, "organisations retrieved successfully", self.clock)

    async def _connection_token(self, request: web.Request) -> web.Response:
        session = self._token_call(request)
        return success({"token": self.signer.connection_token(session.user.id)}, "token generated", self.clock)

    async def _subscription_token(self, request: web.Request) -> web.Response:
        session = self._token_call(request)
        channel = (await _json_object(request)).get("channel")
        if not isinstance(channel, str) or not channel:
            raise ErrorAnswer(422, "Validation failed", {"Channel": "Channel is a required field"})
        organisation = self._organisation(session.user, channel)
        if organisation is None:
            raise ErrorAnswer(403, "user does not belong to this organisation")
        wrong = self.faults.wrong_tokens.get(organisation.id)
        token = self.signer.subscription_token(session.user.id, channel, wrong)
        return success({"token": token}, "token generated", self.clock)

    async def _logout(self, request: web.Request) -> web.Response:
        self.accounts.revoke(self._bearer(request))
        self.traffic.logouts += 1
        return success(None, "user logout successfully", self.clock)

    # --- who is asking ----------------------------------------------------------------------------------------------

    def _token_call(self, request: web.Request) -> LoginSession:
        return self._bearer(request) if "/token/" in request.path else self._notification(request)

    def _bearer(self, request: web.Request) -> LoginSession:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise ErrorAnswer(401, "Token could not be found!")
        session = self.accounts.by_access_token(token)
        if session is None:
            raise ErrorAnswer(401, "Token is invalid!")
        if self.accounts.is_revoked(token):
            raise ErrorAnswer(401, "Session is invalid!")
        if self.faults.refuse_bearer:
            raise ErrorAnswer(401, "User is deactivated from organisation")
        return session

    def _notification(self, request: web.Request) -> LoginSession:
        token = request.headers.get("X-Notification-Token", "")
        session = self.accounts.by_notification_token(token) if self.notification_token else None
        if session is None:
            # 400, and spelled so.
            raise ErrorAnswer(400, _INVALID_TOKEN)
        if self.accounts.is_revoked(token):
            raise ErrorAnswer(401, "Session is invalid!")
        if self.faults.refuse_notification_token:
            raise ErrorAnswer(401, _INVALID_TOKEN)
        return session

    @staticmethod
    def _organisation(user: User, channel: str) -> StoredOrganisation | None:
        return next((each for each in user.organisations if user.channel(each) == channel), None)

    @staticmethod
    async def _organisation_of(request: web.Request) -> str | None:
        """The organisation a token is asked for, before anything is checked: faults may be meant for one of them."""
        try:
            channel = (await _json_object(request)).get("channel")
        except ErrorAnswer:
            return None
        return channel.partition("/")[0] if isinstance(channel, str) else None


async def _json_object(request: web.Request) -> dict[str, object]:
    try:
        body = json.loads(await request.text())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ErrorAnswer(400, "Failed to parse request body")
    return body
