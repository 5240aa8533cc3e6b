"""Runs real desktop programs (window manager, panel, dunst) on an X server without a monitor, and clicks and types."""

from __future__ import annotations

import configparser
import io
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from PIL import Image, ImageColor
from Xlib import X, display

from telex_start.desktop.tk import look

from .fake_bus import BusClient, PrivateBus, Xvfb
from .panel_item import PanelItem
from .process import TIMEOUT, comes, end, quietly, until
from .real_keyring import PROMPTER
from .servers import Sandbox

_WATCHER = "org.kde.StatusNotifierWatcher"
_OPENINGS = 3
"""How often :meth:`RealDesktop.right_click_icon` tries to open the menu."""
_LXQT_PANEL = """[General]
__userfile__=true
[panel1]
plugins=statusnotifier
position=Bottom
desktop=0
panelSize=32
iconSize=22
width=100
width-percent=true
alignment=-1
[statusnotifier]
type=statusnotifier
alignment=Left
"""
_DUNST = """[global]
font = DejaVu Sans 11
width = 320
origin = top-right
offset = 20x20
frame_width = 1
markup = full
show_indicators = no
"""
"""The last two lines are as in Debian's own configuration, or as people set them. Without ``markup`` dunst 1.9 renders
markup that it does not advertise; with indicators it writes "(A)" before the title of a toast with an action."""


