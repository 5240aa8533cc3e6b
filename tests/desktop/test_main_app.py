"""Opening and closing the Telex client, with real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from telex_start.config import Config
from telex_start.desktop.main_app import main_app, telex_client
from telex_start.desktop.main_app.main_app import MainApp
from telex_start.events import MainAppAnswered
from tests.fake_desktop import RealDesktop
from tests.process import TIMEOUT, end, until

SLEEPER = "import time\nprint('up', flush=True)\ntime.sleep(300)\n"
GTK_WINDOW = """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
Gtk.Window(title="Client").show_all()
Gtk.main()
"""
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEPER


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without the client and without a display; a browser that writes down what it is told to open."""
    browser = tmp_path / "bin" / "xdg-open"
    browser.parent.mkdir()
    browser.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/new && mv {tmp_path}/new {tmp_path}/opened\n')
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("XDG_DATA_HOME", f"{tmp_path}/data")
    monkeypatch.setenv("XDG_DATA_DIRS", f"{tmp_path}/system")
    monkeypatch.delenv("DISPLAY", raising=False)
    return tmp_path


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a process of the person's, which is up when this returns, and ends it after the test."""
    with ExitStack() as stack:

        def start(*command: str | Path, folder: Path | None = None) -> subprocess.Popen[str]:
            words = [str(word) for word in command]
            process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=folder)
            stack.callback(end, process)
            stack.callback(process.kill)
            if "python" in words[0] or words[0].endswith(".py"):
                assert process.stdout is not None
                assert process.stdout.readline() == "up\n"
            return process

        yield start


