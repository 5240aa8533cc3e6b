"""The doctor's checks of the desktop: login window, keyring, display, session bus, tray, toasts, main app.

``python -m telex_start.doctor.desktop`` says on standard output whether AppIndicator can be used here, or why not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..process import itself
from .findings import LOOK_WITHIN, Finding, Mark, look, main_app_remedy, missing, note, ok, tk_remedy

if TYPE_CHECKING:
    from ..desktop.bus.bus import Bus

_HEADLESS = "start it in a desktop session, or use --headless"
_SIGN_IN = "to sign in without an icon, run telex-start a second time, or start it with --email NAME --password-stdin"
_NO_XWAYLAND = "the login window needs XWayland; without it, sign in by --email NAME --password-stdin"
_ENTRY = "telex-start.desktop"
_XEMBED = "XEmbed, the old kind"
_ANSWER_WITHIN = 3.0
"""Seconds: a daemon may have to be started first."""
_BY_PLYER = "by plyer alone, and it needs a session bus too"


def findings(sounds: bool = False) -> Iterator[Finding]:
    """Check all of it; each finding comes as soon as it is known. ``tray`` tells whether there is a way to an icon.

    Args:
        sounds: Whether toasts should make a sound (``sound = "on"``).
    """
    yield look("login window", login_window)
    yield look("keyring", keyring)
    if sys.platform == "darwin":
        yield ok("tray", "an icon with a menu, by pystray, as far as can be told: nobody has tried it on a Mac yet")
        yield look("toasts", script_editor)
        return
    if sys.platform == "win32":
        yield ok("tray", "an icon with a menu, by pystray")
        yield ok("toasts", "at the icon; Windows does not tell whether they are shown")
        return
    yield look("display", display)
    connected = look("session bus", session_bus)
    yield connected
    if connected.mark is not Mark.OK:
        yield note("toasts", _BY_PLYER, "with --headless each is a line as well")
        yield missing("tray", "no icon without a session bus", _HEADLESS)
        return
    from ..desktop.bus.bus import Bus, Loop

    loop = Loop("doctor")
    bus = Bus(connected.found, loop)
    loop.start()
    try:
        yield look("toasts", lambda: notification_daemon(bus, sounds))
        yield look("desktop entry", desktop_entry)
        host = look("tray host", lambda: tray_host(bus))
        yield host
    finally:
        loop.stop(0.5)
    if _XEMBED in host.found:
        yield look("tray", old_tray)
    elif host.mark is not Mark.OK:
        yield note("tray", "no icon now, it comes with a tray host", _SIGN_IN)
    else:
        yield ok("tray", "an icon with a menu, by StatusNotifierItem; it needs no other package")


def login_window() -> Finding:
    """Whether there is Tk, which the login window needs."""
    try:
        import tkinter
    except ImportError as error:
        return missing("login window", f"no Tk ({error})", tk_remedy())
    return ok("login window", f"Tk {tkinter.TkVersion}")


def keyring() -> Finding:
    """Whether there is a keyring to keep the password of a person who stays signed in; a locked one will do."""
    from ..desktop.keyring_process import why_none

    found, _, remedy = why_none().partition(": ")
    return note("keyring", f"{found}, so nobody stays signed in", remedy) if found else ok("keyring", "the system's")


def display() -> Finding:
    """Whether there is a display: X11 or Wayland."""
    from ..desktop import x11

    x, wayland = os.environ.get("DISPLAY"), os.environ.get("WAYLAND_DISPLAY")
    if x:
        if not x11.reachable():
            return missing("display", f"the X display {x} cannot be opened", _HEADLESS)
        return ok("display", f"X11 ({x})" + (f", beside Wayland ({wayland})" if wayland else ""))
    if wayland:
        return note("display", f"Wayland ({wayland}) without XWayland", _NO_XWAYLAND)
    return missing("display", "none (neither DISPLAY nor WAYLAND_DISPLAY is set)", _HEADLESS)


def session_bus() -> Finding:
    """Whether the session bus lets us in."""
    from ..desktop.bus.loop import NoBus, connect, session_address

    address = session_address(os.environ)
    if not address:
        return missing("session bus", "none (DBUS_SESSION_BUS_ADDRESS is not set)", _HEADLESS)
    try:
        connect(address, time.monotonic() + _ANSWER_WITHIN).close()
    except NoBus as error:
        return missing("session bus", f"{address} does not let us in ({error})", _HEADLESS)
    return ok("session bus", address)


def notification_daemon(bus: Bus, sounds: bool) -> Finding:
    """Which notification daemon shows toasts, and whether it plays sounds if they are wanted."""
    from ..desktop.bus.bus import DBusAddress

    name = "org.freedesktop.Notifications"
    address = DBusAddress("/org/freedesktop/Notifications", name, name)
    server = _ask(bus, address, "GetServerInformation")
    if server is None or len(server) < 3:
        return missing("toasts", "no notification daemon answers", "install one: dunst and mako are two")
    words = _ask(bus, address, "GetCapabilities")
    can = sorted(str(word) for word in words[0]) if words and isinstance(words[0], list) else []
    found = f"{server[0]} {server[2]} ({', '.join(can) or 'tells no capabilities'})"
    if sounds and "sound" not in can:
        return note("toasts", f'{found}, which plays no sounds that a program names, so sound = "on" changes nothing')
    return ok("toasts", found)


def desktop_entry() -> Finding:
    """Whether the desktop entry is there. Plasma 5.27 keeps no notification of a program without one."""
    from ..desktop.main_app import desktop_entry

    if desktop_entry.find(_ENTRY, os.environ) is not None:
        return ok("desktop entry", _ENTRY)
    words = "none, so Plasma keeps no list of notifications, and no menu has the program"
    return note("desktop entry", words, "telex-start integrate on")


def tray_host(bus: Bus) -> Finding:
    """Whether a tray is there just now. It may come later, and so will the icon."""
    from ..desktop import x11
    from ..desktop.bus.bus import DBusAddress
    from ..desktop.tray.tray import missing_host

    watcher = "org.kde.StatusNotifierWatcher"
    address = DBusAddress("/StatusNotifierWatcher", watcher, "org.freedesktop.DBus.Properties")
    answer = _ask(bus, address, "Get", "ss", (watcher, "IsStatusNotifierHostRegistered"))
    if answer == (("b", True),):
        return ok("tray host", "there (StatusNotifier)")
    if x11.has_xembed_tray():
        return ok("tray host", f"there ({_XEMBED})")
    found = "none" if answer is None else "none, though something registers icons (StatusNotifierWatcher)"
    return missing("tray host", found, missing_host(os.environ))


def old_tray() -> Finding:
    """Whether AppIndicator works here. Tried in a process of its own: GTK prints, hangs and aborts as it likes."""
    try:
        done = subprocess.run(
            itself.command("telex_start.doctor.desktop"),
            env={**os.environ, **itself.environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=LOOK_WITHIN - 0.5,
            text=True,
            encoding="utf-8",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return missing("tray", "the backend for the icon does not get ready", _HEADLESS)
    name, _, words = done.stdout.strip().rpartition("\n")[2].partition(" ")
    if done.returncode or name not in ("backend", "refused"):
        return missing("tray", f"the backend for the icon fails (code {done.returncode})", _HEADLESS)
    if name == "refused":
        return missing("tray", words.rstrip("."), _SIGN_IN)
    return ok("tray", f"an icon with a menu, by {words}")


def script_editor() -> Finding:
    """Whether toasts can be shown on macOS, which has none of their own for programs that are no bundle."""
    if shutil.which("osascript") is None:
        return missing("toasts", "there is no osascript", "see that PATH has /usr/bin")
    return note(
        "toasts",
        "by osascript, in the name of Script Editor, which does not tell whether they are shown",
        "where none come, allow them for Script Editor: System Settings, Notifications",
    )


def main_app(command: str | None) -> Finding:
    """The Telex client that Open Main App starts."""
    from ..desktop.main_app import telex_client

    found = telex_client.find(command)
    if found is None:
        return note("main app", "not found, so Open Main App opens the web app", main_app_remedy())
    if not found.recognisable:
        return note("main app", f"{found}, whose processes cannot be told from others: Close Main App closes nothing")
    return ok("main app", str(found))


def client_in_front(command: str | None) -> Finding:
    """Whether it can be told that the Telex client is in front, for ``while_client_runs = "quiet"``."""
    from ..desktop.main_app import main_app, telex_client

    if why := main_app.why_front_is_unknown():
        return note("quiet", f'{why}: notifications come all the same (while_client_runs = "quiet")')
    found = telex_client.find(command)
    if found is not None and not found.recognisable:
        return ok("quiet", "while a window of the Telex app's name is in front")
    return ok("quiet", "while the Telex app is in front")


def _ask(
    bus: Bus, address: Any, method: str, signature: str | None = None, body: tuple[Any, ...] = ()
) -> tuple[Any, ...] | None:
    """The answer to a call on D-Bus; ``None`` for an error or no answer."""
    from ..desktop.bus.bus import new_method_call

    return bus.ask(new_method_call(address, method, signature, body), _ANSWER_WITHIN)


def _tell_appindicator() -> None:
    from ..desktop.tray import pystray_backend
    from ..errors import NoPlaceForIcon

    try:
        pystray_backend.appindicator()
        print("backend appindicator")
    except NoPlaceForIcon as refusal:
        print("refused", refusal.message)


if __name__ == "__main__":
    _tell_appindicator()
