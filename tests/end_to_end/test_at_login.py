"""Started by the desktop at log-in, before there is a panel; and signed in again by the address that was remembered."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from telex_start.app.sign_in import TRAY_WITHIN
from telex_start.desktop.main_app import desktop_entry
from tests.fake_desktop import FakePanel
from tests.process import ROOT, TIMEOUT, Script
from tests.setup.installed import Installed

from .test_tray import Desk

pytestmark = pytest.mark.desktop


class Morning(Desk):
    """A desktop that has just started, with a window manager, and with neither panel nor icon."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, panel=False)
        self._later = ExitStack()

    def __enter__(self) -> Morning:
        super().__enter__()
        self.environ["XDG_STATE_HOME"] = str(self.folder / "state")
        self._manager = subprocess.Popen(
            ["openbox"], env={**os.environ, **self.environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + TIMEOUT
        look = ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]
        while b"window id" not in subprocess.check_output(look, env={**os.environ, **self.environ}):
            assert time.monotonic() < end, "no window manager"
            time.sleep(0.02)
        return self

    def __exit__(self, *error: object) -> None:
        self._later.close()
        super().__exit__(*error)
        self._manager.terminate()
        self._manager.wait(TIMEOUT)

    def panel_comes(self) -> None:
        self.panel = self._later.enter_context(FakePanel(self.bus))

    def xdotool(self, *words: str, ok: bool = True) -> str:
        done = subprocess.run(["xdotool", *words], env={**os.environ, **self.environ}, capture_output=True, text=True)
        assert not ok or done.returncode == 0, done.stderr
        return done.stdout

    def window(self) -> bool:
        """Whether the login window is there."""
        return bool(self.xdotool("search", "--onlyvisible", "--name", "^Telex", ok=False))

    def wait_for_window(self) -> str:
        end = time.monotonic() + TRAY_WITHIN + TIMEOUT
        while not self.window():
            assert time.monotonic() < end, "no login window"
            time.sleep(0.05)
        return self.xdotool("search", "--onlyvisible", "--name", "^Telex").split()[0]

    def wait_for_focus(self, window: str) -> None:
        """Wait until the window is the active one."""
        end = time.monotonic() + TIMEOUT
        while self.xdotool("getactivewindow", ok=False).strip() != window:
            assert time.monotonic() < end, "it does not get the focus"
            time.sleep(0.02)


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    with Morning(tmp_path) as desk:
        yield desk


def test_before_the_panel_it_waits_without_a_word_and_the_window_opens_with_the_panel(morning: Morning) -> None:
    """It said that there is no tray after three seconds."""
    agent = morning.start("--at-login")
    end = time.monotonic() + 1
    while time.monotonic() < end:  # nothing is to happen, so there is nothing to wait for
        assert not morning.window()
        time.sleep(0.1)
    morning.panel_comes()
    item = morning.panel.wait_for_item()
    morning.wait_for_window()
    assert morning.daemon.shown == []
    item.click("Exit")
    assert agent.ended() == 0
    assert agent.errors == ""


def test_the_window_leaves_the_focus_and_the_address_is_the_one_of_the_last_time(morning: Morning) -> None:
    morning.panel_comes()
    agent = morning.start("--login")
    item = morning.panel.wait_for_item()
    morning.wait_for_focus(morning.wait_for_window())
    morning.xdotool("type", "--delay", "2", morning.telex.email)
    morning.xdotool("key", "Tab")
    morning.xdotool("type", "--delay", "2", morning.telex.password)
    morning.xdotool("key", "Return")
    morning.item("Online: 2 organisations")
    item.click("Exit")
    assert agent.ended() == 0

    with Script("tests/desktop/editor_program.py", environ={**os.environ, **morning.environ}) as editor:
        assert editor.next_line() == "focus"
        again = morning.start("--at-login")
        item = morning.panel.wait_for_item()
        window = morning.wait_for_window()
        morning.xdotool("type", "--delay", "2", "my mail")
        assert morning.start("--login").ended() == 0
        morning.wait_for_focus(window)
        morning.xdotool("type", "--delay", "2", morning.telex.password)
        morning.xdotool("key", "Return")
        morning.item("Online: 2 organisations")
        morning.xdotool("search", "--name", "^Editor", "windowactivate", "--sync")
        morning.xdotool("key", "ctrl+q")
        assert editor.line(lambda line: line.startswith("typed ")) == "typed my mail"
    item.click("Sign Out")
    morning.item("Signed out")
    [kept] = (morning.folder / "state" / "telex-start").glob("*.json")
    assert morning.telex.email not in kept.read_text()
    item.click("Exit")
    assert again.ended() == 0


def test_a_start_that_fails_is_said_where_somebody_sees_it(morning: Morning) -> None:
    """Standard error was all, and at log-in and from a menu nobody reads that."""
    file = morning.folder / "config" / "telex-start" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('sound = "loud"\n')
    for option in ("--at-login", "--log-level=info"):
        agent = morning.start(option)
        assert agent.ended() == 2
        assert agent.errors.startswith(f"telex-start: {file}: sound is")
        toast = morning.daemon.shown.pop()
        assert toast.summary == "Telex Start has not started"
        assert toast.body.startswith(f'{file}: sound is "loud"; allowed is')
        assert toast.body.endswith("telex-start doctor tells more.")


def test_what_is_wrong_in_the_file_keeps_nobody_from_the_agent_that_runs(morning: Morning) -> None:
    """Neither a second start nor --exit nor a pause was let through."""
    morning.panel_comes()
    agent = morning.start()
    item = morning.item("Signed out")
    file = morning.folder / "config" / "telex-start" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('sound = "loud"\n')
    second = morning.start("--login")
    assert second.ended() == 2
    assert "sound is" in second.errors
    morning.wait_for_window()
    assert "sound is" in morning.toast("The configuration stays as it was")
    assert morning.start("pause", "on").ended() == 0
    morning.panel.wait_until(lambda: item.labels()[0] == "Signed out, paused", "the pause")
    assert morning.start("--exit").ended() == 0
    assert agent.ended() == 0
    nobody = morning.start("--exit")
    assert nobody.ended() == 2, "and where none is found that may be why"
    assert "sound is" in nobody.errors


@pytest.mark.skipif(not shutil.which("gio"), reason="gio is not there")
def test_the_entry_of_a_virtual_environment_brings_the_icon_on_a_desktop_that_starts(
    morning: Morning, tmp_path: Path
) -> None:
    """From `autostart on` to the icon, started as the desktop does it, before the panel."""
    installed = Installed(tmp_path / "my programs", tmp_path)
    environ = {**installed.environ, **morning.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    code, words = installed("autostart", "on", environ=environ)
    assert code == 0, words
    entry = tmp_path / ".config" / "autostart" / "telex-start.desktop"
    assert desktop_entry.command_line(desktop_entry.parse(entry.read_text()))[0] == str(installed.script)
    subprocess.run(["gio", "launch", entry], env=environ, check=True, cwd=ROOT, timeout=60)
    morning.panel_comes()
    item = morning.panel.wait_for_item()
    morning.wait_for_window()
    item.click("Exit")
    assert installed("--exit", environ=environ)[0] == 0
    assert morning.daemon.shown == []
