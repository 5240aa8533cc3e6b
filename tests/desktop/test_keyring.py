"""The system's keyring as the agent asks it: a real one (GNOME Keyring), locked, late, missing, and none at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from telex_start.desktop import keyring_process
from telex_start.desktop.bus.bus import Bus, Loop
from telex_start.desktop.keyring import Keyring
from telex_start.doctor import desktop as doctor
from telex_start.doctor.findings import line
from telex_start.events import ChildEnded, ChildSaid, Event
from telex_start.process import itself
from tests.desktop.other_keyrings import keepassxc, kwallet
from tests.fake_desktop import PrivateBus, Xvfb
from tests.process import TIMEOUT, Process, until
from tests.real_keyring import PROMPTER, RealKeyring, lacking

API_URL = "https://api.telex.example/api/v1"
EMAIL = "Ada@Example.org"
USER = f"{API_URL} ada@example.org"
PASSWORD = "höchst \U0001f511 geheim"
NO_SERVICE = (
    "no keyring service is running: install gnome-keyring, or switch on the Secret Service of KWallet or KeePassXC"
)
NO_DEFAULT = (
    "the keyring service has no default keyring: "
    "make one in its program (Passwords and Keys, KWalletManager, KeePassXC)"
)
NO_LIBRARY = (
    "the libraries keyring and SecretStorage are not there: "
    "pip install 'telex-start[keyring]', or your distribution's python3-keyring and python3-secretstorage"
)
real = pytest.mark.skipif(bool(lacking()), reason=f"not installed: {lacking()}")


class Agent:
    """The agent's side on that bus: its queue, and each request a process as the agent starts it."""

    def __init__(self, bus: PrivateBus) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.loop = Loop("desktop")
        self.keyring = Keyring(self.events.put, Bus(bus.address, self.loop), API_URL)
        self.loop.start()

    def end(self) -> None:
        self.keyring.end()
        assert self.loop.stop(TIMEOUT)
        assert self.events.empty()

    def hears(self, do: str, word: str, **more: Any) -> None:
        event = self.events.get(timeout=TIMEOUT)
        assert event == ChildSaid(f"keyring {do}", {"do": do, "email": EMAIL, "keyring": word, **more})
        assert PASSWORD not in repr(event)

    def ends(self, do: str) -> None:
        assert self.events.get(timeout=TIMEOUT) == ChildEnded(f"keyring {do}", "")

    def answers(self, do: str, *words: str, **more: Any) -> None:
        """All that the request's process says, the last word with more."""
        for word in words[:-1]:
            self.hears(do, word)
        self.hears(do, words[-1], **more)
        self.ends(do)

    def reads(self, *words: str, prompt: bool = False, **more: Any) -> None:
        self.keyring.read(EMAIL, prompt)
        self.answers("read", *words, **more)

    def keeps(self, *words: str, password: str = PASSWORD, **more: Any) -> None:
        self.keyring.keep(EMAIL, password, True)
        self.answers("keep", *words, **more)

    def removes(self, *words: str, **more: Any) -> None:
        self.keyring.remove(EMAIL)
        self.answers("remove", *words, **more)

    def is_told(self) -> None:
        assert self.events.get(timeout=TIMEOUT) == ChildSaid("keyring", {"changed": True})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's folder, empty: what a keyring in plain files would make there."""
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setenv("HOME", str(made))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def agent(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[Agent]:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", private_bus.address)
    made = Agent(private_bus)
    yield made
    made.end()
    assert list(home.iterdir()) == [], "a keyring of somebody else's"


@pytest.fixture
def keyring(private_bus: PrivateBus, tmp_path: Path) -> Iterator[RealKeyring]:
    with RealKeyring(private_bus, tmp_path) as made:
        yield made


def doctors() -> str:
    """The doctor's line."""
    mark, _, words = line(doctor.keyring()).partition("keyring")
    return f"{mark.strip()} {words.strip()}"


# --- there is one -----------------------------------------------------------------------------------------------------


@real
def test_what_is_kept_outlives_the_keyrings_end_and_goes_without_rest(agent: Agent, keyring: RealKeyring) -> None:
    agent.reads("nothing")
    agent.keeps("kept", password="an earlier one")
    agent.keeps("kept")
    assert keyring.holds(USER) == PASSWORD
    keyring.stop(killed=True)
    keyring.start()
    agent.reads("found", password=PASSWORD)
    agent.removes("removed")
    assert keyring.holds(USER) == ""
    agent.removes("removed")
    agent.reads("nothing")


@real
def test_each_telex_and_each_person_has_an_entry_of_their_own(
    agent: Agent, keyring: RealKeyring, private_bus: PrivateBus
) -> None:
    agent.keeps("kept")
    elsewhere = Keyring(agent.events.put, None, "https://elsewhere.example/api/v1")
    for other, email in ((elsewhere, EMAIL), (agent.keyring, "grace@example.org")):
        other.read(email, False)
        said = agent.events.get(timeout=TIMEOUT)
        assert said == ChildSaid("keyring read", {"do": "read", "email": email, "keyring": "nothing"})
        agent.ends("read")
    agent.keyring.read(EMAIL.upper(), False)
    said = agent.events.get(timeout=TIMEOUT)
    assert isinstance(said, ChildSaid) and said.said["password"] == PASSWORD
    agent.ends("read")


@real
def test_neither_a_variable_nor_a_library_of_plain_files_has_a_say(
    agent: Agent, keyring: RealKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``keyrings.alt`` is beside it: with its own priority, by name, and as what the variable names."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("KEYRING_PROPERTY_PREFERRED_COLLECTION", "/org/freedesktop/secrets/collection/session")
    monkeypatch.setenv("KEYRING_PROPERTY_SCHEME", "KeePassXC")
    agent.keeps("kept")
    assert keyring.holds(USER) == PASSWORD
    agent.reads("found", password=PASSWORD)


@real
def test_requests_come_one_after_the_other_and_a_read_that_nobody_waits_for_is_given_up(
    agent: Agent, keyring: RealKeyring
) -> None:
    agent.keyring.read(EMAIL, True)
    agent.keyring.keep(EMAIL, PASSWORD, True)
    agent.keyring.remove(EMAIL)
    agent.answers("keep", "kept")
    agent.answers("remove", "removed")
    assert keyring.holds(USER) == ""


# --- it is locked -----------------------------------------------------------------------------------------------------


@real
def test_locked_it_is_said_so_and_that_it_was_opened_is_told(
    agent: Agent, keyring: RealKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.keeps("kept")
    keyring.lock()
    agent.keyring.watch(True)
    agent.reads("locked")
    agent.removes("locked")
    assert doctors().startswith("ok ")
    keyring.unlock()
    agent.is_told()
    agent.reads("found", password=PASSWORD)
    agent.keyring.watch(False)
    keyring.lock()
    agent.reads("locked")


def xdotool(xvfb: Xvfb, *words: str) -> str:
    environ = {**os.environ, **xvfb.environ}
    return subprocess.run(["xdotool", *words], env=environ, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT).stdout


def titled(xvfb: Xvfb, words: str) -> str:
    """The windows that are to be seen, with these words in their title."""
    return xdotool(xvfb, "search", "--onlyvisible", "--name", words)


@real
@pytest.mark.desktop
@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ([("type", "opens the keyring"), ("key", "Return")], "found"),
        ([("key", "Escape")], "refused"),
        ([("type", "not that"), ("key", "Return"), ("key", "Escape")], "refused"),
    ],
    ids=["opened", "dismissed", "wrong"],
)
def test_the_person_is_asked_once_by_the_keyring_itself(
    xvfb: Xvfb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path, keys: list[tuple[str, str]], word: str
) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **xvfb.environ}
    with PrivateBus(PROMPTER, environ) as bus, RealKeyring(bus, tmp_path) as keyring:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        agent = Agent(bus)
        agent.keeps("kept")
        keyring.lock()
        agent.keyring.read(EMAIL, True)
        agent.hears("read", "locked")
        until(lambda: titled(xvfb, "Unlock Login Keyring"), "nobody is asked")
        agent.reads("locked")  # as after a change: beside it
        for how, what in keys:
            xdotool(xvfb, how, *(["--delay", "10"] if how == "type" else []), what)
        agent.answers("read", word, **({"password": PASSWORD} if word == "found" else {}))
        until(lambda: not titled(xvfb, "Unlock Login Keyring"), "it goes on asking")
        assert keyring.locked is (word == "refused")
        agent.end()


