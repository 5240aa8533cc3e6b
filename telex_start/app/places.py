"""Addresses of conversations in the web app, as far as Telex has told what they are made of. For the main thread."""

from __future__ import annotations

from collections.abc import Callable

from ..news.links import address
from ..toast import Place


class Places:
    """Knows the organisations' slugs, and asks for each once, when it is needed first."""

    def __init__(self, web_url: str, ask: Callable[[str], object]) -> None:
        """
        Args:
            web_url: The web app.
            ask: Has the slug of an organisation (by push channel) looked up.
        """
        self._web_url = web_url
        self._ask = ask
        self._slugs: dict[str, str] = {}
        self._asked: set[str] = set()

    def learn(self, channel: str, slug: str) -> None:
        """A slug was looked up; empty for one that is not to be had."""
        self._slugs[channel] = slug

    def want(self, place: Place) -> None:
        """This place's address may be needed."""
        if place.channel and place.channel not in self._slugs and place.channel not in self._asked:
            self._asked.add(place.channel)
            self._ask(place.channel)

    def is_known(self, place: Place) -> bool:
        """Whether no better address of it will come."""
        return not place.channel or place.channel in self._slugs

    def address(self, place: Place) -> str:
        """Its address, or that of what is known of it."""
        return address(self._web_url, self._slugs.get(place.channel, ""), place)

    def clear(self) -> None:
        """Signed out."""
        self._slugs.clear()
        self._asked.clear()
