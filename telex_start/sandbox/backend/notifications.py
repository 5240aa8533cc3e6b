"""The notifications that Telex publishes, in the shapes of the contract."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .accounts import StoredOrganisation, User

CHANNELS = "channels_section"
DIRECT = "dm_channels_section"
AGENTS = "agent_channels_section"


def uuid7() -> str:
    """A UUID of version 7: its first 48 bits are the time in milliseconds."""
    stamp = int(time.time() * 1000).to_bytes(6, "big")
    value = int.from_bytes(stamp + os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


@dataclass
class StoredConversation:
    """A channel, a direct conversation or an agent, with what is unread in it."""

    section: str
    name: str
    id: str
    partner_id: str
    created_at: str
    unread: int = 0
    mentions: int = 0


@dataclass
class Conversations:
    """What is unread where, and the publications that change it.

    Counts are absolute: each message adds one, a read sets them to 0.
    """

    new_id: Callable[[], str]
    _known: dict[tuple[str, str, str, str], StoredConversation] = field(default_factory=dict)

    def _conversation(
        self, user: User, organisation: StoredOrganisation, section: str, name: str
    ) -> StoredConversation:
        key = (user.id, organisation.id, section, name)
        if key not in self._known:
            created_at = datetime.now(UTC).isoformat()
            self._known[key] = StoredConversation(section, name, self.new_id(), self.new_id(), created_at)
        return self._known[key]

    def message(
        self,
        user: User,
        organisation: StoredOrganisation,
        section: str,
        name: str,
        *,
        preview: str = "",
        mention: bool = False,
        private: bool = False,
        group: bool = False,
    ) -> dict[str, object]:
        """A publication for one more unread message in a conversation.

        Args:
            name: The channel's or agent's name, or the other person's username.
            preview: The beginning of the message, which only direct conversations show.
        """
        conversation = self._conversation(user, organisation, section, name)
        conversation.unread += 1
        conversation.mentions += mention
        return self._change(user, organisation, conversation, preview=preview, private=private, group=group)

    def read(self, user: User, organisation: StoredOrganisation, section: str, name: str) -> dict[str, object]:
        """The publication for the user having read a conversation on some device: counts 0."""
        conversation = self._conversation(user, organisation, section, name)
        conversation.unread = conversation.mentions = 0
        return self._change(user, organisation, conversation, preview="", private=False, group=False)

    def _change(
        self,
        user: User,
        organisation: StoredOrganisation,
        conversation: StoredConversation,
        *,
        preview: str,
        private: bool,
        group: bool,
    ) -> dict[str, object]:
        if conversation.section == DIRECT:
            data = self._direct(user, organisation, conversation, preview, group)
        elif conversation.section == AGENTS:
            data = self._agent(organisation, conversation)
        else:
            data = self._channel(user, organisation, conversation, private)
        data |= {"thread_count": conversation.unread, "mention_count": conversation.mentions}
        data |= {"last_thread_id": uuid7()}
        return {
            "notification_type": "unread_thread_change",
            "section": conversation.section,
            "notification_id": uuid7(),
            "data": data,
        }

    @staticmethod
    def _channel(
        user: User, organisation: StoredOrganisation, conversation: StoredConversation, private: bool
    ) -> dict[str, object]:
        return {
            "channels_id": conversation.id,
            "name": conversation.name,
            "description": f"{user.username}'s {conversation.name} channel",
            "topic": "",
            "organisation_id": organisation.id,
            "owner_id": user.id,
            "archived": False,
            "is_private": private,
            "created_at": conversation.created_at,
            "access": True,
        }

    @staticmethod
    def _direct(
        user: User, organisation: StoredOrganisation, conversation: StoredConversation, preview: str, group: bool
    ) -> dict[str, object]:
        return {
            "channel_id": conversation.id,
            "username": conversation.name,
            "channel_type": "group_dm" if group else "dm",
            "participants": [{"id": user.id}, {"id": conversation.partner_id}],
            "organisation_id": organisation.id,
            "preview_message": preview,
            "participant_id": conversation.partner_id,
            "avatar_url": "",
        }

    @staticmethod
    def _agent(organisation: StoredOrganisation, conversation: StoredConversation) -> dict[str, object]:
        return {
            "channel_id": conversation.id,
            "name": conversation.name,
            "description": f"{conversation.name} watches what you tell it to",
            "organisation_id": organisation.id,
            "avatar_url": "",
        }


def noise(notification_type: str, organisation: StoredOrganisation, user: User) -> dict[str, object]:
    """A publication of a type that is nobody's news: presence, reactions and the like."""
    return {
        "notification_type": notification_type,
        "section": CHANNELS,
        "notification_id": uuid7(),
        "data": {"organisation_id": organisation.id, "user_id": user.id, "id": uuid7(), "status": "online"},
    }