def binary(path: Path) -> Path:
    """A program with an executable of its own: a copy of ``sleep``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy("/usr/bin/sleep", path)
    return path


def script(path: Path, text: str, interpreter: str = sys.executable) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{interpreter}\n{text}")
    path.chmod(0o755)
    return path


def processes_of(path: Path) -> list[psutil.Process]:
    found = []
    for pid in psutil.pids():
        try:
            process = psutil.Process(pid)
            if process.exe() == str(path) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def app(command: Path | str | None = None, **config: Any) -> MainApp:
    """The client as it is configured."""
    return MainApp(Config(main_app_command=str(command) if command else None, **config), lambda: False)


def says(answer: MainAppAnswered | None, title: str, words: str = "") -> None:
    """The answer that the person gets has this title and these words."""
    assert answer is not None
    assert answer.title == title
    assert words in answer.message


def opened(machine: Path) -> str:
    """What was opened or started; waits for it."""
    until((machine / "opened").exists)
    text = (machine / "opened").read_text()
    (machine / "opened").unlink()
    return text.strip()


def tells(machine: Path, words: str) -> str:
    """The line of shell by which a script writes down these words when it is started."""
    return f"echo {words} > {machine}/new && mv {machine}/new {machine}/opened\n"


# Opening.


def test_what_cannot_be_started_opens_the_web_app_and_says_why(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command, words in (
        (None, "not installed"),
        ("/opt/telex/is/gone", "/opt/telex/is/gone (main_app.command) cannot be started"),
    ):
        says(app(command).open(""), "Telex opens in the browser", words)
        assert opened(machine) == "https://telex.im"
    monkeypatch.setenv("PATH", str(machine / "none"))
    monkeypatch.delenv("BROWSER", raising=False)
    says(app().open(""), "Telex cannot be opened", "https://telex.im")
    answer = app().open_place("https://telex.im/northwind", "", in_browser=False)
    says(answer, "The conversation cannot be opened", "There is no browser for https://telex.im/northwind.")


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("click", [None, "client", "conversation"])
@pytest.mark.parametrize("in_browser", [True, False])
def test_a_click_on_a_toast_opens_what_is_set_or_installed(
    machine: Path, installed: bool, click: str | None, in_browser: bool
) -> None:
    if installed:
        script(machine / "bin" / "telex", tells(machine, "client"), "/bin/sh")
    address = "https://telex.im/northwind/dms/d1?thread_id=t1"
    client = click == "client" or (click is None and installed)
    made = app(main_app_click=click)
    assert made.prefers_client() is client
    answer = made.open_place(address, "token", in_browser)
    wanted = address if in_browser or not client else "client" if installed else "https://telex.im"
    assert opened(machine) == wanted
    assert (answer is None) is (wanted != "https://telex.im")


@pytest.mark.parametrize("name", ["telex", "Zedu", "zedu", "telex.desktop", "com.example.zedu.desktop", "zedu.desktop"])
def test_it_is_found_by_each_of_its_names_and_desktop_entries(
    machine: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    client = binary(machine / "names" / name.removesuffix(".desktop"))
    if name.endswith(".desktop"):
        entry = machine / "data" / "applications" / name
        entry.parent.mkdir(parents=True)
        entry.write_text(f"[Desktop Entry]\nExec={client} %U\n")
    else:
        monkeypatch.setenv("PATH", f"{client.parent}:{os.environ['PATH']}")
    found = telex_client.find(None)
    assert found is not None and (found.command[0], found.executable) == (str(client), str(client))


def test_the_client_of_a_desktop_entry_lives_on_by_itself(machine: Path) -> None:
    telex = binary(machine / "My Apps" / "telex")
    entry = machine / "data" / "applications" / "telex.desktop"
    entry.parent.mkdir(parents=True)
    entry.write_text(f'[Desktop Entry]\nExec="{telex}" 300 %U\nPath={machine}\n')
    before = set(psutil.Process().children())
    client = app()
    assert client.open("") is None
    until(lambda: processes_of(telex))
    [process] = processes_of(telex)
    try:
        assert process.cwd() == str(machine)
        assert process.ppid() != os.getpid()
        assert os.getsid(process.pid) == process.pid
        assert os.readlink(f"/proc/{process.pid}/fd/0") == "/dev/null"
        assert set(psutil.Process().children()) <= before  # neither the client nor what started it
    finally:
        assert client.close() is None
    assert not processes_of(telex)


@pytest.mark.parametrize("recognisable", [True, False])
def test_a_start_that_still_lives_is_not_repeated_within_15_seconds(
    machine: Path, recognisable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two clicks within seconds gave two clients."""
    # As with launchers, the first process forks and ends before a window comes; ending the sleep closes this client.
    real = binary(machine / "opt" / "real")
    telex = script(machine / "opt" / "telex", f"(exec {real} 300) &\n", "/bin/sh")
    client = app(telex if recognisable else f"env A=b {telex}")
    assert client.open("") is None
    until(lambda: processes_of(real))
    try:
        says(client.open(""), "Telex is starting")
        assert len(processes_of(real)) == 1
        monkeypatch.setattr(main_app, "STARTING", 0.0)
        assert client.open("") is None  # one that has been up for long is started again, to make it come forward
        until(lambda: len(processes_of(real)) == 2)
    finally:
        for process in processes_of(real):
            process.kill()


@pytest.mark.parametrize("setsid", [True, False])
def test_a_start_that_has_ended_is_repeated_at_once(
    machine: Path, monkeypatch: pytest.MonkeyPatch, setsid: bool
) -> None:
    telex = binary(machine / "opt" / "telex")
    if not setsid:
        monkeypatch.setenv("PATH", str(machine / "bin"))
    client = app(f"{telex} 300")
    assert client.open("") is None
    until(lambda: processes_of(telex))
    says(client.open(""), "Telex is starting")
    for process in processes_of(telex):
        process.kill()
    until(lambda: client.open("") is None, "its end")
    until(lambda: processes_of(telex))
    for process in processes_of(telex):
        process.kill()


