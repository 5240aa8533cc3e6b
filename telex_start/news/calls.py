"""Knows which calls (buzzes) ring, and until when. Pure; time is an argument, in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ..toast import Conversation
from .builder import Oneself
from .publications import remember, word

BEGUN = "direct_call_initiated"
CANCELLED = "direct_call_canceled"
CALLS = frozenset({BEGUN, "direct_call_response", CANCELLED})

RINGS = 300.0
"""Seconds that a call rings."""
MOST_RINGING = 8
"""The most calls that ring at once; further ones are not told."""
_MOST_KNOWN = 256
_MOST_NAMED = 200
_ANSWERS = ("user_joined", "user_rejected", "user_timeout")


class Call(NamedTuple):
    """Somebody calls."""

    conversation: Conversation
    """The direct conversation of the call; its id is empty if it is not known."""
    buzz: str
    caller: str | None
    """The caller's name, as it came; ``None`` if it is not known."""

    @property
    def key(self) -> str:
        """The key of this call's toast."""
        return f"call {self.conversation.channel} {self.buzz}"


class Calls:
    """The calls that ring. Owned by one thread."""

    def __init__(self, over: Callable[[str], None]) -> None:
        """
        Args:
            over: Called with the key of each call that stops ringing.
        """
        self._over = over
        self._ringing: dict[str, tuple[Call, float]] = {}
        """By key: the call, and until when it rings."""
        self._known: dict[str, None] = {}

    def begins(self, call: Call, now: float) -> bool:
        """Let a call ring; whether it does. One that is known already, or one too many, does not."""
        if not call.buzz or call.key in self._known or len(self._ringing) >= MOST_RINGING:
            return False
        remember(self._known, call.key, None, _MOST_KNOWN)
        self._ringing[call.key] = call, now + RINGS
        return True

    def ended(self, kind: str, call: Call, fields: Mapping[Any, Any], me: Oneself) -> None:
        """Stop the call if it was cancelled, or if the signed-in person answered it (on any device)."""
        if kind == CANCELLED:
            remember(self._known, call.key, None, _MOST_KNOWN)  # the cancellation may come before the call
        elif not any(me.is_own(one) for one in _who(fields)):
            return
        self.end(lambda one: one.key == call.key)

    def tick(self, now: float) -> None:
        """End the calls that have rung for :data:`RINGS`."""
        self.end(lambda call: self._ringing[call.key][1] <= now)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due; ``None`` while nothing rings."""
        return min((until for _, until in self._ringing.values()), default=None)

    def end(self, which: Callable[[Call], bool]) -> bool:
        """End the ringing calls that ``which`` picks; whether there were any."""
        keys = [key for key, (call, _) in self._ringing.items() if which(call)]
        for key in keys:
            del self._ringing[key]
            self._over(key)
        return bool(keys)

    def clear(self) -> None:
        """Signed out: forget everything."""
        self._known.clear()
        self.end(lambda call: True)


def _who(fields: Mapping[Any, Any]) -> Iterator[str]:
    """The user ids of those who answered, as an answer to a call gives them."""
    for key in _ANSWERS:
        value = fields.get(key)
        if value is True:
            yield word(fields.get("user_id"))
        for one in value[:_MOST_NAMED] if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield word(one.get("user_id")) or word(one.get("id"))
            elif not isinstance(one, bool):
                yield word(one)
