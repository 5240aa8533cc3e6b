"""Calls: who rings, and until when. Pure; time is an argument, in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ..toast import Conversation
from .authors import Oneself
from .fields import DIRECT, first, word

BEGUN = "direct_call_initiated"
ANSWERED = "direct_call_response"
CANCELLED = "direct_call_canceled"
KINDS = frozenset({BEGUN, ANSWERED, CANCELLED})

RINGS = 300.0
"""Seconds that a call rings."""
MOST_RINGING = 8
"""So many ring at once at most."""
_MOST_KNOWN = 256
_MOST_NAMED = 200
_ANSWERS = ("user_joined", "user_rejected", "user_timeout")


class Call(NamedTuple):
    """Somebody calls."""

    channel: str
    """The push channel."""
    buzz: str
    caller: str | None
    """As it came; ``None`` where that is not known."""
    conversation: Conversation | None = None
    """The direct conversation in which it is."""

    @property
    def key(self) -> str:
        """The key of its toast."""
        return f"call {self.channel} {self.buzz}"


class Calls:
    """Owned by one thread."""

    def __init__(self) -> None:
        self._ringing: dict[Call, float] = {}
        self._known: dict[tuple[str, str], None] = {}

    def begun(self, channel: str, fields: Mapping[Any, Any], me: Oneself, now: float) -> Call | None:
        """Somebody calls; ``None`` for the person's own call, and for one that is known."""
        call = Call(channel, word(fields.get("buzz_id")), first(fields, "caller_name"), conversation(channel, fields))
        if not call.buzz or me.is_own(word(fields.get("caller_id")), call.caller):
            return None
        if (channel, call.buzz) in self._known or len(self._ringing) >= MOST_RINGING:
            return None
        self._know(call)
        self._ringing[call] = now + RINGS
        return call

    def ended(self, kind: str, channel: str, fields: Mapping[Any, Any], me: Oneself) -> list[Call]:
        """The calls that ring no more: cancelled, or answered by the person, wherever."""
        buzz = word(fields.get("buzz_id"))
        if kind != CANCELLED and not any(me.is_own(one) for one in _who(fields)):
            return []
        if kind == CANCELLED and buzz:
            self._know(Call(channel, buzz, None))  # should they come in the other order
        return self._end([call for call in self._ringing if (call.channel, call.buzz) == (channel, buzz)])

    def due(self, now: float) -> list[Call]:
        """The calls that have rung long enough."""
        return self._end([call for call, until in self._ringing.items() if until <= now])

    def deadline(self) -> float | None:
        """When :meth:`due` gives something."""
        return min(self._ringing.values()) if self._ringing else None

    def left(self, channel: str) -> list[Call]:
        """The calls of an organisation that the user left."""
        return self._end([call for call in self._ringing if call.channel == channel])

    def muted(self, is_muted: Callable[[Conversation], bool]) -> list[Call]:
        """The calls in conversations that are muted now."""
        return self._end([call for call in self._ringing if call.conversation and is_muted(call.conversation)])

    def clear(self) -> list[Call]:
        """Forget everything; the calls that rang."""
        self._known.clear()
        return self._end(list(self._ringing))

    def _know(self, call: Call) -> None:
        self._known[call.channel, call.buzz] = None
        if len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _end(self, calls: list[Call]) -> list[Call]:
        for call in calls:
            del self._ringing[call]
        return calls


def conversation(channel: str, fields: Mapping[Any, Any]) -> Conversation:
    """The direct conversation in which somebody calls; its id is empty where nothing says it."""
    return Conversation(channel, DIRECT, word(fields.get("channel_id")))


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
