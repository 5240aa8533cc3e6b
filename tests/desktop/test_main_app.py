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

import psutil
import pytest

from telex_start.desktop.main_app import main_app
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


# --- opening ----------------------------------------------------------------------------------------------------------


def test_not_installed_opens_the_web_app_and_says_so(machine: Path) -> None:
    answer, _ = main_app.open_main_app(None)
    assert answer is not None
    assert answer.title == "Telex opens in the browser"
    assert "not installed" in answer.message
    wait_for((machine / "opened").exists, "the browser")
    assert (machine / "opened").read_text() == "https://telex.im\n"


def test_a_configured_client_that_is_gone_opens_the_web_app_and_names_it(machine: Path) -> None:
    answer, _ = main_app.open_main_app("/opt/telex/is/gone")
    assert answer is not None
    assert "/opt/telex/is/gone (main_app.command) cannot be started" in answer.message
    wait_for((machine / "opened").exists, "the browser")


def test_without_a_browser_it_says_where_the_web_app_is(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(machine / "none"))
    monkeypatch.delenv("BROWSER", raising=False)
    answer, _ = main_app.open_main_app(None)
    assert answer is not None
    assert answer.title == "Telex cannot be opened"
    assert "https://telex.im" in answer.message


def test_a_conversation_opens_in_the_browser_with_the_clicks_token(machine: Path) -> None:
    assert main_app.open_address("https://telex.im/northwind/dms/d1?thread_id=t1", "token") is None
    wait_for((machine / "opened").exists, "the browser")
    assert (machine / "opened").read_text() == "https://telex.im/northwind/dms/d1?thread_id=t1\n"


def test_a_conversation_without_a_browser_is_said(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(machine / "none"))
    monkeypatch.delenv("BROWSER", raising=False)
    answer = main_app.open_address("https://telex.im/northwind")
    assert answer is not None
    assert answer.message == "There is no browser for https://telex.im/northwind."


