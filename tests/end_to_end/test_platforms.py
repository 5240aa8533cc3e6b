"""Windows and macOS, as far as they can be shown on Linux.

These are mocks: `sys.platform` says another name, what only Linux has cannot be imported, and a named pipe is a Unix
socket by the same calls. They show that nothing of Linux is needed at import, and that the logic holds; not that
Windows or macOS do their part.
"""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
import tomllib
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from telex_start.doctor.findings import log_folder_remedy, main_app_remedy, tk_remedy
from telex_start.events import Event, Requested
from telex_start.menu import Request
from telex_start.process import instance_windows, paths, streams
from tests.process import ROOT

STARTED = {
    *("__main__", "agent", "app.app", "command_line", "commands", "config_file", "console", "doctor", "doctor.desktop"),
    *("process.instance", "process.logs", "process.paths", "process.signals", "session.session", "push.websocket"),
    *("desktop.icons", "desktop.tk.login_window", "desktop.main_app.main_app"),
    *("desktop.child", "desktop.tk.preferences_window"),
    *("desktop.toasts.toasts", "desktop.toasts.plyer_backend"),
    *("desktop.tray.tray", "desktop.tray.pystray_backend"),
}
"""What a start on any platform may bring. The rest of `desktop` speaks D-Bus, and is brought on Linux alone."""

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
for name in names:
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == "telex_start"]:
        del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except Exception as error:
        print("fails", name, type(error).__name__, error)
    else:
        print("works", name)
"""


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_every_module_can_be_imported_elsewhere(platform: str) -> None:
    """A mock of the platform: see above. Each module is imported alone, as the first of the program."""
    done = subprocess.run([sys.executable, "-c", _IMPORT_ALL, platform], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    words = [line.split(" ", 2) for line in done.stdout.splitlines()]
    works = {name.removeprefix("telex_start.") for mark, name, *_ in words if mark == "works"}
    why = {name.removeprefix("telex_start."): rest[0] for mark, name, *rest in words if mark == "fails"}
    assert STARTED - works == set(), why
    assert {name for name in why if not name.startswith("desktop.")} == ({"process.instance_unix"} - works)
    assert ("process.instance_unix" in works) is (platform == "darwin")
    for name, reason in why.items():
        assert name == "process.instance_unix" or "import of jeepney halted" in reason, f"{name}: {reason}"


_COLLECT = """
import os, sys
os.environ["PYSTRAY_BACKEND"] = "dummy"
# First as it is, so that the standard library and the packages are there as Linux has them.
import aiohttp, greenlet, hypothesis.stateful, jwt, pystray, trustme, truststore, websocket
import PIL.Image, asyncio, logging.handlers, multiprocessing.connection, psutil, pytest, tkinter, xdist
for name in ("jeepney", "Xlib", "gi"):
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == name]:
        del sys.modules[loaded]
sys.platform = "darwin"


class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("jeepney", "Xlib", "gi"):
            raise ModuleNotFoundError(f"No module named {name!r}")


sys.meta_path.insert(0, Lacking())


class Collected:
    def pytest_collection_finish(self, session):
        for item in session.items:
            print(item.nodeid)


sys.exit(pytest.main(["--collect-only", "-rs", "-p", "no:cacheprovider", "tests"], plugins=[Collected()]))
"""


def test_on_macos_the_tests_that_can_run_are_collected_and_the_others_are_named() -> None:
    """A mock of the platform: see above. It shows what is collected, not that it passes there."""
    done = subprocess.run([sys.executable, "-c", _COLLECT], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    collected = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    expected = {"ground/test_house.py", "session/test_leaving.py", "desktop/test_macos.py", "end_to_end/test_output.py"}
    assert {f"tests/{module}" for module in expected} <= collected
    named = set(re.findall(r"^SKIPPED \[1\] (\S+):0: left out on darwin: it speaks D-Bus$", done.stdout, re.MULTILINE))
    assert {"tests/desktop/test_tray.py", "tests/statusnotifier/test_menu.py", "tests/toasts/test_bus.py"} <= named
    assert not named & collected


# --- the named pipe -------------------------------------------------------------------------------------------------


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The folder in whose place Windows has its pipes."""
    monkeypatch.setattr(instance_windows, "FAMILY", "AF_UNIX")
    monkeypatch.setattr(instance_windows, "address_of", os.path.join)
    return str(tmp_path)


