"""Toasts by the desktop's notification daemon (``org.freedesktop.Notifications``), over the session bus.

All state but the queue belongs to the bus's thread. One call at a time is under way: so toasts keep their order, and a
daemon that never answers has one call to answer, not many; what waits meanwhile is bounded. A toast that a daemon may
have got is never sent a second time, and an answer that comes late still tells its number. A toast that certainly
reached no daemon waits a few seconds for one, or for the bus, to come back. A daemon that is known is addressed by its
unique name: what is written for it, and numbers that it gave, are not for another that took its place a moment ago.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ...events import Event, ToastClicked
from ...toast import Action, Handle, Toast
from ..bus.bus import Bus, DBusAddress, HeaderFields, MatchRule, Message, NoReply, error_of, new_method_call
from .toasts import APP_NAME, CALL_SOUND, EXPIRE, MESSAGE_SOUND, Toasts, escaped, safe_texts

WAIT_FOR_DAEMON_SECONDS = 5.0
"""Seconds that a toast waits for a daemon or a bus that is not there."""
FIRST_SECONDS = 30.0
"""Seconds after our start in which a toast waits longer: at login a shell may come well after its programs."""
FIRST_WAIT_SECONDS = 30.0
"""Seconds that such a toast waits."""
_MOST_OPEN = 100
"""Toasts whose clicks are waited for."""

_NAME = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_DBUS = "org.freedesktop.DBus"
_NO_RECEIVER_ERRORS = frozenset(
    {f"{_DBUS}.Error.ServiceUnknown", f"{_DBUS}.Error.NameHasNoOwner", f"{_DBUS}.Error.TimedOut"}
)
"""Errors by which the bus says that no daemon got the call; ``Error.Spawn.…`` are others."""
_NO_ANSWER_ERROR = f"{_DBUS}.Error.NoReply"
"""By it the bus says that the daemon went without an answer: whether it acted on the call is unknown."""
_UNKNOWN_DAEMON = frozenset({"body-markup"})
"""What is assumed of a daemon that does not say: escaping is ugly at worst, not escaping is dangerous."""
_DISMISSED, _CLOSED_BY_CALL = 2, 3
"""The reasons that end a toast. One that has expired (1) stays in the lists of GNOME 43 and Plasma 5.27: there it can
be clicked, replaced and taken away."""
_NORMAL, _CRITICAL = 1, 2
"""Urgencies. A critical toast stays until the person or we close it, and is shown over a full screen. In MATE 1.26 and
mako 1.7 it stays only if it is told with no time at all (0, which is "never expires" in the specification)."""
_LABELS = {Action.MARK_AS_READ: "Mark as read", Action.MUTE_HOUR: "Mute 1 hour", Action.JOIN: "Join"}
_DESKTOP_ENTRY = "telex-start"
"""By this name desktops keep their settings and lists for the program."""


ImageData = tuple[int, int, bytes]
"""A picture for the hint ``image-data``: width and height in pixels, and rows of R, G, B, A bytes."""


class DBusToasts(Toasts):
    """Shows toasts through the notification daemon.

    Args:
        dispatch: Where events go, on the bus's thread: also :class:`ToastClicked` where the desktop reports clicks.
        bus: The connection to the session bus, started already or not; the caller stays its owner.
        icon: Gives the picture for every toast; asked once, with the first one.
        clickable: Clicks are told.
        on_shown: As in :class:`Toasts`.
    """

    def __init__(
        self,
        dispatch: Callable[[Event], object],
        bus: Bus,
        *,
        icon: Callable[[], ImageData] | None = None,
        clickable: bool = True,
        on_shown: Callable[[Toast], object] = lambda toast: None,
    ) -> None:
        super().__init__(dispatch, on_shown)
        self._bus = bus
        self._clickable = clickable
        self._draw_icon = icon
        self._icon: ImageData | None = None
        self._wake_posted = False
        # From here on, only the bus's thread.
        self._busy = False
        self._capabilities: frozenset[str] | None = None
        self._capabilities_assumed = False
        self._daemon = ""
        self._retry_is_due = False
        self._open: dict[int, Toast] = {}
        self._latest: dict[Handle, int] = {}
        # The last toast of each handle, where the daemon's answer to it is overdue: its number may come still.
        self._overdue: dict[Handle | None, Toast] = {}
        self._expired: set[int] = set()
        self._token = (0, "")
        self._started = time.monotonic()
        self._under_way: Toast | None = None
        self._left: threading.Event | None = None
        self._unconfirmed = 0
        owner_changed = MatchRule(type="signal", sender=_DBUS, interface=_DBUS, member="NameOwnerChanged")
        owner_changed.add_arg_condition(0, _NAME)
        bus.subscribe(owner_changed, self._owner_changed)
        bus.subscribe(MatchRule(type="signal", interface=_NAME, member="ActionInvoked"), self._clicked)
        bus.subscribe(MatchRule(type="signal", interface=_NAME, member="ActivationToken"), self._token_came)
        bus.subscribe(MatchRule(type="signal", interface=_NAME, member="NotificationClosed"), self._closed)
        bus.on_connect(self._new_daemon)

    def show(self, toast: Toast) -> None:
        if not toast.silent or not self._queue.put_in_place(toast):
            self._queue.put(toast)
        self._wake_soon()

    def close(self, handle: Handle) -> None:
        self._queue.remove(handle)
        self._wake_soon()

    def stop(self, timeout: float = 0.2) -> None:
        super().stop()
        left = threading.Event()
        if self._bus.post(lambda: self._leave(left)):
            left.wait(timeout)

    def _wake_soon(self) -> None:
        if not self._wake_posted:  # two threads may both see this, which costs one turn of the bus's thread
            self._wake_posted = True
            self._bus.post(self._wake)

    # --- on the bus's thread ----------------------------------------------------------------------------------------

    def _wake(self) -> None:
        self._wake_posted = False  # before looking, or a toast that comes now would wait for the next one
        if self._queue.newly_dropped():
            self._failed("Too many toasts at once, or the notification daemon is too slow: the oldest were dropped.")
        self._next()

    def _next(self) -> None:
        """Go on with what waits, unless a call is under way."""
        self._close_taken_back()
        if self._busy:
            return
        if self._capabilities is None:
            if self._queue:
                asked = self._daemon
                message = new_method_call(self._address(), "GetCapabilities")
                self._busy = self._bus.call(message, lambda reply: self._learned(asked, reply))
            return
        while True:
            toast = self._queue.take()
            if toast is None:
                if not self._close_taken_back():
                    return
            elif toast.silent and not self._on_screen(toast):
                self._queue.done()  # what it would take the place of is gone, or never was there
            else:
                break
        self._notify(toast, self._capabilities)

    def _address(self) -> DBusAddress:
        return DBusAddress(_PATH, self._daemon or _NAME, _NAME)

    def _learned(self, asked: str, reply: Message | NoReply) -> None:
        self._busy = False
        if self._is_gone(asked, reply):
            self._next()
            return
        if self._reached_nobody(reply):
            self._wait_for_a_daemon(reply)
            return
        if isinstance(reply, NoReply) or error_of(reply):
            self._capabilities = _UNKNOWN_DAEMON
            self._capabilities_assumed = isinstance(reply, NoReply)
        else:
            words = _first(reply)
            self._capabilities = frozenset(words) if isinstance(words, list) else _UNKNOWN_DAEMON
            self._daemon = _sender(reply)
        self._next()

    def _notify(self, toast: Toast, capabilities: frozenset[str]) -> None:
        actions: list[str] = []
        if self._clickable and "actions" in capabilities:
            actions = ["default", "Open Telex"]
            for action in toast.actions:
                actions += [action.value, _LABELS[action]]
        urgency = _CRITICAL if toast.urgent else _NORMAL
        hints: dict[str, tuple[str, Any]] = {"urgency": ("y", urgency), "desktop-entry": ("s", _DESKTOP_ENTRY)}
        if toast.transient:
            hints["transient"] = ("b", True)
        sound = self.sound
        if toast.silent or sound == "off":
            hints["suppress-sound"] = ("b", True)
        elif sound == "on" and "sound" in capabilities:
            hints["sound-name"] = ("s", CALL_SOUND if toast.urgent else MESSAGE_SOUND)
        if toast.conversation is not None:
            hints["category"] = ("s", "im.received")
        elif toast.urgent:
            hints["category"] = ("s", "call.incoming")
        replaces = self._latest.get(toast.handle, 0) if toast.handle is not None else 0
        if self._icon is None and self._draw_icon is not None:
            self._icon = self._draw_icon()
        if self._icon is not None:
            width, height, rgba = self._icon
            hints["image-data"] = ("(iiibiiay)", (width, height, width * 4, True, 8, 4, rgba))
        title, body = safe_texts(toast)
        if "body-markup" in capabilities:
            body = escaped(body)
        arguments = (APP_NAME, replaces, "", title, body, actions, hints, 0 if toast.urgent else EXPIRE)
        message = new_method_call(self._address(), "Notify", "susssasa{sv}i", arguments)
        self._under_way = toast
        asked = self._daemon
        self._busy = self._bus.call(
            message, lambda reply: self._notified(toast, asked, reply), late=lambda reply: self._came_late(toast, reply)
        )
        if self._busy:
            self._overdue.pop(toast.handle, None)
        else:
            self._under_way = None
            self._queue.done()
            self._failed("A toast could not be sent to the notification daemon.")

    def _notified(self, toast: Toast, asked: str, reply: Message | NoReply) -> None:
        self._busy, self._under_way = False, None
        if self._is_gone(asked, reply):
            self._queue.put_back()
            self._next()
            return
        if self._reached_nobody(reply):
            self._queue.put_back()
            self._capabilities = None
            self._wait_for_a_daemon(reply)
            return
        wanted = self._queue.done()
        error = "" if isinstance(reply, NoReply) else error_of(reply)
        if isinstance(reply, NoReply) or error == _NO_ANSWER_ERROR:
            if isinstance(reply, NoReply) and wanted and toast.handle is not None:
                if len(self._overdue) >= _MOST_OPEN:
                    del self._overdue[next(iter(self._overdue))]
                self._overdue[toast.handle] = toast
            self._failed("The notification daemon does not answer.")
        elif error:
            self._failed(f"The notification daemon refused a toast ({error}).")
        else:
            self._daemon = _sender(reply)
            self._remember(toast, _first(reply))
            if not wanted and toast.handle is not None:
                self._close(toast.handle)
            if self._capabilities_assumed:  # it is there after all, so it can be asked before the next one
                self._capabilities, self._capabilities_assumed = None, False
            self._shown(toast)
        self._look_whether_left()
        self._next()

    def _came_late(self, toast: Toast, reply: Message) -> None:
        """The daemon has shown it after all, or refused it. What was said of it meanwhile holds."""
        ident, daemon = _first(reply), _sender(reply)
        if error_of(reply) or not isinstance(ident, int) or self._daemon not in ("", daemon):
            return
        self._daemon = daemon
        if toast.handle is None or self._overdue.get(toast.handle) is toast:
            self._overdue.pop(toast.handle, None)
            self._remember(toast, ident)
        elif ident not in self._open:  # it is there where the toast has been replaced
            self._take_away(ident)
        self._shown(toast)

    def _remember(self, toast: Toast, ident: Any) -> None:
        if not isinstance(ident, int):
            return
        if len(self._open) >= _MOST_OPEN:
            self._forget(next(iter(self._open)))
        self._open.pop(ident, None)
        self._open[ident] = toast
        self._expired.discard(ident)
        if toast.handle is not None:
            self._latest[toast.handle] = ident

    def _forget(self, ident: int) -> None:
        toast = self._open.pop(ident, None)
        self._expired.discard(ident)
        if toast is not None and toast.handle is not None and self._latest.get(toast.handle) == ident:
            del self._latest[toast.handle]

    def _on_screen(self, toast: Toast) -> bool:
        """Whether the toast that this one would take the place of can still be seen."""
        ident = self._latest.get(toast.handle) if toast.handle is not None else None
        return ident is not None and ident not in self._expired

    def _is_gone(self, asked: str, reply: Message | NoReply) -> bool:
        """Whether the daemon that was asked by its unique name is none any more and did nothing.

        Then whoever is the daemon can be asked at once. After the bus was lost and found, the name may even be
        another program's.
        """
        if not asked or isinstance(reply, NoReply) or error_of(reply) in ("", _NO_ANSWER_ERROR):
            return False
        if asked == self._daemon:
            if not self._reached_nobody(reply):
                return False
            self._daemon = ""
        self._capabilities = None
        return True

    def _reached_nobody(self, reply: Message | NoReply) -> bool:
        """Whether the call certainly reached no daemon."""
        if isinstance(reply, NoReply):
            return reply is NoReply.NEVER_SENT
        error = error_of(reply)
        return error in _NO_RECEIVER_ERRORS or error.startswith(f"{_DBUS}.Error.Spawn.")

    def _wait_for_a_daemon(self, reply: Message | NoReply) -> None:
        """Nobody can show a toast now: keep what is not too old for when somebody can."""
        now = time.monotonic()
        if self._queue.drop_while(lambda since: self._given_up_at(since) <= now):
            if isinstance(reply, NoReply):
                self._failed("The session bus cannot be reached, so no toasts are shown.")
            else:
                self._failed("No notification daemon is running (dunst and mako are two), so no toasts are shown.")
        since = self._queue.oldest()
        if since is None:
            return
        if isinstance(reply, NoReply):
            self._next()  # the bus has kept the call as long as it could, so this turns slowly
        elif not self._retry_is_due:
            self._retry_is_due = self._bus.later(self._given_up_at(since) - now, self._retry)

    def _given_up_at(self, since: float) -> float:
        """Until when a toast that waits since then waits for a daemon."""
        early = since < self._started + FIRST_SECONDS
        return since + (FIRST_WAIT_SECONDS if early else WAIT_FOR_DAEMON_SECONDS)

    def _retry(self) -> None:
        self._retry_is_due = False
        self._next()

    def _close_taken_back(self) -> bool:
        """Take off the screen what is to be; whether there was any."""
        handles = self._queue.take_closing()
        for handle in handles:
            self._close(handle)
        return bool(handles)

    def _close(self, handle: Handle) -> None:
        self._overdue.pop(handle, None)
        ident = self._latest.get(handle)
        if ident is not None:
            self._forget(ident)
            self._take_away(ident)

    def _take_away(self, ident: int) -> None:
        message = new_method_call(self._address(), "CloseNotification", "u", (ident,))
        self._unconfirmed += self._bus.call(message, self._close_answered)

    def _close_answered(self, _: Message | NoReply) -> None:
        self._unconfirmed -= 1
        self._look_whether_left()

    def _leave(self, left: threading.Event) -> None:
        self._left = left
        self._queue.clear()  # here: what was shown right before the end is on its way by now
        for toast in [*self._open.values(), *self._overdue.values()]:
            if toast.key:
                self._close(toast.key)
        self._look_whether_left()

    def _look_whether_left(self) -> None:
        own_under_way = self._under_way is not None and bool(self._under_way.key)
        if self._left is not None and not own_under_way and not self._unconfirmed:
            self._left.set()

    # --- signals ----------------------------------------------------------------------------------------------------

    def _owner_changed(self, message: Message) -> None:
        self._new_daemon(message.body[2])

    def _new_daemon(self, daemon: str = "") -> None:
        """Another daemon, or another bus: nothing of the old one's holds any more."""
        self._capabilities = None
        self._daemon = daemon
        self._open.clear()
        self._latest.clear()
        self._overdue.clear()
        self._expired.clear()
        if daemon or self._bus.unique_name:
            self._next()

    def _from_daemon(self, message: Message) -> bool:
        return _sender(message) == self._daemon  # anybody may send such a signal

    def _clicked(self, message: Message) -> None:
        if not self._from_daemon(message):
            return
        ident, action = message.body
        toast = self._open.get(ident)
        token, self._token = self._token, (0, "")
        if toast is not None and action in ("default", *toast.actions):
            self._dispatch(ToastClicked(toast, action, token[1] if token[0] == ident else ""))

    def _token_came(self, message: Message) -> None:
        # By the specification (1.2) it comes right before the click that it is for.
        if self._from_daemon(message):
            ident, token = message.body
            self._token = (ident, token)

    def _closed(self, message: Message) -> None:
        if not self._from_daemon(message):
            return
        ident, reason = message.body
        if reason in (_DISMISSED, _CLOSED_BY_CALL):
            self._forget(ident)
        elif ident in self._open:
            self._expired.add(ident)


def _first(message: Message) -> Any:
    return message.body[0] if message.body else None


def _sender(message: Message) -> str:
    return str(message.header.fields.get(HeaderFields.sender, ""))
