"""The calls of signing in and staying signed in: login, organisations, push tokens, logout."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import web

from ..server_clock import ServerClock
from ..token_signer import TokenSigner
from ..traffic_log import TrafficLog
from .accounts import ACCESS_TOKEN_TTL, Accounts, StoredOrganisation, User
from .answers import ErrorAnswer, success
from .callers import ApiCall, Callers, json_object
from .faults import ApiFaults
from .settings import ServiceSettings

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass
class SignInCalls:
    """Answers these calls."""

    accounts: Accounts
    callers: Callers
    signer: TokenSigner
    clock: ServerClock
    faults: ApiFaults
    traffic: TrafficLog
    settings: ServiceSettings

    def calls(self) -> list[ApiCall]:
        """The calls."""
        return [
            ApiCall("POST", "/auth/login", "login", self._login),
            ApiCall("GET", "/users/organisations", "organisations", self._organisations),
            ApiCall("GET", "/centrifugo/connection", "connection", self._connection_token),
            ApiCall("POST", "/centrifugo/subscription", "subscription", self._subscription_token),
            ApiCall("GET", "/token/connection", "connection", self._connection_token),
            ApiCall("POST", "/token/subscription", "subscription", self._subscription_token),
            ApiCall("POST", "/auth/logout", "logout", self._logout),
        ]

    async def _login(self, request: web.Request) -> web.Response:
        body = await json_object(request)
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
        if self.settings.notification_token:
            data["notification_token"] = notification_token
        return success(data, "user login successfully", self.clock)

    def _user(self, user: User, expires_at: int) -> dict[str, object]:
        current = user.organisations[0] if user.organisations else None
        data: dict[str, object] = {
            "id": user.id,
            "email": user.email,
            "username": user.username,
            "fullname": user.fullname,
            "avatar_url": "",
            "phone": "",
            "role": "user",
            "expires_in": str(expires_at),
            "current_org": current.id if current else "",
            "is_verified": True,
            "is_onboarded": True,
        }
        if self.settings.slugs != "none":
            data["current_organisation_slug"] = current.slug if current else ""
        return data

    async def _organisations(self, request: web.Request) -> web.Response:
        user = self.callers.by_bearer(request).user
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
        session = self.callers.by_any_token(request)
        return success({"token": self.signer.connection_token(session.user.id)}, "token generated", self.clock)

    async def _subscription_token(self, request: web.Request) -> web.Response:
        session = self.callers.by_any_token(request)
        channel = (await json_object(request)).get("channel")
        if not isinstance(channel, str) or not channel:
            raise ErrorAnswer(422, "Validation failed", {"Channel": "Channel is a required field"})
        organisation = self._organisation(session.user, channel)
        if organisation is None:
            raise ErrorAnswer(403, "user does not belong to this organisation")
        wrong = self.faults.wrong_tokens.get(organisation.id)
        token = self.signer.subscription_token(session.user.id, channel, wrong)
        return success({"token": token}, "token generated", self.clock)

    @staticmethod
    def _organisation(user: User, channel: str) -> StoredOrganisation | None:
        return next((each for each in user.organisations if user.channel(each) == channel), None)

    async def _logout(self, request: web.Request) -> web.Response:
        self.accounts.revoke(self.callers.by_bearer(request))
        self.traffic.logouts += 1
        return success(None, "user logout successfully", self.clock)
