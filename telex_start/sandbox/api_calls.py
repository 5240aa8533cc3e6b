"""Answers the calls of the API: sign-in and tokens, look-ups and settings, and the answer to a ringing call.

Two calls do more than their names say: reading a conversation's threads marks it as read, and ``switch-org`` ends the
session.
"""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from functools import partial

from aiohttp import web

from .accounts import DESKTOP, DEVICE_TYPES, Login, Organisation, Person, User
from .api import ApiCall, ErrorAnswer, json_object, success
from .conversations import Kind
from .publications import (
    ANSWERS,
    agent_row,
    channel_row,
    participants,
    people_row,
    preview_thread,
    previews,
    username,
)
from .telex import Telex

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_INVALID_TOKEN = "invalid or exipired token"  # spelled so by the backend
_PAGE = 20
"""Rows of a page, or threads, if the call gives no ``limit``."""
_PREFERENCE = "notification preference retrieved successfully"

# The next four raise ErrorAnswer if the token is missing, unknown or refused, or its user has no access.


def _by_bearer(telex: Telex, request: web.Request) -> Login:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise ErrorAnswer(401, "Token could not be found!")
    login = telex.accounts.by_access_token.get(token)
    if login is None or login.expires_at <= telex.clock.now():
        raise ErrorAnswer(401, "Token is invalid!")
    if login.revoked:
        raise ErrorAnswer(401, "Session is invalid!")
    if telex.faults.refuse_bearer:
        raise ErrorAnswer(401, "User is deactivated from organisation")
    return login


def _by_any_token(telex: Telex, request: web.Request) -> Login:
    """The login by notification token or, below ``/token/``, by Bearer."""
    if "/token/" in request.path:
        return _by_bearer(telex, request)
    token = request.headers.get("X-Notification-Token", "")
    login = telex.accounts.by_notification_token.get(token) if telex.settings.notification_token else None
    if login is None or (login.expires_at <= telex.clock.now() and not telex.settings.notification_token_stays):
        raise ErrorAnswer(400, _INVALID_TOKEN)  # 400, and spelled so
    if login.revoked:
        raise ErrorAnswer(401, "Session is invalid!")
    if telex.faults.refuse_notification_token:
        raise ErrorAnswer(401, _INVALID_TOKEN)
    return login


def _in_organisation(telex: Telex, request: web.Request) -> tuple[User, Organisation]:
    user = _by_bearer(telex, request).user
    for organisation in user.organisations:
        if organisation.id == request.match_info["organisation"]:
            return user, organisation
    raise ErrorAnswer(403, "user does not belong to this organisation")


def _in_channel(telex: Telex, request: web.Request) -> User:
    user = _by_bearer(telex, request).user
    if telex.conversations.by_channel_id(user, request.match_info["channel"]) is None:
        raise ErrorAnswer(400, "entry does not exist")
    return user


async def _login(telex: Telex, request: web.Request) -> web.Response:
    email, password = _required(await json_object(request), "email", "password")
    user = telex.accounts.user(email)
    if user is None or user.password != password:
        telex.traffic.refused_logins += 1
        # The documentation says 401; the backend says this.
        raise ErrorAnswer(400, "invalid credentials")
    return _logged_in(telex, user)


async def _ask_link(telex: Telex, request: web.Request) -> web.Response:
    [email] = _required(await json_object(request), "email")
    user = telex.accounts.user(email)
    if user is None or user.email != email:  # the backend looks up the address as given, and stores it in lower case
        raise ErrorAnswer(404, "user not found")
    # The header as it came, or nothing: a caller without it has a broken link mailed.
    mail = telex.accounts.mail_link(user, request.headers.get("Referer", ""), telex.clock.now())
    print(f"Mail to {mail.email}: sign in by {mail.link}", file=sys.stderr, flush=True)
    return success(None, "Magic link sent to email")


async def _verify_link(telex: Telex, request: web.Request) -> web.Response:
    [code] = _required(await json_object(request), "token")
    user = telex.accounts.use_link(code, telex.clock.now())
    if user is None:
        telex.traffic.refused_logins += 1
        raise ErrorAnswer(401, "invalid or expired token")
    return _logged_in(telex, user)


