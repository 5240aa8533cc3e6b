"""What a click on a toast, or on a button of it, does. For the main thread."""

from __future__ import annotations

from collections.abc import Callable

from ..events import Command, MarkAsRead, ToastClicked
from ..toast import Action, Conversation, Place, Toast
from .main_app_calls import MainAppCalls
from .places import Places

SLUG_WITHIN = 2.0
"""Seconds that a click waits for the organisation's slug."""


class ToastClicks:
    """One click at a time: a newer one takes the place of one that still waits."""

    def __init__(
        self,
        places: Places,
        main_app: MainAppCalls,
        send: Callable[[Command], None],
        end_startup: Callable[[str], None],
        mute_hour: Callable[[Conversation], None],
    ) -> None:
        """
        Args:
            places: Knows the addresses.
            main_app: Opens the client and addresses.
            send: Sends a command to the session.
            end_startup: Ends the desktop's waiting for what a click (by its activation token) was to bring.
            mute_hour: Mutes a conversation for an hour.
        """
        self._places = places
        self._main_app = main_app
        self._send = send
        self._end_startup = end_startup
        self._mute_hour = mute_hour
        self._waiting: tuple[Place, str, float, bool] | None = None

    def clicked(self, event: ToastClicked, now: float) -> None:
        """The person clicked a toast that has a place."""
        toast = event.toast
        if event.action == Action.MARK_AS_READ:
            self._end_startup(event.token)
            self._mark_as_read(toast)
            return
        if event.action == Action.MUTE_HOUR:
            self._end_startup(event.token)
            if toast.conversation is not None:
                self._mute_hour(toast.conversation)
            return
        self.open(toast.place or Place(), event.token, now, in_browser=event.action == Action.JOIN)

    def open(self, place: Place, token: str, now: float, in_browser: bool = False) -> None:
        """Open a place that the person clicked, once its address is known.

        Args:
            token: The click's activation token.
            in_browser: Not in the client, whatever a click opens.
        """
        self._drop()
        self._places.want(place)
        if self._places.is_known(place) or (not in_browser and self._main_app.prefers_client()):
            self._open(place, token, in_browser)
        else:
            self._waiting = place, token, now + SLUG_WITHIN, in_browser

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return self._waiting[2] if self._waiting is not None else None

    def tick(self, now: float) -> None:
        """Open what was clicked, if its address is there now or has not come in time; also when a slug came."""
        if self._waiting is not None:
            place, token, until, in_browser = self._waiting
            if now >= until or self._places.is_known(place):
                self._waiting = None
                self._open(place, token, in_browser)

    def clear(self) -> None:
        """Signed out: nothing waits any more."""
        self._drop()

    def _drop(self) -> None:
        if self._waiting is not None:
            self._end_startup(self._waiting[1])
            self._waiting = None

    def _open(self, place: Place, token: str, in_browser: bool) -> None:
        if not self._main_app.open_place(self._places.address(place), token, in_browser):
            self._end_startup(token)

    def _mark_as_read(self, toast: Toast) -> None:
        conversation = toast.conversation
        if conversation is not None and Action.MARK_AS_READ in toast.actions:
            name = toast.channel or ""
            channel, section, ident = conversation.channel, conversation.section, conversation.ident
            self._send(MarkAsRead(channel, section, ident, toast.group, name))