@pytest.mark.parametrize("installed", [True, False])
def test_the_token_of_the_click_goes_to_what_is_started_and_an_old_one_does_not(
    machine: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    """Without the token, GNOME showed a busy pointer for up to 20 s, and the window came without the focus."""
    for name in ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"):
        monkeypatch.setenv(name, "of our own start")
    tell = tells(machine, '"$XDG_ACTIVATION_TOKEN|$DESKTOP_STARTUP_ID"')
    program = script(machine / "bin" / ("telex" if installed else "xdg-open"), tell, "/bin/sh")
    for token in ("token-1", ""):
        app(program if installed else None).open(token)
        assert opened(machine) == f"{token}|{token}"


@pytest.mark.desktop
def test_a_client_that_runs_is_brought_to_the_front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RealDesktop(panel=None, dunst=False) as desktop:
        for name, value in desktop.environ.items():
            monkeypatch.setenv(name, value)
        # Flutter's windows are GTK's, too; PyGObject is the system's.
        desktop.environ["PYTHONPATH"] = "/usr/lib/python3/dist-packages"
        telex = script(tmp_path / "telex.py", GTK_WINDOW)
        desktop.start(str(telex))
        desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Client$")
        desktop.start(sys.executable, "-c", "import tkinter; t = tkinter.Tk(); t.title('Other'); t.mainloop()")
        desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Other$", "windowactivate", "--sync")
        assert app(telex).open("") is None
        until(lambda: desktop.active_title() == "Client", "the client in front")
        assert len(desktop.xdotool("search", "--onlyvisible", "--name", "^Client$").split()) == 1


# Closing.


def test_not_running_is_said(machine: Path) -> None:
    says(app(binary(machine / "opt" / "telex")).close(), "Telex is not running")
    says(app().close(), "Telex is not running", "not installed on this computer")
    words = "/opt/telex/is/gone (main_app.command) is not there"
    says(app("/opt/telex/is/gone").close(), "Telex was not closed", words)


def test_only_the_clients_own_file_is_closed(machine: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    telex = binary(machine / "opt" / "telex")
    link = machine / "bin" / "telex"
    link.symlink_to(telex)
    gate = machine / "gate"
    os.mkfifo(gate)
    became = started("sh", "-c", f"read word < {gate}; exec {telex} 300")
    says(app(telex).close(), "Telex is not running")  # it was seen as a shell
    gate.write_text("go\n")
    until(lambda: processes_of(telex))
    ours = [became, started(telex, "300"), started(link, "300")]
    other = binary(machine / "elsewhere" / "telex")
    named = script(machine / "named.py", SLEEPER)
    foreign = [started(other, "300"), started(sys.executable, named, telex)]
    assert app().close() is None
    assert None not in [process.wait(TIMEOUT) for process in ours]
    assert [process.poll() for process in foreign] == [None, None]


def test_a_script_is_told_from_others_of_its_interpreter(machine: Path) -> None:
    telex = script(machine / "opt" / "telex.py", SLEEPER)
    client = telex_client.find(str(telex))
    assert client is not None and client.recognisable
    for words, folder, ours in (
        ([telex], machine, True),
        ([telex, "--quiet"], machine, True),
        (["-B", "telex.py"], telex.parent, True),
        ([machine / "opt" / "other.py", telex], machine, False),
        (["-c", SLEEPER, telex], machine, False),
        (["telex.py"], machine / "else", False),
        (["-m", "telex"], telex.parent, False),
        (["-", telex], machine, False),
        ([], telex.parent, False),
    ):
        arguments = [sys.executable, *map(str, words)]
        assert client.is_process(sys.executable, arguments, lambda folder=folder: str(folder)) is ours, words  # type: ignore[misc]


def test_an_interpreter_or_shell_alone_is_never_closed(machine: Path) -> None:
    (machine / "bin" / "python").symlink_to(sys.executable)
    for command in ("python", "python -c 'import time'", "python -m telex", "env A=b python", "sh"):
        says(app(command).close(), "Telex was not closed", "runs other programs too")


def test_what_a_launcher_has_started_is_not_certain(
    machine: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    real = binary(machine / "opt" / "real")
    launcher = script(machine / "bin" / "telex", f"exec {real} 300\n", "/bin/sh")
    running = started(launcher)
    until(lambda: processes_of(real))
    says(app().close(), "Telex is not running", f"{launcher} has started another program")
    assert running.poll() is None


def test_what_does_not_close_by_itself_is_ended_by_force(
    machine: Path, started: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_app, "CLOSE_WITHIN", 0.3)
    telex = script(machine / "opt" / "telex.py", STUBBORN)
    running = started(telex)
    says(app(telex).close(), "Telex is closed")
    assert running.wait(TIMEOUT) == -9