# --- there is none ----------------------------------------------------------------------------------------------------


def test_without_a_service_it_is_away_and_no_plain_file_takes_its_place(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``keyrings.alt`` is alone: what ``keyring`` would choose by itself."""
    agent.reads("away", prompt=True, words=NO_SERVICE)
    agent.keeps("away", words=NO_SERVICE)
    assert doctors() == f"note {NO_SERVICE.replace(':', ', so nobody stays signed in:', 1)}"


@real
def test_a_service_that_comes_later_is_told(agent: Agent, private_bus: PrivateBus, tmp_path: Path) -> None:
    agent.keyring.watch(True)
    agent.reads("away", words=NO_SERVICE)
    with RealKeyring(private_bus, tmp_path):
        agent.is_told()
        agent.reads("nothing")
        agent.keyring.watch(False)


@real
def test_where_the_service_has_no_keyring_none_is_made(
    agent: Agent, keyring: RealKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.stop()
    kept = tmp_path / "keyring-data" / "keyrings"
    shutil.rmtree(kept)
    keyring.start(keyring=False)
    agent.reads("missing", prompt=True, words=NO_DEFAULT)
    agent.keeps("missing", words=NO_DEFAULT)
    agent.removes("missing", words=NO_DEFAULT)
    assert "make one in its program" in doctors()
    assert not [*kept.glob("*.keyring")]


@pytest.mark.parametrize("command", ["/bin/false", "/nonexistent"])
def test_a_service_that_cannot_be_started_is_away(command: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    with PrivateBus({"org.freedesktop.secrets": command}) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        agent = Agent(bus)
        agent.keyring.read(EMAIL, True)
        said = agent.events.get(timeout=TIMEOUT)
        assert isinstance(said, ChildSaid)
        assert said.said["keyring"] == "away"
        assert said.said["words"].startswith("the keyring service does not answer (")
        agent.ends("read")
        agent.end()


@pytest.mark.parametrize("lacks", ["keyring", "secretstorage"])
def test_what_is_missing_is_named_with_the_remedy(lacks: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "")
    assert keyring_process.why_none() == "there is no session bus: start it in a desktop session"
    for module in [name for name in sys.modules if name.partition(".")[0] == lacks]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, lacks, None)
    assert keyring_process.why_none() == NO_LIBRARY
    assert doctors().endswith("python3-secretstorage")


def test_one_that_fails_says_no_more_than_the_errors_name(private_bus: PrivateBus, home: Path) -> None:
    """What a library raises may quote what it was given."""
    broken = home / "keyring" / "backends"
    broken.mkdir(parents=True)
    for file in (broken.parent, broken):
        (file / "__init__.py").touch()
    (broken / "SecretService.py").write_text("raise ValueError('hunter2')\n")
    request = {"do": "keep", "api_url": API_URL, "email": EMAIL, "prompt": False, "password": "hunter2"}
    with Process([*itself.command(), "keyring"], {**os.environ, **private_bus.environ, "PYTHONPATH": str(home)}) as one:
        one.tell(json.dumps(request))
        answer = {"do": "keep", "email": EMAIL, "keyring": "failed", "words": "the keyring fails (ValueError)"}
        assert json.loads(one.next_line()) == answer
        assert (one.ended(), one.errors, one.output[1:]) == (0, "", [])


# --- others than GNOME's ----------------------------------------------------------------------------------------------


@pytest.mark.desktop
@pytest.mark.skipif(shutil.which("kwalletd5") is None, reason="not installed: kwalletd5")
def test_kwallet_keeps_it(agent: Agent, private_bus: PrivateBus, xvfb: Xvfb, tmp_path: Path) -> None:
    """What the log-in has opened is locked for the Secret Service until it is asked to open it."""
    with kwallet(private_bus, tmp_path, xvfb.environ):
        agent.reads("nothing")
        agent.keeps("kept")
        agent.reads("found", password=PASSWORD)
    with kwallet(private_bus, tmp_path, xvfb.environ):
        agent.reads("found", password=PASSWORD)
        agent.removes("removed")
        agent.reads("nothing")


@pytest.mark.desktop
@pytest.mark.skipif(shutil.which("keepassxc") is None, reason="not installed: keepassxc")
def test_keepassxc_keeps_it_and_asks_for_each_access(
    agent: Agent, private_bus: PrivateBus, xvfb: Xvfb, tmp_path: Path
) -> None:
    def allow() -> None:
        until(lambda: titled(xvfb, "Access Request"), "nobody is asked")
        xdotool(xvfb, "key", "Return")

    with keepassxc(private_bus, tmp_path, xvfb.environ):
        agent.reads("nothing")
        agent.keeps("kept")
        agent.reads("locked")
        agent.keyring.read(EMAIL, True)
        agent.hears("read", "locked")
        allow()
        agent.answers("read", "found", password=PASSWORD)
        agent.keyring.remove(EMAIL)
        allow()
        agent.answers("remove", "removed")
        agent.reads("nothing")
