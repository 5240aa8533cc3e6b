"""Who is on the connection where the push server takes fewer channels than the person has organisations.

It says so by refusing a subscribe (106); usually it takes 128. On the session thread.
"""

from __future__ import annotations

import logging

from ..events import Notice
from ..push.channel import Channel, Phase
from ..push.protocol import PushClient
from .collaborators import Collaborators
from .token_fetcher import TokenFetcher

log = logging.getLogger(__name__)

NO_ROOM = "no room on the connection for"
ROOM_FOR_ALL = "there is room on the connection for all organisations again"
"""What the log says; ``telex-start doctor`` reads it there (``doctor/__init__.py``)."""

_NAMES = 3
"""Organisations that the toast names; the log names all."""


class Room:
    """Leaves channels out, and lets them in again, for one connection."""

    def __init__(self, parts: Collaborators, client: PushClient, fetcher: TokenFetcher) -> None:
        self._parts = parts
        self._organisations = parts.organisations
        self._client = client
        self._fetcher = fetcher

    def share(self) -> None:
        """Leave out whom there is no room for, without fetching tokens for them; let in whom there is room for again.

        The channels' order says who goes first.
        """
        if self._client.most == float("inf"):
            return
        self._organisations.most = most = int(self._client.most)
        channels = self._organisations.channels.values()
        claiming = [channel for channel in channels if not channel.refused]
        waiting = [channel for channel in claiming if channel.phase is Phase.IDLE]
        if (over := len(claiming) - most) > 0:
            for channel in waiting[-over:]:
                channel.leave_out()
                self._fetcher.report_no_history(channel)
            if waiting:
                self._parts.figures_changed()
        else:
            for channel in [channel for channel in channels if channel.left_out][:-over]:
                channel.let_in()
        if all(channel.phase is Phase.LIVE or channel.refused for channel in channels):
            self._tell([channel for channel in channels if channel.left_out])

    def _tell(self, left_out: list[Channel]) -> None:
        names = frozenset(channel.name for channel in left_out)
        told = self._organisations.left_out_told
        if names == (told or frozenset()):
            return
        if not names:
            self._organisations.left_out_told = names
            log.warning(ROOM_FOR_ALL)
            return
        self._organisations.left_out_told = names
        readable = [self._organisations.name_of(channel.name) for channel in left_out]
        log.warning("%s %d organisations: %s", NO_ROOM, len(readable), ", ".join(readable))
        if told is not None:
            return
        there_are = len(self._organisations.channels)
        rest = len(readable) - _NAMES
        which = ", ".join(readable[:_NAMES]) + (f" and {rest} more, which the log names" if rest > 0 else "")
        self._parts.dispatch(
            Notice(
                f"Notifications from {there_are - len(readable)} of {there_are} organisations",
                f"Telex takes no more on one connection. Nothing comes from {which}.",
            )
        )