class Claimed:
    """This process as the instance, by a pipe."""

    def __init__(self, folder: str) -> None:
        held = instance_windows.claim(folder, "telex", "tray")
        assert held is not None
        self.held = held
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        held.serve(self.events.put)

    def requested(self) -> Request:
        event = self.events.get(timeout=30)
        assert isinstance(event, Requested)
        return event.request


def test_the_pipe_is_lock_and_instance_socket(pipe: str) -> None:
    threads = threading.active_count()
    for _ in range(2):
        running = Claimed(pipe)
        assert instance_windows.claim(pipe, "telex", "tray") is None
        assert instance_windows.ask(pipe, "telex", "hello", 0) == "tray"
        assert instance_windows.ask(pipe, "telex", "open", 0) == "tray"
        assert running.requested() is Request.OPEN
        running.held.close()
        assert os.listdir(pipe) == []
        assert threading.active_count() == threads
    assert instance_windows.ask(pipe, "telex", "exit", 1) is None


def test_the_pipe_waits_for_the_end(pipe: str) -> None:
    running = Claimed(pipe)
    ended: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    caller = threading.Thread(target=lambda: ended.put(instance_windows.ask(pipe, "telex", "exit", 10)))
    caller.start()
    assert running.requested() is Request.EXIT
    running.held.close()
    with pytest.raises(queue.Empty):
        ended.get(timeout=0.2)  # the process is still there
    instance_windows.leaving.pop().close()  # as the system does at its end
    assert ended.get(timeout=30) == "tray"
    caller.join(30)


def test_the_pipe_gives_up_on_one_that_does_not_end(pipe: str) -> None:
    running = Claimed(pipe)
    with pytest.raises(TimeoutError):
        instance_windows.ask(pipe, "telex", "exit", 0.2)
    running.held.close()
    instance_windows.leaving.pop().close()


def test_a_silent_caller_of_the_pipe_is_let_go(pipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance_windows, "SPEAK_WITHIN", 0.1)
    running = Claimed(pipe)
    with Client(os.path.join(pipe, "telex"), "AF_UNIX") as silent:
        assert instance_windows.ask(pipe, "telex", "open", 0) == "tray"
        assert running.requested() is Request.OPEN
        with pytest.raises(EOFError):
            silent.recv_bytes()
    with Client(os.path.join(pipe, "telex"), "AF_UNIX") as noisy:
        noisy.send_bytes(b"x" * 1000)
    assert instance_windows.ask(pipe, "telex", "hello", 0) == "tray"
    assert running.events.empty()
    running.held.close()


# --- terminals ------------------------------------------------------------------------------------------------------


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


# --- what doctor says to do -----------------------------------------------------------------------------------------


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


# --- folders --------------------------------------------------------------------------------------------------------


def test_linux_folders_are_those_of_platformdirs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They are read here to save its import; it must not make a difference."""
    import platformdirs

    for home in (tmp_path / "one", tmp_path / "two"):
        monkeypatch.setenv("HOME", str(home))
        for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(variable, raising=False)
            if home.name == "two":
                monkeypatch.setenv(variable, str(home / variable))
        assert paths.config_file() == str(platformdirs.user_config_path("telex-start") / "config.toml")
        assert paths.log_file() == str(platformdirs.user_log_path("telex-start") / "telex-start.log")
        assert paths.cache_folder() == platformdirs.user_cache_dir("telex-start")


def test_a_relative_folder_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The specification says so; it would be another one for each place it is started at."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    assert paths.config_file() == str(tmp_path / ".config" / "telex-start" / "config.toml")
