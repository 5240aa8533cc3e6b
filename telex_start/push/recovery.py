"""Getting back what was published while nobody listened: which positions to ask for, one after the other. Pure.

A subscribe may ask to recover from a position (epoch and offset). Recovery is all or nothing: ``recovered`` with every
publication since, or ``was_recovering`` alone. What a failed recovery leaves within reach:

1. *Second chance.* A server restart begins a new epoch, and its stream begins at offset 1: asking again with the new
   epoch and offset 0 brings everything since the restart.
2. *Partial recovery.* A stream longer than the kept history: the failed reply still tells the top offset, so asking
   for the last k publications works for every k that is still kept. The largest such k is found by halving.

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

_PATIENCE = 40
"""Replies after which a recovery ends with what it has: a stream that changes under every question never settles."""


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
        """The command's fields; zero values are left out, as the server does."""
        fields: dict[str, object] = {}
        if self.recover:
            fields["recover"] = True
            if self.epoch:
                fields["epoch"] = self.epoch
            if self.offset:
                fields["offset"] = self.offset
        return fields


class _Step(Enum):
    FIRST = 1
    SECOND_CHANCE = 2
    PLAIN = 3
    HALVING = 4
    CLOSING = 5


class Recovery:
    """One channel's way from a subscribe to being live with all that can be had.

    Call :attr:`ask` for the next subscribe's fields, :meth:`answered` with each reply, and :meth:`published` with each
    push that comes in between; when :attr:`done`, take :attr:`publications`, :attr:`complete` and :attr:`position`.
    """

    def __init__(self, known: Position | None) -> None:
        self._known = known
        self.ask = Ask(True, known.epoch, known.offset) if known else Ask(True)
        self.done = False
        self.complete = True
        """Whether nothing was lost; ``False`` where publications are missing or may be."""
        self.position: Position | None = None
        """Where the stream stands now; ``None`` where the channel keeps no history."""
        self._step = _Step.FIRST
        self._earlier: list[Publication] = []
        """From epochs that ended meanwhile."""
        self._collected: dict[int, Publication] = {}
        self._unnumbered: list[Publication] = []
        self._epoch = ""
        self._top = 0
        self._k = 0
        self._works = 0
        self._fails = 0
        self._replies = 0

    @property
    def publications(self) -> tuple[Publication, ...]:
        """All that was recovered or pushed meanwhile, in stream order, each once."""
        ordered = [self._collected[offset] for offset in sorted(self._collected)]
        return (*self._earlier, *ordered, *self._unnumbered)

    def published(self, publication: Publication) -> None:
        """A push came before the recovery was done."""
        if publication.offset:
            self._collected.setdefault(publication.offset, publication)
        else:
            self._unnumbered.append(publication)

    def unreadable(self) -> None:
        """The reply to the last ask could not be read: a publication in it is beyond every decoder.

        The ones after it are within reach: take a plain subscription, which tells the top, and ask for the last k.
        """
        self._replies += 1
        self.complete = False
        if self._step is _Step.HALVING:
            self._halve(worked=False)
        elif self._step is _Step.PLAIN or self._replies >= _PATIENCE:
            self.done = True
        else:
            self._step = _Step.PLAIN
            self.ask = Ask(False)

    def answered(self, reply: Subscribed) -> None:
        """A subscribe was answered with success."""
        self._replies += 1
        if not reply.recoverable:
            # No history here: `recover` is answered with `was_recovering` and no position, and always will be.
            self.complete = self.complete and self._known is None
            self._collect(reply)
            self.position = None
            self.done = True
            return
        if self._epoch and reply.epoch and reply.epoch != self._epoch and self._step is not _Step.FIRST:
            self._begin_epoch(reply)
            return
        self._epoch = reply.epoch or self._epoch or self.ask.epoch
        self._collect(reply)
        if self._replies >= _PATIENCE:
            self._finish(reply, complete=False)
        elif self._step is _Step.FIRST:
            self._first(reply)
        elif self._step is _Step.SECOND_CHANCE:
            if reply.recovered:
                # The end of the old epoch may hold publications that nobody has any more.
                self._finish(reply, complete=False)
            else:
                self._begin_halving(reply)
        elif self._step is _Step.PLAIN:
            self._begin_halving(reply)
        elif self._step is _Step.HALVING:
            self._halve(worked=reply.recovered, reply=reply)
        else:
            self._finish(reply, complete=False)

    def _first(self, reply: Subscribed) -> None:
        if reply.recovered:
            self._finish(reply, complete=True)
        elif not reply.was_recovering:
            # Not even tried: a server-side subscription, or a server that grants no recovery.
            self._finish(reply, complete=self._known is None)
        elif self._known and reply.epoch and reply.epoch != self._known.epoch:
            self._second_chance(reply)
        else:
            self._begin_halving(reply)

    def _second_chance(self, reply: Subscribed) -> None:
        self._step = _Step.SECOND_CHANCE
        self._top = reply.offset
        self.ask = Ask(True, self._epoch, 0)

    def _begin_epoch(self, reply: Subscribed) -> None:
        """The server restarted between two asks: what was collected stays, the new stream is asked for."""
        self._earlier = [*self.publications]
        self._collected.clear()
        self._unnumbered.clear()
        self._known = None
        self._epoch = reply.epoch
        self._collect(reply)
        self._second_chance(reply)

    def _begin_halving(self, reply: Subscribed) -> None:
        """Everything since the last known offset failed; look for the largest number of publications that works."""
        self.complete = False
        self._top = reply.offset
        missed = self._top
        if self._known and self._known.epoch == self._epoch:
            missed -= self._known.offset
        self._works, self._fails = 0, min(MOST, missed) + 1
        self._step = _Step.HALVING
        if self._fails <= 1:
            self._finish(reply, complete=False)
            return
        # The failed ask may have been for more than the most allowed at once, so the largest k is worth a try first.
        self._try(self._fails - 1)

    def _try(self, k: int) -> None:
        self._k = k
        self.ask = Ask(True, self._epoch, self._top - k)

    def _halve(self, worked: bool, reply: Subscribed | None = None) -> None:
        if worked:
            self._works = self._k
        else:
            self._fails = self._k
        if self._fails - self._works > 1:
            self._try((self._works + self._fails) // 2)
        elif reply is not None and (worked or self._works == 0):
            self._finish(reply, complete=False)
        else:
            # The last try failed, which left a subscription from its own moment on: close the gap up to it.
            self._step = _Step.CLOSING
            self.ask = Ask(True, self._epoch, max(self._collected, default=self._top))

    def _collect(self, reply: Subscribed) -> None:
        for publication in reply.publications:
            self.published(publication)

    def _finish(self, reply: Subscribed, complete: bool) -> None:
        self.complete = self.complete and complete
        # With `recovered` the reply's offset is the one that was sent; the publications advance it.
        top = max(reply.offset, max(self._collected, default=0))
        self.position = Position(self._epoch, top)
        self.done = True
