"""Between the events and the notifier: what comes from Telex goes in, and toasts go out to the desktop and the surface.

For the main thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..config import Config
from ..events import (
    ChannelAnswered,
    Command,
    CountsUnknown,
    Event,
    FrontLookedAt,
    LookUpBegan,
    LookUpSlug,
    MuteChosen,
    OrganisationsChanged,
    ProfileLookedUp,
    PublicationsReceived,
    SettingsLookedUp,
    SignedIn,
    SlugLookedUp,
    ToastClicked,
    UnreadLookedUp,
    UnreadSection,
    WatchAgents,
    WatchSettings,
)
from ..menu import MuteFor
from ..news.notifier import Notifier
from ..news.quiet import Quiet
from ..news.scheduler import soonest
from ..news.unread import Counts
from ..toast import Conversation, Handle, Toast
from .local_time import second_of_day
from .main_app_calls import MainAppCalls
from .places import Places
from .ports import Surface, ToastsPort
from .recent_desk import RecentDesk
from .toast_clicks import ToastClicks

if TYPE_CHECKING:
    from .front_desk import FrontDesk


class NewsDesk:
    """Owns the notifier, and what a click on one of its toasts needs."""

    def __init__(
        self,
        config: Config,
        surface: Surface,
        toasts: ToastsPort,
        main_app: MainAppCalls,
        send: Callable[[Command], None],
        counts_changed: Callable[[Counts], None],
        dispatch: Callable[[Event], None],
        quiet: Quiet,
        now: Callable[[], float],
    ) -> None:
        """
        Args:
            send: Sends a command to the session.
            counts_changed: Told whenever the counts change.
            dispatch: Where events go that follow from a click.
            quiet: What the person set on this machine.
            now: The time, in seconds.
        """
        self._surface = surface
        self._toasts = toasts
        self._dispatch = dispatch
        self._send = send
        self._honours = config.honour_telex_settings
        self._main_app = main_app
        self._front: FrontDesk | None = None
        self._places = Places(config.web_url, lambda channel: send(LookUpSlug(channel)), now)
        self._clicks = ToastClicks(self._places, main_app, send, surface.end_startup, self._mute_hour)
        self.notifier = Notifier(
            config.notification_types,
            self.show,
            counts_changed,
            self._close,
            second_of_day=second_of_day,
            watch_agents=lambda channels: send(WatchAgents(channels)),
            show_text=config.show_text,
            honour_settings=config.honour_telex_settings,
            quiet=quiet,
        )
        self.recent = RecentDesk(self.notifier.recent, self._clicks, send)
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Take up whether it is to be quiet while the client is in front, and whether settings at Telex count."""
        if config.honour_telex_settings and not self._honours:
            self._honours = True
            self._send(WatchSettings())
        if config.while_client_runs == "quiet" and self._front is None:
            from .front_desk import FrontDesk

            self._front = FrontDesk(self._main_app.in_front, self._dispatch)
        if self._front is not None:
            self._front.wanted = config.while_client_runs == "quiet"

    def client_in_front(self) -> bool:
        """Whether it is to be quiet because the client is in front; to be asked when news come."""
        return self._front is not None and self._front.in_front

    def handle(self, event: Event, now: float) -> bool:
        """Take in an event.

        Returns:
            Whether it was one for this.
        """
        if self._front is not None and self._front.holds(event, now):
            return True
        return self._take_in(event, now)

    def _go_on(self, waited: list[Event], now: float) -> None:
        for event in waited:
            self._take_in(event, now)

    def _take_in(self, event: Event, now: float) -> bool:
        notifier = self.notifier
        match event:
            case PublicationsReceived():
                notifier.received(event, now)
            case ChannelAnswered():
                notifier.answered(event.channel, now, event.look_up_follows)
            case CountsUnknown():
                notifier.unknown(event.channel)
            case OrganisationsChanged():
                notifier.organisations(event)
            case SignedIn():
                notifier.signed_in(event)
            case LookUpBegan():
                notifier.look_up_began(event.channel)
            case UnreadSection():
                notifier.looked_up(event, now)
            case UnreadLookedUp():
                notifier.look_up_ended(event.channel, now)
            case SettingsLookedUp():
                notifier.settings(event, now)
            case ProfileLookedUp():
                notifier.profile(event, now)
            case FrontLookedAt():
                if self._front is not None:
                    self._go_on(self._front.looked(event, now), now)
            case SlugLookedUp():
                self._places.learn(event.channel, event.slug)
                self._clicks.tick(now)
            case _:
                return False
        return True

    def clicked(self, event: ToastClicked, now: float) -> None:
        """A toast that has a place was clicked."""
        self._clicks.clicked(event, now)

    def show(self, toast: Toast) -> None:
        """Show what Telex sent, or the sample of it."""
        if toast.place is not None:
            place = toast.place
            if self._places.is_known(place):
                toast = toast._replace(url=self._places.address(place))
            self._places.want(place)
        if not toast.silent:
            self._surface.toast(toast)
        self._toasts.show(toast)

    def _mute_hour(self, conversation: Conversation) -> None:
        self._close(conversation)
        self._dispatch(MuteChosen(conversation, MuteFor.HOUR))

    def _close(self, handle: Handle) -> None:
        self._toasts.close(handle)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        front = self._front.deadline() if self._front is not None else None
        return soonest(self.notifier.deadline(), self._clicks.deadline(), front)

    def tick(self, now: float) -> None:
        """Do what is due."""
        due = self.deadline()
        if due is None or now < due:
            return
        if self._front is not None:
            self._go_on(self._front.tick(now), now)
        self.notifier.tick(now)
        self._clicks.tick(now)

    def clear(self) -> None:
        """Signed out."""
        if self._front is not None:
            self._front.clear()
        self.notifier.clear()
        self.recent.clear()
        self._clicks.clear()
        self._places.clear()
