"""One organisation's channel: whether it is subscribed, and when to try again or to renew its token.

It outlives the connections. Pure: time comes in as seconds.
"""

from __future__ import annotations

from enum import Enum

from ..net.pacing import Backoff, spread
from .frames import Publication
from .recovery import LOST, Position, Recovery

REFUSED_FOR = 300.0
"""Seconds after which a refused channel is tried again, on average (see :func:`~telex_start.net.pacing.spread`)."""
STEADY = 10.0
"""Seconds that a channel must have been live for its next trouble to count as a first one."""


class Phase(Enum):
    """Where a channel stands on the current connection."""

    IDLE = "idle"
    """Not subscribed; to be subscribed from :attr:`Channel.try_at` on."""
    ASKING = "asking"
    """A subscribe is under way, or several (recovery)."""
    LIVE = "live"


class Channel:
    """The subscription state of one channel. Owned by the session thread."""

    def __init__(self, name: str, backoff: Backoff, refused_for: float = REFUSED_FOR) -> None:
        """
        Args:
            name: The channel's name.
            backoff: For its failures, and its alone.
            refused_for: Seconds after which a refusal is tried again, on average.
        """
        self.name = name
        self.phase = Phase.IDLE
        self._try_at = float("-inf")
        self._refresh_at = float("inf")
        self._refused_for = refused_for
        self.refused = False
        """The server or Telex said no; tried again after some minutes."""
        self.left_out = False
        """Refused because the server takes no more channels on a connection: tried again when there is room, and on
        the next connection."""
        self.server_side = False
        """Subscribed by the connect reply: such a subscription cannot be refreshed by the client."""
        self.suspect = False
        """A token of its own has closed a connection: a fresh one comes with a new subscribe, not with a refresh."""
        self.position: Position | None = None
        self.recovery: Recovery | None = None
        self.answered = False
        """A first subscribe has been answered since the program knows this channel: its past is caught up."""
        self.unnumbered = False
        """Its publications come without offsets: it keeps no history, whatever its subscribe replies claim."""
        self.slow = False
        """Telex did not answer a call for this channel's token in time."""
        self.live_since = float("-inf")
        """When it became live last; seconds."""
        self._backoff = backoff
        self.ttl = 0
        """Seconds that the subscription was last said to be good for; 0 where it does not expire."""

    @property
    def try_at(self) -> float:
        """When the next step towards LIVE may be taken; seconds."""
        return self._try_at

    @property
    def refresh_at(self) -> float:
        """When a fresh token is due while LIVE; seconds."""
        return self._refresh_at

    def signed_in_anew(self) -> None:
        """The tokens of a new session may do what the old one's could not."""
        self.refused = False
        self.disconnected()

    def disconnected(self) -> None:
        """The connection is gone. Publications that a recovery in progress has collected are asked for again."""
        self.phase = Phase.IDLE
        self._backoff.reset()
        self.recovery = None
        self.server_side = False
        self._refresh_at = float("inf")
        if self.left_out:
            self.let_in()
        if not self.refused:
            self._try_at = float("-inf")

    def begin(self, kept: int = 0) -> Recovery:
        """A subscribe goes out: what it asks for is in the recovery's ``ask``.

        Args:
            kept: How many publications the server seems to keep of a channel; 0 where nothing is known of that.
        """
        self.phase = Phase.ASKING
        self.recovery = Recovery(self.position, kept)
        return self.recovery

    def settle(self, now: float) -> tuple[list[tuple[Publication, ...]], bool]:
        """The recovery is done: the channel is live.

        Returns:
            What was recovered, as :meth:`Recovery.pieces` has it; whether this was the first answer.
        """
        recovery = self.recovery
        assert recovery is not None
        first, self.answered = not self.answered, True
        pieces = recovery.pieces()
        if (recovery.position is None or self.unnumbered) and not first and LOST not in pieces:
            pieces.insert(0, LOST)  # no history: what happened while the connection was down is lost without a word
        self.position = recovery.position
        self.recovery = None
        self.phase = Phase.LIVE
        self.live_since = now
        self.refused = self.left_out = False
        return pieces, first

    def accepts(self, publication: Publication) -> bool:
        """Whether a live publication is new; advances the position."""
        self.unnumbered = not publication.offset
        if not publication.offset or self.position is None:
            return True
        if publication.offset <= self.position.offset:
            return False
        self.position = Position(self.position.epoch, publication.offset)
        return True

    def leave(self) -> None:
        """The person is not in that organisation any more."""
        self.phase = Phase.IDLE
        self.recovery = None

    def try_after_others(self, now: float) -> None:
        """There was a rate limit: to be tried at once, but after those that have not been tried yet."""
        self._try_at = now

    def retry(self, now: float) -> None:
        """Not live, or not any more, for a reason that passes: again after a backoff."""
        if self.phase is Phase.LIVE and now - self.live_since > STEADY:
            self._backoff.reset()
        self.phase = Phase.IDLE
        self.recovery = None
        self.server_side = False
        self._refresh_at = float("inf")
        self._try_at = now + self._backoff.next()

    def retry_at_once(self, now: float) -> None:
        """Not live any more, but welcome to be so again: at once, unless this happens time and again."""
        steady = now - self.live_since > STEADY
        self.retry(now)
        if steady:
            self._try_at = now

    def refuse(self, now: float, chance: float) -> None:
        """Not live for a reason that will not pass soon. ``chance`` is in [0, 1)."""
        self.retry(now)
        self.refused = True
        self._try_at = now + spread(self._refused_for, chance)

    def leave_out(self) -> None:
        """There is no room for it on this connection."""
        self.leave()
        self.server_side = False
        self.refused = self.left_out = True
        self._try_at = float("inf")

    def let_in(self) -> None:
        """There may be room for it again."""
        self.refused = self.left_out = False
        self._try_at = float("-inf")

    def refresh_begun(self) -> None:
        """A fresh token is being fetched, or is under way to the server: none is due until an answer says so."""
        self._refresh_at = float("inf")

    def refresh_later(self, now: float, chance: float) -> None:
        """A refresh failed: again in 10 to 20 s, sooner where the token is good for some seconds only."""
        if self.phase is Phase.LIVE:
            self._refresh_at = now + min(10.0 + 10.0 * chance, max(0.5, 0.1 * self.ttl))

    def schedule_refresh(self, expires: bool, ttl: int, now: float, chance: float) -> None:
        """The server says how long the subscription is good for: note when to bring the next token.

        A server that is given a token in its last moment answers a refresh without any ``ttl`` and forgets the expiry
        (Centrifugo v4 to v6), but may end the subscription later: the life known before goes on counting.
        """
        if expires:
            self.ttl = max(ttl, 1)
        self._refresh_at = now + early(self.ttl, chance) if self.ttl else float("inf")


def early(ttl: float, chance: float) -> float:
    """Seconds after which a token with ``ttl`` seconds left is renewed: at 72 to 80 % of it, never under 1 s."""
    return max(1.0, 0.8 * ttl - 0.08 * ttl * chance)
