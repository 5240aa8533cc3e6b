"""Addresses of conversations in the web app, as far as Telex has told what they are made of. For the main thread."""

from __future__ import annotations

from collections.abc import Callable

from ..news.links import address
from ..toast import Place

ASK_AGAIN = 60.0
"""Seconds after which a slug that was not to be had is asked for again, where it is needed: a network's log-in page, or
one odd answer, is no word of Telex's."""


class Places:
    """Knows the organisations' slugs, and asks for each when it is needed."""

    def __init__(self, web_url: str, ask: Callable[[str], object], now: Callable[[], float]) -> None:
        """
        Args:
            web_url: The web app.
            ask: Has the slug of an organisation (by push channel) looked up.
            now: The time, in seconds.
        """
        self._web_url = web_url
        self._ask = ask
        self._now = now
        self._slugs: dict[str, str] = {}
        self._asked_at: dict[str, float] = {}
        self._awaited: set[str] = set()

    def learn(self, channel: str, slug: str) -> None:
        """A slug was looked up; empty for one that is not to be had."""
        self._slugs[channel] = slug
        self._awaited.discard(channel)

    def want(self, place: Place) -> None:
        """This place's address may be needed."""
        channel, now = place.channel, self._now()
        if not channel or self._slugs.get(channel) or now < self._asked_at.get(channel, float("-inf")) + ASK_AGAIN:
            return
        self._asked_at[channel] = now
        self._awaited.add(channel)
        self._ask(channel)

    def is_known(self, place: Place) -> bool:
        """Whether no better address of it will come soon."""
        return not place.channel or (place.channel in self._slugs and place.channel not in self._awaited)

    def address(self, place: Place) -> str:
        """Its address, or that of what is known of it."""
        return address(self._web_url, self._slugs.get(place.channel, ""), place)

    def clear(self) -> None:
        """Signed out."""
        self._slugs.clear()
        self._asked_at.clear()
        self._awaited.clear()
