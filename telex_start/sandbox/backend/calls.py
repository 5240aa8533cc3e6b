"""Calls from one person to another, which ring ("buzz", as Telex names them)."""

from __future__ import annotations

from dataclasses import dataclass, field

from .accounts import StoredOrganisation, User
from .conversations import CHANNELS, Conversation, now
from .ids import uuid7
from .people import Person

ANSWERS = {"accept": "user_joined", "decline": "user_rejected", "timeout": "user_timeout"}
"""The field that says who gave an answer, by the answer."""
_STATUS = {"accept": "accepted", "decline": "declined", "timeout": "timeout"}


@dataclass
class Call:
    """One call."""

    user: User
    """To whom it is published; the caller or one of the called."""
    organisation: StoredOrganisation
    conversation: Conversation
    caller: Person
    buzz_id: str = field(default_factory=uuid7)
    created_at: str = field(default_factory=now)
    statuses: dict[str, str] = field(default_factory=dict)
    """``pending``, ``accepted``, ``declined`` or ``timeout`` by user id."""

    def people(self) -> list[Person]:
        """Everybody whom it concerns."""
        return [self.user.person, *self.conversation.others]

    def initiated(self) -> dict[str, object]:
        """``direct_call_initiated``, which the caller gets too."""
        return self._publication("direct_call_initiated", {"participants": self._participants()})

    def answered(self, person: Person, answer: str) -> dict[str, object]:
        """``direct_call_response``: somebody accepted, declined or let it ring."""
        self.statuses[person.id] = _STATUS[answer]
        return self._publication(
            "direct_call_response",
            {
                "join_status": answer,
                "participants": self._participants(),
                ANSWERS[answer]: self._participant(person),
            },
        )

    def canceled(self) -> dict[str, object]:
        """``direct_call_canceled``: the caller hung up."""
        return self._publication("direct_call_canceled", {})

    def _participants(self) -> list[dict[str, object]]:
        return [self._participant(person) for person in self.people()]

    def _participant(self, person: Person) -> dict[str, object]:
        calling = "accepted" if person.id == self.caller.id else "pending"
        return {
            "user_id": person.id,
            "username": person.username,
            "avatar_url": "",
            "default_avatar_url": "",
            "join_status": self.statuses.get(person.id, calling),
        }

    def _publication(self, kind: str, more: dict[str, object]) -> dict[str, object]:
        return {
            "notification_type": kind,
            "section": CHANNELS,
            "modification_ids": {"channel_id": self.conversation.channel_id},
            "notification_id": uuid7(),
            "data": {
                "event": kind,
                "buzz_id": self.buzz_id,
                "channel_id": self.conversation.channel_id,
                "caller_id": self.caller.id,
                "caller_name": self.caller.username,
                "created_at": self.created_at,
                **more,
            },
        }
