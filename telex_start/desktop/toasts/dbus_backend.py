"""Shows toasts by the desktop's notification daemon (``org.freedesktop.Notifications``), over the session bus.

All state belongs to the bus's thread. Only one call that shows or prepares a toast is under way at a time: so toasts
keep their order, and a daemon that never answers has one such call, not many. Meanwhile a bounded number of toasts
waits. A toast that a daemon may have got is never sent a second time; a late answer still tells the toast's number. A
toast that certainly reached no daemon waits a few seconds for a daemon, or for the bus, to come back. A known daemon is
addressed by its unique name: texts made for it, and numbers that it gave, must not go to another daemon that took its
place a moment ago.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from ...events import Event, ToastClicked
from ...toast import Action, Handle, Toast
from ..bus.bus import Bus, DBusAddress, Message, NoReply, body_of, error_of, new_method_call, sender_of
from .toasts import APP_NAME, CALL_SOUND, EXPIRE, MESSAGE_SOUND, Toasts, escaped, safe_texts

WAIT_FOR_DAEMON_SECONDS = 5.0
"""Seconds that a toast waits for a daemon or a bus that is not there."""
FIRST_SECONDS = 30.0
"""Seconds after our start in which a toast waits longer: at log-in a shell may come well after its programs."""
FIRST_WAIT_SECONDS = 30.0
"""Seconds that such a toast waits."""
_MOST_OPEN = 100
"""Toasts that are remembered, to know them again when they are clicked, replaced or closed."""

_NAME = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_DBUS = "org.freedesktop.DBus"
_NO_RECEIVER_ERRORS = frozenset(
    {f"{_DBUS}.Error.ServiceUnknown", f"{_DBUS}.Error.NameHasNoOwner", f"{_DBUS}.Error.TimedOut"}
)
"""Errors by which the bus says that no daemon got the call; ``Error.Spawn.…`` are others."""
_NO_ANSWER_ERROR = f"{_DBUS}.Error.NoReply"
"""The bus's error if the daemon went without an answer: whether the daemon acted on the call is unknown."""
_UNKNOWN_DAEMON = frozenset({"body-markup"})
"""The capabilities assumed of a daemon that does not tell them: escaping is at worst ugly, not escaping dangerous."""
_DISMISSED, _CLOSED_BY_CALL = 2, 3
"""The reasons after which a toast is gone. A toast that has expired (1) stays in the lists of GNOME 43 and Plasma 5.27,
where it can be clicked, replaced and taken away."""
_NORMAL, _CRITICAL = 1, 2
"""Urgencies. A critical toast stays until the person or we close it, and is shown over a full screen. In MATE 1.26 and
mako 1.7 it stays only if it is sent with the time 0, which is "never expires" in the specification."""
_LABELS = {
    Action.MARK_AS_READ: "Mark as read",
    Action.MUTE_HOUR: "Mute 1 hour",
    Action.JOIN: "Join",
    Action.DECLINE: "Decline",
}
_DESKTOP_ENTRY = "telex-start"
"""The name under which desktops keep their settings and lists for the program."""


ImageData = tuple[int, int, bytes]
"""A picture for the hint ``image-data``: width and height in pixels, and rows of R, G, B, A bytes."""


