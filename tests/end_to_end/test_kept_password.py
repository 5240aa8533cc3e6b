"""Signs in with the password kept in a real keyring (GNOME Keyring): the agent with its icon, and a sandbox."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.agent import Program, tree
from tests.process import TIMEOUT, until
from tests.real_keyring import RealKeyring, lacking

from .desk import Desk

pytestmark = [pytest.mark.desktop, pytest.mark.skipif(bool(lacking()), reason=f"not installed: {lacking()}")]
ONLINE, WAITING, SIGNED_OUT = "Online: 2 organisations", "Waiting for the keyring", "Signed out"
LIFE = 5
"""Seconds of a session."""


class Home(Desk):
    """A desktop with a keyring, whose person wants to stay signed in."""

    keyring: RealKeyring

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._agents: list[subprocess.Popen[str]] = []

    @property
    def kept(self) -> str:
        """The password in the keyring, which is open."""
        return self.keyring.holds(f"{self.telex.api_url} {self.telex.email}")

    @property
    def logins(self) -> int:
        return len(self.telex.calls("auth/login"))

    def sign_in_once(self) -> Program:
        agent = self.sign_in()
        self.item(ONLINE)
        until(lambda: self.kept == self.telex.password)
        return agent

    def where_is(self, secret: str) -> list[str]:
        """Those of our files that hold the secret, and of the command lines and environments of our processes."""
        asked = [file for name in ("config", "state", "cache", "run") for file in (self.folder / name).rglob("*")]
        for agent in self._agents:
            with suppress(psutil.Error):
                asked += [Path(f"/proc/{pid}/{name}") for pid in tree(agent.pid) for name in ("cmdline", "environ")]
        return [str(file) for file in asked if secret.encode() in _content(file)]

    def start(self, *options: str, given: str | None = None) -> Program:
        program = super().start("--log-level", "debug", *options, given=given)
        self._agents.append(program.process)
        return program


def _content(file: Path) -> bytes:
    with suppress(OSError):  # a process has ended, or it is a folder or a socket
        return file.read_bytes()
    return b""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home(tmp_path) as home, RealKeyring(home.bus, tmp_path) as home.keyring:
        home.environ["TELEX_START_STAY_SIGNED_IN"] = "true"
        yield home


def test_who_signed_in_once_is_online_after_each_start_and_the_password_is_in_the_keyring_alone(home: Home) -> None:
    agent = home.sign_in_once()
    assert home.where_is(home.telex.password) == []
    assert agent.end() == 0
    agent = home.start()
    seen: list[str] = []

    def is_signed_in() -> bool:
        seen.extend(home.where_is(home.telex.password))
        return home.logins == 2

    until(is_signed_in)
    assert seen == [], "while the keyring is asked, too"
    home.item(ONLINE)
    agent.process.send_signal(signal.SIGKILL)
    agent.process.wait(TIMEOUT)
    until(lambda: not home.panel.items)
    agent = home.start()
    home.item(ONLINE)
    assert (home.logins, home.windows(), home.where_is(home.telex.password)) == (3, [], [])
    taken_out = f"The password of {home.telex.email} is taken out of the system's keyring."
    assert (home.command("forget"), home.kept) == ((0, taken_out), "")
    until(lambda: home.command("forget") == (0, "No password is kept."))  # the agent may still be taking it out, too
    assert agent.end() == 0
    home.start()
    home.item(SIGNED_OUT)


def test_what_is_signed_out_while_the_keyring_is_locked_goes_at_the_next_start(home: Home) -> None:
    agent = home.sign_in_once()
    home.keyring.lock()
    home.item(ONLINE).click("Sign Out")
    home.item(SIGNED_OUT)
    assert agent.end() == 0
    code, words = home.command("forget")
    assert (code, "is not used any more" in words, "The system's keyring is locked." in words) == (1, True, True)
    home.keyring.unlock()
    assert home.kept, "it was not to be had"
    home.start()
    home.item(SIGNED_OUT)
    until(lambda: not home.kept)


@pytest.mark.parametrize("later", ["unlocked", "there"])
def test_a_keyring_that_opens_later_signs_in_without_a_window(home: Home, later: str) -> None:
    home.sign_in_once().end()
    home.keyring.stop()
    if later == "unlocked":
        home.keyring.start(locked=True)
    home.start()
    home.item(WAITING)
    assert not home.windows()
    if later == "unlocked":
        home.keyring.unlock()
    else:
        home.keyring.start()
    home.item(ONLINE)
    assert not home.windows()


def test_a_session_goes_on_when_its_time_is_up_but_not_where_telex_ended_it(home: Home) -> None:
    home.telex.session_life(seconds=LIFE)
    agent = home.sign_in_once()
    ends = time.monotonic() + LIFE
    home.telex.session_life()
    before = home.logins
    until(lambda: time.monotonic() > ends)
    home.telex.expire_tokens()
    until(lambda: home.logins > before)
    home.item(ONLINE)
    assert not home.windows()
    home.telex.revoke_session()
    home.telex.expire_tokens()
    until(home.windows)
    assert agent.end() == 0
    before = home.logins
    home.start()
    home.item(SIGNED_OUT)
    assert (home.logins, home.kept) == (before, home.telex.password)


def test_a_terminals_agent_reads_an_open_keyring_and_ends_where_there_is_none(home: Home) -> None:
    home.sign_in_once().end()
    agent = home.start("--headless", "--json", "--email", home.telex.email)
    agent.event("state", state="online")
    assert agent.end() == 0
    home.keyring.stop()
    agent = home.start("--headless", "--json", "--email", home.telex.email)
    assert agent.ended() == 3
    assert "No keyring service is running" in agent.errors
