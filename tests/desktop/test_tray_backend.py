"""The tray on a backend of pystray's that fails, and on one like those of Windows and macOS."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest

from telex_start import events
from telex_start.desktop import icons
from telex_start.desktop.tray import pystray_backend
from telex_start.desktop.tray.pystray_backend import Backend, standing
from telex_start.desktop.tray.tray import Tray
from telex_start.menu import MenuItem, Muted, Unread
from telex_start.states import State
from telex_start.tray_view import SIGNED_OUT, TrayView
from tests.process import TIMEOUT

VIEW = SIGNED_OUT


class Icon:
    """An icon whose loop runs until it is stopped, and which can show toasts."""

    HAS_NOTIFICATION = True
    without_sound = False
    go_on = threading.Event()
    """It is shown from then on."""

    def __init__(self, name: str, icon: Any, title: str, menu: Any) -> None:
        self.icon, self.title, self.menu = icon, title, menu
        self.visible = False
        self.renewed = 0
        self.told: list[tuple[str, str, bool]] = []
        self._stopped = threading.Event()

    def run(self, set_up: Callable[[Any], None]) -> None:
        assert self.go_on.wait(TIMEOUT)
        set_up(self)
        self._stopped.wait(TIMEOUT)

    def stop(self) -> None:
        self._stopped.set()

    def update_menu(self) -> None:
        self.renewed += 1

    def notify(self, message: str, title: str) -> None:
        self.told.append((title, message, self.without_sound))


class FailingIcon(Icon):
    def run(self, set_up: Callable[[Any], None]) -> None:
        raise OSError("a text that may hold anything")


class EndingIcon(Icon):
    def run(self, set_up: Callable[[Any], None]) -> None:
        set_up(self)


class Shown:
    """A tray with one of these icons, which is stopped at the end.

    Attributes:
        events: What it dispatched.
        icon: The icon; once it was made.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: SimpleQueue[events.Event] = SimpleQueue()
        self._monkeypatch = monkeypatch

    def start(self, icon_class: type[Icon] = Icon, shown: bool = True) -> Tray:
        def make(*arguments: Any) -> Icon:
            self.icon = icon_class(*arguments)
            return self.icon

        backend = Backend(make, 22)
        self._monkeypatch.setattr(pystray_backend, "platform_backend", lambda: backend)
        self._monkeypatch.setattr(icons, "draw", lambda state, unread, size, quiet: (state, unread, quiet))
        self._monkeypatch.setattr(Icon, "go_on", threading.Event())
        self.tray = Tray(self.events.put, None, "")
        self.tray.start()
        if shown:
            Icon.go_on.set()
            if icon_class is Icon:
                assert self.next() == events.TrayAppeared()
        return self.tray

    def next(self) -> events.Event:
        return self.events.get(timeout=TIMEOUT)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    made = Shown(monkeypatch)
    yield made
    made.tray.stop(TIMEOUT if type(made.icon) is Icon else 0.1)


def test_a_loop_that_fails_is_told_without_its_text(shown: Shown) -> None:
    tray = shown.start(FailingIcon)
    assert shown.next() == events.ThreadFailed("tray", "OSError")
    assert tray.stop(0.1) is False


def test_a_loop_that_ends_by_itself_is_told(shown: Shown) -> None:
    shown.start(EndingIcon)
    assert {type(shown.next()) for _ in range(2)} == {events.TrayAppeared, events.ThreadFailed}


def test_a_toast_at_the_icon_is_shown_while_there_is_one(shown: Shown) -> None:
    tray = shown.start()
    heard: list[bool] = []
    tray.notify("General", "3 unread", False, heard.append)
    tray.notify("General", "4 unread", True, heard.append)
    shown.icon.on_toast(True)  # type: ignore[attr-defined]
    assert heard == [True]
    assert shown.icon.told == [("General", "3 unread", False), ("General", "4 unread", True)]
    assert tray.stop(TIMEOUT) is True
    with pytest.raises(RuntimeError):
        tray.notify("General", "3 unread", False, heard.append)
    assert shown.events.empty()


def test_a_toast_of_the_start_waits_for_the_icon(shown: Shown) -> None:
    tray = shown.start(shown=False)
    toasts = threading.Thread(target=tray.notify, args=("General", "3 unread", False, print))
    toasts.start()
    Icon.go_on.set()
    toasts.join(TIMEOUT)
    assert shown.icon.told == [("General", "3 unread", False)]


def test_what_pystrays_icon_tells_comes_as_events(shown: Shown) -> None:
    shown.start()
    shown.icon.on_open()  # type: ignore[attr-defined]
    shown.icon.on_middle_click()  # type: ignore[attr-defined]
    assert [shown.next(), shown.next()] == [events.MenuOpened(), events.IconMiddleClicked()]


def test_what_is_new_in_a_submenu_renews_the_menu_and_a_number_alone_does_not(shown: Shown) -> None:
    """With AppIndicator each renewal closes an open menu."""
    tray = shown.start()
    tray.show(VIEW._replace(unread=3, quiet=True))
    assert shown.icon.renewed == 0
    key = ("o/u", "channels_section", "a")
    views = [VIEW._replace(recent=(Unread(key, "# a (1)"),)), VIEW._replace(muted=(Muted(key, "# a"),))]
    for count, view in enumerate([*views, views[-1]._replace(resumable=True)], 1):
        tray.show(view)
        assert shown.icon.renewed == count


