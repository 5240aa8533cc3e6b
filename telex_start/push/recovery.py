"""Getting back what was published while nobody listened: which positions to ask for, one after the other. Pure.

A subscribe may ask to recover from a position (epoch and offset). Recovery is all or nothing: ``recovered`` with every
publication since, or ``was_recovering`` alone. What a failed recovery leaves within reach:

1. *Second chance.* A server restart begins a new epoch, and its stream begins at offset 1: asking again with the new
   epoch and offset 0 brings everything since the restart.
2. *Partial recovery.* A stream longer than the kept history: the failed reply still tells the top offset, and asking
   from any offset above what was dropped works. The lowest such offset is found by halving.

With no position yet, asking to recover without one brings the whole kept history: the catch-up at the first subscribe.

Source: Centrifugo's history and recovery (https://centrifugal.dev/docs/server/history_and_recovery); the two ways above
follow from what the server answers (v4 to v6) and are used by no official client.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from .frames import Publication, Subscribed

MOST = 300
"""Publications in one recovery, at most (the server's ``recovery_max_publication_limit``)."""

_MOST_REPLIES = 40
"""Replies after which a recovery ends with what it has: a stream that changes under every question never settles."""


LOST: tuple[Publication, ...] = ()
"""Stands in :meth:`Recovery.pieces` where something is missing, or may be."""


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

        ``recoverable`` asks for positions and recovery where the server allows them without forcing them on everybody
        (``allow_recovery``); elsewhere it is ignored.
        """
        fields: dict[str, object] = {"recoverable": True}
        if self.recover:
            fields["recover"] = True
            if self.epoch:
                fields["epoch"] = self.epoch
            if self.offset:
                fields["offset"] = self.offset
        return fields


class _Step(Enum):
    FIRST = "first"
    """From the position that is known."""
    SECOND_CHANCE = "second chance"
    """From the beginning of a new epoch."""
    PLAIN = "plain"
    """Without recovery, for the stream's top alone."""
    HALVING = "halving"
    """From an offset between one that failed and one that works."""
    CLOSING = "closing"
    """From where the publications at hand end, after a last try that failed."""


class Recovery:
    """One channel's way from a subscribe to being live with all that can be had.

    Call :attr:`ask` for the next subscribe's fields, :meth:`answered` with each reply, and :meth:`published` with each
    push that comes in between; when :attr:`done`, take :meth:`pieces`, :attr:`complete` and :attr:`position`.
    """

    def __init__(self, known: Position | None, kept: int = 0) -> None:
        """
        Args:
            known: Where the stream was left; ``None`` where it is new to us.
            kept: How many publications the server seems to keep of a channel, a guess for the halving; 0 for none.
        """
        self._known = known
        self.continues = known is not None
        """It goes on from a position that is known; otherwise nobody can say what was before what it brings."""
        self.ask = Ask(True, known.epoch, known.offset) if known else Ask(True)
        self.done = False
        self.complete = True
        """Whether nothing was lost; ``False`` where publications are missing or may be."""
        self.position: Position | None = None
        """Where the stream stands now; ``None`` where the channel keeps no history."""
        self.kept = kept
        """As given, or as a halving found it."""
        self._step = _Step.FIRST
        self._earlier: list[tuple[Publication, ...]] = []
        """From epochs that ended meanwhile."""
        self._collected: dict[int, Publication] = {}
        self._unnumbered: list[Publication] = []
        self._epoch = known.epoch if known else ""
        self._base = known.offset if known else 0
        """Everything up to here is old, or given up for lost."""
        self._reach = self._base
        """From here on something may be missing: what was found is whole up to here."""
        self._fails = 0
        self._works = 0
        self._top = 0
        self._replies = 0

    def pieces(self) -> list[tuple[Publication, ...]]:
        """All that was recovered or pushed meanwhile, in stream order, each once, with :data:`LOST` where it has holes.

        What came without an offset is last.
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
            pieces.pop()  # whole up to its end
        if self._unnumbered:
            pieces.append((*self._unnumbered,))
        return pieces

    def published(self, publication: Publication) -> None:
        """A push came before the recovery was done."""
        if not publication.offset:
            self._unnumbered.append(publication)
            return
        if not self._replies:
            return  # of an earlier subscription, and of who knows which epoch: it will be in the reply
        self._collected.setdefault(publication.offset, publication)
        if publication.offset == self._reach + 1:
            self._reach += 1

    def answered(self, reply: Subscribed) -> None:
        """A subscribe was answered with success."""
        self._replies += 1
        if not reply.recoverable:
            # No history here: `recover` is answered with `was_recovering` and no position, and always will be.
            self.complete = self.complete and self._known is None
            self._collect(reply)
            self.position = None
            self.done = True
        elif self._epoch and reply.epoch and reply.epoch != self._epoch:
            self._begin_epoch(reply)
        else:
            self._epoch = reply.epoch or self._epoch
            self._collect(reply)
            self._next(reply)
        if not self.done and self._replies >= _MOST_REPLIES:
            self._finish(reply, complete=False)

    def unreadable(self) -> None:
        """The reply to the last ask could not be read: a publication in it is beyond every decoder.

        The ones after it are within reach: take a plain subscription, which tells the top, and look from there.
        """
        self._replies += 1
        self.complete = False
        if self._replies >= _MOST_REPLIES or self._step is _Step.PLAIN:
            self.position = Position(self._epoch, max(self._reach, max(self._collected, default=0)))
            self.done = True
        elif self._step is _Step.HALVING:
            self._halve(None)
        else:
            self._base = self._reach
            self._step = _Step.PLAIN
            self.ask = Ask(False)

    def give_up(self, reply: Subscribed) -> None:
        """There is no way to ask again: go on from what the last reply said."""
        if not self.done:
            self._finish(reply, complete=False)

    def _next(self, reply: Subscribed) -> None:
        if self._step is _Step.HALVING:
            self._halve(reply)
        elif reply.recovered:
            self._finish(reply, complete=self._step is _Step.FIRST)
        elif self._step is _Step.FIRST and not reply.was_recovering and self._replies == 1:
            pass  # not asked to recover: the server subscribed us by itself. The same ask again, by us.
        else:
            self._begin_halving(reply)

    def _begin_epoch(self, reply: Subscribed) -> None:
        """The stream began anew: what was collected stays, and the new stream is asked for from its beginning."""
        self.complete = False  # the end of the old stream may hold publications that nobody has any more
        self._earlier = self.pieces()[1:]
        self._collected.clear()
        self._unnumbered.clear()
        self._epoch = reply.epoch
        self._base = self._reach = 0
        self._collect(reply)
        self._step = _Step.SECOND_CHANCE
        self.ask = Ask(True, self._epoch, 0)

    def _begin_halving(self, reply: Subscribed) -> None:
        """Not everything since the base can be had: look for the lowest offset above it from where it can."""
        self.complete = False
        self._base = self._reach if self._step is _Step.CLOSING else self._base
        self._top = self._works = self._reach = reply.offset
        # The base itself has failed, or failed for being more than the most allowed at once.
        self._fails = max(self._base, self._top - MOST - 1)
        self._step = _Step.HALVING
        self._try_between(reply)

    def _halve(self, reply: Subscribed | None) -> None:
        """A try between was answered; ``None``: it could not be read, which is a failure like another."""
        if reply is not None and reply.recovered:
            self._works = self.ask.offset
            self._reach = max(self._works, max((p.offset for p in reply.publications), default=0))
        else:
            self._fails = self.ask.offset
        self._try_between(reply)

    def _try_between(self, reply: Subscribed | None) -> None:
        if self._works - self._fails > 1:
            # The latest publication alone first: often nothing at all is kept any more.
            guesses = (self._top - 1, self._top - self.kept - 1, self._top - self.kept)
            between = (self._works + self._fails) // 2
            offset = next((guess for guess in guesses if self._fails < guess < self._works), between)
            self.ask = Ask(True, self._epoch, offset)
            return
        if self._works < self._top:
            self.kept = self._top - self._works
        if reply is not None and reply.offset <= self._reach:
            self._finish(reply, complete=False)
        else:
            # The last try failed, and left a subscription from its own moment on: close the gap up to it.
            self._step = _Step.CLOSING
            self.ask = Ask(True, self._epoch, self._reach)

    def _collect(self, reply: Subscribed) -> None:
        for publication in reply.publications:
            self.published(publication)

    def _finish(self, reply: Subscribed, complete: bool) -> None:
        self.complete = self.complete and complete
        # With `recovered` the reply's offset is the one that was sent; the publications advance it.
        top = max(reply.offset, self._reach, max(self._collected, default=0))
        self.position = Position(self._epoch, top) if reply.recoverable else None
        self.done = True
