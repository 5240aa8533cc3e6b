"""Tells whether the Telex client is in front, so that the person looks at it: real windows on a real X server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from Xlib import X
from Xlib.display import Display

from telex_start.config import Config
from telex_start.desktop import win32, x11
from telex_start.desktop.main_app import telex_client
from telex_start.desktop.main_app.main_app import MainApp, why_front_is_unknown
from tests.fake_desktop import RealDesktop
from tests.process import TIMEOUT, until

WINDOW = """
import gi, sys
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk
GLib.set_prgname(sys.argv[1])
Gdk.set_program_class(sys.argv[1])
window = Gtk.Window(title=sys.argv[1])
window.set_wmclass(sys.argv[1], sys.argv[1])
window.set_default_size(300, 200)
window.show_all()
Gtk.main()
"""
SHELL = "#!/bin/sh\n/usr/bin/python3 {window} Client\n"
"""A client that is a script, and its window its child's."""


@pytest.fixture(autouse=True)
def display(desktop: RealDesktop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This process is on that desktop, where no client is installed."""
    monkeypatch.setenv("DISPLAY", desktop.environ["DISPLAY"])
    monkeypatch.setenv("XAUTHORITY", desktop.environ.get("XAUTHORITY", ""))
    for name in ("WAYLAND_DISPLAY", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "none"))


@pytest.fixture
def window(desktop: RealDesktop, tmp_path: Path) -> Callable[..., list[str]]:
    """Gives the command of a window with this title and class."""
    file = tmp_path / "window.py"
    file.write_text(WINDOW)

    def command(name: str) -> list[str]:
        return ["/usr/bin/python3", str(file), name]

    return command


def show(desktop: RealDesktop, name: str, *command: str) -> Any:
    """Start the command, and give the focus to its window, which has this name."""
    process = desktop.start(*command)
    focus(desktop, name)
    return process


def focus(desktop: RealDesktop, name: str) -> None:
    """Give the focus to the window of that name, which may be about to appear."""

    def has_it() -> bool:
        try:
            desktop.xdotool("search", "--sync", "--onlyvisible", "--name", f"^{name}$", "windowactivate")
        except subprocess.CalledProcessError:
            return False  # the window manager is just putting a frame around it
        return desktop.active_title() == name

    until(has_it, f"{name} in front")


def close(process: subprocess.Popen[Any]) -> None:
    """Kill the process, and all that it has started."""
    started = psutil.Process(process.pid)
    tree = [*started.children(recursive=True), started]
    for one in tree:
        one.kill()
    process.wait(TIMEOUT)
    psutil.wait_procs(tree, TIMEOUT)


def seen(command: str | None, locked: bool = False) -> bool:
    return MainApp(Config(main_app_command=command), lambda: locked).in_front()


@pytest.fixture
def client(desktop: RealDesktop, tmp_path: Path) -> Iterator[str]:
    """A client that is a shell script; its window has another name, belongs to a child process, and has the focus."""
    (tmp_path / "window.py").write_text(WINDOW)
    script = tmp_path / "start-it"
    script.write_text(SHELL.format(window=tmp_path / "window.py"))
    script.chmod(0o755)
    process = show(desktop, "Client", str(script))
    yield str(script)
    close(process)


def test_a_client_with_the_focus_is_in_front_and_another_window_is_not(
    desktop: RealDesktop, client: str, window: Callable[..., list[str]]
) -> None:
    assert seen(client)
    other = show(desktop, "Other", *window("Other"))
    assert not seen(client)
    focus(desktop, "Client")
    assert seen(client)
    focus(desktop, "Other")
    close(other)


def test_a_window_of_the_clients_name_is_its_own_also_where_its_process_cannot_be_told(
    desktop: RealDesktop, window: Callable[..., list[str]]
) -> None:
    """As in a Flatpak, whose processes have other numbers inside."""
    process = show(desktop, "Zedu", *window("Zedu"))
    assert seen(None)
    close(process)


def test_a_desktop_entry_tells_the_name_of_its_windows(tmp_path: Path) -> None:
    entry = tmp_path / "applications" / "telex.desktop"
    entry.parent.mkdir()
    entry.write_text("[Desktop Entry]\nExec=/bin/true\nStartupWMClass=Chat\n")
    environ = {"XDG_DATA_HOME": str(tmp_path), "XDG_DATA_DIRS": str(tmp_path / "none"), "PATH": "/usr/bin"}
    assert telex_client.window_classes(environ) >= {"chat", "telex", "zedu"}


def test_what_the_client_opened_in_the_browser_is_not_the_client(
    desktop: RealDesktop, tmp_path: Path, window: Callable[..., list[str]]
) -> None:
    opener, telex = tmp_path / "xdg-open", tmp_path / "telex-by-name"
    opener.write_text(f"#!/bin/sh\n{' '.join(window('Browser'))}\n")
    telex.write_text(f"#!/bin/sh\n{opener}\ntrue\n")
    for file in (opener, telex):
        file.chmod(0o755)
    process = show(desktop, "Browser", str(telex))
    assert not seen(str(telex))
    close(process)


@pytest.fixture
def screen(desktop: RealDesktop) -> Iterator[Display]:
    screen = Display(desktop.environ["DISPLAY"])
    yield screen
    screen.force_screen_saver(X.ScreenSaverReset)
    screen.close()


def test_what_lies_over_it_or_makes_the_screen_dark_hides_it(client: str, screen: Display) -> None:
    """A screen locker's window covers all, but the window manager does not know it and still names the client. A
    compositor's overlay window lies over the whole screen too, and hides nothing."""
    root = screen.screen().root
    size = root.get_geometry()
    for width, height, hidden in ((size.width, size.height, True), (40, 40, False)):
        locker = root.create_window(0, 0, width, height, 0, X.CopyFromParent, override_redirect=True)
        locker.map()
        screen.sync()
        assert seen(client) is not hidden
        locker.destroy()
        screen.sync()
        assert seen(client)
    assert not seen(client, locked=True)
    screen.force_screen_saver(X.ScreenSaverActive)
    screen.sync()
    assert not seen(client)
    screen.force_screen_saver(X.ScreenSaverReset)
    assert screen.query_extension("Composite")
    screen.composite_query_version()
    overlay = root.composite_get_overlay_window().overlay_window
    screen.sync()
    assert overlay.get_geometry().width == size.width
    assert seen(client)


def test_a_client_of_another_machine_is_told_by_its_name_alone(client: str, screen: Display) -> None:
    """The number of a process on that machine may be another program's on this one."""
    assert seen(client)
    found = screen.screen().root.get_full_property(screen.intern_atom("_NET_ACTIVE_WINDOW"), X.AnyPropertyType)
    assert found is not None
    window = screen.create_resource_object("window", int(found.value[0]))
    name = screen.intern_atom("WM_CLIENT_MACHINE")
    window.change_property(name, screen.intern_atom("STRING"), 8, b"elsewhere.example")
    screen.sync()
    assert x11.window_in_front() == (0, ("Client", "Client"))
    assert not seen(client)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"DISPLAY": ":1", "WAYLAND_DISPLAY": "wayland-0"}, "Wayland does not tell which window is in front"),
        ({}, "Without a display nothing is in front"),
        ({"DISPLAY": ":9999"}, ""),
    ],
)
def test_where_it_cannot_be_told_it_says_so(
    environ: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert why_front_is_unknown() == words
    assert not seen(None)


# A mock of Windows' functions.


@pytest.mark.parametrize(("window", "iconic", "expected"), [(7, 0, (4711, ())), (0, 0, None), (7, 1, None)])
def test_on_windows_the_window_with_the_focus_has_a_process(
    monkeypatch: pytest.MonkeyPatch, window: int, iconic: int, expected: Any
) -> None:
    import ctypes

    def of(_window: int, owner: Any) -> None:
        owner._obj.value = 4711

    user32 = SimpleNamespace(GetForegroundWindow=lambda: window, IsIconic=lambda _: iconic, GetWindowThreadProcessId=of)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(user32=user32), raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert win32.window_in_front() == expected
