"""Opens what the person asks for: the Telex client, or a place (such as a conversation) by its web address.

It also closes the client, and waits for the organisation's slug that an address needs. Opening and closing may take
seconds, so each call is made on a thread of its own, one at a time. Used by the main thread.
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
"""Seconds after which a slug that Telex did not give is asked for again when needed: a network's log-in page, or one
odd answer, does not count as Telex's answer."""
SLUG_WITHIN = 2.0
"""Seconds that a click waits for the organisation's slug."""


class _Click(NamedTuple):
    """A click that waits for its address."""

    place: Place
    token: str
    in_browser: bool
    until: float


class Opening:
    """Opens places and the client. Knows the organisations' slugs, parts of addresses, and asks for each when needed.

    Only one click waits for a slug: a newer click takes its place.
    """

    def __init__(self, web_url: str, ports: Ports, own: AppToasts) -> None:
        """
        Args:
            web_url: The web app's address.
            own: Says why something could not be opened or closed.
        """
        self._web_url = web_url
        self._ports = ports
        self._own = own
        self._busy = False
        self._slugs: dict[str, str] = {}
        """By push channel; empty if Telex gave none. While a slug is awaited, it is absent."""
        self._asked_at: dict[str, float] = {}
        self._waiting: _Click | None = None

    def open_client(self, token: str = "") -> None:
        """Open the client, or bring it to the front; ``token`` is the click's activation token, empty for none."""
        self._do(lambda: self._ports.main_app.open(token), token)

    def close_client(self) -> None:
        """Close the client."""
        self._do(self._ports.main_app.close)

    def answered(self, event: MainAppAnswered) -> None:
        """A call has ended; if it has something to say, such as an error, the person is told."""
        self._busy = False
        if event.title:
            self._own.tell(event.title, event.message)

    def _do(self, action: Callable[[], MainAppAnswered | None], token: str = "") -> None:
        """Call ``action`` on a thread, unless another call is under way: then end the token, as nothing will open."""
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
            in_browser: Open it in the browser, even if a click otherwise opens the client.
        """
        self._drop()
        self.address(place)
        now = self._ports.now()
        goes_to_client = not (self._is_known(place) or in_browser) and self._ports.main_app.prefers_client()
        self._waiting = _Click(place, token, in_browser, now if goes_to_client else now + SLUG_WITHIN)
        self.tick(now)

    def address(self, place: Place) -> str | None:
        """The best known address of a place; ``None`` while the slug is awaited. Asks for the slug if needed."""
        known = self._address(place) if self._is_known(place) else None
        channel, now = place.channel, self._ports.now()
        if channel and not self._slugs.get(channel) and now >= self._asked_at.get(channel, float("-inf")) + ASK_AGAIN:
            self._asked_at[channel] = now
            self._slugs.pop(channel, None)
            self._ports.session.send(FetchSlug(channel))
        return known

    def learn(self, event: SlugFetched) -> None:
        """A slug was looked up: open the click that waits for it, if any."""
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
        """When :meth:`tick` is due; ``None`` if no click waits."""
        return self._waiting.until if self._waiting is not None else None

    def tick(self, now: float) -> None:
        """Open the place that was clicked, if its slug has come, or has not come in time."""
        if self._waiting is not None and (now >= self._waiting.until or self._is_known(self._waiting.place)):
            place, token, in_browser, _ = self._waiting
            self._waiting = None
            url = self._address(place)
            self._do(lambda: self._ports.main_app.open_place(url, token, in_browser), token)

    def clear(self) -> None:
        """Signed out: forget the slugs, and the click that waits."""
        self._drop()
        self._slugs.clear()
        self._asked_at.clear()


def web_address(web: str, slug: str, place: Place) -> str:
    """The address of a place in the web app.

    Ids and slugs come from the network: each becomes one percent-encoded segment, and one that could lead elsewhere (it
    is empty, a dot segment, or holds a slash) leads to the web app's root instead.

    Args:
        web: The web app's address.
        slug: The slug of the place's organisation; empty if it is not known.
        place: The place; its ids are as they came.
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
