"""Between the events and the notifier: what comes from Telex goes in, and toasts go out to the desktop and the surface.

Where the person wants quiet while the Telex client is in front, news wait until it is known whether it is. To look
takes milliseconds, or for ever where a display hangs, so it is done on a thread that lives as long as the look.

For the main thread.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from .. import clock, events
from ..config import Config
from ..news import wording
from ..news.notifier import Notifier
from ..news.quiet import Quiet
from ..news.recent import Reading
from ..news.scheduler import soonest
from ..news.unread import Counts
from ..toast import Action, Conversation, Toast
from .app_toasts import AppToasts
from .opening import Opening
from .ports import Ports

log = logging.getLogger(__name__)

LOOK_WITHIN = 1.0
"""Seconds that news wait for the look; what cannot be told in that time is not in front."""
LOOK_HOLDS_FOR = 0.2
"""Seconds for which it stays as it was seen: a flood of news is no flood of looks."""
AT_A_TIME = 20
"""So many reading calls wait at the session: what the person asks for meanwhile does not wait for hundreds."""

_MAY_BRING_NEWS = (events.PublicationsReceived, events.UnreadSection, events.UnreadPolled)
_IN_ORDER = (
    *_MAY_BRING_NEWS,
    events.ChannelAnswered,
    events.CountsUnknown,
    events.OrganisationsChanged,
    events.PollBegan,
)
"""What is not to overtake news that wait."""


class NewsController:
    """Owns the notifier, and what the person does with news: clicks, and Mark All as Read."""

    def __init__(
        self,
        config: Config,
        ports: Ports,
        own: AppToasts,
        opening: Opening,
        quiet: Quiet,
        counts_changed: Callable[[Counts], None],
    ) -> None:
        """
        Args:
            own: Says which conversations could not be marked as read.
            opening: Opens places, and knows their addresses.
            quiet: What the person set on this machine.
            counts_changed: Told whenever the counts change.
        """
        self._ports = ports
        self._own = own
        self._opening = opening
        self._send = ports.session.send
        self._honours = config.honour_telex_settings
        self.notifier = notifier = Notifier(
            config,
            quiet,
            show=self.show,
            counts_changed=counts_changed,
            read=ports.toasts.close,
            watch_agents=lambda channels: self._send(events.WatchAgents(channels)),
            second_of_day=clock.second_of_day,
        )
        self.handlers: dict[type[events.Event], Callable[[Any, float], object]] = {
            events.PublicationsReceived: notifier.received,
            events.ChannelAnswered: lambda event, now: notifier.answered(event.channel, now, event.poll_follows),
            events.CountsUnknown: lambda event, now: notifier.unknown(event.channel),
            events.OrganisationsChanged: lambda event, now: notifier.organisations(event),
            events.SignedIn: lambda event, now: notifier.signed_in(event),
            events.PollBegan: lambda event, now: notifier.poll_began(event.channel),
            events.UnreadSection: notifier.polled,
            events.UnreadPolled: lambda event, now: notifier.poll_ended(event.channel, now),
            events.SettingsPolled: notifier.settings,
            events.ProfilePolled: notifier.profile,
            events.FrontLookedAt: self._looked,
        }
        """What comes from Telex, and what follows from it."""
        self._wants_looks = config.while_client_runs == "quiet"
        self._held: list[events.Event] = []
        self._looking = False
        self._give_up_at: float | None = None
        self._in_front = False
        self._seen_at = float("-inf")
        self._to_read: deque[Reading] = deque()
        self._reading: set[Conversation] = set()
        self._failed: dict[str, list[str]] = {}
        """Names of what could not be marked as read, by why."""

    def configure(self, config: Config) -> None:
        """Take up a changed configuration."""
        if config.honour_telex_settings and not self._honours:
            self._honours = True
            self._send(events.WatchSettings())
        self._wants_looks = config.while_client_runs == "quiet"
        self.notifier.configure(config, self._ports.now())

    def handle(self, event: events.Event) -> None:
        """Take in what came from Telex, or hold it until it is known what is in front."""
        now = self._ports.now()
        if not self._holds(event, now):
            self.handlers[type(event)](event, now)

    def show(self, toast: Toast) -> None:
        """Show what Telex sent, or the sample of it."""
        if toast.place is not None and (url := self._opening.address(toast.place)) is not None:
            toast = toast._replace(url=url)
        if not toast.silent:
            self._ports.surface.toast(toast)
        self._ports.toasts.show(toast)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return soonest(self.notifier.deadline(), self._give_up_at)

    def tick(self, now: float) -> None:
        """Do what is due."""
        due = self.deadline()
        if due is not None and now >= due:
            if self._give_up_at is not None and now >= self._give_up_at:
                self._let_go(now)
            self.notifier.tick(now)

    def clear(self) -> None:
        """Signed out: what waits is no news any more."""
        self._held.clear()
        self.notifier.clear()
        self.session_ended()

    def client_in_front(self) -> bool:
        """Whether it is to be quiet because the client is in front, as far as that was seen a moment ago."""
        return self._in_front and self._wants_looks and self._is_fresh(self._ports.now())

    def _holds(self, event: events.Event, now: float) -> bool:
        if self._give_up_at is None:
            # A look that hangs is not waited for a second time.
            wants_look = self._wants_looks and not self._is_fresh(now) and not self._looking
            if not wants_look or not isinstance(event, _MAY_BRING_NEWS):
                return False
            try:
                threading.Thread(target=self._do_look, name="look at the front", daemon=True).start()
            except RuntimeError as error:  # the system starts no more threads just now
                log.warning("it cannot be told what is in front: %s", error)
                return False
            self._looking, self._give_up_at = True, now + LOOK_WITHIN
        elif not isinstance(event, _IN_ORDER):
            return False
        self._held.append(event)
        return True

    def _do_look(self) -> None:
        try:
            in_front = self._ports.main_app.in_front()
        except Exception:
            log.exception("it cannot be told what is in front")
            in_front = False
        self._ports.events.put(events.FrontLookedAt(in_front))

    def _looked(self, event: events.FrontLookedAt, now: float) -> None:
        self._looking = False
        self._in_front, self._seen_at = event.in_front, now
        self._let_go(now)

    def _is_fresh(self, now: float) -> bool:
        return now < self._seen_at + LOOK_HOLDS_FOR

    def _let_go(self, now: float) -> None:
        self._give_up_at = None
        held, self._held = self._held, []
        for event in held:
            self.handlers[type(event)](event, now)

    def clicked(self, event: events.UnreadClicked) -> None:
        """The person chose a conversation in the menu: it is opened as by a click on its toast."""
        self._opening.open(self.notifier.recent.place(event.conversation), event.token)

    def mark_as_read(self, toast: Toast) -> None:
        """The person wants the conversation of a toast marked as read."""
        if toast.conversation is not None and Action.MARK_AS_READ in toast.actions:
            self._send(events.MarkAsRead(*toast.conversation, toast.group, toast.channel or ""))

    def decline(self, toast: Toast) -> None:
        """The person declines the call of a toast."""
        if toast.place is not None and self.notifier.declined(toast.key):
            self._send(events.DeclineCall(toast.place.path[-1]))
        else:
            self._ports.events.put(events.CALL_OVER)

    def mark_all_as_read(self) -> None:
        """The person wants all that is unread marked as read: by one call for each conversation."""
        waiting = {reading.conversation for reading in self._to_read} | self._reading
        for reading in self.notifier.recent.to_read():
            if not reading.markable:
                self._note_failed(wording.NOT_MARKABLE, reading.name)
            elif reading.conversation not in waiting:
                self._to_read.append(reading)
        self._read_on()

    def marked_as_read(self, event: events.MarkedAsRead | events.MarkAsReadFailed) -> None:
        """The session says what became of a call. What failed of all is said once the last of them has ended."""
        if event.conversation not in self._reading:
            if isinstance(event, events.MarkAsReadFailed):
                self._own.say(wording.not_marked({event.message: [event.name]}))
            return
        self._reading.remove(event.conversation)
        if isinstance(event, events.MarkAsReadFailed):
            self._note_failed(event.message, event.name)
            if event.temporary:  # or hundreds would be tried in vain, each until it is given up
                for reading in self._to_read:
                    self._note_failed(event.message, reading.name)
                self._to_read.clear()
        self._read_on()

    def session_ended(self) -> None:
        """No reading call is waited for any more."""
        self._to_read.clear()
        self._reading.clear()
        self._failed.clear()

    def _note_failed(self, why: str, name: str) -> None:
        self._failed.setdefault(why, []).append(name)

    def _read_on(self) -> None:
        while self._to_read and len(self._reading) < AT_A_TIME:
            reading = self._to_read.popleft()
            self._reading.add(reading.conversation)
            self._send(events.MarkAsRead(*reading.conversation, reading.group, reading.name))
        if self._failed and not self._reading:
            failed, self._failed = self._failed, {}
            self._own.say(wording.not_marked(failed))
