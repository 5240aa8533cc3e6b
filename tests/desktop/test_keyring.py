"""The system's keyring as the agent asks it: a real one (GNOME Keyring), locked, late, missing, and none at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Self

import pytest

from telex_start.desktop import keyring_process
from telex_start.desktop.bus.bus import Bus, Loop
from telex_start.desktop.keyring import Keyring
from telex_start.doctor import desktop as doctor
from telex_start.doctor.findings import line
from telex_start.events import ChildEnded, ChildSaid, Event
from tests.fake_desktop import PrivateBus, Xvfb
from tests.process import TIMEOUT, until
from tests.real_keyring import PROMPTER, RealKeyring, lacking

API_URL = "https://api.telex.example/api/v1"
EMAIL = "Ada@Example.org"
USER = f"{API_URL} ada@example.org"
PASSWORD = "höchst \U0001f511 geheim"
NO_SERVICE = "no keyring service is running: install gnome-keyring, or switch on the Secret Service of KWallet or"
NO_DEFAULT = "the keyring service has no default keyring: make one in its program (Passwords and Keys, "
NO_LIBRARY = "the libraries keyring and SecretStorage are not there: pip install 'telex-start[keyring]', or your distri"
real = pytest.mark.skipif(bool(lacking()), reason=f"not installed: {lacking()}")


class Agent:
    """The agent's side on that bus: its queue, and its keyring, whose requests are real processes of their own."""

    def __init__(self, bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.changes: SimpleQueue[Event] = SimpleQueue()
        """Apart, as the signals of one change may come late, and more than one is told of them."""
        self.loop = Loop("desktop")
        self.keyring = Keyring(self._dispatch, Bus(bus.address, self.loop), API_URL)
        self.loop.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.keyring.end()
        assert self.loop.stop(TIMEOUT)
        assert self.events.empty()

    def hears(self, do: str, word: str, *, email: str = EMAIL, words: str = "", **more: str) -> None:
        event = self.events.get(timeout=TIMEOUT)
        assert isinstance(event, ChildSaid) and PASSWORD not in repr(event)
        said = {"do": do, "email": email, "keyring": word, **more}
        if words:
            said["words"] = event.said["words"]
            assert said["words"].startswith(words)
        assert event == ChildSaid(f"keyring {do}", said)

    def answers(self, do: str, *words: str, **more: str) -> None:
        """Await all that the request's process says: these words, the last with ``more``, and its end."""
        for word in words[:-1]:
            self.hears(do, word)
        self.hears(do, words[-1], **more)
        assert self.events.get(timeout=TIMEOUT) == ChildEnded(f"keyring {do}", "")

    def reads(self, *words: str, prompt: bool = False, **more: str) -> None:
        self.keyring.read(more.get("email", EMAIL), prompt)
        self.answers("read", *words, **more)

    def keeps(self, *words: str, password: str = PASSWORD, **more: str) -> None:
        self.keyring.keep(EMAIL, password, True)
        self.answers("keep", *words, **more)

    def removes(self, *words: str, **more: str) -> None:
        self.keyring.remove(EMAIL)
        self.answers("remove", *words, **more)

    def is_told_after(self, change: Callable[[], object]) -> None:
        """Make a change of the keyring, and wait until the agent is told that it has changed."""
        while not self.changes.empty():
            self.changes.get()
        change()
        self.changes.get(timeout=TIMEOUT)

    def _dispatch(self, event: Event) -> None:
        (self.changes if event == ChildSaid("keyring", {"changed": True}) else self.events).put(event)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's home, which is empty: a keyring in plain files would make a file there."""
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setenv("HOME", str(made))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def agent(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[Agent]:
    with Agent(private_bus, monkeypatch) as made:
        yield made
    assert list(home.iterdir()) == [], "a keyring of somebody else's"


@pytest.fixture
def keyring(private_bus: PrivateBus, tmp_path: Path) -> Iterator[RealKeyring]:
    with RealKeyring(private_bus, tmp_path) as made:
        yield made


def doctors() -> str:
    """The doctor's line about the keyring."""
    mark, _, words = line(doctor.keyring()).partition("keyring")
    return f"{mark.strip()} {words.strip()}"


# There is a keyring.


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
@real
def test_two_that_take_it_out_at_the_same_time_both_find_it_gone(
    agent: Agent, keyring: RealKeyring, private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``telex-start forget`` and the agent do. One of them said the keyring fails, and tried again at each start."""
    with Agent(private_bus, monkeypatch) as command:
        for _ in range(3):
            agent.keeps("kept")
            for one in (agent, command):
                one.keyring.remove(EMAIL)
            for one in (agent, command):
                one.answers("remove", "removed")


def test_each_telex_and_each_person_has_an_entry_of_their_own(agent: Agent, keyring: RealKeyring) -> None:
    agent.keeps("kept")
    agent.reads("nothing", email="grace@example.org")
    agent.reads("found", email=EMAIL.upper(), password=PASSWORD)
    Keyring(agent.events.put, None, "https://elsewhere.example/api/v1").read(EMAIL, False)
    agent.answers("read", "nothing")


@real
def test_neither_a_variable_nor_a_library_of_plain_files_has_a_say(
    agent: Agent, keyring: RealKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``keyrings.alt`` is installed too, with a priority of its own, and the variable names its backend."""
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


# The keyring is locked.


@real
def test_locked_it_is_said_so_and_that_it_was_opened_is_told(agent: Agent, keyring: RealKeyring) -> None:
    agent.keeps("kept")
    keyring.lock()
    agent.keyring.watch(True)
    agent.reads("locked")
    agent.removes("locked")
    assert doctors().startswith("ok ")
    agent.is_told_after(keyring.unlock)
    agent.keyring.watch(False)
    agent.reads("found", password=PASSWORD)
    keyring.lock()
    agent.reads("locked")


def xdotool(xvfb: Xvfb, *words: str) -> str:
    return subprocess.run(["xdotool", *words], env={**os.environ, **xvfb.environ}, stdout=-1, text=True).stdout


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
    with PrivateBus(PROMPTER, environ) as bus, RealKeyring(bus, tmp_path) as keyring, Agent(bus, monkeypatch) as agent:
        agent.keeps("kept")
        keyring.lock()
        agent.keyring.read(EMAIL, True)
        agent.hears("read", "locked")
        until(lambda: titled(xvfb, "Unlock Login Keyring"), "nobody is asked")
        agent.reads("locked")  # a read without a prompt, as after a change, beside the first
        for how, what in keys:
            xdotool(xvfb, how, *(["--delay", "10"] if how == "type" else []), what)
        agent.answers("read", word, **({"password": PASSWORD} if word == "found" else {}))
        until(lambda: not titled(xvfb, "Unlock Login Keyring"), "it goes on asking")
        assert keyring.locked is (word == "refused")


# There is no keyring.


def test_without_a_service_it_is_away_and_no_plain_file_takes_its_place(agent: Agent) -> None:
    """Only ``keyrings.alt`` is there: the library ``keyring`` would choose that by itself."""
    agent.reads("away", prompt=True, words=NO_SERVICE)
    agent.keeps("away", words=NO_SERVICE)
    assert doctors().startswith(f"note {NO_SERVICE.replace(':', ', so nobody stays signed in:', 1)}")


@real
def test_a_service_that_comes_later_is_told(agent: Agent, private_bus: PrivateBus, tmp_path: Path) -> None:
    agent.keyring.watch(True)
    agent.reads("away", words=NO_SERVICE)
    with ExitStack() as stack:
        agent.is_told_after(lambda: stack.enter_context(RealKeyring(private_bus, tmp_path)))
        agent.keyring.watch(False)
        agent.reads("nothing")


@real
def test_where_the_service_has_no_keyring_none_is_made(agent: Agent, keyring: RealKeyring, tmp_path: Path) -> None:
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
    with PrivateBus({"org.freedesktop.secrets": command}) as bus, Agent(bus, monkeypatch) as agent:
        agent.reads("away", prompt=True, words="the keyring service does not answer (")


@pytest.mark.parametrize("lacks", ["keyring", "secretstorage"])
def test_what_is_missing_is_named_with_the_remedy(lacks: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "")
    assert keyring_process.why_none() == "there is no session bus: start it in a desktop session"
    for module in [name for name in sys.modules if name.partition(".")[0] == lacks]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, lacks, None)
    assert keyring_process.why_none().startswith(NO_LIBRARY)
    assert doctors().endswith("python3-secretstorage")


def test_one_that_fails_says_no_more_than_the_errors_name(
    agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The text of a library's error may quote the password that the library was given."""
    broken = tmp_path / "keyring" / "backends" / "SecretService.py"
    broken.parent.mkdir(parents=True)
    (tmp_path / "keyring" / "__init__.py").touch()
    broken.write_text("raise ValueError('hunter2')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    agent.keeps("failed", words="the keyring fails (ValueError)")
    assert "hunter2" not in caplog.text


# Others than GNOME's.
