"""`telex-start --headless` at a terminal: it asks the person, and lets itself be interrupted while it does."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.agent import Program
from tests.process import ROOT, TIMEOUT
from tests.servers import HISTORY, Sandbox


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0") as sandbox:
        yield sandbox


HEARING_HANGUPS = ["env", "--default-signal=HUP"]
"""As a shell starts a program; the tests themselves may run under nohup."""
IGNORING_HANGUPS = ("sh", "-c", 'trap "" HUP && exec "$@"', "sh")
"""As nohup has them ignored, which redirects input and output too."""


class Terminal:
    """`telex-start --headless` on a pseudo-terminal that is its controlling one, as a shell would start it."""

    def __init__(self, folder: Path, telex: Sandbox, *options: str, piped: bool = False, nohup: bool = False) -> None:
        self._environ = {**Program(folder, environ=telex.environ).environ, "TERM": "dumb"}
        self._options = options
        self._piped = piped
        self._nohup = nohup
        self.screen = ""
        """Everything that was shown so far."""
        self._read = 0

    def __enter__(self) -> Self:
        self._controller, self._terminal = os.openpty()
        self.process = subprocess.Popen(
            [
                "setsid",
                "--ctty",
                *(IGNORING_HANGUPS if self._nohup else HEARING_HANGUPS),
                sys.executable,
                "-m",
                "telex_start",
                "--headless",
                *self._options,
            ],
            env=self._environ,
            cwd=ROOT,
            stdin=self._terminal,
            stdout=subprocess.PIPE if self._piped else self._terminal,
            stderr=self._terminal,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        os.close(self._controller)
        os.close(self._terminal)

    def shows(self, words: str, within: float = 15.0) -> None:
        """Wait until it shows words, after those that were waited for before."""
        end = time.monotonic() + within
        while (place := self.screen.find(words, self._read)) < 0:
            ready, _, _ = select.select([self._controller], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{words!r} is not on the screen:\n{self.screen[self._read :]}"
            self.screen += os.read(self._controller, 4096).decode()
        self._read = place + len(words)

    def type(self, keys: str) -> None:
        """What a person types; the Return key is a carriage return."""
        os.write(self._controller, keys.encode())

    def asks_for_the_password(self) -> None:
        """Wait for the prompt, and until nothing typed will be shown any more."""
        self.shows("Password: ")
        assert not self.echoes

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._terminal)[3] & termios.ECHO)

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(TIMEOUT)


CTRL_C, CTRL_D = "\x03", "\x04"


def test_it_asks_signs_in_and_tells(tmp_path: Path, telex: Sandbox) -> None:
    with Terminal(tmp_path, telex) as terminal:
        terminal.shows("Telex e-mail: ")
        terminal.type(f"{telex.email}\r")
        terminal.asks_for_the_password()
        terminal.type(f"{telex.password}\r")
        terminal.shows("Online: 1 organisation")
        telex.message(0, "General")
        terminal.shows("General")
        assert terminal.echoes
        terminal.type(CTRL_C)
        assert terminal.ended() == 0
        assert telex.password not in terminal.screen


def test_it_asks_again_when_it_was_refused(tmp_path: Path, telex: Sandbox) -> None:
    with Terminal(tmp_path, telex, "--email", telex.email) as terminal:
        terminal.shows(f"Telex e-mail [{telex.email}]: ")
        terminal.type("\r")
        for _ in range(2):
            terminal.asks_for_the_password()
            terminal.type("wrong\r")
            terminal.shows("! Sign-in refused: Telex does not know this e-mail address and password.")
            terminal.shows(f"Telex e-mail [{telex.email}]: ")
            terminal.type("\r")
        terminal.asks_for_the_password()
        terminal.type(f"{telex.password}\r")
        terminal.shows("Online: 1 organisation")


def test_nothing_typed_is_asked_for_again(tmp_path: Path, telex: Sandbox) -> None:
    with Terminal(tmp_path, telex) as terminal:
        terminal.shows("Telex e-mail: ")
        terminal.type("\r")
        terminal.shows("Telex e-mail: ")
        terminal.type("  \r")
        terminal.shows("Telex e-mail: ")
        terminal.type(f"{telex.email}\r")
        terminal.asks_for_the_password()
        terminal.type("\r")
        terminal.asks_for_the_password()


@pytest.mark.parametrize("keys", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("at", ["e-mail", "password"])
def test_leaving_the_question_ends_it(tmp_path: Path, telex: Sandbox, at: str, keys: str) -> None:
    with Terminal(tmp_path, telex) as terminal:
        terminal.shows("Telex e-mail: ")
        if at == "password":
            terminal.type(f"{telex.email}\r")
            terminal.asks_for_the_password()
        terminal.type(keys)
        assert terminal.ended() == 0
        assert terminal.echoes, "the shell that follows shows what is typed"
        assert "Traceback" not in terminal.screen


def test_sigterm_during_the_question_ends_it(tmp_path: Path, telex: Sandbox) -> None:
    with Terminal(tmp_path, telex, "--email", telex.email) as terminal:
        terminal.shows("Telex e-mail")
        terminal.type("\r")
        terminal.asks_for_the_password()
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 0
        assert terminal.echoes


def signed_in(terminal: Terminal, telex: Sandbox) -> None:
    terminal.shows("Telex e-mail")
    terminal.type(f"{telex.email}\r")
    terminal.asks_for_the_password()
    terminal.type(f"{telex.password}\r")
    terminal.shows("Online: 1 organisation")


def test_a_terminal_that_hangs_up_ends_it_in_order(tmp_path: Path, telex: Sandbox) -> None:
    with Terminal(tmp_path, telex) as terminal:
        signed_in(terminal, telex)
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.ended() == 0
    assert list((tmp_path / "run" / "telex-start").iterdir()) == [], "no lock is left behind"


def test_what_was_started_to_outlive_its_terminal_does(tmp_path: Path, telex: Sandbox) -> None:
    with Terminal(tmp_path, telex, nohup=True) as terminal:
        signed_in(terminal, telex)
        terminal.process.send_signal(signal.SIGHUP)
        telex.message(0, "General")
        terminal.shows("General")


@pytest.mark.parametrize("at", ["e-mail", "password"])
def test_exit_during_the_question_ends_it(tmp_path: Path, telex: Sandbox, at: str) -> None:
    with Terminal(tmp_path, telex) as terminal:
        terminal.shows("Telex e-mail: ")
        if at == "password":
            terminal.type(f"{telex.email}\r")
            terminal.asks_for_the_password()
        with Program(tmp_path, "--exit", environ=telex.environ) as caller:
            assert (caller.ended(5), caller.output) == (0, ["Telex Start has ended."])
        assert terminal.ended() == 0
        assert terminal.echoes


def test_a_session_that_ends_asks_again(tmp_path: Path) -> None:
    with Sandbox("--organisations", "1", "--rate", "0", *HISTORY) as telex, Terminal(tmp_path, telex) as terminal:
        terminal.shows("Telex e-mail: ")
        terminal.type(f"{telex.email}\r")
        terminal.asks_for_the_password()
        terminal.type(f"{telex.password}\r")
        terminal.shows("Online: 1 organisation")
        telex.revoke_session()
        telex.expire_tokens()
        terminal.shows(f"Telex e-mail [{telex.email}]: ")
        telex.message(0, "Meanwhile")
        terminal.type("\r")
        terminal.asks_for_the_password()
        terminal.type(f"{telex.password}\r")
        terminal.shows("Meanwhile")


def test_the_questions_are_no_part_of_the_output(tmp_path: Path, telex: Sandbox) -> None:
    """`telex-start --headless --json | program`: the person is asked at the terminal, the program gets JSON alone."""
    with Terminal(tmp_path, telex, "--json", piped=True) as terminal:
        terminal.shows("Telex e-mail: ")
        terminal.type(f"{telex.email}\r")
        terminal.asks_for_the_password()
        terminal.type(f"{telex.password}\r")
        out = terminal.process.stdout
        assert out is not None
        for line in out:
            assert line.startswith('{"event":"')
            if '"online"' in line:
                break
        terminal.type(CTRL_C)
        assert terminal.ended() == 0
        assert all(line.startswith('{"event":"') for line in out)


def test_who_types_the_words_of_the_windows_own_process_is_told_the_option() -> None:
    controller, terminal = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "telex_start", "login"],
            stdin=terminal,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=TIMEOUT,
        )
    finally:
        os.close(controller)
        os.close(terminal)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "telex-start: login is what the agent runs for its window: use telex-start --login.\n"