def _required(body: dict[str, object], *names: str) -> list[str]:
    """The texts of these fields.

    Raises:
        ErrorAnswer: a field is missing, or the email address is no valid one.
    """
    texts = {name: value if isinstance(value := body.get(name), str) else "" for name in names}
    errors = {name.title(): f"{name.title()} is a required field" for name, text in texts.items() if not text}
    if (email := texts.get("email")) and not _EMAIL.fullmatch(email):
        errors["Email"] = "Email must be a valid email address"
    if errors:
        raise ErrorAnswer(422, "Validation failed", errors)
    return [*texts.values()]


def _logged_in(telex: Telex, user: User) -> web.Response:
    expires_at = telex.clock.unix() + telex.settings.access_ttl
    access_token, notification_token = telex.signer.access_token(user.id, expires_at), telex.signer.notification_token()
    telex.accounts.log_in(user, access_token, notification_token, expires_at)
    telex.traffic.logins += 1
    data: dict[str, object] = {"access_token": access_token, "user": _user(telex, user, expires_at)}
    if telex.settings.notification_token:
        data["notification_token"] = notification_token
    return success(data, "user login successfully")


def _user(telex: Telex, user: User, expires_at: int) -> dict[str, object]:
    current = user.organisations[0] if user.organisations else None
    names = {"id": user.id, "email": user.email, "username": user.username, "fullname": user.full_name}
    constant = {"avatar_url": "", "phone": "", "role": "user", "is_verified": True, "is_onboarded": True}
    data: dict[str, object] = {**names, **constant, "expires_in": str(expires_at)}
    data["current_org"] = current.id if current else ""
    if telex.settings.slugs != "none":
        data["current_organisation_slug"] = current.slug if current else ""
    return data


async def _organisations(telex: Telex, request: web.Request) -> web.Response:
    user = _by_bearer(telex, request).user
    common = {"description": "", "type": "company", "location": "", "owner_id": user.id, "logo_url": ""}
    data = [
        {"id": each.id, "name": each.name, "email": f"hello@{each.name.lower().replace(' ', '-')}.example", **common}
        for each in user.organisations
    ]
    return success(data or None, "organisations retrieved successfully")


async def _connection_token(telex: Telex, request: web.Request) -> web.Response:
    user = _by_any_token(telex, request).user
    return success({"token": telex.signer.connection_token(user.id)}, "token generated")


async def _subscription_token(telex: Telex, request: web.Request) -> web.Response:
    user = _by_any_token(telex, request).user
    channel = (await json_object(request)).get("channel")
    if not isinstance(channel, str) or not channel:
        raise ErrorAnswer(422, "Validation failed", {"Channel": "Channel is a required field"})
    organisation = next((each for each in user.organisations if user.channel(each) == channel), None)
    if organisation is None:
        raise ErrorAnswer(403, "user does not belong to this organisation")
    wrong = telex.faults.wrong_tokens.get(organisation.id)
    return success({"token": telex.signer.subscription_token(user.id, channel, wrong)}, "token generated")


async def _logout(telex: Telex, request: web.Request) -> web.Response:
    _by_bearer(telex, request).revoked = True
    telex.traffic.logouts += 1
    return success(None, "user logout successfully")


async def _organisation(telex: Telex, request: web.Request) -> web.Response:
    user, organisation = _in_organisation(telex, request)
    data = {"id": organisation.id, "name": organisation.name, "description": "", "type": "company", "owner_id": user.id}
    field = {"new": "organisation_slug", "older": "current_organisation_slug"}.get(telex.settings.slugs)
    return success(data | ({field: organisation.slug} if field else {}), "organisation retrieved successfully")


async def _user_channels(telex: Telex, request: web.Request) -> web.Response:
    rows = [
        channel_row(each) | {"last_read_at": each.last_read_at} | previews(each)
        for each in telex.conversations.of(*_in_organisation(telex, request), Kind.CHANNEL)
        if not each.archived
    ]
    return success(rows or None, "user channels retrieved successfully")


