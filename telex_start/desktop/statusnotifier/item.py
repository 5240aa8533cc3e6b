"""The icon on the bus (``org.kde.StatusNotifierItem``, freedesktop's and KDE's StatusNotifierItem specification).

It comes by itself when a panel does, and again after the panel or the bus was restarted, or lost it. The watcher
(``org.kde.StatusNotifierWatcher``), with which icons register, is most often a part of the panel, so it comes and goes
with it; a host is what shows the icons.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ..bus.bus import Bus, DBusAddress, HeaderFields, MatchRule, Message, MessageFlag, MessageType, new_method_call
from ..pixmaps import Pixmap
from .served import BUS, Interface, LogOnce, Method, Property, ServedObject, after_the_answer, wire_text

PATH = "/StatusNotifierItem"
"""Where every panel looks for it."""
MENU_PATH = "/MenuBar"
"""Where its menu is; the same as KDE's programs use."""
_INTERFACE = "org.kde.StatusNotifierItem"

ACTIVE, NEEDS_ATTENTION, PASSIVE = "Active", "NeedsAttention", "Passive"
"""The statuses: shown; shown even where icons are hidden; hidden, which lxqt-panel 1.2 does not heed."""

_NAME = "org.kde.StatusNotifierWatcher"
_WATCHER_PATH = "/StatusNotifierWatcher"
_WATCHER = DBusAddress(_WATCHER_PATH, _NAME, _NAME)
_PROPERTIES = DBusAddress(_WATCHER_PATH, _NAME, "org.freedesktop.DBus.Properties")

_TIMEOUT = 25.0
"""Seconds; at login a panel may own its name long before it answers."""
RETRIES = (0.1, 0.5, 2.0, 10.0, 30.0)
"""Seconds to wait after a watcher that is there answered an error; after these it is left alone until something
changes. xfce4-panel 4.18 owns its name a moment before it has the object that is called."""
_TRIES_UNTIL_NO_HOST = 2
"""Tries that may fail before it is told that there is no host."""
_NO_WATCHER_ERRORS = frozenset({"ServiceUnknown", "NameHasNoOwner", "Disconnected"})
"""Errors that say that there is no watcher, which is no failure."""
_CALM = 60.0
"""Seconds after which a watcher that drops the icon again is told of it at once, as if it had not dropped it before."""


