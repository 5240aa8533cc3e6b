"""Opens what the person asks for: the Telex client, and places in it or in the web app.

A call may take seconds, so each is made on a thread of its own, one at a time. Used by the main thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from urllib.parse import quote

from ..errors import NO_THREAD
from ..events import Command, Event, LookUpSlug, MainAppAnswered, MainAppDone, SlugLookedUp
from ..toast import Place
from .app_toasts import AppToasts
from .ports import MainApp

log = logging.getLogger(__name__)

ASK_AGAIN = 60.0
"""Seconds after which a slug that was not to be had is asked for again, where it is needed: a network's log-in page, or
one odd answer, is no word of Telex's."""
SLUG_WITHIN = 2.0
"""Seconds that a click waits for the organisation's slug."""


class Opening:
    """Knows the organisations' slugs, which addresses are made of, and asks for each when it is needed.

    One click at a time waits for a slug: a newer one takes its place.
    """

    def __init__(
        self,
        main_app: MainApp,
        web_url: str,
        own: AppToasts,
        *,
        send: Callable[[Command], None],
        dispatch: Callable[[Event], None],
        end_startup: Callable[[str], None],
        now: Callable[[], float],
    ) -> None:
        """
        Args:
            main_app: The Telex client.
            web_url: The web app.
            own: Says what came of a call.
            send: Sends a command to the session.
            dispatch: Where what came of a call goes.
            end_startup: Ends the desktop's waiting for what a click (by its activation token) was to bring.
            now: The time, in seconds.
        """
        self._main_app = main_app
        self._web_url = web_url
        self._own = own
        self._send = send
        self._dispatch = dispatch
        self._end_startup = end_startup
        self._now = now
        self._busy = False
        self._slugs: dict[str, str] = {}
        self._asked_at: dict[str, float] = {}
        self._awaited: set[str] = set()
        self._waiting: tuple[Place, str, float, bool] | None = None

    def open_client(self, token: str = "") -> None:
        """Open the client, or bring it to the front; the token is the desktop's for it, empty without one."""
        if not self._do(lambda: self._main_app.open(token)):
            self._end_startup(token)

    def close_client(self) -> None:
        """Close it."""
        self._do(self._main_app.close)

    def done(self) -> None:
        """The call is done, and the desktop shows it."""
        self._busy = False

    def answered(self, event: MainAppAnswered) -> None:
        """The call is done, and the person is told what came of it."""
        self.done()
        self._own.tell(event.title, event.message)

    def _do(self, action: Callable[[], MainAppAnswered | None]) -> bool:
        """Whether it is being done; not where another call is under way."""
        if self._busy:
            return False
        self._busy = True

        def act() -> None:
            try:
                answer = action()
            except Exception as error:
                log.exception("the main app could not be opened or closed")
                answer = MainAppAnswered("Telex Start had a problem", f"{type(error).__name__}; the log tells more.")
            self._dispatch(answer or MainAppDone())

        try:
            threading.Thread(target=act, name="main app", daemon=True).start()
        except RuntimeError as error:
            log.error("the main app could not be opened or closed: %s", error)
            self._dispatch(MainAppAnswered("Telex Start had a problem", NO_THREAD))
            return False
        return True

    def open(self, place: Place, token: str, in_browser: bool = False) -> None:
        """Open a place that the person clicked, once its address is known.

        Args:
            token: The click's activation token.
            in_browser: Not in the client, whatever a click opens.
        """
        self._drop()
        self.address(place)
        if self._is_known(place) or (not in_browser and self._main_app.prefers_client()):
            self._open(place, token, in_browser)
        else:
            self._waiting = place, token, self._now() + SLUG_WITHIN, in_browser

    def address(self, place: Place) -> str | None:
        """A place's address, as far as Telex says; ``None`` while a better one will come soon: it is asked for."""
        known = self._address(place) if self._is_known(place) else None
        channel, now = place.channel, self._now()
        if channel and not self._slugs.get(channel) and now >= self._asked_at.get(channel, float("-inf")) + ASK_AGAIN:
            self._asked_at[channel] = now
            self._awaited.add(channel)
            self._send(LookUpSlug(channel))
        return known

    def learn(self, event: SlugLookedUp) -> None:
        """A slug was looked up."""
        self._slugs[event.channel] = event.slug
        self._awaited.discard(event.channel)
        self.tick(self._now())

    def _is_known(self, place: Place) -> bool:
        return not place.channel or (place.channel in self._slugs and place.channel not in self._awaited)

    def _address(self, place: Place) -> str:
        return web_address(self._web_url, self._slugs.get(place.channel, ""), place)

    def _open(self, place: Place, token: str, in_browser: bool) -> None:
        url = self._address(place)
        if not self._do(lambda: self._main_app.open_place(url, token, in_browser)):
            self._end_startup(token)

    def _drop(self) -> None:
        if self._waiting is not None:
            self._end_startup(self._waiting[1])
            self._waiting = None

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return self._waiting[2] if self._waiting is not None else None

    def tick(self, now: float) -> None:
        """Open what was clicked, if its address is there now or has not come in time."""
        if self._waiting is not None:
            place, token, until, in_browser = self._waiting
            if now >= until or self._is_known(place):
                self._waiting = None
                self._open(place, token, in_browser)

    def clear(self) -> None:
        """Signed out: nothing waits any more."""
        self._drop()
        self._slugs.clear()
        self._asked_at.clear()
        self._awaited.clear()


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
