"""The command line as a script meets it: exit codes, what is printed, and what a running agent is asked for.

Commands run in this process, and no real agent does: in its place, the test claims the agent's instance.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace

import pytest

from telex_start import __main__, __version__, agent
from telex_start.command_line import COMMANDS
from telex_start.config import Config
from telex_start.config_file import ConfigSource
from telex_start.events import Event, Requested
from telex_start.menu import Request
from telex_start.process import instance, paths
from telex_start.process.state_file import Memory
from telex_start.toast import Pause, Remembered
from tests.process import ROOT

API = Config().api_url
RUNNING_ALREADY = "Telex Start is already running.\n"
READS_AGAIN = "Telex Start reads its configuration again.\n"
NOT_RUNNING = "Telex Start is not running.\n"


class Machine:
    """A machine with folders of its own, on which commands are typed and agents run."""

    def __init__(self, folder: Path, stack: ExitStack, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.stack = stack
        self.capture = capture
        self.heard: SimpleQueue[Event] = SimpleQueue()

    def run(self, *argv: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a command."""
        try:
            code = __main__.main(list(argv))
        except SystemExit as end:  # after --help and --version
            code = int(end.code or 0)
        out, errors = self.capture.readouterr()
        return code, out, errors

    def start(self, kind: str = "tray", api_url: str = API) -> None:
        """From here on an agent seems to run."""
        held = instance.claim(str(self.folder), api_url, kind)
        assert held is not None
        self.stack.callback(held.close)
        held.serve(self.heard.put)

    def asked(self) -> list[tuple[Request, str]]:
        """End the agents; gives what they were asked for."""
        self.stack.close()
        events = [self.heard.get() for _ in range(self.heard.qsize())]
        return [(event.request, event.argument) for event in events if isinstance(event, Requested)]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Machine]:
    for name in [name for name in os.environ if name.startswith("TELEX_START_") or name.endswith("DISPLAY")]:
        monkeypatch.delenv(name)
    for name, place in (("runtime_folder", tmp_path), ("state_folder", tmp_path / "state")):
        monkeypatch.setattr(paths, name, lambda place=place: str(place))
    monkeypatch.setattr(paths, "config_file", lambda: str(tmp_path / "config.toml"))
    if sys.platform == "win32":
        from telex_start.process import instance_windows

        # The names of pipes know no folders, so the address has this folder's name.
        pipes = rf"\\.\pipe\{tmp_path.name}-{os.getpid()}-"
        monkeypatch.setattr(instance_windows, "address_of", lambda folder, name: pipes + name)
    monkeypatch.setattr(__main__, "forbid_core_dumps", lambda: None)
    ours = [number for number in signal.Signals if number.name in ("SIGTERM", "SIGINT", "SIGHUP")]
    handlers = [(number, signal.getsignal(number)) for number in ours]
    with ExitStack() as stack:
        yield Machine(tmp_path, stack, capsys)
    for number, handler in handlers:
        signal.signal(number, handler)