class Item:
    """An icon in the tray; one for each connection. It is shown as soon as the connection is there.

    Its callbacks come on the bus's thread.

    Args:
        bus: The session bus, of which the caller stays the owner: started by the caller, after this.
        name: Tells the program to panels, which keep their settings for it by this name.
        title: A few words that panels show when the mouse is on the icon.
        pictures: The picture, best in all the sizes that panels show.
        on_host: Told whether a panel shows icons: once that is known, and at every change.
        on_activate: Told that the person clicked the icon.
        on_middle_click: Told that the person clicked it with the middle button.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        name: str,
        title: str,
        pictures: list[Pixmap],
        on_host: Callable[[bool], object] = lambda there: None,
        on_activate: Callable[[], object] = lambda: None,
        on_middle_click: Callable[[], object] = lambda: None,
    ) -> None:
        self.bus = bus
        self.name = name
        self.once = LogOnce()
        self.wanted = title, pictures, ACTIVE
        """Title, pictures and status, as they are to be."""
        self._stopped = False
        self._token = ""
        self._read = threading.Event()
        # From here on, only the bus's thread.
        self._title, self._pictures, self._status = self.wanted
        self._answer_for_menu: Callable[[Message], Message] | None = None
        self._asked_for_menu: list[Message] = []
        self._watcher = _Watcher(bus, on_host, self.once)
        text, pixmaps = "s", "a(iiay)"
        properties: dict[str, Property] = {
            "Category": (text, lambda: "Communications"),
            "Id": (text, lambda: name),
            "Title": (text, lambda: wire_text(self._title)),
            "Status": (text, lambda: self._status),
            "WindowId": ("i", lambda: 0),
            "IconThemePath": (text, lambda: ""),
            "Menu": ("o", lambda: MENU_PATH),
            "ItemIsMenu": ("b", lambda: False),
            "IconName": (text, lambda: ""),
            "IconPixmap": (pixmaps, self._read_pictures),
            "IconAccessibleDesc": (text, lambda: ""),
            "OverlayIconName": (text, lambda: ""),
            "OverlayIconPixmap": (pixmaps, lambda: []),
            "AttentionIconName": (text, lambda: ""),
            # Only while it is shown: xfce4-panel 4.18 goes on showing it when the attention ends but the picture stays.
            "AttentionIconPixmap": (pixmaps, lambda: self._sorted() if self._status == NEEDS_ATTENTION else []),
            "AttentionAccessibleDesc": (text, lambda: ""),
            "AttentionMovieName": (text, lambda: ""),
            "ToolTip": ("(sa(iiay)ss)", lambda: ("", [], wire_text(self._title), "")),
        }
        methods: dict[str, Method] = {
            "Activate": ("ii", "", lambda x, y: self._clicked(on_activate)),
            "SecondaryActivate": ("ii", "", lambda x, y: self._clicked(on_middle_click)),
            "ContextMenu": ("ii", "", lambda x, y: ()),
            "Scroll": ("is", "", lambda delta, orientation: ()),
            "ProvideXdgActivationToken": ("s", "", self._token_came),
        }
        signals = {
            "NewTitle": "",
            "NewIcon": "",
            "NewAttentionIcon": "",
            "NewOverlayIcon": "",
            "NewToolTip": "",
            "NewStatus": "s",
        }
        self._object = ServedObject(bus, PATH, Interface(_INTERFACE, methods, properties, signals), self.once)
        bus.export(PATH, self._object.answer)
        bus.export(MENU_PATH, self._menu_called)

    # --- from any thread --------------------------------------------------------------------------------------------

    @property
    def host(self) -> bool | None:
        """Whether a panel shows icons now; ``None`` until it is known."""
        return self._watcher.host

    def show(self, title: str, pictures: list[Pixmap], status: str) -> None:
        """Show this from now on."""
        self.wanted = title, pictures, status
        self.bus.post(self._up_to_date)

    def stop(self) -> None:
        """Take it away, for good. Does not wait; it is certainly gone when the connection has ended."""
        self._stopped = True
        self.bus.post(self._up_to_date)

    def wait_until_read(self, timeout: float) -> bool:
        """Wait until a panel has read the picture, which is when it draws the icon.

        A program that has much to do at its start shows its icon sooner if it waits with that: Python's threads take
        turns of up to 5 ms, and several calls are answered until the icon is there.

        Args:
            timeout: Seconds.

        Returns:
            Whether one has.
        """
        return self._read.wait(timeout)

    def take_activation_token(self) -> str:
        """What the panel gave for the click that is being told; empty without one, and when it was taken.

        A program that is started with it as ``XDG_ACTIVATION_TOKEN`` and ``DESKTOP_STARTUP_ID`` may take the focus. The
        desktop may show a busy pointer until that program, or whoever knows the token, says that it has come.
        """
        token, self._token = self._token, ""
        return token

    def serve_menu(self, answer: Callable[[Message], Message]) -> None:
        """Have the calls to the menu answered, those first that panels have made already."""

        def begin() -> None:
            self._answer_for_menu = answer
            for message in self._asked_for_menu:
                reply = answer(message)
                if not message.header.flags & MessageFlag.no_reply_expected:
                    self.bus.call(reply, None)
            self._asked_for_menu.clear()

        self.bus.post(begin)

    # --- on the bus's thread ----------------------------------------------------------------------------------------

    def _up_to_date(self) -> None:
        """Tell panels what is new."""
        title, pictures, status = self.wanted
        if self._stopped:
            status = PASSIVE
        new_title, new_pictures, new_status = title != self._title, pictures != self._pictures, status != self._status
        attention = NEEDS_ATTENTION in (status, self._status)
        self._title, self._pictures, self._status = title, pictures, status
        if new_title:
            self._object.emit("NewTitle")
            self._object.emit("NewToolTip")
        if new_pictures:
            self._object.emit("NewIcon")
        # xfce4-panel 4.18 looks at the pictures again only when a picture is new, not when the status is.
        if attention and (new_pictures or new_status):
            self._object.emit("NewAttentionIcon")
        if new_status:
            self._object.emit("NewStatus", status)
            if self._stopped:
                self._watcher.stop()

    def _menu_called(self, message: Message) -> Message | None:
        if self._answer_for_menu is None:
            self._asked_for_menu.append(message)
            return None
        return self._answer_for_menu(message)

    def _read_pictures(self) -> list[Pixmap]:
        self._read.set()
        return self._sorted()

    def _sorted(self) -> list[Pixmap]:
        # Budgie takes the first that is large enough.
        return sorted(self._pictures, key=lambda pixmap: pixmap[0] * pixmap[1])

    def _clicked(self, tell: Callable[[], object]) -> tuple[Any, ...]:
        after_the_answer(self.bus, tell)
        return ()

    def _token_came(self, token: str) -> tuple[Any, ...]:
        self._token = token
        return ()


class _Watcher:
    """Knows whether there is a panel that shows icons, and registers an icon with each that comes.

    An icon is registered by its object path, so the watcher knows it by the connection's unique name. The AppIndicator
    extension of GNOME 43 (Debian 12) loses one icon in three that is registered by a well-known name, and has said yes.

    Args:
        bus: Its connection; not started yet.
        on_host: Told, on the bus's thread, whether a panel shows icons: as soon as that is known, and at every change.
        once: Logs what goes wrong.

    Attributes:
        host: Whether a panel shows icons now; ``None`` until it is known.
    """

    def __init__(self, bus: Bus, on_host: Callable[[bool], object], once: LogOnce) -> None:
        self.host: bool | None = None
        self._bus = bus
        self._on_host = on_host
        self._once = once
        self._wanted = True
        # Which owner of the watcher's name is meant: answers and delays that belong to an earlier one mean nothing.
        self._owner = 0
        self._register_tries = self._ask_tries = 0
        self._asking = self._ask_again = False
        self._registering = self._checking = self._check_later = False
        self._drops = 0
        self._dropped_at = float("-inf")
        owner = MatchRule(type="signal", sender=BUS.bus_name, interface=BUS.interface, member="NameOwnerChanged")
        owner.add_arg_condition(0, _NAME)
        bus.subscribe(owner, self._owner_changed)
        for member in ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered"):
            # Anybody can send these: so they are only a reason to ask.
            bus.subscribe(MatchRule(type="signal", interface=_NAME, member=member), self._host_changed)
        dropped = MatchRule(type="signal", interface=_NAME, member="StatusNotifierItemUnregistered")
        bus.subscribe(dropped, self._item_dropped)
        bus.on_connect(self._connected)

    # --- on the bus's thread ----------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Have the icon shown by no other panel that comes.

        The panel that has it is told by the icon's status: a watcher has no call by which it would forget an icon, it
        does so when the connection ends.
        """
        self._wanted = False

    def _connected(self) -> None:
        self._new_owner()
        if self._wanted:
            self._register()
        self._ask()

    def _owner_changed(self, message: Message) -> None:
        self._new_owner()
        if message.body[2]:
            if self._wanted:
                self._register()
            self._ask()
        else:
            self._tell(False)

    def _new_owner(self) -> None:
        self._owner += 1
        self._register_tries = self._ask_tries = 0
        self._asking = self._ask_again = False
        self._registering = self._checking = self._check_later = False
        self._drops = 0

    # --- the icon ---------------------------------------------------------------------------------------------------

    def _register(self) -> None:
        owner = self._owner
        message = new_method_call(_WATCHER, "RegisterStatusNotifierItem", "s", (PATH,))
        self._registering = self._bus.call(message, lambda reply: self._registered(owner, reply), _TIMEOUT)

    def _registered(self, owner: int, reply: Any) -> None:
        if owner != self._owner:
            return
        self._registering = False
        # A watcher that has not answered may well have read the call, and when it wakes up it will.
        error = _error(reply) if isinstance(reply, Message) else ""
        if self._wanted and error and error not in _NO_WATCHER_ERRORS:
            self._register_tries += 1
            if not self._retry(self._register_tries, owner, self._register_again):
                self._once.warning("register", "the desktop's tray does not take the icon: %s", error)
        elif self._check_later:
            self._check_later = False
            self._check()

    def _register_again(self) -> None:
        if self._wanted:
            self._register()

    def _item_dropped(self, message: Message) -> None:
        # Anybody can send it, so it is only a reason to look; what it says is the bus name, with the path somehow.
        if message.header.fields.get(HeaderFields.signature) == "s" and self._is_ours(message.body[0]):
            self._check()

    def _check(self) -> None:
        """Look whether the watcher still has the icon, and register it again if not."""
        if not self._wanted:
            return
        if self._checking or self._registering:
            self._check_later = True  # what is being answered may be older than the reason to look
            return
        owner = self._owner
        message = new_method_call(_PROPERTIES, "Get", "ss", (_NAME, "RegisteredStatusNotifierItems"))
        self._checking = self._bus.call(message, lambda reply: self._checked(owner, reply), _TIMEOUT)

    def _checked(self, owner: int, reply: Any) -> None:
        if owner != self._owner:
            return
        self._checking = False
        if self._check_later and not self._registering:
            self._check_later = False
            self._check()
            return
        if not isinstance(reply, Message) or _error(reply) or not reply.body or not isinstance(reply.body[0], tuple):
            return  # a watcher that does not say cannot be asked
        signature, items = reply.body[0]
        if self._registering or signature != "as" or any(map(self._is_ours, items)):
            return
        now = time.monotonic()
        self._drops = 0 if now >= self._dropped_at + _CALM else self._drops + 1
        self._dropped_at = now
        if not self._drops:
            self._register_again()
        elif not self._retry(self._drops, owner, self._register_again):
            self._once.warning("dropped", "the desktop's tray drops the icon again and again")

    def _is_ours(self, registered: str) -> bool:
        """Whether an icon is ours, as a watcher names it: the unique name, most often with the path after it."""
        name = self._bus.unique_name
        return registered.startswith(name) and not registered[len(name) : len(name) + 1].isdigit()

    # --- the host ---------------------------------------------------------------------------------------------------

    def _host_changed(self, _: Message) -> None:
        self._ask()
        self._check()

    def _ask(self) -> None:
        if self._asking:
            self._ask_again = True
            return
        owner = self._owner
        message = new_method_call(_PROPERTIES, "Get", "ss", (_NAME, "IsStatusNotifierHostRegistered"))
        self._asking = self._bus.call(message, lambda reply: self._answered(owner, reply), _TIMEOUT)

    def _answered(self, owner: int, reply: Any) -> None:
        if owner != self._owner:
            return
        self._asking = False
        if self._ask_again:
            self._ask_again = False
            self._ask()
            return
        error = _error(reply) if isinstance(reply, Message) else "no answer"
        if error and error not in _NO_WATCHER_ERRORS and self._bus.unique_name:
            self._ask_tries += 1
            if not self._retry(self._ask_tries, owner, self._ask):
                self._once.warning("host", "the desktop's tray does not say whether it shows icons: %s", error)
            if self._ask_tries <= _TRIES_UNTIL_NO_HOST:
                return
        self._tell(not error and reply.body == (("b", True),))

    def _retry(self, tries: int, owner: int, work: Callable[[], object]) -> bool:
        """Do it again a little later, unless another watcher has come until then; False if it has failed for good."""
        if tries > len(RETRIES):
            return False
        return self._bus.later(RETRIES[tries - 1], lambda: work() if owner == self._owner else None)

    def _tell(self, host: bool) -> None:
        if host is not self.host:
            self.host = host
            self._on_host(host)


def _error(reply: Message) -> str:
    """The last part of an error's name; empty where the reply is none."""
    if reply.header.message_type is not MessageType.error:
        return ""
    return str(reply.header.fields.get(HeaderFields.error_name, "")).rpartition(".")[2] or "unnamed error"
