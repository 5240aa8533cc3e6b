"""Calls: who rings, and until when. Pure; time is an argument, in seconds."""

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
    def key(self) -> str:
        """The key of its toast."""
        return f"call {self.conversation.channel} {self.buzz}"


class Calls:
    """Owned by one thread."""

    def __init__(self, over: Callable[[str], None]) -> None:
        """
        Args:
            over: Told the key of each call that rings no more.
        """
        self._over = over
        self._ringing: dict[str, tuple[Call, float]] = {}
        """By key: until when each rings."""
        self._known: dict[str, None] = {}

    def begins(self, call: Call, now: float) -> bool:
        """Whether somebody's call rings; one that is known does not."""
        if not call.buzz or call.key in self._known or len(self._ringing) >= MOST_RINGING:
            return False
        remember(self._known, call.key, None, _MOST_KNOWN)
        self._ringing[call.key] = call, now + RINGS
        return True

    def ended(self, kind: str, call: Call, fields: Mapping[Any, Any], me: Oneself) -> None:
        """It rings no more where it is cancelled, or answered by the person, wherever."""
        if kind == CANCELLED:
            remember(self._known, call.key, None, _MOST_KNOWN)  # should they come in the other order
        elif not any(me.is_own(one) for one in _who(fields)):
            return
        self.end(lambda one: one.key == call.key)

    def tick(self, now: float) -> None:
        """End what has rung long enough."""
        self.end(lambda call: self._ringing[call.key][1] <= now)

    def deadline(self) -> float | None:
        """When to call :meth:`tick`."""
        return min((until for _, until in self._ringing.values()), default=None)

    def end(self, which: Callable[[Call], bool]) -> bool:
        """End these; whether any of them rang."""
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
