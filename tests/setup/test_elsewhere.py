"""The start at log-in on Windows and macOS. Mocks: `sys.platform`, the registry and the shell's shortcut.

`python -m tests.rigs.windows` tries the same on Wine's registry and shell. For macOS there is only its manual.
"""

from __future__ import annotations

import plistlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from telex_start.desktop import icons
from telex_start.errors import TelexStartError
from telex_start.process import paths
from telex_start.setup import autostart, launch, windows
from telex_start.setup.command import start_at_login

PROGRAM = "telex-startw.exe"


class Registry:
    """HKEY_CURRENT_USER, as far as `winreg` is asked for it."""

    HKEY_CURRENT_USER = "HKCU"
    KEY_SET_VALUE = 2
    REG_SZ = 1
    REG_BINARY = 3

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, Any]] = {}

    @contextmanager
    def CreateKeyEx(self, root: str, key: str, reserved: int, access: int) -> Iterator[dict[str, Any]]:
        yield self.keys.setdefault(key, {})

    @contextmanager
    def OpenKey(self, root: str, key: str, reserved: int = 0, access: int = 1) -> Iterator[dict[str, Any]]:
        if key not in self.keys:
            raise FileNotFoundError
        yield self.keys[key]

    def SetValueEx(self, key: dict[str, Any], name: str, reserved: int, kind: int, value: Any) -> None:
        key[name] = value

    def QueryValueEx(self, key: dict[str, Any], name: str) -> tuple[Any, int]:
        if name not in key:
            raise FileNotFoundError
        return key[name], 1

    def DeleteValue(self, key: dict[str, Any], name: str) -> None:
        if name not in key:
            raise FileNotFoundError
        del key[name]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "home" / "Roaming"))
    monkeypatch.setattr(paths, "state_folder", lambda: str(tmp_path / "home" / "state"))
    return tmp_path / "home"


@pytest.fixture
def registry(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    made = Registry()
    program = tmp_path / "my programs" / PROGRAM
    program.parent.mkdir()
    program.touch(0o755)
    monkeypatch.setitem(sys.modules, "winreg", made)
    monkeypatch.setattr(launch, "tried", lambda: [str(program)])
    monkeypatch.setattr(icons, "ico", lambda state: b"icon")
    monkeypatch.setattr(windows, "write_shortcut", lambda path, *words: Path(path).write_text("\n".join(words)))
    monkeypatch.setattr(sys, "platform", "win32")
    return made


def test_windows_starts_it_by_the_run_key_and_off_leaves_nothing(
    registry: Registry, home: Path, tmp_path: Path
) -> None:
    assert autostart.platform().autostart() == (False, "")
    autostart.turn(True)
    program = tmp_path / "my programs" / PROGRAM
    assert registry.keys[windows.RUN] == {"Telex Start": f'"{program}" --at-login'}
    assert autostart.platform().autostart().on
    icon = home / "state" / "telex-start.ico"
    assert Path(windows.shortcut()).read_text().splitlines() == [str(program), "", str(icon)]
    assert icon.read_bytes() == b"icon"
    assert autostart.platform().integration().on
    autostart.turn(False)
    assert registry.keys[windows.RUN] == {}
    assert list(home.rglob("*")) == []


def test_the_start_menu_shows_the_icon_that_the_frozen_program_has(
    registry: Registry, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file with the icon was drawn, and stayed in the profile when the program's folder was deleted."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    autostart.platform().turn_integration(True)
    program = str(tmp_path / "my programs" / PROGRAM)
    assert Path(windows.shortcut()).read_text().splitlines() == [program, "", program]
    autostart.platform().turn_integration(False)
    assert list(home.rglob("*")) == []


def test_what_task_manager_switched_off_is_off_and_on_says_otherwise(registry: Registry) -> None:
    autostart.turn(True)
    registry.keys[windows.APPROVED] = {"Telex Start": bytes([3, *[0] * 11])}
    assert autostart.platform().autostart() == (False, "it is switched off in Task Manager or Settings")
    registry.keys[windows.APPROVED] = {"Telex Start": bytes([2, *[0] * 11])}
    assert autostart.platform().autostart().on
    registry.keys[windows.APPROVED] = {"Telex Start": bytes([3, *[0] * 11])}
    autostart.turn(True)
    assert autostart.platform().autostart().on


def test_windows_keeps_a_command_of_ones_own_and_switches_it_off(registry: Registry, tmp_path: Path) -> None:
    """The command was deleted, and its options with it."""
    mine = {"Telex Start": f'"{tmp_path / "my programs" / PROGRAM}" --at-login --log-level debug'}
    registry.keys[windows.RUN] = dict(mine)
    assert any("has a command of yours" in told for told in autostart.turn(False))
    assert (registry.keys[windows.RUN], autostart.platform().autostart().on) == (mine, False)
    autostart.turn(True)
    assert (registry.keys[windows.RUN], autostart.platform().autostart().on) == (mine, True)
    (tmp_path / "my programs" / PROGRAM).unlink()
    assert "which is not there" in autostart.platform().autostart().words


@pytest.mark.parametrize("folder", [".", "Scripts"])
def test_windows_starts_it_without_a_console(tmp_path: Path, folder: str) -> None:
    (tmp_path / "pythonw.exe").touch(0o755)
    python = str(tmp_path / "python.exe")
    assert launch.candidates(python, "win32") == [[str(tmp_path / "pythonw.exe"), "-m", "telex_start"]]
    script = tmp_path / folder / PROGRAM
    script.parent.mkdir(exist_ok=True)
    script.touch(0o755)
    assert Path(launch.candidates(python, "win32")[0][0]) == script


def test_macos_starts_it_by_a_launch_agent(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(launch, "tried", lambda: ["/bin/sh", "a & b"])
    autostart.turn(True)
    file = home / "Library" / "LaunchAgents" / "im.telex.telex-start.plist"
    agent = plistlib.loads(file.read_bytes())
    assert (agent["Label"], agent["RunAtLoad"]) == ("im.telex.telex-start", True)
    assert agent["ProgramArguments"] == ["/bin/sh", "a & b", "--at-login"]
    assert autostart.platform().autostart().on
    assert autostart.platform().integration() == (False, "macOS knows applications alone, which this is not")
    file.write_bytes(plistlib.dumps({**agent, "Disabled": True}))
    assert autostart.platform().autostart() == (False, f"{file} says Disabled")
    file.write_text("no list")
    assert autostart.platform().autostart() == (False, f"{file} cannot be read")
    [told] = autostart.turn(False)
    assert (f"{file}.saved" in told, Path(f"{file}.saved").read_text()) == (True, "no list"), "it was deleted"
    assert not file.exists()
    Path(f"{file}.saved").unlink()
    autostart.turn(True)
    assert autostart.turn(False) == []
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_only_linux_has_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(TelexStartError, match="--headless needs systemd"):
        start_at_login(["on", "--headless"])