def given(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    """Pipe this text into the next command."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))


# What is wrong.

PIPED = ("--headless", "--email", "a@b.c", "--password-stdin")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--headless", "--password-stdin"], "--password-stdin needs --email."),
        (["--headless", "--password-credential", "telex"], "--password-credential needs --email."),
        (["--headless", "--by-mail"], "--by-mail needs --email."),
        (["--headless", "--by-mail", "--email", "a@b.c"], "--by-mail asks for the link on a terminal, and there is"),
        (["--config", "/none.toml"], "there is no file /none.toml."),
        (["--exit", "--config", "/none.toml"], "there is no file /none.toml."),
        (["reload", "--config", "/none.toml"], "there is no file /none.toml."),
        (["pause", "1h", "--config", "/none.toml"], "there is no file /none.toml."),
        (["pause", "25h"], "pause: 25h is too long or no time: "),
    ],
)
def test_what_is_wrong_is_one_line_and_code_2(machine: Machine, argv: list[str], words: str) -> None:
    code, out, errors = machine.run(*argv)
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert errors.startswith(f"telex-start: {words}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "--password-stdin: standard input holds no password."),
        (b"\nhunter2\n", "--password-stdin: standard input holds no password."),
        (b"\xff\xfe\n", "--password-stdin: the password is not in UTF-8."),
    ],
)
def test_no_password_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch, text: bytes, words: str) -> None:
    given(monkeypatch, text)
    assert machine.run(*PIPED) == (2, "", f"telex-start: {words}\n")


def test_the_password_is_the_first_line_as_it_is(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords: list[list[str]] = []

    def run(config: Config, source: ConfigSource, options: object, password: list[str]) -> tuple[int, str]:
        passwords.append(password)
        return 7, "so it ended"

    monkeypatch.setattr(agent, "run", run)
    given(monkeypatch, " s3 crét \r\nand a note\n".encode())
    assert machine.run(*PIPED) == (7, "", "telex-start: so it ended\n")
    assert passwords == [[" s3 crét "]]


def test_a_mistake_in_the_configuration_is_told_to_who_reads_json_too(machine: Machine) -> None:
    machine.config.write_text("log_level = 'loud'")
    words = f'{machine.config}: log_level is "loud"; allowed is "debug", "info", "warning" or "error".'
    assert machine.run("--headless") == (2, "", f"telex-start: {words}\n")
    code, out, errors = machine.run("--headless", "--json")
    assert (code, errors) == (2, f"telex-start: {words}\n")
    assert json.loads(out) == {"event": "error", "title": "Telex Start has not started", "message": words}


def test_an_unexpected_error_is_told_without_its_text(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(self: ConfigSource) -> Config:
        raise ZeroDivisionError("password=hunter2")

    monkeypatch.setattr(ConfigSource, "load", fails)
    words = "telex-start: an unexpected error ended the program (ZeroDivisionError); the log has it.\n"
    assert machine.run("--headless") == (1, "", words)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


# What is printed.


def test_the_version(machine: Machine) -> None:
    assert machine.run("--version") == (0, f"telex-start {__version__}\n", "")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "sandbox"])
def test_each_command_that_is_listed_is_there(machine: Machine, name: str) -> None:
    code, out, errors = machine.run(name, "--help")
    assert (code, errors) == (0, "")
    assert out.startswith(f"usage: telex-start {name} ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_is_printed_for_a_shell_that_does_not_find_it(machine: Machine, shell: str) -> None:
    file = ROOT / "assets" / "completions" / f"telex-start.{shell}"
    assert machine.run("completions", shell) == (0, file.read_text("utf-8"), "")


# With an agent that runs.


@pytest.mark.parametrize(
    ("kind", "argv", "request_", "said"),
    [
        ("tray", [], Request.OPEN, ""),
        ("tray", ["--login"], Request.LOGIN, ""),
        ("tray", ["--at-login"], None, RUNNING_ALREADY),
        ("tray", ["--headless"], None, RUNNING_ALREADY),
        ("headless", [], Request.OPEN, RUNNING_ALREADY),
        ("headless", ["--headless", "--json"], None, RUNNING_ALREADY),
        ("tray", ["preferences"], Request.PREFERENCES, ""),
    ],
)
def test_a_second_start_tells_the_first_what_it_is_for_and_ends(
    machine: Machine, kind: str, argv: list[str], request_: Request | None, said: str
) -> None:
    machine.start(kind)
    assert machine.run(*argv) == (0, "", said)
    assert machine.asked() == ([(request_, "")] if request_ else [])


@pytest.mark.parametrize(
    ("argv", "requests"),
    [
        ([], [Request.OPEN, Request.RELOAD]),
        (["--login"], [Request.LOGIN, Request.RELOAD]),
        (["--at-login"], []),
        (["--headless"], []),
    ],
)
def test_a_mistake_keeps_nobody_from_an_agent_that_runs(
    machine: Machine, argv: list[str], requests: list[Request]
) -> None:
    machine.start()
    machine.config.write_text("sound = 1")
    code, _, errors = machine.run(*argv)
    assert (code, errors.count("sound is 1; allowed is")) == (2, 1)
    assert [request for request, _ in machine.asked()] == requests


def test_exit_says_that_none_runs_and_when_it_does_not_work(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that hangs is not "not running": a script must not go on as if the agent had ended."""
    assert machine.run("--exit") == (0, NOT_RUNNING, "")
    machine.config.write_text("sound = 1")
    assert machine.run("--exit")[0] == 2, "what is wrong may be why none is found"
    machine.start()
    monkeypatch.setattr(agent, "EXIT_WITHIN", 0.1)
    assert machine.run("--exit") == (1, "", "telex-start: the running instance has not ended.\n")
    assert machine.asked() == [(Request.EXIT, "")]


# Reload.


def test_reload_asks_the_agent_and_says_whether_one_runs(machine: Machine) -> None:
    assert machine.run("reload") == (0, NOT_RUNNING, "")
    machine.start()
    assert machine.run("reload") == (0, READS_AGAIN, "")
    machine.config.write_text("sound = 1")
    code, out, errors = machine.run("reload")
    assert (code, out, errors.count("sound is 1; allowed is")) == (2, "", 1)
    assert machine.asked() == [(Request.RELOAD, "")] * 2


@pytest.mark.parametrize("address", ["api.elsewhere.example/api/v1", "no address"])
def test_an_agent_whose_address_was_changed_in_the_file_is_found(machine: Machine, address: str) -> None:
    """A running agent is found by its API's address: with another in the file, the command said that no agent runs."""
    machine.start()
    machine.start(api_url="https://other.example/api/v1")
    machine.config.write_text(f'api_url = "https://{address}"\npush_url = "wss://api.elsewhere.example/push"\n')
    wrong = address == "no address"
    code, out, errors = machine.run("reload")
    assert (code, out, "api_url" in errors) == ((2, "", True) if wrong else (0, READS_AGAIN, False))
    code, out, _ = machine.run("reload", "--environment", "staging")
    assert (code, out) == ((2, "") if wrong else (0, NOT_RUNNING)), "it says which, and that one does not run"
    assert machine.asked() == [(Request.RELOAD, "")] * 2


# Pause.


def test_a_pause_without_an_agent_is_noted_for_the_next(machine: Machine) -> None:
    code, out, errors = machine.run("pause", "1h")
    first, second = out.splitlines()
    assert (code, errors) == (0, "")
    assert first.startswith("Notifications are paused until ")
    assert second == "Telex Start is not running; its next start will know."
    kept = Memory(API).load()[0].pause
    assert kept is not None
    assert kept.until is not None
    assert machine.run("pause", "on")[1].startswith("Notifications are paused.\n")
    assert Memory(API).load()[0].pause == Pause()
    assert machine.run("pause", "off")[1].startswith("Notifications are resumed.\n")
    assert Memory(API).load()[0].pause is None


def test_a_pause_is_the_agents_whatever_else_is_wrong_in_the_configuration(machine: Machine) -> None:
    """The pause was refused, although a mistake in the file does not matter to it."""
    machine.config.write_text('sound = "loud"')
    machine.start("headless")
    assert machine.run("pause", "on") == (0, "Notifications are paused.\n", "")
    assert machine.asked() == [(Request.PAUSE, "on")]
    assert Memory(API).load()[0].pause is None, "it notes that itself"


def test_a_pause_says_what_it_could_not_read(machine: Machine) -> None:
    """The command set the unreadable file aside without a word, and the next start did not find it to report it."""
    machine.run("pause", "on")
    file = Path(Memory(API).path)
    file.write_text("{")
    code, _, errors = machine.run("pause", "1h")
    assert (code, f"{file} cannot be understood" in errors) == (0, True)
    assert Path(f"{file}.unreadable").read_text() == "{"
    assert Memory(API).load()[0].pause is not None


def test_forget_does_not_say_that_nothing_is_kept_where_nobody_knows(machine: Machine) -> None:
    file = Path(Memory(API).path)
    file.parent.mkdir(parents=True)
    file.write_text("{")
    code, words, errors = machine.run("forget")
    assert (code, f"{file} cannot be understood" in errors) == (1, True)
    assert words.startswith("If a password was kept, the system's keyring still has it")


def test_a_state_file_not_read_just_now_is_not_written_over(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self: Memory) -> None:
        raise OSError(5, "Input/output error", self.path)

    monkeypatch.setattr(Memory, "load", failing)
    words = f"telex-start: {Memory(API).path} cannot be read (Input/output error); nothing is changed.\n"
    assert machine.run("pause", "on") == machine.run("forget") == (2, "", words)
    assert not Path(Memory(API).path).exists()


def test_forget_asks_the_agent_and_says_that_nothing_is_kept(machine: Machine) -> None:
    machine.start()
    assert machine.run("forget") == (0, "No password is kept.\n", "")
    assert machine.asked() == [(Request.FORGET, "")]


def test_forget_notes_it_where_the_keyring_never_answers(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hangs:
        def __init__(self, *_: object) -> None: ...
        def remove(self, email: str) -> None: ...
        def end(self) -> None: ...

    monkeypatch.setattr("telex_start.desktop.keyring.Keyring", Hangs)
    monkeypatch.setattr("telex_start.app.kept_password.ASK_WITHIN", 0.0)
    Memory(API).save(Remembered(kept="ada@example.org"))
    code, words, _ = machine.run("forget")
    assert (code, "is not used any more, but could not be taken out yet" in words) == (1, True)
    assert Memory(API).load()[0] == Remembered(removing=("ada@example.org",))
