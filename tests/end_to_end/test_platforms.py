"""Windows and macOS, as far as they can be shown on Linux.

These are mocks: `sys.platform` says another name, and what only Linux has cannot be imported. They show that nothing of
Linux is needed at import, and that the logic holds; not that Windows or macOS do their part.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from telex_start.doctor import desktop
from telex_start.doctor.findings import log_folder_remedy, main_app_remedy, tk_remedy
from telex_start.process import paths, streams
from tests.process import ROOT

STARTED = {
    *("icons", "tk.login_window", "main_app.main_app", "child", "tk.preferences_window", "toasts.toasts"),
    *("toasts.plyer_backend", "tray.tray", "tray.pystray_backend"),
}
"""What of `desktop` a start on any platform may bring. The rest of it speaks D-Bus, and is brought on Linux alone."""

_IMPORT_ALL = """
import importlib, multiprocessing.connection, pkgutil, sys
import telex_start

names = sorted(
    module.name
    for module in pkgutil.walk_packages(telex_start.__path__, "telex_start.")
    if not module.name.startswith("telex_start.sandbox")
)
# First as it is, so that the standard library and the packages are there as Linux has them.
for name in names:
    importlib.import_module(name)
for name in [name for name in sys.modules if name.partition(".")[0] == "jeepney"]:
    del sys.modules[name]
lacking = ["jeepney", "Xlib", "gi"]
if sys.argv[1] == "win32":
    lacking += ["fcntl", "resource", "termios", "pwd", "grp"]
for name in lacking:
    sys.modules[name] = None
sys.platform = sys.argv[1]
for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == "telex_start"]:
    del sys.modules[loaded]
for name in names:
    try:
        importlib.import_module(name)
    except Exception as error:
        print("fails", name, type(error).__name__, error)
    else:
        print("works", name)
"""


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_every_module_can_be_imported_elsewhere(platform: str) -> None:
    """A mock of the platform: see above."""
    done = subprocess.run([sys.executable, "-c", _IMPORT_ALL, platform], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    words = [line.split(" ", 2) for line in done.stdout.splitlines()]
    works = {name.removeprefix("telex_start.") for mark, name, *_ in words if mark == "works"}
    why = {name.removeprefix("telex_start."): rest[0] for mark, name, *rest in words if mark == "fails"}
    assert {f"desktop.{name}" for name in STARTED} - works == set(), why
    assert {name for name in why if not name.startswith("desktop.")} == ({"process.instance_unix"} - works)
    assert ("process.instance_unix" in works) is (platform == "darwin")
    for name, reason in why.items():
        assert name == "process.instance_unix" or "import of jeepney halted" in reason, f"{name}: {reason}"


# Terminals.


def test_a_device_that_is_no_console_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock of Windows, which says of the null device, too, that it is a terminal."""
    controller, end = os.openpty()
    try:
        with open(end) as device, open(os.devnull) as null:
            assert streams.is_terminal(device)
            assert not any(map(streams.is_terminal, (null, None)))
            monkeypatch.setattr(sys, "platform", "win32")
            assert streams.is_terminal(device)
            monkeypatch.setattr(streams, "has_console_mode", lambda descriptor: descriptor != end)
            assert not streams.is_terminal(device)
        assert not streams.is_terminal(device), "it is closed"
    finally:
        os.close(controller)


def test_what_windows_writes_is_utf_8() -> None:
    """A mock of Windows, whose Python takes the ANSI code page for what is no console."""
    code = "import sys; from telex_start.process import streams; streams.speak_utf8(); print('Ω', '\\ud83d')"
    environ = os.environ | {"PYTHONIOENCODING": "cp1252"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True)
    assert (done.stdout.decode(), done.stderr) == ("Ω \\ud83d\n", b"")


# What doctor says to do.


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_doctors_advice_is_for_the_platform(platform: str) -> None:
    """A person on Windows was told to set /path/to/client."""
    advice = [tell(platform) for tell in (tk_remedy, main_app_remedy, log_folder_remedy)]
    words = " ".join(advice)
    assert ("XDG_" in words, "python3-tk" in words, "/path/to" in words) == (platform == "linux",) * 3
    assert ("C:\\" in words) is (platform == "win32")
    setting = advice[1].partition("[main_app] ")[2].removesuffix(" in the configuration")
    path = {
        "win32": r"C:\Program Files\Telex\telex.exe",
        "darwin": "/Applications/Telex.app",
        "linux": "/path/to/client",
    }
    assert tomllib.loads(setting) == {"command": path[platform]}


def test_doctor_finds_icon_and_toasts_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    found = {finding.subject: finding.found for finding in desktop.findings()}
    assert found["tray"] == "an icon with a menu, by pystray"
    assert found["toasts"].startswith("at the icon; Windows does not tell")


# Folders.


def test_linux_folders_are_those_of_platformdirs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``paths`` reads the variables itself, to save the import of platformdirs; the folders must be the same. By the
    specification a relative path does not count: it would be another folder for each place the program starts at."""
    import platformdirs

    monkeypatch.setenv("HOME", str(tmp_path))
    for folder in ("", "relative", str(tmp_path / "absolute")):
        for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            monkeypatch.setenv(variable, folder)
        if folder != "relative":
            assert paths.config_file() == str(platformdirs.user_config_path("telex-start") / "config.toml")
            assert paths.log_file() == str(platformdirs.user_log_path("telex-start") / "telex-start.log")
            assert paths.cache_folder() == platformdirs.user_cache_dir("telex-start")
        else:
            assert paths.config_file() == str(tmp_path / ".config" / "telex-start" / "config.toml")
