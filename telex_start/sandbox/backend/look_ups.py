"""The calls that say what the service knows: unread counts, names, preferences. All by access token."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from aiohttp import web

from ..server_clock import ServerClock
from .accounts import Accounts, StoredOrganisation, User
from .answers import ErrorAnswer, success
from .callers import ApiCall, Callers, json_object
from .conversations import Conversation, Conversations, Kind
from .people import Person
from .previews import participants, preview_message, preview_thread, username
from .profiles import DESKTOP, DEVICE_TYPES, Preferences
from .settings import ServiceSettings
from .unread import description

_PAGE = 20
"""Rows of a page where the call does not say."""


@dataclass
class LookUps:
    """Answers these calls."""

    accounts: Accounts
    callers: Callers
    conversations: Conversations
    preferences: Preferences
    settings: ServiceSettings
    clock: ServerClock

    def calls(self) -> list[ApiCall]:
        """The calls."""
        organisation, channel = "/organisations/{organisation}", "/channels/{channel}/notification-preference"
        return [
            ApiCall("GET", organisation, "organisation", self._organisation),
            ApiCall("GET", organisation + "/user-channels", "user_channels", self._user_channels),
            ApiCall("GET", organisation + "/dms", "dms", self._dms),
            ApiCall("GET", organisation + "/fetch-bots", "fetch_bots", self._fetch_bots),
            ApiCall("GET", organisation + "/channels/notification-preference", "muted", self._muted),
            ApiCall("GET", organisation + "/notification-preference", "preference", self._preference),
            ApiCall("GET", channel, "channel_preference", self._channel_preference),
            ApiCall("POST", channel, "channel_preference", self._set_channel_preference),
            ApiCall("GET", "/profile", "profile", self._profile),
        ]

    # --- names and counts -------------------------------------------------------------------------------------------

    async def _organisation(self, request: web.Request) -> web.Response:
        user, organisation = self.callers.in_organisation(request)
        data: dict[str, object] = {
            "id": organisation.id,
            "name": organisation.name,
            "description": "",
            "type": "company",
            "owner_id": user.id,
        }
        match self.settings.slugs:
            case "new":
                data["organisation_slug"] = organisation.slug
            case "older":
                data["current_organisation_slug"] = organisation.slug
            case _:
                pass
        return success(data, "organisation retrieved successfully", self.clock)

    async def _user_channels(self, request: web.Request) -> web.Response:
        user, organisation = self.callers.in_organisation(request)
        rows = [
            {
                "channels_id": each.id,
                "name": each.name,
                "description": description(user, each),
                "organisation_id": organisation.id,
                "is_private": each.private,
                "archived": False,
                "created_at": each.created_at,
                "thread_count": each.unread,
                "mention_count": each.mentions,
                "last_thread_id": each.last_thread_id,
                "last_read_at": each.last_read_at,
                "preview_message": preview_message(each),
                "preview_thread": preview_thread(each),
            }
            for each in self.conversations.of(user, organisation, Kind.CHANNEL)
            if not each.archived
        ]
        return success(rows or None, "user channels retrieved successfully", self.clock)

    async def _dms(self, request: web.Request) -> web.Response:
        user, organisation = self.callers.in_organisation(request)
        known = self.conversations.of(user, organisation, Kind.DIRECT, Kind.GROUP)
        rows = [self._dm(user, each) for each in known]
        met = {person.id for each in known if each.kind is Kind.DIRECT for person in each.others}
        rows += [self._suggested(person) for person in self._members(user, organisation) if person.id not in met]
        page, limit = _number(request, "page", 1), _number(request, "limit", _PAGE)
        pages = -(-len(rows) // limit)
        pagination = [
            {
                "current_page": page,
                "page_count": limit,
                "total_pages": pages,
                "total_items": len(rows),
                "has_next": page < pages,
            }
        ]
        wanted = rows[(page - 1) * limit : page * limit]
        return success(wanted, "dms retrieved successfully", self.clock, beside={"pagination": pagination})

    @staticmethod
    def _dm(user: User, conversation: Conversation) -> dict[str, object]:
        group = conversation.kind is Kind.GROUP
        return {
            "channel_id": conversation.id,
            "channel_type": "group_dm" if group else "dm",
            "username": username(user, conversation),
            "participant_id": "" if group else conversation.others[0].id,
            "participants": participants([*conversation.others, user.person]),
            "avatar_url": "",
            "thread_count": conversation.unread,
            "last_thread_id": conversation.last_thread_id,
            "preview_message": preview_message(conversation),
            "preview_thread": preview_thread(conversation),
            "is_suggested": False,
        }

    @staticmethod
    def _suggested(person: Person) -> dict[str, object]:
        return {
            "channel_id": "",
            "channel_type": "dm",
            "username": person.username,
            "participant_id": person.id,
            "participants": participants([person]),
            "avatar_url": "",
            "thread_count": 0,
            "last_thread_id": "",
            "preview_message": "",
            "preview_thread": None,
            "is_suggested": True,
        }

    def _members(self, user: User, organisation: StoredOrganisation) -> list[Person]:
        return [each.person for each in self.accounts.users if each is not user and organisation in each.organisations]

    async def _fetch_bots(self, request: web.Request) -> web.Response:
        user, organisation = self.callers.in_organisation(request)
        rows = [
            {
                "id": each.id,
                "name": each.name,
                "description": description(user, each),
                "is_active": True,
                "thread_count": each.unread,
                "last_thread_id": each.last_thread_id,
            }
            for each in self.conversations.of(user, organisation, Kind.AGENT)
        ]
        return success(rows[: _number(request, "limit", _PAGE)], "agents retrieved successfully", self.clock)

    # --- preferences ------------------------------------------------------------------------------------------------

    async def _muted(self, request: web.Request) -> web.Response:
        user, organisation = self.callers.in_organisation(request)
        device = _device(request.query.get("device_type"))
        rows = [
            {
                "channels_id": each.channel_id,
                "channel_name": each.name or username(user, each),
                "muted": self.preferences.channel(user, each.channel_id, device).muted,
            }
            for each in self.conversations.of(user, organisation, Kind.CHANNEL, Kind.DIRECT, Kind.GROUP)
        ]
        return success(rows, "notification preferences retrieved successfully", self.clock)

    async def _preference(self, request: web.Request) -> web.Response:
        user, organisation = self.callers.in_organisation(request)
        device = _device(request.query.get("device_type"))
        data = asdict(self.preferences.organisation(user, organisation, device))
        return success(data, "notification preference retrieved successfully", self.clock)

    async def _channel_preference(self, request: web.Request) -> web.Response:
        user = self._in_channel(request)
        device = _device(request.query.get("device_type"))
        data = asdict(self.preferences.channel(user, request.match_info["channel"], device))
        return success(data, "notification preference retrieved successfully", self.clock)

    async def _set_channel_preference(self, request: web.Request) -> web.Response:
        user, body = self._in_channel(request), await json_object(request)
        preference = self.preferences.channel(user, request.match_info["channel"], _device(body.get("device_type")))
        # As in the backend a field that is left out is false.
        preference.muted = body.get("muted") is True
        preference.at_mentions = body.get("at_mentions") is True
        preference.at_channel = body.get("at_channel") is True
        return success(asdict(preference), "notification preference updated successfully", self.clock)

    def _in_channel(self, request: web.Request) -> User:
        user = self.callers.by_bearer(request).user
        if self.conversations.by_channel_id(user, request.match_info["channel"]) is None:
            raise ErrorAnswer(400, "entry does not exist")
        return user

    async def _profile(self, request: web.Request) -> web.Response:
        session = self.callers.by_bearer(request)
        user, organisation = session.user, None if self.settings.one_profile else session.organisation
        data = asdict(self.preferences.profile(user, organisation)) | {
            "organisation_id": organisation.id if organisation is not None else "",
            "user_id": user.id,
            "username": user.username,
            "full_name": user.fullname,
            "email": user.email,
        }
        return success(data, "profile retrieved successfully", self.clock)


def _number(request: web.Request, name: str, default: int) -> int:
    value = request.query.get(name, "")
    return max(1, int(value)) if value.isascii() and value.isdigit() else default


def _device(value: object) -> str:
    if value is None:
        return DESKTOP
    if value not in DEVICE_TYPES:
        raise ErrorAnswer(422, "Validation failed", {"DeviceType": f"DeviceType is one of {', '.join(DEVICE_TYPES)}"})
    return str(value)
