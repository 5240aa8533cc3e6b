"""The organisations of the signed-in user, and the channel of each. Owned by the session thread."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from ..errors import Refused, printable
from ..events import Event, Organisation, OrganisationsChanged
from ..push.channel import Channel, Phase
from .pace import USUAL, Timings
from .telex_api import TelexApi, signed_out
from .tokens import TokenStore


class Figures(NamedTuple):
    """What the main thread is told of the organisations; the fields are those of ``StateChanged``."""

    organisations: int = 0
    subscribed: int = 0
    refused: int = 0
    left_out: int = 0
    sign_in_again: bool = False


class Organisations:
    """Those that Telex named last."""

    def __init__(
        self,
        user_id: str,
        chance: Callable[[], float],
        dispatch: Callable[[Event], None],
        timings: Timings = USUAL,
    ) -> None:
        self.user_id = user_id
        self.channels: dict[str, Channel] = {}
        """By channel name; the very dictionary that a connection works with."""
        self.known = False
        """Whether they were fetched at all."""
        self.fetched_at = float("-inf")
        """When Telex was asked last; seconds."""
        self.sign_in_again = False
        """Telex has long refused to say which there are: only signing in again ends that."""
        self.most = float("inf")
        """How many channels the push server took on the connection before, as far as it said so."""
        self.left_out_told: frozenset[str] | None = None
        """The channels that were said to be left out; ``None`` where nothing was said yet."""
        self._refused_since: float | None = None
        self._organisations: dict[str, Organisation] = {}
        self._chance = chance
        self._timings = timings
        self._dispatch = dispatch

    def fetch(self, api: TelexApi, now: float) -> tuple[list[Channel], list[Channel]]:
        """Ask Telex; ``now`` is the time in seconds.

        Returns:
            The channels added and those dropped. Where nothing is said of an organisation any more, the person has
            left it.

        Raises:
            Temporary, Refused: it failed; what is known stays.
        """
        self.fetched_at = now
        try:
            answer = api.organisations(self.user_id)
        except Refused as refused:
            if signed_out(refused):
                self._fetch_refused(now)
            raise
        self.signed_in_anew()
        found = {organisation.channel: organisation for organisation in answer}
        dropped = [channel for name, channel in self.channels.items() if name not in found]
        added = [self._new_channel(name) for name in found if name not in self.channels]
        for channel in dropped:
            del self.channels[channel.name]
        for channel in added:
            self.channels[channel.name] = channel
        if found != self._organisations or not self.known:
            self._dispatch(OrganisationsChanged(tuple(found.values())))
        self._organisations = found
        self.known = True
        return added, dropped

    def first_fetch(self, api: TelexApi, store: TokenStore, now: float) -> None:
        """Ask Telex for the first time in a session; ``store`` may get a connection token.

        Raises:
            Temporary, Refused: it failed.
            SessionOver: it was refused because the session has ended.
        """
        try:
            self.fetch(api, now)
        except Refused as refused:
            if refused.status == 401:
                # The Bearer middleware's 401 may mean one organisation only: ask the token calls whether all is over.
                store.connection = api.connection_token()
            raise

    def signed_in_anew(self) -> None:
        """The access token is good: what was held against the one before counts no more."""
        self._refused_since = None
        self.sign_in_again = False

    def _fetch_refused(self, now: float) -> None:
        since = self._refused_since = now if self._refused_since is None else self._refused_since
        self.sign_in_again = self.known and now - since >= self._timings.organisations_refused_for

    def put_first(self, wanted: Collection[str]) -> list[str]:
        """Order the channels for the next connection, where not all of them will have room.

        Args:
            wanted: The names of those that matter most.

        Returns:
            The names of those that found no room on the connection before, if as many find it now.
        """
        if self.most == float("inf"):
            return []
        ordered = sorted(self.channels.items(), key=lambda item: item[0] not in wanted)
        self.channels.clear()  # in place: everybody works with this very dictionary
        self.channels.update(ordered)
        return list(self.channels)[int(self.most) :]

    def _new_channel(self, name: str) -> Channel:
        return Channel(name, self._timings.backoff(self._chance), self._timings.refused_for)

    def name_of(self, channel: str) -> str:
        """The organisation's name, fit for the log: on one line, whatever Telex says it is."""
        organisation = self._organisations.get(channel)
        return printable(organisation.name if organisation else channel)

    @property
    def answered(self) -> bool:
        """Whether any channel was ever answered, so that there is a position to go on from."""
        return any(channel.answered for channel in self.channels.values())

    def figures(self) -> Figures:
        """How many organisations there are, and how they stand."""
        channels = self.channels.values()
        return Figures(
            len(channels),
            sum(channel.phase is Phase.LIVE for channel in channels),
            sum(channel.refused for channel in channels),
            sum(channel.left_out for channel in channels),
            self.sign_in_again,
        )
