"""Who makes a call of the API, by the token that came with it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from .accounts import Accounts, LoginSession, StoredOrganisation, User
from .answers import ErrorAnswer
from .faults import ApiFaults
from .settings import ServiceSettings

_INVALID_TOKEN = "invalid or exipired token"  # spelled so by the backend

AnswerCall = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True)
class ApiCall:
    """One call of the API."""

    method: str
    path: str
    """Below the API's base; ``{organisation}`` and ``{channel}`` stand for ids."""
    fault: str
    """The name under which a fault is put on it, one of ``FAULT_PATHS``."""
    answer: AnswerCall


@dataclass
class Callers:
    """Finds the login session of a call.

    Raises (every method that takes a request):
        ErrorAnswer: the token is missing, unknown or refused, or its user has no access.
    """

    accounts: Accounts
    faults: ApiFaults
    settings: ServiceSettings

    def by_any_token(self, request: web.Request) -> LoginSession:
        """For token calls: by notification token or, below ``/token/``, by Bearer."""
        return self.by_bearer(request) if "/token/" in request.path else self.by_notification_token(request)

    def by_bearer(self, request: web.Request) -> LoginSession:
        """By access token."""
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

    def by_notification_token(self, request: web.Request) -> LoginSession:
        """By notification token."""
        token = request.headers.get("X-Notification-Token", "")
        session = self.accounts.by_notification_token(token) if self.settings.notification_token else None
        if session is None:
            # 400, and spelled so.
            raise ErrorAnswer(400, _INVALID_TOKEN)
        if self.accounts.is_revoked(token):
            raise ErrorAnswer(401, "Session is invalid!")
        if self.faults.refuse_notification_token:
            raise ErrorAnswer(401, _INVALID_TOKEN)
        return session

    def in_organisation(self, request: web.Request) -> tuple[User, StoredOrganisation]:
        """Whoever calls by access token, and the organisation in the call's path."""
        user = self.by_bearer(request).user
        wanted = request.match_info["organisation"]
        for organisation in user.organisations:
            if organisation.id == wanted:
                return user, organisation
        raise ErrorAnswer(403, "user does not belong to this organisation")


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