@pytest.mark.parametrize("name", ["telex", "Zedu", "zedu"])
def test_it_is_found_by_each_of_its_names(machine: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    client = binary(machine / "names" / name)
    monkeypatch.setenv("PATH", f"{client.parent}:{os.environ['PATH']}")
    found = main_app.find(None)
    assert found is not None
    assert found.command == (str(client),)


@pytest.mark.parametrize("entry", ["telex.desktop", "com.example.zedu.desktop", "zedu.desktop"])
def test_it_is_found_by_each_of_its_desktop_entries(machine: Path, entry: str) -> None:
    client = binary(machine / "apps" / "client")
    path = machine / "data" / "applications" / entry
    path.parent.mkdir(parents=True)
    path.write_text(f"[Desktop Entry]\nExec={client} %U\n")
    found = main_app.find(None)
    assert found is not None
    assert found.executable == str(client)


def test_the_client_lives_on_by_itself(machine: Path) -> None:
    telex = binary(machine / "opt" / "telex")
    before = set(psutil.Process().children())
    assert main_app.open_main_app(f"{telex} 300")[0] is None
    wait_for(lambda: processes_of(telex), "the client")
    [process] = processes_of(telex)
    try:
        assert process.ppid() != os.getpid()
        assert os.getsid(process.pid) == process.pid
        assert os.readlink(f"/proc/{process.pid}/fd/0") == "/dev/null"
        assert set(psutil.Process().children()) <= before  # neither the client nor what started it
    finally:
        assert main_app.close_main_app(f"{telex} 300") is None
    assert not processes_of(telex)


def test_it_is_found_by_its_desktop_entry(machine: Path) -> None:
    telex = binary(machine / "My Apps" / "telex")
    entry = machine / "data" / "applications" / "telex.desktop"
    entry.parent.mkdir(parents=True)
    entry.write_text(f'[Desktop Entry]\nExec="{telex}" 300 %U\nPath={machine}\n')
    assert main_app.open_main_app(None)[0] is None
    wait_for(lambda: processes_of(telex), "the client")
    assert processes_of(telex)[0].cwd() == str(machine)
    assert main_app.close_main_app(None) is None
    assert not processes_of(telex)


def test_it_is_found_on_the_search_path(machine: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    running = started(binary(machine / "bin" / "telex"), "300")
    assert main_app.close_main_app(None) is None
    assert running.wait(TIMEOUT) is not None


def count_starts(machine: Path) -> int:
    file = machine / "starts"
    return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.mark.parametrize("recognisable", [True, False])
def test_a_start_that_still_lives_is_not_repeated_within_15_seconds(machine: Path, recognisable: bool) -> None:
    """Two clicks within seconds gave two clients."""
    # It forks, and ends itself before its window comes, as launchers do; closed by ending the sleep.
    text = f"echo started >> {machine}/starts\n(exec {binary(machine / 'opt' / 'real')} 300) &\n"
    telex = script(machine / "opt" / "telex", text, "/bin/sh")
    command = str(telex) if recognisable else f"env A=b {telex}"
    answer, first = main_app.open_main_app(command)
    assert answer is None
    wait_for(lambda: processes_of(machine / "opt" / "real"), "the client")
    try:
        answer, second = main_app.open_main_app(command, "", first)
        assert answer is not None
        assert answer.title == "Telex is starting"
        assert second is first
        assert count_starts(machine) == 1
        assert first is not None
        answer, third = main_app.open_main_app(command, "", first._replace(at=first.at - main_app.STARTING))
        assert answer is None  # a client that has been up for long is started again, to make it come forward
        assert third is not first
        wait_for(lambda: count_starts(machine) == 2, "another start")
        wait_for(lambda: len(processes_of(machine / "opt" / "real")) == 2, "its client")
    finally:
        for process in processes_of(machine / "opt" / "real"):
            process.kill()


def test_a_start_that_has_ended_is_repeated_at_once(machine: Path) -> None:
    telex = script(machine / "opt" / "telex", f"echo started >> {machine}/starts\n", "/bin/sh")
    _, first = main_app.open_main_app(str(telex))
    assert first is not None
    wait_for(lambda: count_starts(machine) == 1 and not main_app._is_starting(first), "its end")
    assert main_app.open_main_app(str(telex), "", first)[0] is None
    wait_for(lambda: count_starts(machine) == 2, "the second")


def test_without_setsid_too_a_start_that_lives_is_known(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    telex = binary(machine / "opt" / "telex")
    monkeypatch.setenv("PATH", str(machine / "bin"))
    answer, first = main_app.open_main_app(f"{telex} 300")
    assert (answer, first is not None) == (None, True)
    try:
        answer, _ = main_app.open_main_app(f"{telex} 300", "", first)
        assert answer is not None
        assert answer.title == "Telex is starting"
    finally:
        assert first is not None
        assert first.process is not None
        first.process.kill()
        first.process.wait(TIMEOUT)
    assert not main_app._is_starting(first)


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
        main_app.open_main_app(str(program) if installed else None, token)
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
        assert main_app.open_main_app(str(telex))[0] is None
        wait_for(lambda: desktop.active_title() == "Client", "the client in front")
        assert len(desktop.xdotool("search", "--onlyvisible", "--name", "^Client$").split()) == 1


# --- closing ----------------------------------------------------------------------------------------------------------


def test_not_running_is_said(machine: Path) -> None:
    answer = main_app.close_main_app(str(binary(machine / "opt" / "telex")))
    assert answer is not None
    assert answer.title == "Telex is not running"


def test_only_the_clients_own_file_is_closed(machine: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    telex = binary(machine / "opt" / "telex")
    link = machine / "bin" / "telex-link"
    link.symlink_to(telex)
    ours = [started(telex, "300"), started(link, "300")]
    other = binary(machine / "elsewhere" / "telex")
    named = script(machine / "named.py", SLEEPER)
    foreign = [started(other, "300"), started(sys.executable, named, telex)]
    assert main_app.close_main_app(str(link)) is None
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
    assert main_app.close_main_app(str(telex)) is None
    assert None not in [process.wait(TIMEOUT) for process in ours]
    assert [process.poll() for process in foreign] == [None, None, None]


def test_a_module_of_the_same_name_is_no_script(machine: Path, started: Callable[..., subprocess.Popen[str]]) -> None:
    telex = script(machine / "opt" / "telex", SLEEPER)
    script(telex.parent / "telex.py", SLEEPER)
    foreign = started(sys.executable, "-m", "telex", folder=telex.parent)
    assert main_app.close_main_app(str(telex)) is not None
    assert foreign.poll() is None


@pytest.mark.parametrize("command", ["python", "python -c 'import time'", "python -m telex", "env A=b python", "sh"])
def test_an_interpreter_or_shell_alone_is_never_closed(
    command: str, machine: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    (machine / "bin" / "python").symlink_to(sys.executable)
    foreign = [started(sys.executable, "-c", SLEEPER), started("sh", "-c", "sleep 300; true")]
    answer = main_app.close_main_app(command)
    assert answer is not None
    assert answer.title == "Telex was not closed"
    assert [process.poll() for process in foreign] == [None, None]


def test_what_a_launcher_has_started_is_not_certain(
    machine: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    real = binary(machine / "opt" / "real")
    launcher = script(machine / "bin" / "telex", f"exec {real} 300\n", "/bin/sh")
    running = started(launcher)
    wait_for(lambda: processes_of(real), "the client")
    answer = main_app.close_main_app(None)
    assert answer is not None
    assert f"{launcher} has started another program" in answer.message
    assert running.poll() is None


def test_a_process_that_has_become_the_client_is_closed(
    machine: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    telex = binary(machine / "opt" / "telex")
    gate = machine / "gate"
    os.mkfifo(gate)
    running = started("sh", "-c", f"read word < {gate}; exec {telex} 300")
    assert main_app.close_main_app(str(telex)) is not None  # it was seen as a shell
    gate.write_text("go\n")
    wait_for(lambda: processes_of(telex), "the client")
    assert main_app.close_main_app(str(telex)) is None
    assert running.wait(TIMEOUT) is not None


def test_what_does_not_close_by_itself_is_ended_by_force(
    machine: Path, started: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_app, "CLOSE_WITHIN", 0.3)
    telex = script(machine / "opt" / "telex.py", STUBBORN)
    running = started(telex)
    answer = main_app.close_main_app(str(telex))
    assert answer is not None
    assert answer.title == "Telex is closed"
    assert running.wait(TIMEOUT) == -9
