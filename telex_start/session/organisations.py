"""The organisations of the signed-in user, and the channel of each. Owned by the session thread."""

from __future__ import annotations

from collections.abc import Callable

from ..events import Event, Organisation, OrganisationsChanged
from ..printable import printable
from ..push.channel import Channel, Phase
from .telex_api import TelexApi
from .timings import USUAL, Timings


class Organisations:
    """What was looked up last."""

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
        """Whether a look-up has succeeded."""
        self._organisations: dict[str, Organisation] = {}
        self._chance = chance
        self._timings = timings
        self._dispatch = dispatch

    def look_up(self, api: TelexApi) -> tuple[list[Channel], list[Channel]]:
        """Ask Telex.

        Returns:
            The channels added and those dropped. Where nothing is said of an organisation any more, the person has
            left it.

        Raises:
            Temporary, Refused: the look-up failed; what is known stays.
        """
        found = {organisation.channel: organisation for organisation in api.organisations(self.user_id)}
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

    def _new_channel(self, name: str) -> Channel:
        return Channel(name, self._timings.backoff(self._chance), self._timings.refused_for)

    def name_of(self, channel: str) -> str:
        """The organisation's name, fit for the log: on one line, whatever Telex says it is."""
        organisation = self._organisations.get(channel)
        return printable(organisation.name if organisation else channel)

    def figures(self) -> tuple[int, int, int]:
        """How many organisations there are, how many are live, how many are refused."""
        live = sum(channel.phase is Phase.LIVE for channel in self.channels.values())
        refused = sum(channel.refused for channel in self.channels.values())
        return len(self.channels), live, refused
