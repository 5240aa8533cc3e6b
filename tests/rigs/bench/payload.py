"""The push payload of the streams: what Telex publishes when somebody writes in a channel, field by field."""

from __future__ import annotations

_CONVERSATIONS = 50
_ORGANISATION = "01936d11-9f3c-7d51-8a35-3cf0d1c2b6aa"
_OWNER = "01936d11-9f3b-7b0e-b1c4-58d6e0a7f912"


def channel_push(number: int) -> dict[str, object]:
    """The news of this number, from 0: a thread more each time, in fifty channels in turn."""
    channel = number % _CONVERSATIONS
    data = {
        "channels_id": _uuid(0x01936D119F40, channel),
        "name": f"General {channel}",
        "description": "marktest's general channel",
        "topic": "",
        "organisation_id": _ORGANISATION,
        "owner_id": _OWNER,
        "archived": False,
        "is_private": False,
        "created_at": "2024-11-27T11:01:33.551859+01:00",
        "access": True,
        "thread_count": number // _CONVERSATIONS + 1,
        "mention_count": 0,
        "last_thread_id": _uuid(0x0198DD13A2C4, number),
    }
    return {
        "notification_type": "unread_thread_change",
        "section": "channels_section",
        "notification_id": _uuid(0x0199DD13A2C4, number),
        "data": data,
    }


def _uuid(milliseconds: int, number: int) -> str:
    """An id as Telex makes them: a UUID of version 7 (RFC 9562)."""
    time = f"{milliseconds:012x}"
    return f"{time[:8]}-{time[8:]}-7a3b-8c1d-{number:012x}"
