"""Opening and closing the Telex client, with real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
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
from tests.process import TIMEOUT, end

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
    """A program of its own: in fact it sleeps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy("/usr/bin/sleep", path)
    return path


def script(path: Path, text: str, interpreter: str = sys.executable) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{interpreter}\n{text}")
    path.chmod(0o755)
    return path


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.01)


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
    """The person is told so."""
    assert answer is not None
    assert answer.title == title
    assert words in answer.message


# --- opening ----------------------------------------------------------------------------------------------------------


def test_not_installed_opens_the_web_app_and_says_so(machine: Path) -> None:
    says(app().open(""), "Telex opens in the browser", "not installed")
    wait_for((machine / "opened").exists, "the browser")
    assert (machine / "opened").read_text() == "https://telex.im\n"


def test_a_configured_client_that_is_gone_opens_the_web_app_and_names_it(machine: Path) -> None:
    words = "/opt/telex/is/gone (main_app.command) cannot be started"
    says(app("/opt/telex/is/gone").open(""), "Telex opens in the browser", words)
    wait_for((machine / "opened").exists, "the browser")


def test_without_a_browser_it_says_where_the_web_app_is(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        script(
            machine / "bin" / "telex", f"echo client > {machine}/new && mv {machine}/new {machine}/opened\n", "/bin/sh"
        )
    address = "https://telex.im/northwind/dms/d1?thread_id=t1"
    client = click == "client" or (click is None and installed)
    made = app(main_app_click=click)
    assert made.prefers_client() is client
    answer = made.open_place(address, "token", in_browser)
    opened = "https://telex.im" if client and not installed else "client" if client else address
    if in_browser:
        opened = address
    wait_for((machine / "opened").exists, "what is to be opened")
    assert (machine / "opened").read_text() == f"{opened}\n"
    assert (answer is None) is (opened != "https://telex.im")


@pytest.mark.parametrize("name", ["telex", "Zedu", "zedu"])
def test_it_is_found_by_each_of_its_names(machine: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    client = binary(machine / "names" / name)
    monkeypatch.setenv("PATH", f"{client.parent}:{os.environ['PATH']}")
    found = telex_client.find(None)
    assert found is not None
    assert found.command == (str(client),)


@pytest.mark.parametrize("entry", ["telex.desktop", "com.example.zedu.desktop", "zedu.desktop"])
def test_it_is_found_by_each_of_its_desktop_entries(machine: Path, entry: str) -> None:
    client = binary(machine / "apps" / "client")
    path = machine / "data" / "applications" / entry
    path.parent.mkdir(parents=True)
    path.write_text(f"[Desktop Entry]\nExec={client} %U\n")
    found = telex_client.find(None)
    assert found is not None
    assert found.executable == str(client)


def test_the_client_lives_on_by_itself(machine: Path) -> None:
    telex = binary(machine / "opt" / "telex")
    before = set(psutil.Process().children())
    client = app(f"{telex} 300")
    assert client.open("") is None
    wait_for(lambda: processes_of(telex), "the client")
    [process] = processes_of(telex)
    try:
        assert process.ppid() != os.getpid()
        assert os.getsid(process.pid) == process.pid
        assert os.readlink(f"/proc/{process.pid}/fd/0") == "/dev/null"
        assert set(psutil.Process().children()) <= before  # neither the client nor what started it
    finally:
        assert client.close() is None
    assert not processes_of(telex)


def test_it_is_found_by_its_desktop_entry(machine: Path) -> None:
    telex = binary(machine / "My Apps" / "telex")
    entry = machine / "data" / "applications" / "telex.desktop"
    entry.parent.mkdir(parents=True)
    entry.write_text(f'[Desktop Entry]\nExec="{telex}" 300 %U\nPath={machine}\n')
    assert app().open("") is None
    wait_for(lambda: processes_of(telex), "the client")
    assert processes_of(telex)[0].cwd() == str(machine)
    assert app().close() is None
    assert not processes_of(telex)


def test_it_is_found_on_the_search_path(machine: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    running = started(binary(machine / "bin" / "telex"), "300")
    assert app().close() is None
    assert running.wait(TIMEOUT) is not None


def count_starts(machine: Path) -> int:
    file = machine / "starts"
    return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.mark.parametrize("recognisable", [True, False])
def test_a_start_that_still_lives_is_not_repeated_within_15_seconds(
    machine: Path, recognisable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two clicks within seconds gave two clients."""
    # It forks, and ends itself before its window comes, as launchers do; closed by ending the sleep.
    text = f"echo started >> {machine}/starts\n(exec {binary(machine / 'opt' / 'real')} 300) &\n"
    telex = script(machine / "opt" / "telex", text, "/bin/sh")
    client = app(telex if recognisable else f"env A=b {telex}")
    assert client.open("") is None
    wait_for(lambda: processes_of(machine / "opt" / "real"), "the client")
    try:
        says(client.open(""), "Telex is starting")
        assert count_starts(machine) == 1
        monkeypatch.setattr(main_app, "STARTING", 0.0)
        assert client.open("") is None  # one that has been up for long is started again, to make it come forward
        wait_for(lambda: count_starts(machine) == 2, "another start")
        wait_for(lambda: len(processes_of(machine / "opt" / "real")) == 2, "its client")
    finally:
        for process in processes_of(machine / "opt" / "real"):
            process.kill()


def test_a_start_that_has_ended_is_repeated_at_once(machine: Path) -> None:
    telex = script(machine / "opt" / "telex", f"echo started >> {machine}/starts\n", "/bin/sh")
    client = app(telex)
    assert client.open("") is None
    wait_for(lambda: count_starts(machine) == 1 and client.open("") is None, "its end")
    wait_for(lambda: count_starts(machine) == 2, "the second")


def test_without_setsid_too_a_start_that_lives_is_known(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    telex = binary(machine / "opt" / "telex")
    monkeypatch.setenv("PATH", str(machine / "bin"))
    client = app(f"{telex} 300")
    assert client.open("") is None
    says(client.open(""), "Telex is starting")
    [process] = processes_of(telex)
    process.kill()
    wait_for(lambda: client.open("") is None, "its end")
    for process in processes_of(telex):
        process.kill()


@pytest.mark.parametrize("installed", [True, False])
def test_the_token_of_the_click_goes_to_what_is_started_and_an_old_one_does_not(
    machine: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    """GNOME showed a busy pointer for up to 20 s, and the window came without the focus."""
    for name in ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"):
        monkeypatch.setenv(name, "of our own start")
    tell = f'echo "$XDG_ACTIVATION_TOKEN|$DESKTOP_STARTUP_ID" > {machine}/new && mv {machine}/new {machine}/told\n'
    program = script(machine / "bin" / ("telex" if installed else "xdg-open"), tell, "/bin/sh")
    for token in ("token-1", ""):
        (machine / "told").unlink(missing_ok=True)
        app(program if installed else None).open(token)
        wait_for((machine / "told").exists, "the program")
        assert (machine / "told").read_text() == f"{token}|{token}\n"


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
        wait_for(lambda: desktop.active_title() == "Client", "the client in front")
        assert len(desktop.xdotool("search", "--onlyvisible", "--name", "^Client$").split()) == 1


# --- closing ----------------------------------------------------------------------------------------------------------


def test_not_running_is_said(machine: Path) -> None:
    says(app(binary(machine / "opt" / "telex")).close(), "Telex is not running")
    says(app().close(), "Telex is not running", "not installed on this computer")
    says(
        app("/opt/telex/is/gone").close(), "Telex was not closed", "/opt/telex/is/gone (main_app.command) is not there"
    )


def test_only_the_clients_own_file_is_closed(machine: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    telex = binary(machine / "opt" / "telex")
    link = machine / "bin" / "telex-link"
    link.symlink_to(telex)
    ours = [started(telex, "300"), started(link, "300")]
    other = binary(machine / "elsewhere" / "telex")
    named = script(machine / "named.py", SLEEPER)
    foreign = [started(other, "300"), started(sys.executable, named, telex)]
    assert app(link).close() is None
    assert None not in [process.wait(TIMEOUT) for process in ours]
    assert [process.poll() for process in foreign] == [None, None]


def test_a_script_is_told_from_others_of_its_interpreter(
    machine: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    telex = script(machine / "opt" / "telex.py", SLEEPER)
    other = script(machine / "opt" / "other.py", SLEEPER)
    ours = [
        started(telex),
        started(sys.executable, telex, "--quiet"),
        started(sys.executable, "-B", "telex.py", folder=telex.parent),
    ]
    foreign = [
        started(sys.executable, other, telex),
        started(sys.executable, "-c", SLEEPER, telex),
        started(sys.executable, "telex.py", folder=script(machine / "else" / "telex.py", SLEEPER).parent),
    ]
    assert app(telex).close() is None
    assert None not in [process.wait(TIMEOUT) for process in ours]
    assert [process.poll() for process in foreign] == [None, None, None]


def test_a_module_of_the_same_name_is_no_script(machine: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    telex = script(machine / "opt" / "telex", SLEEPER)
    script(telex.parent / "telex.py", SLEEPER)
    foreign = started(sys.executable, "-m", "telex", folder=telex.parent)
    assert app(telex).close() is not None
    assert foreign.poll() is None


@pytest.mark.parametrize("command", ["python", "python -c 'import time'", "python -m telex", "env A=b python", "sh"])
def test_an_interpreter_or_shell_alone_is_never_closed(
    command: str, machine: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    (machine / "bin" / "python").symlink_to(sys.executable)
    foreign = [started(sys.executable, "-c", SLEEPER), started("sh", "-c", "sleep 300; true")]
    says(app(command).close(), "Telex was not closed")
    assert [process.poll() for process in foreign] == [None, None]


def test_what_a_launcher_has_started_is_not_certain(
    machine: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    real = binary(machine / "opt" / "real")
    launcher = script(machine / "bin" / "telex", f"exec {real} 300\n", "/bin/sh")
    running = started(launcher)
    wait_for(lambda: processes_of(real), "the client")
    says(app().close(), "Telex is not running", f"{launcher} has started another program")
    assert running.poll() is None


def test_a_process_that_has_become_the_client_is_closed(
    machine: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    telex = binary(machine / "opt" / "telex")
    gate = machine / "gate"
    os.mkfifo(gate)
    running = started("sh", "-c", f"read word < {gate}; exec {telex} 300")
    assert app(telex).close() is not None  # it was seen as a shell
    gate.write_text("go\n")
    wait_for(lambda: processes_of(telex), "the client")
    assert app(telex).close() is None
    assert running.wait(TIMEOUT) is not None


def test_what_does_not_close_by_itself_is_ended_by_force(
    machine: Path, started: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_app, "CLOSE_WITHIN", 0.3)
    telex = script(machine / "opt" / "telex.py", STUBBORN)
    running = started(telex)
    says(app(telex).close(), "Telex is closed")
    assert running.wait(TIMEOUT) == -9
