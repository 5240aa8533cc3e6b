"""When the icon, its title and its menu are drawn anew: at once for other words, later for another number alone. Pure.

Some desktops close an open menu whenever it is renewed, and numbers may change many times a second.
"""

from __future__ import annotations

from collections.abc import Callable

from ..events import StateChanged
from ..face import NO_SILENCE, Face, Silence, face_of
from ..news.recent import Recent

SELDOM = 5.0
"""Seconds between two renewals for numbers alone, at least, where each one closes an open menu."""
OFTEN = 1.0
"""The same where an open menu stays open."""
SETTLE = 0.3
"""Seconds that a changed number may wait for the next change: organisations come online one after the other."""


class Renewal:
    """Keeps the face that should be shown, and says when to show it."""

    def __init__(self, session: StateChanged, every: Callable[[], float], recent: Recent | None = None) -> None:
        """
        Args:
            session: The state that is shown now.
            every: Gives the seconds, at least, between two renewals for numbers alone; asked each time.
            recent: The unread conversations: what is new of them is shown along with the numbers, and as seldom.
        """
        self._recent = recent
        self._session = session
        self._every = every
        self._unread = 0
        self._paused = ""
        self._silence = NO_SILENCE
        self.shown = face_of(session, 0)
        """The face that is shown now."""
        self._shown_for = (session, 0, "", self._version)
        self._numbers_at = float("-inf")
        self._due: float | None = None

    def change(
        self,
        now: float,
        session: StateChanged | None = None,
        unread: int | None = None,
        paused: str | None = None,
        silence: Silence | None = None,
    ) -> Face | None:
        """The state, the count, what is unread, what is paused at Telex (in words), or what was set on this machine,
        changed.

        Returns:
            The face to show at once, or ``None``.
        """
        self._unread = self._unread if unread is None else unread
        if session is None and paused is None and silence is None:
            self._plan_numbers(now)
            return None
        words = self._words
        self._session = session or self._session
        self._paused = self._paused if paused is None else paused
        self._silence = self._silence if silence is None else silence
        if words != self._words:
            return self._show()
        self._plan_numbers(now)
        return None

    def _plan_numbers(self, now: float) -> None:
        if (self._session, self._unread, self._paused, self._version) == self._shown_for:
            self._due = None
        elif self._due is None:
            self._due = max(self._numbers_at + self._every(), now + SETTLE)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return self._due

    def tick(self, now: float) -> Face | None:
        """The face to show now, or ``None``."""
        if self._due is None or now < self._due:
            return None
        face = self._show()
        if face is not None:
            self._numbers_at = now
        return face

    @property
    def _words(self) -> tuple[object, ...]:
        """What is shown at once where it changes."""
        return self._session.state, self._session.reason, self._paused, self._silence

    @property
    def _version(self) -> int:
        return self._recent.version if self._recent is not None else 0

    def _show(self) -> Face | None:
        face = face_of(self._session, self._unread, self._paused, self._silence)
        if self._recent is not None:
            face = face._replace(recent=self._recent.latest())
        self._due = None
        self._shown_for = (self._session, self._unread, self._paused, self._version)
        if face == self.shown:
            return None
        self.shown = face
        return face
