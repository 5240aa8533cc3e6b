"""``--headless`` on Windows: what it writes, whom it asks, and what ends the asking."""

from __future__ import annotations

import os
import select
import subprocess
import termios
import time
from types import TracebackType
from typing import Self

import pytest

from tests.process import ROOT
from tests.servers import Sandbox

from .machine import WITHIN, Windows


class Console:
    """``telex-start --headless`` in a console, which Wine shows on a pseudo-terminal."""

    def __init__(self, machine: Windows, telex: Sandbox, *options: str) -> None:
        self.environ = {**machine.environ, **machine.of(telex), "TERM": "xterm"}
        self._command = machine.command("-m", "telex_start", "--headless", *options)
        self.screen = ""

    def __enter__(self) -> Self:
        self._controller, self._terminal = os.openpty()
        termios.tcsetwinsize(self._terminal, (25, 120))
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *self._command],
            env=self.environ,
            cwd=ROOT,
            stdin=self._terminal,
            stdout=self._terminal,
            stderr=self._terminal,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
        """What a person types, once Wine has taken the terminal over."""
        end = time.monotonic() + WITHIN
        while termios.tcgetattr(self._terminal)[0] & termios.ICRNL:
            assert time.monotonic() < end, "the terminal is not Wine's"
            time.sleep(0.01)  # no event tells
        os.write(self._controller, keys.encode())

    def _letters(self) -> str:
        letters, inside = "", False
        for character in self.screen:
            if inside:
                inside = not character.isalpha()
            elif character == "\x1b":
                inside = True
            else:
                letters += character
        return letters


def test_json_is_utf_8(windows: Windows, telex: Sandbox) -> None:
    """The ANSI code page wrote ``·`` as one byte, and what it does not know as a question mark."""
    with windows.agent(telex, "--headless", "--json") as agent:
        agent.event("state", state="online", subscribed=2)
        telex.message(organisation=0, name="Ελληνικά 漢字")
        assert agent.event("notification")["title"] == "Ελληνικά 漢字 · Northwind Ops"
        agent.leave()


def test_words_are_utf_8_too(windows: Windows, telex: Sandbox) -> None:
    with windows.agent(telex, "--headless") as agent:
        agent.line(lambda line: line == "Online: 2 organisations", WITHIN)
        telex.message(organisation=0, name="Ωmega")
        agent.line(lambda line: "Ωmega · Northwind Ops" in line, WITHIN)
    with windows.telex_start("--config", "C:\\Ω\\config.toml") as wrong:
        assert wrong.ended() == 2
        assert "C:\\Ω\\config.toml" in wrong.errors


def test_the_null_device_is_nobody_to_ask(windows: Windows, telex: Sandbox) -> None:
    """Windows calls it a terminal: the question was asked, and the end of the input taken for a person's wish."""
    agent = subprocess.run(
        windows.command("-m", "telex_start", "--headless"),
        env=windows.environ | windows.of(telex),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=WITHIN,
    )
    assert agent.returncode == 3
    assert b"nobody is signed in: give --email and --password-stdin" in agent.stderr
    assert b"Telex e-mail" not in agent.stderr


@pytest.mark.parametrize("at", ["e-mail", "password"])
def test_exit_during_the_question_ends_it(windows: Windows, telex: Sandbox, at: str) -> None:
    """It waited for a line that nobody typed: ``--exit`` gave up after 5 s."""
    with Console(windows, telex) as console:
        console.shows("Telex e-mail:")
        if at == "password":
            console.type(f"{telex.email}\r")
            console.shows("Password:")
        caller = subprocess.run(
            windows.command("-m", "telex_start", "--exit"),
            env=console.environ,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WITHIN,
        )
        assert (caller.returncode, caller.stdout, caller.stderr) == (0, b"Telex Start has ended.\r\n", b"")
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
