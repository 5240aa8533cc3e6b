"""Tests ``doctor`` and ``--headless`` on Windows: their output, the questions on the terminal, and what ends these."""

from __future__ import annotations

import os
import re
import select
import subprocess
import termios
import time
from typing import Self

import pytest

from tests.process import ROOT, until
from tests.servers import Sandbox

from .machine import WITHIN, Windows


class Console:
    """``telex-start --headless`` in a console, which Wine shows on a pseudo-terminal."""

    def __init__(self, machine: Windows, telex: Sandbox, *options: str) -> None:
        self._environ = {**machine.environ, **machine.of(telex), "TERM": "xterm"}
        self._command = machine.command("-m", "telex_start", "--headless", *options)
        self.screen = ""

    def __enter__(self) -> Self:
        self._controller, self._terminal = os.openpty()
        termios.tcsetwinsize(self._terminal, (25, 120))
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *self._command],
            env=self._environ,
            cwd=ROOT,
            stdin=self._terminal,
            stdout=self._terminal,
            stderr=self._terminal,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._controller)
        os.close(self._terminal)

    def shows(self, words: str) -> None:
        """Wait until words are shown, whatever Wine writes between their letters to move its cursor."""
        end = time.monotonic() + WITHIN
        while words not in self._letters():
            ready, _, _ = select.select([self._controller], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{words!r} is not on the screen:\n{self.screen}"
            self.screen += os.read(self._controller, 4096).decode(errors="replace")
        self.screen = ""

    def type(self, keys: str) -> None:
        """Type a text as a person does, once Wine has taken the terminal over."""
        until(lambda: not termios.tcgetattr(self._terminal)[0] & termios.ICRNL, "the terminal is not Wine's", WITHIN)
        os.write(self._controller, keys.encode())

    def _letters(self) -> str:
        return re.sub("\x1b[^A-Za-z]*[A-Za-z]?", "", self.screen)


def test_doctor_finds_all_well_and_advises_in_words_of_windows(windows: Windows, telex: Sandbox) -> None:
    code, lines, _ = windows.says("doctor", telex=telex)
    assert code == 0, lines
    lines = [line for line in lines if line]
    assert lines[-1] == "Telex Start works here."
    [main_app] = [line for line in lines if "main app" in line]
    assert main_app.endswith(r"set [main_app] command = 'C:\Program Files\Telex\telex.exe' in the configuration"), (
        main_app
    )
    assert not any("XDG_" in line or "/path/" in line or line.startswith("missing") for line in lines)


def test_json_and_words_are_utf_8(windows: Windows, telex: Sandbox) -> None:
    """The ANSI code page wrote ``·`` as one byte, and what it does not know as a question mark."""
    with windows.agent(telex, "--headless", "--json") as agent:
        agent.event("state", state="online", subscribed=2)
        telex.message(organisation=0, name="Ελληνικά 漢字")
        assert agent.event("notification")["title"] == "Ελληνικά 漢字 · Northwind Ops"
        agent.leave()
    with windows.agent(telex, "--headless") as agent:
        agent.line(lambda line: line == "Online: 2 organisations", WITHIN)
        telex.message(organisation=0, name="Ωmega")
        agent.line(lambda line: "Ωmega · Northwind Ops" in line, WITHIN)
    code, _, errors = windows.says("--config", "C:\\Ω\\config.toml")
    assert (code, "C:\\Ω\\config.toml" in errors) == (2, True)


def test_the_null_device_is_nobody_to_ask(windows: Windows, telex: Sandbox) -> None:
    """Windows calls it a terminal: the question was asked, and the end of the input taken for a person's wish."""
    command, environ = windows.command("-m", "telex_start", "--headless"), windows.environ | windows.of(telex)
    done = subprocess.run(command, env=environ, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=WITHIN)
    assert done.returncode == 3
    assert b"nobody is signed in: give --email and --password-stdin" in done.stderr
    assert b"Telex e-mail" not in done.stderr


@pytest.mark.parametrize("at", ["e-mail", "password"])
def test_exit_during_the_question_ends_it(windows: Windows, telex: Sandbox, at: str) -> None:
    """It waited for a line that nobody typed: ``--exit`` gave up after 5 s."""
    with Console(windows, telex) as console:
        console.shows("Telex e-mail:")
        if at == "password":
            console.type(f"{telex.email}\r")
            console.shows("Password:")
        assert windows.says("--exit", telex=telex) == (0, ["Telex Start has ended."], "")
        assert console.process.wait(WITHIN) == 0


def test_a_person_is_asked_and_signed_in(windows: Windows, telex: Sandbox) -> None:
    with Console(windows, telex) as console:
        console.shows("Telex e-mail:")
        console.type(f"{telex.email}\r")
        console.shows("Password:")
        console.type(f"{telex.password}\r")
        console.shows("Online: 2 organisations")
        console.type("\x03")
        assert console.process.wait(WITHIN) == 0
