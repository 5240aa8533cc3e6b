"""Keeps one organisation's channel: whether it is subscribed, when to try again or renew its token, and its recovery.

A channel outlives the connections. Recovery gets back what was published while we were not connected: it decides which
positions to ask for, one after the other. Also here: the backoff. Pure: time comes in as seconds, chance as a function.

A subscribe may ask to recover from a position (epoch and offset). Recovery is all or nothing: the reply has
``recovered`` and every publication since, or ``was_recovering`` alone. After a failed recovery two ways are left:

1. *Second chance.* A server restart begins a new epoch: asking with it and offset 0 brings all since the restart.
2. *Partial recovery.* The stream is longer than the kept history. The failed reply still tells the top offset, and
   asking from any offset above what was dropped works. The lowest such offset is found by halving.

With no position yet, asking to recover without one brings the whole kept history: the catch-up at the first subscribe.

Source: Centrifugo's history and recovery (https://centrifugal.dev/docs/server/history_and_recovery); the two ways above
follow from what the server answers (docs/decisions/recovery-by-halving.md).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from .frames import Publication, Refreshed, Subscribed

BACKOFF_MINIMUM = 0.5
"""Seconds before the second try, at least."""
BACKOFF_MAXIMUM = 20.0
"""Seconds between two tries, at most."""
REFUSED_FOR = 300.0
"""Seconds after which a refused channel is tried again, on average (see :func:`spread`)."""
STEADY = 10.0
"""Seconds that a channel must have been live for its next trouble to count as a first one."""
MOST = 300
"""Publications in one recovery, at most (the server's ``recovery_max_publication_limit``)."""

_MOST_REPLIES = 40
"""Replies after which a recovery ends with what it has: a stream that changes under every question never settles."""
LOST: tuple[Publication, ...] = ()
"""Marks in :meth:`Recovery.pieces` a place at which something is missing, or may be."""


def spread(seconds: float, chance: float) -> float:
    """A random wait around ``seconds``: many agents that begin it at the same moment do not end it at the same moment.

    Args:
        seconds: How long it is on average.
        chance: In [0, 1).

    Returns:
        Half to one and a half of it.
    """
    return seconds * (0.5 + chance)


class Backoff:
    """Full-jitter backoff as the Centrifugo client specification has it.

    ``delay = min(max, min + random * min(max, min * 2**step))``; see "Reconnect backoff" in Centrifugal's client API
    specification, https://centrifugal.dev/docs/transports/client_api.
    """

    def __init__(
        self, chance: Callable[[], float], minimum: float = BACKOFF_MINIMUM, maximum: float = BACKOFF_MAXIMUM
    ) -> None:
        """``chance`` gives numbers in [0, 1); ``minimum`` and ``maximum`` are seconds."""
        self._chance = chance
        self._minimum = minimum
        self._maximum = maximum
        self._step = 0

    def next(self) -> float:
        """Seconds to wait before the next try."""
        span = min(self._maximum, self._minimum * 2.0 ** min(self._step, 31))
        self._step += 1
        return min(self._maximum, self._minimum + self._chance() * span)

    def reset(self) -> None:
        """Note a success: the next failure begins again at the minimum."""
        self._step = 0


class Position(NamedTuple):
    """A place in a channel's stream."""

    epoch: str
    offset: int


class Ask(NamedTuple):
    """What a subscribe command asks for."""

    recover: bool
    epoch: str = ""
    offset: int = 0

    def fields(self) -> dict[str, object]:
        """The command's fields; zero values are left out, as the server does.

        ``recoverable`` asks for positions and recovery on a server that has them for those who ask
        (``allow_recovery``); other servers ignore it.
        """
        fields = {"recoverable": True, "recover": self.recover, "epoch": self.epoch, "offset": self.offset}
        return {name: value for name, value in fields.items() if value}


class _Step(Enum):
    FIRST = "first"
    """Ask from the known position."""
    SECOND_CHANCE = "second chance"
    """Ask from the beginning of a new epoch."""
    PLAIN = "plain"
    """Ask without recovery, only for the stream's top."""
    HALVING = "halving"
    """Ask from an offset between one that failed and one that works."""
    CLOSING = "closing"
    """Ask from the end of the publications at hand, after the halving's last try failed."""


class Recovery:
    """One channel's way from a subscribe to being live, with all missed publications that the server still has.

    Read :attr:`ask` for the next subscribe's fields, call :meth:`answered` with each reply, and :meth:`published` with
    each push that comes in between; when :attr:`done`, take :meth:`pieces`, :attr:`complete` and :attr:`position`.
    """

    def __init__(self, known: Position | None, kept: int = 0, seen: Position | None = None) -> None:
        """
        Args:
            known: The position up to which we have the stream; ``None`` if the stream is new, or is to be read as new.
            kept: How many publications the server seems to keep of a channel, a guess for the halving; 0: not known.
            seen: The position up to which publications came already, if the stream is to be read as new all the same.
        """
        self.continues = known is not None
        """Whether it goes on from a known position; if not, earlier publications may be missing unnoticed."""
        self.ask = Ask(True, known.epoch, known.offset) if known else Ask(True)
        self.done = False
        self.complete = True
        """Whether nothing was lost; ``False`` if publications are missing or may be."""
        self.position: Position | None = None
        """The position to go on from; ``None`` if the channel keeps no history."""
        self.kept = kept
        """As given, or as a halving found it."""
        self._step = _Step.FIRST
        self._earlier: list[tuple[Publication, ...]] = []
        """Pieces from epochs that ended meanwhile."""
        self._collected: dict[int, Publication] = {}
        self._unnumbered: list[Publication] = []
        self._epoch = known.epoch if known else ""
        self._seen = seen
        self._base = known.offset if known else 0
        """The offset up to which everything is old, or given up as lost."""
        self._reach = self._base
        """The offset up to which what was found has no gap; beyond it something may be missing."""
        self._fails = 0
        self._works = 0
        self._top = 0
        self._replies = 0

    def pieces(self) -> list[tuple[Publication, ...]]:
        """All that was recovered or pushed meanwhile, in stream order, each once, with :data:`LOST` for each gap.

        Publications without an offset come last.
        """
        pieces = [] if self.complete else [LOST]
        if self._earlier:
            pieces += [*self._earlier, LOST]
        offsets = sorted(self._collected)
        start = 0
        for index, offset in enumerate(offsets, 1):
            if index == len(offsets) or offsets[index] != offset + 1:
                pieces += [tuple(self._collected[each] for each in offsets[start:index]), LOST]
                start = index
        if offsets and (self.position is None or offsets[-1] >= self.position.offset):
            pieces.pop()  # no gap at its end
        if self._unnumbered:
            pieces.append((*self._unnumbered,))
        return pieces

    def published(self, publication: Publication) -> None:
        """Take a push that came before the recovery was done (or a publication of a reply)."""
        if not publication.offset:
            self._unnumbered.append(publication)
            return
        if not self._replies:
            return  # from an earlier subscription, of an unknown epoch: the reply will have it
        if publication.offset <= self._base:
            return
        self._collected.setdefault(publication.offset, publication)
        if publication.offset == self._reach + 1:
            self._reach += 1

    def answered(self, reply: Subscribed) -> None:
        """Take a successful reply to a subscribe, and choose the next step."""
        self._replies += 1
        if self._seen is not None and self._seen.epoch == reply.epoch:
            self._base = self._reach = self._seen.offset
        else:
            self._seen = None
        anew = reply.recoverable and bool(self._epoch and reply.epoch) and reply.epoch != self._epoch
        if anew:
            self._begin_epoch(reply.epoch)
        self._epoch = reply.epoch or self._epoch
        for publication in reply.publications:
            self.published(publication)
        if not reply.recoverable:
            # No history here: `recover` is answered with `was_recovering` and no position, and always will be.
            self.finish(reply, complete=not self.continues)
        elif not anew:
            self._next(reply)
        if not self.done and self._replies >= _MOST_REPLIES:
            self.finish(reply, complete=False)

    def unreadable(self) -> None:
        """The reply to the last ask could not be read: a publication in it cannot be decoded.

        The publications after that one can still be got: take a plain subscription, which tells the top, and search
        from there.
        """
        self._replies += 1
        self.complete = False
        if self._replies >= _MOST_REPLIES or self._step is _Step.PLAIN:
            self.finish(Subscribed(recoverable=True), complete=False)
        elif self._step is _Step.HALVING:
            self._halve(None)
        else:
            self._base = self._reach
            self._step = _Step.PLAIN
            self.ask = Ask(False)

    def _next(self, reply: Subscribed) -> None:
        if self._step is _Step.HALVING:
            self._halve(reply)
        elif reply.recovered:
            self.finish(reply, complete=self._step is _Step.FIRST)
        elif self._step is _Step.FIRST and not reply.was_recovering and self._replies == 1:
            pass  # the server subscribed us by itself, without recovery: we send the same ask ourselves
        elif self._seen is not None:
            # The server does not give all that it keeps at once: ask only for what came since.
            self.ask, self._seen, self._step = Ask(True, *self._seen), None, _Step.FIRST
        else:
            self._begin_halving(reply)

    def _begin_epoch(self, epoch: str) -> None:
        """The stream has a new epoch: keep what was collected, and ask for the new stream from its beginning."""
        self.complete = False  # the end of the old stream may hold publications that nobody has any more
        self._earlier = self.pieces()[1:]
        self._collected.clear()
        self._unnumbered.clear()
        self._base = self._reach = 0
        self._step = _Step.SECOND_CHANCE
        self.ask = Ask(True, epoch)

    def _begin_halving(self, reply: Subscribed) -> None:
        """The server does not have everything since the base: search the lowest offset above it to recover from."""
        self.complete = False
        self._base = self._reach if self._step is _Step.CLOSING else self._base
        self._top = self._works = self._reach = reply.offset
        # The base itself has failed, perhaps only because more than ``MOST`` publications would have come.
        self._fails = max(self._base, self._top - MOST - 1)
        self._step = _Step.HALVING
        self._try_between(reply)

    def _halve(self, reply: Subscribed | None) -> None:
        """Take the reply to a try of the halving; ``None``: it could not be read, which counts as a failure."""
        if reply is not None and reply.recovered:
            self._works = self.ask.offset
            self._reach = max(self._works, max((p.offset for p in reply.publications), default=0))
        else:
            self._fails = self.ask.offset
        self._try_between(reply)

    def _try_between(self, reply: Subscribed | None) -> None:
        if self._works - self._fails > 1:
            # First ask for the latest publication alone: often nothing at all is kept any more.
            guesses = (self._top - 1, self._top - self.kept - 1, self._top - self.kept)
            between = (self._works + self._fails) // 2
            offset = next((guess for guess in guesses if self._fails < guess < self._works), between)
            self.ask = Ask(True, self._epoch, offset)
            return
        if self._works < self._top:
            self.kept = self._top - self._works
        if reply is not None and reply.offset <= self._reach:
            self.finish(reply, complete=False)
        else:
            # The last try failed, and left a subscription that begins at that moment: close the gap up to there.
            self._step = _Step.CLOSING
            self.ask = Ask(True, self._epoch, self._reach)

    def finish(self, reply: Subscribed, complete: bool) -> None:
        """End the recovery at the last reply: all has come, or there is no way to ask again (not ``complete``)."""
        self.complete = self.complete and complete
        # With `recovered`, the reply's offset is the one that we sent; the publications are beyond it.
        top = max(reply.offset, self._reach, max(self._collected, default=0))
        self.position = Position(self._epoch, top) if reply.recoverable else None
        self.done = True


class Phase(Enum):
    """Where a channel stands on the current connection."""

    IDLE = "idle"
    """Not subscribed; to be subscribed from :attr:`Channel.try_at` on."""
    ASKING = "asking"
    """A subscribe is under way, or several (recovery)."""
    LIVE = "live"


class Channel:
    """The subscription state of one channel. For the session thread alone."""

    def __init__(self, name: str, backoff: Backoff, refused_for: float = REFUSED_FOR) -> None:
        """
        Args:
            name: The channel's name.
            backoff: For this channel's failures alone.
            refused_for: Seconds after which a refusal is tried again, on average.
        """
        self.name = name
        self.phase = Phase.IDLE
        self.try_at = float("-inf")
        """When the next step towards LIVE may be taken; seconds."""
        self.refresh_at = float("inf")
        """When a fresh token is due while LIVE, in seconds; infinite while one is fetched or sent to the server."""
        self._refused_for = refused_for
        self.refused = False
        """Whether the server or Telex said no; the channel is tried again after some minutes."""
        self.left_out = False
        """Whether it is refused because the server takes no more channels on a connection: it is tried again when there
        is room, and on the next connection."""
        self.server_side = False
        """Whether the server subscribed it by itself (connect reply or push): a client cannot refresh that."""
        self.suspect = False
        """Whether one of its tokens has closed a connection: fresh ones go with a new subscribe, not with a refresh."""
        self.position: Position | None = None
        self._seen: Position | None = None
        """The position as it was before the server called it invalid."""
        self.recovery: Recovery | None = None
        self.answered = False
        """Whether a subscribe has ever been answered: the channel's history is caught up then."""
        self.unnumbered = False
        """Whether its publications come without offsets: it keeps no history, whatever subscribe replies claim."""
        self.token_can_wait = False
        """Whether its token can wait until the push server has answered: Telex did not answer a call for it in time, or
        there was no room for the channel on the connection before."""
        self.live_since = float("-inf")
        """When it became live last; seconds."""
        self._backoff = backoff
        self.ttl = 0
        """Seconds that the subscription is good for, as the server said last; 0 if it does not expire."""

    def signed_in_anew(self) -> None:
        """Try again at once: the tokens of a new session may work where the old ones did not."""
        self.refused = False
        self.disconnected()

    def disconnected(self) -> None:
        """The connection has ended. What an unfinished recovery has collected is dropped, and asked for again."""
        self.leave()
        self._backoff.reset()
        if self.left_out:
            self.let_in()
        if not self.refused:
            self.try_at = float("-inf")

    def begin(self, kept: int = 0) -> Recovery:
        """Begin a recovery, as a subscribe goes out; its fields are in the recovery's ``ask``.

        Args:
            kept: How many publications the server seems to keep of a channel; 0 if that is not known.
        """
        self.phase = Phase.ASKING
        self.recovery = Recovery(self.position, kept, self._seen)
        return self.recovery

    def forget_position(self) -> None:
        """The server says that the position is invalid: the next subscribe asks for all that is kept, and what came
        already is dropped from that."""
        self._seen = self.position or self._seen
        self.position = None

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
        self._seen = None
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
        """The channel is not subscribed any more."""
        self.phase = Phase.IDLE
        self.recovery = None
        self.server_side = False
        self.refresh_at = float("inf")

    def retry(self, now: float, *, welcome: bool = False) -> None:
        """The channel is not live for a reason that passes: try again after a backoff.

        Args:
            now: Seconds.
            welcome: Try again at once, if the channel was live for a while before.
        """
        steady = self.phase is Phase.LIVE and now - self.live_since > STEADY
        if steady:
            self._backoff.reset()
        self.leave()
        wait = self._backoff.next()
        self.try_at = now if steady and welcome else now + wait

    def refuse(self, now: float, chance: float) -> None:
        """The channel is not live for a reason that will not pass soon. ``chance`` is in [0, 1)."""
        self.retry(now)
        self.refused = True
        self.try_at = now + spread(self._refused_for, chance)

    def leave_out(self) -> None:
        """There is no room for the channel on this connection."""
        self.leave()
        self.refused = self.left_out = True
        self.try_at = float("inf")

    def let_in(self) -> None:
        """There may be room for the channel again."""
        self.refused = self.left_out = False
        self.try_at = float("-inf")

    def refresh_later(self, now: float, chance: float) -> None:
        """Try a failed refresh again in 10 to 20 s, sooner if the token is good for some seconds only."""
        if self.phase is Phase.LIVE:
            self.refresh_at = now + min(10.0 + 10.0 * chance, max(0.5, 0.1 * self.ttl))

    def schedule_refresh(self, told: Subscribed | Refreshed, now: float, chance: float) -> None:
        """The server says how long the subscription is good for: note when to bring the next token.

        If a token comes in its last moment, the server answers the refresh without any ``ttl`` and forgets the expiry
        (Centrifugo v4 to v6), but may end the subscription later: the ``ttl`` known before goes on counting.
        """
        if told.expires:
            self.ttl = max(told.ttl, 1)
        self.refresh_at = now + early(self.ttl, chance) if self.ttl else float("inf")


def early(ttl: float, chance: float) -> float:
    """Seconds after which a token with ``ttl`` seconds left is renewed: at 72 to 80 % of it, never under 1 s."""
    return max(1.0, 0.8 * ttl - 0.08 * ttl * chance)
