"""`telex-start --headless` at a terminal: it asks the person, and lets itself be interrupted while it does."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Self

import pytest

from tests.agent import Program
from tests.process import ROOT, TIMEOUT
from tests.servers import Sandbox

HEARING_HANGUPS = ["env", "--default-signal=HUP"]
"""As a shell starts a program; the tests themselves may run under nohup."""
IGNORING_HANGUPS = ("sh", "-c", 'trap "" HUP && exec "$@"', "sh")
"""As nohup has them ignored, which redirects input and output too."""


class Terminal:
    """`telex-start --headless` on a pseudo-terminal that is its controlling one, as a shell would start it.

    Args:
        telex: The Telex to sign in at; `None` if the command never gets that far.
        options: Beside the command's.
        command: What it is to do in place of `--headless`.
        piped: Standard output goes elsewhere.
    """

    def __init__(
        self,
        folder: Path,
        telex: Sandbox | None,
        *options: str,
        command: str = "--headless",
        piped: bool = False,
        ignores_hangups: bool = False,
    ) -> None:
        environ = telex.environ if telex is not None else {}
        self._environ = {**Program(folder, environ=environ).environ, "TERM": "dumb"}
        start = IGNORING_HANGUPS if ignores_hangups else HEARING_HANGUPS
        self._command = ["setsid", "--ctty", *start, sys.executable, "-m", "telex_start", command, *options]
        self._piped = piped
        self.screen = ""
        """Everything that was shown so far."""
        self._read = 0

    def __enter__(self) -> Self:
        self._controller, self._terminal = os.openpty()
        self.process = subprocess.Popen(
            self._command,
            env=self._environ,
            cwd=ROOT,
            stdin=self._terminal,
            stdout=subprocess.PIPE if self._piped else self._terminal,
            stderr=self._terminal,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
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

    def signs_in(self, telex: Sandbox) -> None:
        """The person takes the e-mail address that is known."""
        self.shows(f"Telex e-mail [{telex.email}]: ")
        self.type("\r")
        self.asks_for_the_password()
        self.type(f"{telex.password}\r")

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._terminal)[3] & termios.ECHO)

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(TIMEOUT)


CTRL_C, CTRL_D = "\x03", "\x04"


def test_it_asks_until_it_is_answered_signs_in_and_asks_again_when_the_session_ends(
    tmp_path: Path, telex: Sandbox
) -> None:
    with Terminal(tmp_path, telex) as terminal:
        for answer in ("", "  ", telex.email):
            terminal.shows("Telex e-mail: ")
            terminal.type(f"{answer}\r")
        for password in ("", "wrong"):
            terminal.asks_for_the_password()
            terminal.type(f"{password}\r")
        terminal.shows("! Sign-in refused: Telex does not know this e-mail address and password.")
        terminal.signs_in(telex)
        terminal.shows("Online: 1 organisation")
        telex.message(0, "General")
        terminal.shows("General")
        assert terminal.echoes
        telex.revoke_session()
        telex.expire_tokens()
        terminal.signs_in(telex)
        terminal.shows("Online: 1 organisation")
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.ended() == 0
        assert telex.password not in terminal.screen
    assert list((tmp_path / "run" / "telex-start").iterdir()) == [], "no lock is left behind"


@pytest.mark.parametrize(
    ("at", "what"),
    [
        ("e-mail", CTRL_D),
        ("e-mail", "--exit"),
        ("password", CTRL_C),
        ("password", CTRL_D),
        ("password", "--exit"),
        ("password", "SIGTERM"),
    ],
    ids=ascii,
)
def test_leaving_the_question_ends_it(tmp_path: Path, telex: Sandbox, at: str, what: str) -> None:
    with Terminal(tmp_path, telex) as terminal:
        terminal.shows("Telex e-mail: ")
        if at == "password":
            terminal.type(f"{telex.email}\r")
            terminal.asks_for_the_password()
        if what == "SIGTERM":
            terminal.process.send_signal(signal.SIGTERM)
        elif what == "--exit":
            with Program(tmp_path, "--exit", environ=telex.environ) as caller:
                assert (caller.ended(), caller.output) == (0, ["Telex Start has ended."])
                assert terminal.process.poll() == 0, "it returns when the other is gone, not before"
        else:
            terminal.type(what)
        assert terminal.ended() == 0
        assert terminal.echoes, "the shell that follows shows what is typed"
        assert "Traceback" not in terminal.screen


def test_what_was_started_to_outlive_its_terminal_does(tmp_path: Path, telex: Sandbox) -> None:
    with Terminal(tmp_path, telex, ignores_hangups=True) as terminal:
        terminal.shows("Telex e-mail: ")
        terminal.process.send_signal(signal.SIGHUP)
        terminal.type("\r")
        terminal.shows("Telex e-mail: ")


def test_the_questions_are_no_part_of_the_output(tmp_path: Path, telex: Sandbox) -> None:
    """`telex-start --headless --json | program`: the person is asked at the terminal, the program gets JSON alone."""
    with Terminal(tmp_path, telex, "--json", "--email", telex.email, piped=True) as terminal:
        terminal.signs_in(telex)
        out = terminal.process.stdout
        assert out is not None
        for line in out:
            assert line.startswith('{"event":"')
            if '"online"' in line:
                break
        terminal.type(CTRL_C)
        assert terminal.ended() == 0
        assert all(line.startswith('{"event":"') for line in out)


def test_a_terminal_gets_the_lines_of_the_log_too(tmp_path: Path) -> None:
    """Standard error on a terminal; anywhere else nothing is written there."""
    with Terminal(tmp_path, None, "--log-level", "debug") as terminal:
        terminal.shows(" WARNING [desktop] telex_start.")
        terminal.shows(": the session bus cannot be used: ")
        terminal.shows("\r\n")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("login", "login is what the agent runs for its window: use telex-start --login."),
        ("keyring", "keyring is what the agent runs to ask the system's keyring for the password it keeps there."),
    ],
)
def test_who_types_the_words_of_the_agents_own_process_is_told_what_it_is(
    tmp_path: Path, command: str, words: str
) -> None:
    with Terminal(tmp_path, None, command=command) as terminal:
        terminal.shows(f"telex-start: {words}\r\n")
        assert terminal.ended() == 2


def test_by_mail_it_asks_for_the_link_unseen_until_there_is_a_good_one(tmp_path: Path, telex: Sandbox) -> None:
    with Terminal(tmp_path, telex, "--log-level", "debug", "--email", telex.email, "--by-mail") as terminal:
        asked = "Link, or its digits (Return alone: another mail): "
        for pasted in ("https://telex.im/invite?token=314159", "", "000000"):
            terminal.shows(asked)
            assert not terminal.echoes
            terminal.type(f"{pasted}\r")
        terminal.shows("! Sign-in refused: The link is over")
        terminal.shows(asked)
        first, mail = telex.mails()["mails"]
        terminal.type(f"{mail['link']}\r")
        terminal.shows("Online: 1 organisation")
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.ended() == 0
        for file in (file for name in ("state", "config", "cache") for file in (tmp_path / name).rglob("*")):
            assert not file.is_file() or mail["code"].encode() not in file.read_bytes()
        assert mail["code"] not in terminal.screen
    assert first["code"] != mail["code"]