class RealDesktop:
    """Xvfb, a private bus, openbox, dunst and a panel with a tray.

    Args:
        panel: ``"xfce4-panel"``, ``"lxqt-panel"``, or ``None`` for a desktop without one.
        dunst: Whether dunst, the notification daemon, runs.
        screen: Width, height and depth.

    Attributes:
        panel: The argument.
        environ: The whole environment for programs that run on this desktop.
        bus: Its session bus.
        client: A connection to that bus.
    """

    def __init__(self, panel: str | None = "xfce4-panel", *, dunst: bool = True, screen: str = "1280x800x24") -> None:
        self.panel = panel
        self._dunst = dunst
        self._screen_size = screen

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="desktop-")))
            xvfb = stack.enter_context(Xvfb(self._screen_size))
            # The bus passes its environment on to what it activates, so it must be complete before the bus starts.
            self.environ = self._environment() | xvfb.environ
            self.bus = stack.enter_context(PrivateBus(PROMPTER | self._services(), self.environ))
            self.environ |= self.bus.environ
            self.client = stack.enter_context(BusClient(self.bus))
            self._stack = stack.pop_all()
        try:
            self.start("openbox")
            self._wait_for_root_property("_NET_SUPPORTING_WM_CHECK")
            if self.panel is not None:
                self.start_panel()
            if self._dunst:
                self.start("dunst", "-conf", str(self.home / "dunstrc"))
                self.client.wait_for_name("org.freedesktop.Notifications")
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, *command: str) -> subprocess.Popen[Any]:
        """Run a program on this desktop until the desktop ends."""
        process = quietly(command, self.environ, self.home)
        self._stack.callback(end, process)
        return process

    def start_panel(self) -> None:
        """Start the panel, and wait until its tray takes icons."""
        assert self.panel is not None
        self.client.subscribe(interface=_WATCHER)
        self.client.subscribe(interface="com.canonical.dbusmenu")
        self.start(self.panel)
        self.client.wait_for_name(_WATCHER)
        self.client.wait_until(lambda: self._watcher("IsStatusNotifierHostRegistered"), "a tray in the panel")

    def wait_for_item(self) -> PanelItem:
        """Wait until an icon has registered; gives the newest."""
        self.client.wait_until(lambda: self._watcher("RegisteredStatusNotifierItems"), "an icon to register")
        name, slash, path = self._watcher("RegisteredStatusNotifierItems")[-1].partition("/")
        return PanelItem(self.client, name, slash + path)

    def right_click_icon(self) -> None:
        """Open the menu of the (only) icon with the mouse; its menu has the keyboard when this returns.

        A menu tries once to take the keyboard. If the panel has not released the mouse by then (lxqt-panel 1.2 on a
        busy machine), the menu has no keyboard; then this clicks elsewhere and tries again, as a person does.
        """
        with self._screen() as screen:
            root = screen.screen().root
            root.change_attributes(event_mask=X.SubstructureNotifyMask)
            screen.sync()
            for _ in range(_OPENINGS):
                self.click_icon(3)
                while not ((event := self._next_event(screen, "the menu")).type == X.MapNotify and event.override):
                    pass
                # The menu takes the keyboard a little after it appears, and no event tells when.
                if comes(lambda: not self._keyboard_is_free(screen), TIMEOUT / _OPENINGS):
                    return
                self.xdotool("mousemove", "640", "300", "click", "1")
        raise AssertionError("the menu does not take keys")

    @staticmethod
    def _keyboard_is_free(screen: Any) -> bool:
        """Whether no window has grabbed the keyboard. This tries a grab itself, while the X server holds back all other
        requests: a menu tries only once to take the keyboard, and must not fail because of this."""
        screen.grab_server()
        try:
            root = screen.screen().root
            taken = root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
            screen.ungrab_keyboard(X.CurrentTime)
        finally:
            screen.ungrab_server()
            screen.sync()
        return bool(taken == X.GrabSuccess)

    def wait_for_colour(self, red: int, green: int, blue: int) -> None:
        """Wait until about this colour is seen at the left of the panel, where the icons are."""
        wanted = (red, green, blue)
        with self._screen() as screen:
            root = screen.screen().root

            def there() -> bool:
                data = root.get_image(4, 770, 40, 28, X.ZPixmap, 0xFFFFFFFF).data
                seen = zip(data[2::4], data[1::4], data[0::4], strict=True)
                return any(all(abs(a - b) < 12 for a, b in zip(pixel, wanted, strict=True)) for pixel in seen)

            until(there, f"nothing is {wanted} in the panel")

    def open_submenu(self, label: str) -> None:
        """Open a submenu of the open menu with the keyboard; its first usable entry is marked when this returns."""
        with self._screen() as screen:
            screen.screen().root.change_attributes(event_mask=X.SubstructureNotifyMask)
            screen.sync()
            self._press_at(label, "Right")
            while not ((event := self._next_event(screen, "the submenu")).type == X.MapNotify and event.override):
                pass

    def picture(self) -> bytes:
        """The pixels of the screen without the panel."""
        with self._screen() as screen:
            return bytes(screen.screen().root.get_image(0, 0, 1280, 760, X.ZPixmap, 0xFFFFFFFF).data)

    def choose(self, label: str) -> None:
        """Choose an entry of the open menu with the keyboard."""
        self._press_at(label, "Return")

    def _press_at(self, label: str, key: str) -> None:
        usable = [entry.label for entry in self.wait_for_item().menu() if entry.enabled and not entry.separator]
        self.xdotool("key", *["Down"] * (usable.index(label) + 1), key)

    def xdotool(self, *arguments: str) -> str:
        """Run xdotool, to move, click, type or ask; returns its output."""
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environ, capture_output=True, text=True, check=True, timeout=TIMEOUT
        )
        return done.stdout.strip()

    def clipboard(self) -> str:
        """The text of the clipboard, as another program pastes it."""
        program = "import tkinter; root = tkinter.Tk(); root.withdraw(); print(root.clipboard_get(), end='')"
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=TIMEOUT).stdout

    def sign_in(self, telex: Sandbox) -> None:
        """Fill the login window in once it has the focus, and press Return."""
        self.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex")
        until(lambda: self.active_title().startswith("Telex"), "the login window does not get the focus")
        for text, key in ((telex.email, "Tab"), (telex.password, "Return")):
            self.xdotool("type", "--delay", "5", text)
            self.xdotool("key", key)

    def active_title(self) -> str:
        """The title of the window that has the focus; empty while none has."""
        try:
            return self.xdotool("getactivewindow", "getwindowname")
        except subprocess.CalledProcessError:
            return ""

    def click_icon(self, button: int) -> None:
        """Click the (only) icon with a button of the mouse; 4 and 5 are the wheel."""
        # Both panels are configured to be at the bottom, 32 pixels high, with the tray at their left.
        x = {"xfce4-panel": 24, "lxqt-panel": 15}[str(self.panel)]
        self.xdotool("mousemove", str(x), "784", "click", str(button))

    @contextmanager
    def _screen(self) -> Iterator[Any]:
        screen = display.Display(self.environ["DISPLAY"])
        try:
            yield screen
        finally:
            screen.close()

    @staticmethod
    def _next_event(screen: Any, what: str) -> Any:
        if not screen.pending_events():
            ready, _, _ = select.select([screen], [], [], TIMEOUT)
            assert ready, f"waited {TIMEOUT} s for {what}"
        return screen.next_event()

    def _watcher(self, member: str) -> Any:
        return self.client.property(_WATCHER, "/StatusNotifierWatcher", _WATCHER, member)

    def _environment(self) -> dict[str, str]:
        config = self.home / "config"
        channels = config / "xfce4/xfconf/xfce-perchannel-xml"
        channels.mkdir(parents=True)
        shutil.copy(Path(__file__).parent / "desktop/xfce4-panel.xml", channels)
        (config / "lxqt").mkdir()
        (config / "lxqt/panel.conf").write_text(_LXQT_PANEL)
        (self.home / "dunstrc").write_text(_DUNST)
        runtime = self.home / "run"
        runtime.mkdir(mode=0o700)
        kept = {key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "LC_ALL", "USER", "LOGNAME"}}
        return kept | {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(config),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CURRENT_DESKTOP": "XFCE" if self.panel == "xfce4-panel" else "LXQt",
            # Accessibility would want a bus of its own and a second to find that there is none.
            "NO_AT_BRIDGE": "1",
            "GTK_A11Y": "none",
        }

    def _services(self) -> dict[str, str]:
        file = configparser.ConfigParser()
        file.optionxform = str  # type: ignore[assignment, method-assign]
        file.read("/usr/share/dbus-1/services/org.xfce.Xfconf.service")
        section = "D-BUS Service"
        return {file[section]["Name"]: file[section]["Exec"]} if section in file else {}

    def _wait_for_root_property(self, name: str) -> None:
        with self._screen() as screen:
            root = screen.screen().root
            root.change_attributes(event_mask=X.PropertyChangeMask, background_pixel=0x3F6475)
            root.clear_area()
            atom = screen.intern_atom(name)
            while root.get_full_property(atom, X.AnyPropertyType) is None:
                self._next_event(screen, name)


def takes_keys(environ: Mapping[str, str], window: str) -> bool:
    """Whether a field of the login window shows the frame of the focus; none does while a sign-in is under way.

    Args:
        environ: That of its desktop.
        window: The window's id, as xdotool gives it.
    """
    command = ["import", "-silent", "-window", window, "png:-"]
    try:
        taken = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, timeout=5.0)
    except subprocess.TimeoutExpired:
        return False  # if the window is gone, ImageMagick 6.9 waits for a click on another one
    if taken.returncode:
        return False
    with Image.open(io.BytesIO(taken.stdout)) as picture:
        width, height = picture.size
        # Between the heading and the buttons nothing else has that colour.
        fields = picture.convert("RGB").crop((0, int(0.3 * height), width, int(0.68 * height)))
    lit = ImageColor.getrgb(look.ACCENT)
    return sum(count for count, colour in fields.getcolors(width * height) or [] if colour == lit) > width
