"""Opens what the person asks for: the Telex client, and places in it or in the web app.

A call may take seconds, so each is made on a thread of its own, one at a time. Used by the main thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from ..errors import NO_THREAD
from ..events import FetchSlug, MainAppAnswered, SlugFetched
from ..toast import Place
from .app_toasts import AppToasts
from .ports import Ports

log = logging.getLogger(__name__)

ASK_AGAIN = 60.0
"""Seconds after which a slug that was not to be had is asked for again, where it is needed: a network's log-in page, or
one odd answer, is no word of Telex's."""
SLUG_WITHIN = 2.0
"""Seconds that a click waits for the organisation's slug."""


class _Click(NamedTuple):
    """A click that waits for its address."""

    place: Place
    token: str
    in_browser: bool
    until: float


class Opening:
    """Knows the organisations' slugs, which addresses are made of, and asks for each when it is needed.

    One click at a time waits for a slug: a newer one takes its place.
    """

    def __init__(self, web_url: str, ports: Ports, own: AppToasts) -> None:
        """
        Args:
            web_url: The web app.
            own: Says what came of a call.
        """
        self._web_url = web_url
        self._ports = ports
        self._own = own
        self._busy = False
        self._slugs: dict[str, str] = {}
        """By push channel; one that is asked for is not in it."""
        self._asked_at: dict[str, float] = {}
        self._waiting: _Click | None = None

    def open_client(self, token: str = "") -> None:
        """Open the client, or bring it to the front; the token is the desktop's for it, empty without one."""
        self._do(lambda: self._ports.main_app.open(token), token)

    def close_client(self) -> None:
        """Close it."""
        self._do(self._ports.main_app.close)

    def answered(self, event: MainAppAnswered) -> None:
        """The call is done, and the person is told what came of it."""
        self._busy = False
        if event.title:
            self._own.tell(event.title, event.message)

    def _do(self, action: Callable[[], MainAppAnswered | None], token: str = "") -> None:
        """Have it done, unless another call is under way; the token of a click that nothing comes of is ended."""
        if self._busy:
            self._ports.surface.end_startup(token)
            return
        self._busy = True
        dispatch = self._ports.events.put

        def act() -> None:
            try:
                answer = action() or MainAppAnswered()
            except Exception as error:
                log.exception("the main app could not be opened or closed")
                answer = MainAppAnswered("Telex Start had a problem", f"{type(error).__name__}; the log tells more.")
            dispatch(answer)

        try:
            threading.Thread(target=act, name="main app", daemon=True).start()
        except RuntimeError as error:
            log.error("the main app could not be opened or closed: %s", error)
            dispatch(MainAppAnswered("Telex Start had a problem", NO_THREAD))
            self._ports.surface.end_startup(token)

    def open(self, place: Place, token: str, in_browser: bool = False) -> None:
        """Open a place that the person clicked, once its address is known.

        Args:
            token: The click's activation token.
            in_browser: Not in the client, whatever a click opens.
        """
        self._drop()
        self.address(place)
        now = self._ports.now()
        goes_to_client = not (self._is_known(place) or in_browser) and self._ports.main_app.prefers_client()
        self._waiting = _Click(place, token, in_browser, now if goes_to_client else now + SLUG_WITHIN)
        self.tick(now)

    def address(self, place: Place) -> str | None:
        """A place's address, as far as Telex says; ``None`` while a better one will come soon: it is asked for."""
        known = self._address(place) if self._is_known(place) else None
        channel, now = place.channel, self._ports.now()
        if channel and not self._slugs.get(channel) and now >= self._asked_at.get(channel, float("-inf")) + ASK_AGAIN:
            self._asked_at[channel] = now
            self._slugs.pop(channel, None)
            self._ports.session.send(FetchSlug(channel))
        return known

    def learn(self, event: SlugFetched) -> None:
        """A slug was looked up."""
        self._slugs[event.channel] = event.slug
        self.tick(self._ports.now())

    def _is_known(self, place: Place) -> bool:
        return not place.channel or place.channel in self._slugs

    def _address(self, place: Place) -> str:
        return web_address(self._web_url, self._slugs.get(place.channel, ""), place)

    def _drop(self) -> None:
        if self._waiting is not None:
            self._ports.surface.end_startup(self._waiting.token)
            self._waiting = None

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return self._waiting.until if self._waiting is not None else None

    def tick(self, now: float) -> None:
        """Open what was clicked, if its address is there now or has not come in time."""
        if self._waiting is not None and (now >= self._waiting.until or self._is_known(self._waiting.place)):
            place, token, in_browser, _ = self._waiting
            self._waiting = None
            url = self._address(place)
            self._do(lambda: self._ports.main_app.open_place(url, token, in_browser), token)

    def clear(self) -> None:
        """Signed out: nothing waits any more."""
        self._drop()
        self._slugs.clear()
        self._asked_at.clear()


def web_address(web: str, slug: str, place: Place) -> str:
    """The address of a place in the web app.

    Ids and slugs come from the network: each becomes one percent-encoded segment, and one that could lead elsewhere (it
    is empty, a dot segment, or holds a slash) leads to the web app's root instead.

    Args:
        web: The web app's address.
        slug: What the place's organisation is called in addresses; empty where that is not known.
        place: Its ids as they came.
    """
    root = web.rstrip("/")
    if not place.channel or not slug:
        return root
    segments = [_segment(part) for part in (slug, *place.path)]
    if not all(segments):
        return root
    thread = _segment(place.thread)
    return "/".join([root, *segments]) + (f"?thread_id={thread}" if thread and place.path else "")


def _segment(value: str) -> str:
    """One percent-encoded segment; empty for what cannot be one."""
    if value in ("", ".", "..") or "/" in value or "\\" in value:
        return ""
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:  # half an emoji
        return ""
