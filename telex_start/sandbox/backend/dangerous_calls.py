"""The calls that do more than they say: reading ones mark as read, switching the organisation ends the session."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from ..server_clock import ServerClock
from ..traffic_log import TrafficLog
from .accounts import Accounts
from .activity import Activity
from .answers import ErrorAnswer, success
from .callers import AnswerCall, ApiCall, Callers
from .conversations import Conversations, Kind
from .previews import preview_thread

_THREADS = 20
"""Threads of a page where the call does not say."""


@dataclass
class DangerousCalls:
    """Answers these calls."""

    accounts: Accounts
    callers: Callers
    conversations: Conversations
    activity: Activity
    clock: ServerClock
    traffic: TrafficLog

    def calls(self) -> list[ApiCall]:
        """The calls."""
        return [
            ApiCall("GET", "/threads/channels/{channel}", "reading", self._reading(Kind.CHANNEL)),
            ApiCall("GET", "/dms/channels/{channel}/threads", "reading", self._reading(Kind.DIRECT)),
            ApiCall("GET", "/group-dms/channels/{channel}/threads", "reading", self._reading(Kind.GROUP)),
            ApiCall("PUT", "/users/switch-org", "switch_org", self._switch_organisation),
        ]

    def _reading(self, kind: Kind) -> AnswerCall:
        async def answer(request: web.Request) -> web.Response:
            user = self.callers.by_bearer(request).user
            found = self.conversations.by_channel_id(user, request.match_info["channel"])
            if found is None or found[1].kind is not kind:
                raise ErrorAnswer(404, "channel not found")
            organisation, conversation = found
            self.traffic.readings.append(conversation.channel_id)
            await self.activity.read(user, organisation, conversation)
            limit = request.query.get("limit", "")
            threads = preview_thread(conversation)[: int(limit) if limit.isdigit() else _THREADS]
            return success(threads or None, "threads retrieved successfully", self.clock)

        return answer

    async def _switch_organisation(self, request: web.Request) -> web.Response:
        session = self.callers.by_bearer(request)
        self.traffic.switched_organisations += 1
        self.accounts.revoke(session)
        return success(None, "organisation switched successfully", self.clock)
