"""What the icon, its title and its menu show, and when they are drawn anew: at once for other words, later for another
number alone. Pure.

Some desktops close an open menu whenever it is renewed, and numbers may change many times a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..events import StateChanged
from ..news.recent import Recent
from ..news.text import cut
from ..news.wording import plural
from ..states import SIGNED_IN, State
from ..tray_view import LONGEST_STATUS, NO_SILENCE, Silence, TrayView

SELDOM = 5.0
"""Seconds between two renewals for numbers alone, at least, where each one closes an open menu."""
OFTEN = 1.0
"""The same where an open menu stays open."""
SETTLE = 0.3
"""Seconds that a changed number may wait for the next change: organisations come online one after the other."""


class _Seen(NamedTuple):
    """What a view is made of: the arguments of :func:`view_of`."""

    session: StateChanged
    unread: int = 0
    paused: str = ""
    silence: Silence = NO_SILENCE

    @property
    def words(self) -> tuple[object, ...]:
        """What is shown at once where it changes."""
        return self.session.state, self.session.reason, self.paused, self.silence


class Renewal:
    """Keeps the view that should be shown, and shows it when it is time."""

    def __init__(
        self, session: StateChanged, recent: Recent, show: Callable[[TrayView], None], every: Callable[[], float]
    ) -> None:
        """
        Args:
            session: The state that is shown now.
            recent: The unread conversations: what is new of them is shown along with the numbers, and as seldom.
            show: Shows a view.
            every: Gives the seconds, at least, between two renewals for numbers alone; asked each time.
        """
        self._seen = _Seen(session)
        self._recent = recent
        self._show = show
        self._every = every
        self.shown = view_of(*self._seen)
        """The view that is shown now."""
        self._shown_for = self._numbers
        self._numbers_at = float("-inf")
        self._due: float | None = None

    def change(self, now: float, **changes: Any) -> None:
        """The state, the count, what is paused at Telex, or what was set on this machine may be another; or what is
        unread, where nothing is named."""
        before, self._seen = self._seen, self._seen._replace(**changes)
        if self._seen.words != before.words:
            self._renew()
        elif self._numbers == self._shown_for:
            self._due = None
        elif self._due is None:
            self._due = max(self._numbers_at + self._every(), now + SETTLE)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return self._due

    def tick(self, now: float) -> None:
        """Show the numbers that are due."""
        if self._due is not None and now >= self._due:
            self._renew(now)

    @property
    def _numbers(self) -> tuple[object, ...]:
        return self._seen, self._recent.version

    def _renew(self, numbers_at: float | None = None) -> None:
        view = view_of(*self._seen)._replace(recent=self._recent.latest())
        self._due = None
        self._shown_for = self._numbers
        if view != self.shown:
            self.shown = view
            self._numbers_at = self._numbers_at if numbers_at is None else numbers_at
            self._show(view)


def view_of(session: StateChanged, unread: int, paused: str = "", silence: Silence = NO_SILENCE) -> TrayView:
    """The view for a session state and a number of unread threads.

    Args:
        paused: What the person has paused at Telex, in words; empty where nothing is.
        silence: What was set on this machine.
    """
    state = session.state
    sign_in_again = session.sign_in_again and state in SIGNED_IN
    if state is State.ONLINE:
        if sign_in_again:
            status = "Online. Sign in again to see new organisations"
        elif session.subscribed < session.organisations:
            status = f"Online: {session.subscribed} of {plural(session.organisations, 'organisation')}"
        elif session.organisations:
            status = f"Online: {plural(session.organisations, 'organisation')}"
        else:
            status = "Online: no organisations"
        if unread:
            status += f", {unread} unread"
        if paused:
            status += f", {paused}"
    else:
        if state is State.CONNECTING and session.reason:
            # The next try after a failure: for a person it is one reconnecting, not a blinking between two words.
            state = State.RECONNECTING
        words = "Waiting for the keyring" if state is State.WAITING_FOR_KEYRING else state.value.replace("_", " ")
        status = words.capitalize()
        if session.reason:
            status += f": {session.reason}"
    # The last words stay: they say why nothing pops up.
    last = f", {silence.words}" if silence.words and state is not State.STOPPED else ""
    short = cut(status, LONGEST_STATUS - len(last)) + last
    status += last
    return TrayView(
        state,
        unread,
        short,
        status if short != status else "",
        sign_in_again,
        paused,
        quiet=bool(silence.words),
        quiet_words=silence.words,
        resumable=silence.resumable,
        muted=silence.muted,
    )
