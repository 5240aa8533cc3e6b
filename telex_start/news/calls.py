"""Calls: who rings, and until when. Pure; time is an argument, in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ..toast import Conversation
from .builder import Oneself
from .publications import DIRECT, word

BEGUN = "direct_call_initiated"
CANCELLED = "direct_call_canceled"
CALLS = frozenset({BEGUN, "direct_call_response", CANCELLED})

RINGS = 300.0
"""Seconds that a call rings."""
MOST_RINGING = 8
"""So many ring at once at most."""
_MOST_KNOWN = 256
_MOST_NAMED = 200
_ANSWERS = ("user_joined", "user_rejected", "user_timeout")


class Call(NamedTuple):
    """Somebody calls."""

    conversation: Conversation
    """The direct conversation in which it is; its id is empty where nothing says it."""
    buzz: str
    caller: str | None
    """As it came; ``None`` where that is not known."""

    @property
    def channel(self) -> str:
        """The push channel."""
        return self.conversation.channel

    @property
    def key(self) -> str:
        """The key of its toast."""
        return f"call {self.channel} {self.buzz}"


class Calls:
    """Owned by one thread."""

    def __init__(self) -> None:
        self._ringing: dict[str, tuple[Call, float]] = {}
        """By key: until when each rings."""
        self._known: dict[str, None] = {}

    def begins(self, call: Call, now: float) -> bool:
        """Whether somebody's call rings; one that is known does not."""
        if not call.buzz or call.key in self._known or len(self._ringing) >= MOST_RINGING:
            return False
        self._know(call.key)
        self._ringing[call.key] = call, now + RINGS
        return True

    def ended(self, kind: str, channel: str, fields: Mapping[Any, Any], me: Oneself) -> list[str]:
        """The keys of calls that ring no more: cancelled, or answered by the person, wherever."""
        key = call_of(channel, fields, None).key
        if kind != CANCELLED and not any(me.is_own(one) for one in _who(fields)):
            return []
        if kind == CANCELLED:
            self._know(key)  # should they come in the other order
        return self.end(lambda call: call.key == key)

    def due(self, now: float) -> list[str]:
        """The keys of calls that have rung long enough."""
        return self.end(lambda call: self._ringing[call.key][1] <= now)

    def deadline(self) -> float | None:
        """When :meth:`due` gives something."""
        return min((until for _, until in self._ringing.values()), default=None)

    def end(self, which: Callable[[Call], bool]) -> list[str]:
        """End these, and give their keys."""
        keys = [key for key, (call, _) in self._ringing.items() if which(call)]
        for key in keys:
            del self._ringing[key]
        return keys

    def left(self, channel: str) -> list[str]:
        """The user left this organisation."""
        return self.end(lambda call: call.channel == channel)

    def clear(self) -> list[str]:
        """Forget everything; the keys of the calls that rang."""
        self._known.clear()
        return self.end(lambda call: True)

    def _know(self, key: str) -> None:
        self._known[key] = None
        if len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]


def call_of(channel: str, fields: Mapping[Any, Any], caller: str | None) -> Call:
    """The call that a publication is about."""
    return Call(Conversation(channel, DIRECT, word(fields.get("channel_id"))), word(fields.get("buzz_id")), caller)


def _who(fields: Mapping[Any, Any]) -> Iterator[str]:
    """The ids of those that an answer to a call is of."""
    for key in _ANSWERS:
        value = fields.get(key)
        if value is True:
            yield word(fields.get("user_id"))
        for one in value[:_MOST_NAMED] if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield word(one.get("user_id")) or word(one.get("id"))
            elif not isinstance(one, bool):
                yield word(one)
