"""How long the session waits for what, and how often it tries: one value, so that a test can give its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..net import dialling, pacing
from ..net.pacing import Backoff, Pacer, Waits
from ..push import channel, protocol, websocket


class Timings(NamedTuple):
    """All in seconds, but for :attr:`requests_at_once`.

    What a lower floor waits for has its default, and the reason for it, there.
    """

    call_within: float = 5.0
    """For one call to Telex, or all calls for one token: less than the push server's pong time-out of 8 s."""
    look_up_names_within: float = dialling.DNS_WITHIN
    logout_within: float = 2.0
    """For the call that signs out."""
    first_token_within: float = 1.5
    """For a channel's first subscription token while other organisations wait for theirs."""
    look_up_every: float = 900.0
    """Between two look-ups of the user's organisations, on average (see :func:`~telex_start.net.pacing.spread`)."""
    look_up_again: float = 60.0
    """Until the next look-up after one that failed for a reason that passes, on average."""
    look_up_after: float = 10.0
    """A connection made anew looks the organisations up within this, and never twice in it: a server that restarts is
    not asked by all its users in the second in which they are back, nor by each of them a second while it falters."""
    look_ups_refused_for: float = 3600.0
    """After so long with nothing but refused look-ups the person is asked to sign in again."""
    unread_every: float = 3600.0
    """Between two look-ups of an organisation's unread, about (see :mod:`.look_up_schedule`)."""
    agents_every: float = 600.0
    """Between two look-ups of agents' conversations where one counts as unread: its reading is never published."""
    unread_after: float = 15.0
    """A connection made anew begins to look the unread up within this, by chance, where nobody has asked for it."""
    unread_apart: float = 15.0
    """Between the beginnings of two look-ups of an organisation's unread, at least."""
    settings_every: float = 900.0
    """Between two look-ups of how the person set an organisation, about."""
    profile_every: float = 300.0
    """Between two looks at whether the person wants no notifications just now, about."""
    not_there_for: float = 3600.0
    """Until a call that this deployment does not have is tried again."""
    failed_again: float = 60.0
    """Until a look-up that failed for a reason that passes is made again; doubled with each failure, up to an hour."""
    slow_call_within: float = 30.0
    """For one call that has a thread of its own."""
    open_within: float = websocket.OPEN_WITHIN
    reply_within: float = protocol.REPLY_WITHIN
    ping_slack: float = protocol.PING_SLACK
    refused_for: float = channel.REFUSED_FOR
    terminal: tuple[float, float] = Waits.TERMINAL
    busy: float = Waits.BUSY
    stood: float = Waits.STOOD
    backoff_minimum: float = pacing.BACKOFF_MINIMUM
    backoff_maximum: float = pacing.BACKOFF_MAXIMUM
    unanswered_minimum: float = 1.0
    """The shortest pause between two calls while Telex does not answer at all."""
    requests_at_once: int = Pacer.FREE
    """How many requests may go out together after a pause."""

    def backoff(self, chance: Callable[[], float]) -> Backoff:
        """A backoff with these bounds."""
        return Backoff(chance, self.backoff_minimum, self.backoff_maximum)

    def waits(self, chance: Callable[[], float]) -> Waits:
        """The waits between two connections."""
        return Waits(chance, self.backoff(chance), terminal=self.terminal, busy=self.busy, stood=self.stood)


USUAL = Timings()
"""What the program runs with."""