async def _dms(telex: Telex, request: web.Request) -> web.Response:
    user, organisation = _in_organisation(telex, request)
    known = telex.conversations.of(user, organisation, Kind.DIRECT, Kind.GROUP)
    rows = [people_row(each) | {"is_suggested": False} for each in known]
    met = {person.id for each in known if each.kind is Kind.DIRECT for person in each.others}
    members = [each for each in telex.accounts.users if each is not user and organisation in each.organisations]
    rows += [_suggested(person) for person in members if person.id not in met]
    page, limit = _number(request, "page", 1), _number(request, "limit", _PAGE)
    pages = -(-len(rows) // limit)
    pagination = {"current_page": page, "page_count": limit, "total_pages": pages, "total_items": len(rows)}
    beside = {"pagination": [pagination | {"has_next": page < pages}]}
    return success(rows[(page - 1) * limit : page * limit], "dms retrieved successfully", beside=beside)


def _suggested(person: Person) -> dict[str, object]:
    nothing = {"thread_count": 0, "last_thread_id": "", "preview_message": "", "preview_thread": None}
    who = {"username": person.username, "participant_id": person.id, "participants": participants([person])}
    return {"channel_id": "", "channel_type": "dm", "avatar_url": "", "is_suggested": True, **who, **nothing}


async def _fetch_bots(telex: Telex, request: web.Request) -> web.Response:
    agents = telex.conversations.of(*_in_organisation(telex, request), Kind.AGENT)
    rows = [agent_row(each) | {"is_active": True} for each in agents]
    return success(rows[: _number(request, "limit", _PAGE)], "agents retrieved successfully")


def _number(request: web.Request, name: str, default: int) -> int:
    value = request.query.get(name, "")
    return max(1, int(value)) if value.isascii() and value.isdigit() else default


async def _muted(telex: Telex, request: web.Request) -> web.Response:
    user, organisation = _in_organisation(telex, request)
    device = _device(request.query.get("device_type"))
    rows = [
        {
            "channels_id": each.channel_id,
            "channel_name": each.name or username(each),
            "muted": telex.preferences.channel(user, each.channel_id, device).muted,
        }
        for each in telex.conversations.of(user, organisation, Kind.CHANNEL, Kind.DIRECT, Kind.GROUP)
    ]
    return success(rows, "notification preferences retrieved successfully")


async def _preference(telex: Telex, request: web.Request) -> web.Response:
    user, organisation = _in_organisation(telex, request)
    device = _device(request.query.get("device_type"))
    return success(asdict(telex.preferences.organisation(user, organisation, device)), _PREFERENCE)


async def _channel_preference(telex: Telex, request: web.Request) -> web.Response:
    user = _in_channel(telex, request)
    device = _device(request.query.get("device_type"))
    return success(asdict(telex.preferences.channel(user, request.match_info["channel"], device)), _PREFERENCE)


async def _set_channel_preference(telex: Telex, request: web.Request) -> web.Response:
    user, body = _in_channel(telex, request), await json_object(request)
    preference = telex.preferences.channel(user, request.match_info["channel"], _device(body.get("device_type")))
    # As in the backend a field that is left out is false.
    preference.muted = body.get("muted") is True
    preference.at_mentions = body.get("at_mentions") is True
    preference.at_channel = body.get("at_channel") is True
    return success(asdict(preference), "notification preference updated successfully")


async def _profile(telex: Telex, request: web.Request) -> web.Response:
    login = _by_bearer(telex, request)
    user, organisation = login.user, None if telex.preferences.one_profile else login.organisation
    names = {"user_id": user.id, "username": user.username, "full_name": user.full_name, "email": user.email}
    where = {"organisation_id": organisation.id if organisation is not None else ""}
    data = asdict(telex.preferences.profile(user, organisation)) | where | names
    return success(data, "profile retrieved successfully")


def _device(value: object) -> str:
    if value is None:
        return DESKTOP
    if value not in DEVICE_TYPES:
        raise ErrorAnswer(422, "Validation failed", {"DeviceType": f"DeviceType is one of {', '.join(DEVICE_TYPES)}"})
    return str(value)


async def _read(kind: Kind, telex: Telex, request: web.Request) -> web.Response:
    """Reading the threads marks them as read."""
    user = _by_bearer(telex, request).user
    conversation = telex.conversations.by_channel_id(user, request.match_info["channel"])
    if conversation is None or conversation.kind is not kind:
        raise ErrorAnswer(404, "channel not found")
    telex.traffic.readings.append(conversation.channel_id)
    await telex.read(conversation)
    limit = request.query.get("limit", "")
    threads = preview_thread(conversation)[: int(limit) if limit.isdigit() else _PAGE]
    return success(threads or None, "threads retrieved successfully")


async def _switch_organisation(telex: Telex, request: web.Request) -> web.Response:
    """Switching the organisation ends the session."""
    login = _by_bearer(telex, request)
    telex.traffic.switched_organisations += 1
    login.revoked = True
    return success(None, "organisation switched successfully")


async def _respond(telex: Telex, request: web.Request) -> web.Response:
    user, body = _by_bearer(telex, request).user, await json_object(request)
    action = body.get("action")
    if action not in (*ANSWERS, "cancel"):
        raise ErrorAnswer(422, "Validation failed", {"Action": "Action is accept, decline, timeout or cancel"})
    call = telex.calls.get(request.match_info["buzz"])
    if call is None or call.is_over() or call.conversation.user is not user:
        raise ErrorAnswer(400, "buzz has ended")
    await (telex.cancel(call) if action == "cancel" else telex.answer(call, user, str(action)))
    return success(call.as_answered(str(action)), "response recorded successfully")


_IN_ORGANISATION, _OF_CHANNEL = "/organisations/{organisation}", "/channels/{channel}/notification-preference"
CALLS = [
    ApiCall("POST", "/auth/login", "login", _login),
    ApiCall("POST", "/auth/magick-link", "ask_link", _ask_link),
    ApiCall("POST", "/auth/magick-link/verify", "verify_link", _verify_link),
    ApiCall("GET", "/users/organisations", "organisations", _organisations),
    ApiCall("GET", "/centrifugo/connection", "connection", _connection_token),
    ApiCall("POST", "/centrifugo/subscription", "subscription", _subscription_token),
    ApiCall("GET", "/token/connection", "connection", _connection_token),
    ApiCall("POST", "/token/subscription", "subscription", _subscription_token),
    ApiCall("POST", "/auth/logout", "logout", _logout),
    ApiCall("GET", _IN_ORGANISATION, "organisation", _organisation),
    ApiCall("GET", _IN_ORGANISATION + "/user-channels", "user_channels", _user_channels),
    ApiCall("GET", _IN_ORGANISATION + "/dms", "dms", _dms),
    ApiCall("GET", _IN_ORGANISATION + "/fetch-bots", "fetch_bots", _fetch_bots),
    ApiCall("GET", _IN_ORGANISATION + "/channels/notification-preference", "muted", _muted),
    ApiCall("GET", _IN_ORGANISATION + "/notification-preference", "preference", _preference),
    ApiCall("GET", _OF_CHANNEL, "channel_preference", _channel_preference),
    ApiCall("POST", _OF_CHANNEL, "channel_preference", _set_channel_preference),
    ApiCall("GET", "/profile", "profile", _profile),
    ApiCall("GET", "/threads/channels/{channel}", "reading", partial(_read, Kind.CHANNEL)),
    ApiCall("GET", "/dms/channels/{channel}/threads", "reading", partial(_read, Kind.DIRECT)),
    ApiCall("GET", "/group-dms/channels/{channel}/threads", "reading", partial(_read, Kind.GROUP)),
    ApiCall("POST", "/buzz/{buzz}/respond", "respond", _respond),
    ApiCall("PUT", "/users/switch-org", "switch_org", _switch_organisation),
]
