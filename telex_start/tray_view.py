"""What the tray shows (icon, tooltip, menu) as one immutable value; :mod:`telex_start.app.renewal` makes it."""

from __future__ import annotations

from typing import NamedTuple

from .menu import Muted, Unread
from .states import SIGNED_IN, State

LONGEST_STATUS = 60
"""Characters of the menu's first line, the ellipsis included: a menu is as wide as its widest line."""
LONGEST_TITLE = 500
"""Characters of a tooltip, where the desktop has no limit of its own."""


class Silence(NamedTuple):
    """What was set on this machine about notifications, as far as icon and menu show it."""

    words: str = ""
    """``paused until 14:30``, ``paused``; empty where notifications come."""
    resumable: bool = False
    """See :attr:`TrayView.resumable`; likewise below."""
    muted: tuple[Muted, ...] = ()


NO_SILENCE = Silence()


class TrayView(NamedTuple):
    """What the tray shows. Equal views look the same, so a tray renews nothing when it gets an equal one."""

    state: State
    unread: int
    """The number on the badge; 0 for none."""
    status: str
    """The line at the top of the menu: at most :data:`LONGEST_STATUS` characters."""
    words: str = ""
    """The same uncut, where that is more."""
    sign_in_again: bool = False
    """Login is enabled although the session is good."""
    paused: str = ""
    """The status line's words for what the person has paused at Telex; empty where nothing is."""
    quiet: bool = False
    """Notifications are paused on this machine, or it is a quiet hour: the icon says so, and so does the status."""
    quiet_words: str = ""
    """The status line's words for that, which it ends with."""
    resumable: bool = False
    """Notifications are paused by a click or a command: Resume Notifications is in the menu instead of Pause."""
    recent: tuple[Unread, ...] = ()
    """The latest unread conversations, newest first."""
    muted: tuple[Muted, ...] = ()
    """What is muted on this machine."""

    @property
    def look(self) -> tuple[State, int, bool]:
        """What the icon's picture shows."""
        return self.state, self.unread, self.quiet

    @property
    def title(self) -> str:
        """The icon's title or tooltip: it says in words what the icon shows."""
        title = f"Telex: {self.words or self.status}"
        return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"

    @property
    def short_title(self) -> str:
        """The title as Windows takes it: at most 127 UTF-16 units."""
        short = self.title
        while len(short.encode("utf-16-le", "replace")) > 2 * 127:
            short = short[: min(126, len(short) - 2)].rstrip() + "…"
        return short

    @property
    def may_log_in(self) -> bool:
        """Login is enabled."""
        return self.sign_in_again or not self.signed_in

    @property
    def signed_in(self) -> bool:
        """Sign Out is in the menu."""
        return self.state in SIGNED_IN or self.state is State.SIGNING_IN

    @property
    def reconnecting(self) -> bool:
        """Reconnect Now is in the menu."""
        return self.state is State.RECONNECTING


SIGNED_OUT = TrayView(State.SIGNED_OUT, 0, "Signed out")
"""What is shown first."""