def test_a_click_on_the_icon_is_its_default_action(shown: Shown) -> None:
    tray = shown.start()
    shown.icon.menu(shown.icon)
    [exit_item] = [item for item in shown.icon.menu if item.text == MenuItem.EXIT.value]
    exit_item(shown.icon)
    assert [shown.next(), shown.next()] == [events.IconClicked(), events.MenuClicked(MenuItem.EXIT)]
    tray.show(VIEW)
    assert shown.icon.renewed == 0
    tray.show(TrayView(State.ONLINE, 3, "Online"))
    online = ((State.ONLINE, 3, False), "Telex: Online")
    assert (shown.icon.icon, shown.icon.title, shown.icon.renewed) == (*online, 1)
    assert tray.stop(TIMEOUT) is True
    exit_item(shown.icon)
    tray.show(VIEW)
    assert shown.events.empty()
    assert shown.icon.title == "Telex: Online"


# Pystray's icon on Windows: a mock of what it inherits, and of the system.


class Win32Icon:
    """As pystray's for Windows, as far as its menu goes: what is made and destroyed is written down."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.title = "Telex"
        self._hwnd, self._icon_handle = 1, 2
        self._menu_handle: Any = None
        self.while_open: Callable[[], object] = lambda: None

    def _update_menu(self) -> None:
        if self._menu_handle:
            self.done.append("destroyed")
        self.done.append("made")
        self._menu_handle = "menu"

    def _on_notify(self, wparam: int, lparam: int) -> None:
        if lparam == 0x205 and self._menu_handle:
            self.done.append("opens")
            self.while_open()
            self.done.append("closes")
        elif lparam == 0x202:
            self.done.append("clicked")

    def _create_menu_item(self, descriptor: Any, callbacks: list[Any]) -> Any:
        return SimpleNamespace(dwTypeData=descriptor)

    def _notify(self, message: str, title: str | None = None) -> None:
        raise AssertionError("pystray's own toasts have no picture")


class NotifyData(ctypes.Structure):
    _fields_ = (
        *(("cbSize", ctypes.c_uint), ("hWnd", ctypes.c_void_p), ("uFlags", ctypes.c_uint)),
        *(("szInfo", ctypes.c_wchar * 256), ("szInfoTitle", ctypes.c_wchar * 64)),
        *(("dwInfoFlags", ctypes.c_uint), ("hBalloonIcon", ctypes.c_void_p)),
    )


def test_on_windows_a_menu_is_made_when_it_is_opened_and_stays_while_it_is_open() -> None:
    icon = standing(Win32Icon, None)()

    def meanwhile() -> None:
        icon._update_menu()
        icon._on_notify(0, 0x205)  # a second right click, while the first one's menu is open

    icon.while_open = meanwhile
    icon._update_menu()
    assert icon.done == []
    icon._on_notify(0, 0x202)
    for _ in range(2):
        icon._on_notify(0, 0x205)
    assert icon.done == ["clicked", *("made", "opens", "closes"), *("destroyed", "made", "opens", "closes")]


def test_on_windows_an_opening_a_middle_click_and_what_becomes_of_a_toast_are_told() -> None:
    icon = standing(Win32Icon, None)()
    icon.on_open = lambda: icon.done.append("told")
    icon.on_middle_click = lambda: icon.done.append("middle")
    icon.on_toast = lambda clicked: icon.done.append("clicked" if clicked else "gone")
    for message in (0x208, 0x205, 0x405, 0x404):  # the last: NIN_BALLOONUSERCLICK, NIN_BALLOONTIMEOUT
        icon._on_notify(0, message)
    assert icon.done == ["middle", *("told", "made", "opens", "closes"), "clicked", "gone"]


def test_on_windows_an_ampersand_is_no_access_key() -> None:
    icon = standing(Win32Icon, None)()
    made = [icon._create_menu_item(label, []).dwTypeData for label in ("# R&D (1)", "Exit", None)]
    assert made == ["# R&&D (1)", "Exit", None]


def test_on_windows_a_toast_that_the_tray_does_not_take_is_an_error() -> None:
    told: list[NotifyData] = []

    def notify(code: int, data: NotifyData) -> bool:
        told.append(data)
        return len(told) == 1

    icon = standing(Win32Icon, SimpleNamespace(NOTIFYICONDATAW=NotifyData, Shell_NotifyIcon=notify))()
    icon._notify("3 unread", "General")
    icon.without_sound = True
    with pytest.raises(RuntimeError):
        icon._notify("4 unread", "General")
    assert (told[0].szInfoTitle, told[0].szInfo, told[0].hBalloonIcon) == ("General", "3 unread", 2)
    assert [one.dwInfoFlags for one in told] == [0x24, 0x34]  # NIIF_USER | NIIF_LARGE_ICON, and NIIF_NOSOUND
