"""The App: the loop on the main thread that takes each event from the queue and decides what follows from it.

Which part handles which event, menu item and request stands in three tables. The loop waits without a time-out while
nothing is due.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty
from typing import Any

from .. import events
from ..config import Config
from ..errors import EXIT_FAILED
from ..menu import MenuItem, MuteFor, Request
from ..news import wording
from ..news.scheduler import soonest
from ..news.unread import Counts
from ..states import SIGNED_IN, State
from ..toast import Action, Conversation
from .app_toasts import AppToasts
from .config_controller import ConfigController
from .news_controller import NewsController
from .opening import Opening
from .ports import Ports
from .quiet_controller import PAUSES, QuietController
from .renewal import Renewal
from .sign_in import SignInController

log = logging.getLogger(__name__)

SESSION_WITHIN = 1.0
"""Seconds that Exit waits for the session thread."""
_IN_A_ROW = 500
"""Events that came together and are taken, at most, before it is looked what is due."""
_AFTER_FAILURE = 1.0
"""Seconds after which what was due and failed unexpectedly is tried again."""
_NO_WINDOW = {"preferences": "No preferences window", "doctor": "No window for Doctor", "about": "No window for About"}


class App:
    """The main thread's work: hands each event to the part whose matter it is, and commands session and desktop."""

    def __init__(self, config: Config, ports: Ports) -> None:
        """``config`` is the configuration that counts now, from ``ports.source``."""
        self._ports = ports
        self._web_url = config.web_url
        self._icon_seen = False
        self._exit_code: int | None = None
        self.last_words = ""
        """Why the program ends with a code other than 0; one line."""
        self._due_not_before = float("-inf")
        surface, session = ports.surface, ports.session
        self._quiet = QuietController(
            config,
            ports.memory,
            changed=self._quiet_changed,
            cannot_keep=self._cannot_keep,
            client_in_front=self._client_in_front,
            now=ports.now,
            wall=ports.wall,
            boot=ports.boot,
        )
        self._own = AppToasts(ports, lambda: self._quiet.quiet.is_quiet(ports.now()))
        self._sign_in = SignInController(config, ports, self._own, self._quiet, self._quit, self._state_changed)
        self._config = ConfigController(config, ports, self._own, self._configure)
        self._opening = Opening(config.web_url, ports, self._own)
        self._news = NewsController(config, ports, self._own, self._opening, self._quiet.quiet, self._counts_changed)
        self._notifier = self._news.notifier
        self._renewal = Renewal(self._sign_in.session, self._notifier.recent, surface.show, surface.renew_every)
        self._parts = (self._quiet, self._news, self._opening, self._renewal, self._sign_in, self._sign_in.kept)
        """Those that have something due at times."""
        self._handlers: dict[type[events.Event], Callable[[Any], object]] = {
            **dict.fromkeys(self._news.handlers, self._news_came),
            events.ChildEnded: self._window_ended,
            events.ChildSaid: self._window_said,
            events.IconClicked: lambda event: self._open(event.token),
            events.IconMiddleClicked: self._icon_middle_clicked,
            events.LinkMailed: self._sign_in.link_mailed,
            events.MachineWoke: lambda event: self._machine_woke(),
            events.MainAppAnswered: self._opening.answered,
            events.MarkAsReadFailed: self._news.marked_as_read,
            events.MarkedAsRead: self._news.marked_as_read,
            events.MenuClicked: self._menu_clicked,
            events.MenuOpened: lambda event: self._menu_opened(),
            events.MuteChosen: self._mute_chosen,
            events.Notice: lambda event: self._own.tell(event.title, event.message, needs_person=event.needs_person),
            events.Requested: lambda event: self._requests[event.request](event.argument),
            events.SignInFailed: self._sign_in.failed,
            events.SlugFetched: self._opening.learn,
            events.StateChanged: self._state_changed,
            events.ThreadFailed: self._thread_failed,
            events.ToastClicked: self._toast_clicked,
            events.ToastFailed: lambda event: log.warning("toasts cannot be shown: %s", event.message),
            events.TrayAppeared: lambda event: self._tray_appeared(),
            events.TrayMissing: self._tray_missing,
            events.Trouble: self._trouble,
            events.UnreadClicked: self._unread_clicked,
        }
        """Who handles which event."""
        self._openers: dict[MenuItem, Callable[[str], object]] = {
            MenuItem.OPEN_MAIN_APP: self._opening.open_client,
            MenuItem.PREFERENCES: self._open_preferences,
            MenuItem.DOCTOR: ports.windows.open_doctor,
            MenuItem.OPEN_LOG: ports.windows.open_log,
            MenuItem.ABOUT: self._open_about,
        }
        """What the items do that open something: it ends the desktop's waiting for it when it is there."""
        self._choices: dict[MenuItem, Callable[[], object]] = {
            **{item: partial(self._quiet.pause, argument) for item, argument in PAUSES.items()},
            MenuItem.LOGIN: self._sign_in.login_chosen,
            MenuItem.CLOSE_MAIN_APP: self._opening.close_client,
            MenuItem.MARK_ALL_AS_READ: self._mark_all_as_read,
            MenuItem.TEST_NOTIFICATIONS: lambda: self._news.show(wording.SAMPLE),
            MenuItem.SIGN_OUT: self._sign_in.sign_out,
            MenuItem.RECONNECT_NOW: lambda: session.send(events.ReconnectNow()),
            MenuItem.EXIT: self._quit,
        }
        """What the other items of the menu do."""
        self._requests: dict[Request, Callable[[str], object]] = {
            Request.OPEN: lambda argument: self._open(),
            Request.LOGIN: lambda argument: self._login_requested(),
            Request.PREFERENCES: lambda argument: self._open_preferences(""),
            Request.PAUSE: self._quiet.pause,
            Request.RELOAD: lambda argument: self._config.reload(),
            Request.FORGET: lambda argument: self._sign_in.kept.forget(),
            Request.EXIT: lambda argument: self._quit(),
        }
        """What another start, a command or a signal may ask, with its argument."""

    def run(
        self, sign_in: list[events.SignIn], open_window: bool, at_login: bool = False, unattended: bool = False
    ) -> int:
        """Run until Exit.

        Args:
            sign_in: Empty, or the credentials given at the start, which are taken out.
            open_window: Open the login window at once; on a terminal: ask at once, whatever is kept.
            at_login: The desktop has started the program at log-in: nobody waits for it, and tokens are never kept, so
                the login window opens once a tray has come, or after a while without one.
            unattended: The credentials are a service's own: nothing of them is kept.

        Returns:
            The exit code.
        """
        try:
            title, problem = self._quiet.begin()
            if problem:
                self._own.tell(title, problem, needs_person=False)
            self._sign_in.begin(sign_in, open_window, at_login, unattended)
            due_in = self.turn()
            while self._exit_code is None:
                with suppress(Empty):
                    self._handle(self._ports.events.get(timeout=due_in))
                due_in = self.turn()
            return self._exit_code
        finally:
            if not self._ports.session.stop(SESSION_WITHIN):
                log.warning("thread session is still running")
            self._show_stopped()

    def _show_stopped(self) -> None:
        last = self._sign_in.session
        while not self._ports.events.empty():
            event = self._ports.events.get_nowait()
            if isinstance(event, events.StateChanged):
                last = event
        if last.state is not State.STOPPED:
            last = events.StateChanged(State.STOPPED)  # the session thread hangs in a call that Exit does not wait for
        self._ports.surface.state(last)

    def turn(self) -> float | None:
        """Handle what has come, and then what is due, without waiting.

        Returns:
            In how many seconds something is due; ``None`` where nothing is.
        """
        with suppress(Empty):
            for _ in range(_IN_A_ROW):
                if self._exit_code is not None:
                    break
                self._handle(self._ports.events.get_nowait())
        self._tick()
        due = soonest(*(part.deadline() for part in self._parts))
        return max(0.0, max(due, self._due_not_before) - self._ports.now()) if due is not None else None

    def _handle(self, event: events.Event) -> None:
        """One failing event never ends the loop."""
        try:
            self._handlers[type(event)](event)
        except Exception as error:
            self._own.unexpected(error)

    def _tick(self) -> None:
        now = self._ports.now()
        if now < self._due_not_before:
            return
        for part in self._parts:
            try:
                part.tick(now)
            except Exception as error:
                self._own.unexpected(error)
                self._due_not_before = now + _AFTER_FAILURE  # it may still be due

    def _quit(self, code: int = 0, why: str = "") -> None:
        self.last_words = why
        self._exit_code = code
        self._sign_in.close_window()

    def _menu_clicked(self, event: events.MenuClicked) -> None:
        if event.item in self._openers:
            self._openers[event.item](event.token)
        else:
            self._ports.surface.end_startup(event.token)
            self._choices[event.item]()

    def _menu_opened(self) -> None:
        self._config.look()
        self._quiet.look()

    def _machine_woke(self) -> None:
        self._quiet.look()
        self._ports.session.send(events.ReconnectNow())

    def _login_requested(self) -> None:
        if self._sign_in.session.sign_in_again:
            self._sign_in.login_chosen()
        else:
            self._open()

    def _open(self, token: str = "") -> None:
        """What a click on the icon or a toast, or a second start, asks for."""
        if self._sign_in.signed_in:
            self._opening.open_client(token)
        else:
            self._ports.surface.end_startup(token)
            self._sign_in.clicked()

    def _toast_clicked(self, event: events.ToastClicked) -> None:
        toast, token = event.toast, event.token
        if toast.place is None or not self._sign_in.signed_in:
            self._open(token)
        elif event.action == Action.MARK_AS_READ:
            self._ports.surface.end_startup(token)
            self._news.mark_as_read(toast)
        elif event.action == Action.DECLINE:
            self._ports.surface.end_startup(token)
            self._news.decline(toast)
        elif event.action == Action.MUTE_HOUR:
            self._ports.surface.end_startup(token)
            if toast.conversation is not None:
                self._ports.toasts.close(toast.conversation)
                self._mute(toast.conversation, MuteFor.HOUR)
        else:
            self._opening.open(toast.place, token, in_browser=event.action == Action.JOIN)

    def _icon_middle_clicked(self, event: events.IconMiddleClicked) -> None:
        self._ports.surface.end_startup(event.token)
        self._quiet.toggle()

    def _mute_chosen(self, event: events.MuteChosen) -> None:
        self._ports.surface.end_startup(event.token)
        self._mute(event.conversation, event.how_long, event.name)

    def _mute(self, conversation: Conversation, how_long: MuteFor | None, name: str = "") -> None:
        self._quiet.mute(conversation, how_long, name or self._notifier.name_of(conversation))

    def _unread_clicked(self, event: events.UnreadClicked) -> None:
        if self._sign_in.signed_in:
            self._news.clicked(event)
        else:
            self._open(event.token)

    def _mark_all_as_read(self) -> None:
        if self._sign_in.signed_in:
            self._news.mark_all_as_read()
        else:
            self._sign_in.clicked()

    def _open_about(self, token: str) -> None:
        view = self._renewal.shown
        muted = [(muted.label, muted.until) for muted in view.muted]
        data = {"status": view.words or view.status, "muted": muted, "web": self._web_url}
        self._ports.windows.open_about(data, token)

    def _open_preferences(self, token: str) -> None:
        muted = self._quiet.quiet.silence(self._ports.now()).muted
        self._config.open_window(self._notifier.known_organisations(), muted, token)

    def _window_said(self, event: events.ChildSaid) -> None:
        if event.child.startswith("keyring"):
            self._sign_in.kept.said(event.child, event.said)
        elif event.child == "login" and "saved" not in event.said:
            self._sign_in.window_said(event.said)
        else:
            self._config.window_said(event.said)

    def _window_ended(self, event: events.ChildEnded) -> None:
        if event.child == "login":
            self._sign_in.window_ended(event.problem)
        elif event.child.startswith("keyring"):
            self._sign_in.kept.ended(event.child, event.problem)
        elif event.problem:
            self._own.tell(_NO_WINDOW[event.child], event.problem)

    def _thread_failed(self, event: events.ThreadFailed) -> None:
        words = f"Its {event.thread} part failed ({event.error})."
        self._own.tell("Telex Start had a problem", words, needs_person=False)

    def _trouble(self, event: events.Trouble) -> None:
        self._ports.surface.trouble(event)
        self._sign_in.trouble(event)

    def _tray_appeared(self) -> None:
        self._icon_seen = True
        self._own.take_back(wording.TRAY)
        self._sign_in.tray_appeared()

    def _tray_missing(self, event: events.TrayMissing) -> None:
        # Once: a panel that restarts later is no news.
        if not self._icon_seen:
            self._icon_seen = True
            nobody = self._sign_in.session.state not in SIGNED_IN | {State.SIGNING_IN}
            self._own.say(wording.no_tray(event.missing, signed_in=not nobody), needs_person=nobody)

    def _news_came(self, event: events.Event) -> None:
        self._news.handle(event)
        if isinstance(event, events.OrganisationsChanged):
            self._config.organisations(event.organisations)
        self._renewal.change(self._ports.now(), paused=self._notifier.paused)  # also for what is recent

    def _state_changed(self, event: events.StateChanged) -> None:
        before = self._sign_in.session
        follows = self._sign_in.state(event)
        if event.state is State.STOPPED and self._exit_code is None:
            # The session thread has ended, and nobody has asked it to: without it this program is of no use.
            why = "the part that talks to Telex failed twice; the log tells more"
            self._own.say(wording.said("Telex Start has ended", f"No notifications come any more: {why}.", key=""))
            self._quit(EXIT_FAILED, why)
        if event.state is State.SIGNED_OUT:
            self._news.clear()
            self._opening.clear()
            self._config.organisations(())
        elif event.state not in SIGNED_IN:
            self._news.session_ended()
        if event.left_out > before.left_out:
            self._name_unread()
        self._ports.surface.state(event)
        self._renewal.change(self._ports.now(), session=event, paused=self._notifier.paused)
        if follows:
            self._sign_in.follow(before)

    def _name_unread(self) -> None:
        """Not all organisations have room on a connection: those with unread messages go first on the next one."""
        self._ports.session.prefer(self._notifier.unread_channels())

    def _counts_changed(self, counts: Counts) -> None:
        if self._sign_in.session.left_out:
            self._name_unread()
        self._ports.surface.unread(counts)
        self._renewal.change(self._ports.now(), unread=counts.unread)

    def _client_in_front(self) -> bool:
        return self._news.client_in_front()

    def _configure(self, config: Config) -> None:
        self._ports.configure(config)
        for part in (self._news, self._quiet, self._sign_in):
            part.configure(config)

    def _quiet_changed(self, now: float) -> None:
        self._notifier.quiet_changed(now)
        self._own.quiet_changed()
        self._renewal.change(now, paused=self._notifier.paused, silence=self._quiet.quiet.silence(now))

    def _cannot_keep(self, why: str) -> None:
        log.warning("what is paused and muted cannot be kept over a restart: %s", why)
        words = f"It holds until Telex Start ends, but cannot be kept over a restart: {why}."
        self._own.tell("What is paused and muted is not saved", words)