class DBusToasts(Toasts):
    """Shows toasts through the notification daemon.

    Args:
        dispatch: Where events go, on the bus's thread: also :class:`ToastClicked` where the desktop reports clicks.
        bus: The connection to the session bus, started already or not; the caller stays its owner.
        icon: Gives the picture for every toast.
        clickable: Clicks are dispatched.
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
        self._icon = icon
        # From here on, only the bus's thread.
        self._busy = False
        self._under_way: Toast | None = None
        self._wanted = False
        """The toast under way has not been taken back."""
        self._capabilities: frozenset[str] | None = None
        self._capabilities_assumed = False
        self._daemon = ""
        self._retry_is_due = False
        self._open: dict[int, Toast] = {}
        # The last toast of each handle, if the daemon's answer to it is overdue: its number may still come.
        self._overdue: dict[Handle | None, Toast] = {}
        self._expired: set[int] = set()
        self._token = (0, "")
        self._started = time.monotonic()
        self._left: threading.Event | None = None
        self._unconfirmed = 0
        bus.watch_owner(_NAME, self._new_daemon)
        bus.subscribe(self._clicked, interface=_NAME, member="ActionInvoked")
        bus.subscribe(self._token_came, interface=_NAME, member="ActivationToken")
        bus.subscribe(self._closed, interface=_NAME, member="NotificationClosed")
        bus.on_connect(self._new_daemon)

    def show(self, toast: Toast) -> None:
        self._bus.post(lambda: self._put(toast))

    def close(self, handle: Handle) -> None:
        self._bus.post(lambda: self._take_back(handle))

    def stop(self, timeout: float = 0.2) -> None:
        left = threading.Event()
        if self._bus.post(lambda: self._leave(left)):
            left.wait(timeout)

    # On the bus's thread.

    def _put(self, toast: Toast) -> None:
        if not toast.silent or not self._put_in_place(toast):
            self._add(toast, "the notification daemon")
        self._next()

    def _take_back(self, handle: Handle) -> None:
        self._drop(handle)
        if self._under_way is not None and self._under_way.handle == handle:
            self._wanted = False
        self._close(handle)

    def _next(self) -> None:
        """Send the next toasts that wait, unless a call is under way."""
        asked = self._daemon
        while self._waiting and not self._busy:
            if self._capabilities is None:
                message = new_method_call(self._address(), "GetCapabilities")
                self._busy = self._bus.call(message, lambda reply: self._learned(asked, reply))
                return
            toast, since = self._waiting.popleft()
            # A silent toast only replaces another, which may be gone, or never was there.
            if not toast.silent or self._on_screen(toast):
                self._notify(toast, since, self._capabilities)

    def _address(self) -> DBusAddress:
        return DBusAddress(_PATH, self._daemon or _NAME, _NAME)

    def _learned(self, asked: str, reply: Message | NoReply) -> None:
        self._busy = False
        if self._lost(asked, reply):
            return
        words = _first(reply)
        self._capabilities = frozenset(words) if isinstance(words, list) else _UNKNOWN_DAEMON
        self._capabilities_assumed = isinstance(reply, NoReply)
        if isinstance(reply, Message) and not error_of(reply):
            self._daemon = sender_of(reply)
        self._next()

    def _notify(self, toast: Toast, since: float, capabilities: frozenset[str]) -> None:
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
        if self._icon is not None:
            width, height, rgba = self._icon()
            hints["image-data"] = ("(iiibiiay)", (width, height, width * 4, True, 8, 4, rgba))
        title, body = safe_texts(toast)
        if "body-markup" in capabilities:
            body = escaped(body)
        replaces, expire = self._ident_of(toast.handle), 0 if toast.urgent else EXPIRE
        arguments = (APP_NAME, replaces, "", title, body, actions, hints, expire)
        message = new_method_call(self._address(), "Notify", "susssasa{sv}i", arguments)
        asked = self._daemon
        self._busy = self._bus.call(
            message,
            lambda reply: self._notified(toast, since, asked, reply),
            late=lambda reply: self._came_late(toast, reply),
        )
        if self._busy:
            self._under_way, self._wanted = toast, True
            self._overdue.pop(toast.handle, None)
        else:
            self._failed("A toast could not be sent to the notification daemon.")

    def _notified(self, toast: Toast, since: float, asked: str, reply: Message | NoReply) -> None:
        self._busy, self._under_way = False, None
        if self._lost(asked, reply, [(toast, since)] if self._wanted else []):
            return
        error = "" if isinstance(reply, NoReply) else error_of(reply)
        if isinstance(reply, NoReply) or error == _NO_ANSWER_ERROR:
            if isinstance(reply, NoReply) and self._wanted and toast.handle is not None:
                if len(self._overdue) >= _MOST_OPEN:
                    del self._overdue[next(iter(self._overdue))]
                self._overdue[toast.handle] = toast
            self._failed("The notification daemon does not answer.")
        elif error:
            self._failed(f"The notification daemon refused a toast ({error}).")
        else:
            self._daemon = sender_of(reply)
            self._remember(toast, _first(reply))
            if not self._wanted and toast.handle is not None:
                self._close(toast.handle)
            if self._capabilities_assumed:  # the daemon answers after all: ask it for them
                self._capabilities = None
            self._shown(toast)
        self._look_whether_left()
        self._next()

    def _came_late(self, toast: Toast, reply: Message) -> None:
        """The daemon has shown the toast late, or refused it. If it was closed or replaced meanwhile, that holds."""
        ident, daemon = _first(reply), sender_of(reply)
        if error_of(reply) or not isinstance(ident, int) or self._daemon not in ("", daemon):
            return
        self._daemon = daemon
        if toast.handle is None or self._overdue.get(toast.handle) is toast:
            self._overdue.pop(toast.handle, None)
            self._remember(toast, ident)
        elif ident not in self._open:  # if it is there, another toast has replaced this one
            self._take_away(ident)
        self._shown(toast)

    def _remember(self, toast: Toast, ident: object) -> None:
        if isinstance(ident, int):
            self._forget(ident)
            if len(self._open) >= _MOST_OPEN:
                self._forget(next(iter(self._open)))
            self._open[ident] = toast

    def _forget(self, ident: int) -> None:
        self._open.pop(ident, None)
        self._expired.discard(ident)

    def _ident_of(self, handle: Handle | None) -> int:
        """The daemon's number of the latest toast with this handle; 0 for none."""
        idents = (ident for ident, toast in reversed(self._open.items()) if toast.handle == handle)
        return next(idents, 0) if handle is not None else 0

    def _on_screen(self, toast: Toast) -> bool:
        """Whether the toast that this one would replace can still be seen."""
        ident = self._ident_of(toast.handle)
        return ident != 0 and ident not in self._expired

    def _lost(self, asked: str, reply: Message | NoReply, again: Iterable[tuple[Toast, float]] = ()) -> bool:
        """Whether the call certainly reached no daemon. Then the toasts that it was for wait for the next daemon.

        Args:
            asked: The unique name that was called; empty for whichever daemon there is. If that daemon has gone, the
                next one is called at once; after a new connection to the bus, the name may be another program's.
            reply: The reply to the call.
            again: The toasts of the call, each with the time since which it waits.
        """
        if isinstance(reply, NoReply):
            nobody, gone = reply is NoReply.NEVER_SENT, False
        else:
            error = error_of(reply)
            nobody = error in _NO_RECEIVER_ERRORS or error.startswith(f"{_DBUS}.Error.Spawn.")
            gone = bool(asked) and error not in ("", _NO_ANSWER_ERROR) and (asked != self._daemon or nobody)
        if not nobody and not gone:
            return False
        self._waiting.extendleft(again)
        self._capabilities = None
        if not gone:
            self._wait_for_a_daemon(reply)
        else:
            if asked == self._daemon:
                self._daemon = ""
            self._next()
        return True

    def _wait_for_a_daemon(self, reply: Message | NoReply) -> None:
        """No daemon can show a toast now: keep the toasts that are not too old until one can."""
        now = time.monotonic()
        before = len(self._waiting)
        while self._waiting and self._given_up_at(self._waiting[0][1]) <= now:
            self._waiting.popleft()
        if len(self._waiting) < before:
            if isinstance(reply, NoReply):
                self._failed("The session bus cannot be reached, so no toasts are shown.")
            else:
                self._failed("No notification daemon is running (dunst and mako are two), so no toasts are shown.")
        if not self._waiting:
            return
        if isinstance(reply, NoReply):
            self._next()  # each call has waited for the bus as long as it may, so this loop turns slowly
        elif not self._retry_is_due:
            self._retry_is_due = self._bus.loop.later(self._given_up_at(self._waiting[0][1]) - now, self._retry)

    def _given_up_at(self, since: float) -> float:
        """When a toast is given up that has waited for a daemon since this time; both by the monotonic clock."""
        early = since < self._started + FIRST_SECONDS
        return since + (FIRST_WAIT_SECONDS if early else WAIT_FOR_DAEMON_SECONDS)

    def _retry(self) -> None:
        self._retry_is_due = False
        self._next()

    def _close(self, handle: Handle) -> None:
        self._overdue.pop(handle, None)
        if ident := self._ident_of(handle):
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
        self._waiting.clear()
        for toast in [*self._open.values(), *self._overdue.values()]:
            if toast.key:
                self._close(toast.key)
        if self._under_way is not None and self._under_way.key:
            self._wanted = False
        self._look_whether_left()

    def _look_whether_left(self) -> None:
        own_under_way = self._under_way is not None and bool(self._under_way.key)
        if self._left is not None and not own_under_way and not self._unconfirmed:
            self._left.set()

    def _new_daemon(self, daemon: str = "") -> None:
        """There is another daemon, or another bus: forget all that the old one has told."""
        self._capabilities = None
        self._daemon = daemon
        self._open.clear()
        self._overdue.clear()
        self._expired.clear()
        if daemon or self._bus.unique_name:
            self._next()

    def _from_daemon(self, message: Message) -> bool:
        return sender_of(message) == self._daemon  # anybody may send such a signal

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


def _first(reply: Message | NoReply) -> object:
    """The first value of a reply; ``None`` for an error, or a reply without values."""
    body = body_of(reply)
    return body[0] if body else None
