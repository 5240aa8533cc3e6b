"""Where the person wants quiet while the Telex client is in front: news wait until it is known whether it is.

To look takes milliseconds, or for ever where a display hangs, so it is done on a thread that lives as long as the look.
For the main thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..events import (
    ChannelAnswered,
    CountsUnknown,
    Event,
    FrontLookedAt,
    LookUpBegan,
    OrganisationsChanged,
    PublicationsReceived,
    UnreadLookedUp,
    UnreadSection,
)

log = logging.getLogger(__name__)

WITHIN = 1.0
"""Seconds that news wait for the look; what cannot be told in that time is not in front."""
HOLDS_FOR = 0.2
"""Seconds for which it stays as it was seen: a flood of news is no flood of looks."""

_MAY_BRING_NEWS = (PublicationsReceived, UnreadSection, UnreadLookedUp)
_IN_ORDER = (*_MAY_BRING_NEWS, ChannelAnswered, CountsUnknown, OrganisationsChanged, LookUpBegan)
"""What is not to overtake news that wait."""


class FrontDesk:
    """Holds back what may bring news while it is looked at what is in front."""

    def __init__(self, look: Callable[[], bool], dispatch: Callable[[Event], None]) -> None:
        """
        Args:
            look: Whether the client is in front. Called on a thread of its own.
            dispatch: Where :class:`FrontLookedAt` goes.
        """
        self._look = look
        self._dispatch = dispatch
        self.wanted = True
        """Whether to look at all; what waits already is waited for."""
        self._waiting: list[Event] = []
        self._looking = False
        self._give_up_at: float | None = None
        self._in_front = False
        self._seen_at = float("-inf")

    @property
    def in_front(self) -> bool:
        """Whether the client is, as far as it was seen a moment ago."""
        return self._in_front and self.wanted

    def holds(self, event: Event, now: float) -> bool:
        """Whether this event waits; it comes back by :meth:`looked` or :meth:`tick`."""
        self._forget(now)
        if self._give_up_at is None:
            is_known = now < self._seen_at + HOLDS_FOR
            # A look that hangs is not waited for a second time.
            if not self.wanted or is_known or self._looking or not isinstance(event, _MAY_BRING_NEWS):
                return False
            try:
                threading.Thread(target=self._do_look, name="look at the front", daemon=True).start()
            except RuntimeError as error:  # the system starts no more threads just now
                log.warning("it cannot be told what is in front: %s", error)
                return False
            self._looking, self._give_up_at = True, now + WITHIN
        elif not isinstance(event, _IN_ORDER):
            return False
        self._waiting.append(event)
        return True

    def looked(self, event: FrontLookedAt, now: float) -> list[Event]:
        """What was seen; returns what has waited for it."""
        self._looking = False
        self._in_front, self._seen_at = event.in_front, now
        return self._let_go()

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return self._give_up_at

    def tick(self, now: float) -> list[Event]:
        """Wait no longer than it was said; returns what has waited."""
        self._forget(now)
        return self._let_go() if self._give_up_at is not None and now >= self._give_up_at else []

    def clear(self) -> None:
        """Signed out: what waits is no news any more."""
        self._waiting.clear()

    def _forget(self, now: float) -> None:
        if now >= self._seen_at + HOLDS_FOR:
            self._in_front = False

    def _let_go(self) -> list[Event]:
        self._give_up_at = None
        waiting, self._waiting = self._waiting, []
        return waiting

    def _do_look(self) -> None:
        try:
            in_front = self._look()
        except Exception:
            log.exception("it cannot be told what is in front")
            in_front = False
        self._dispatch(FrontLookedAt(in_front))
