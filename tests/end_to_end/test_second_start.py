"""Starting it again while it runs: the first one is told, the second one ends, and `--exit` ends the first."""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from telex_start.config import Config
from telex_start.errors import ConfigError
from telex_start.events import Event, Requested
from telex_start.menu import Request
from telex_start.process import instance, paths
from tests.agent import Program, headless
from tests.servers import Sandbox


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0") as sandbox:
        yield sandbox


@pytest.fixture
def agent(tmp_path: Path, telex: Sandbox) -> Iterator[Program]:
    """An agent that is online, headless."""
    with headless(tmp_path, telex) as program:
        program.event("state", state="online", subscribed=1)
        yield program


@pytest.mark.parametrize(
    "options", [["--headless"], ["--headless", "--json"], []], ids=["in words", "json", "with an icon"]
)
def test_a_second_start_says_so_and_ends(tmp_path: Path, telex: Sandbox, agent: Program, options: list[str]) -> None:
    """With an icon too: it needs no desktop to see that there is nothing to start."""
    logins = telex.status()["logins"]
    with Program(tmp_path, *options, environ=telex.environ) as second:
        assert second.ended() == 0
        assert (second.output, second.errors) == ([], "Telex Start is already running.\n")
    telex.message(0, "General")
    agent.event("notification", channel="General")
    assert telex.status()["logins"] == logins


@pytest.mark.parametrize(
    ("options", "request_"), [([], Request.OPEN), (["--login"], Request.LOGIN), (["--at-login"], None)], ids=str
)
def test_a_second_start_tells_the_first_what_it_is_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], request_: Request | None
) -> None:
    environ = Program(tmp_path).environ
    monkeypatch.setenv("XDG_RUNTIME_DIR", environ["XDG_RUNTIME_DIR"])
    first = instance.claim(paths.runtime_folder(), Config().api_url, "tray")
    assert first is not None
    told: queue.SimpleQueue[Event] = queue.SimpleQueue()
    first.serve(told.put)
    with Program(tmp_path, *options) as second:
        assert second.ended() == 0
    first.close()
    assert [told.get() for _ in range(told.qsize())] == ([Requested(request_)] if request_ else [])


def test_another_address_is_another_instance(tmp_path: Path, telex: Sandbox, agent: Program) -> None:
    with Sandbox("--organisations", "1") as other, headless(tmp_path, other) as second:
        second.event("state", state="online", subscribed=1)
        with Program(tmp_path, "--exit", environ=other.environ) as caller:
            assert caller.ended() == 0
        assert second.ended() == 0
    telex.message(0, "General")
    agent.event("notification", channel="General")


def test_after_a_kill_it_starts_again(tmp_path: Path, telex: Sandbox, agent: Program) -> None:
    agent.process.send_signal(signal.SIGKILL)
    assert agent.ended() == -signal.SIGKILL
    with Program(tmp_path, "--exit", environ=telex.environ) as caller:
        assert (caller.ended(), caller.output) == (0, ["Telex Start is not running."])
    with headless(tmp_path, telex) as second:
        second.event("state", state="online", subscribed=1)


def test_exit_ends_one_that_is_still_signing_in(tmp_path: Path, telex: Sandbox) -> None:
    telex.fault("login", delay=30)
    try:
        with headless(tmp_path, telex) as program:
            program.event("state", state="signing_in")
            with Program(tmp_path, "--exit", environ=telex.environ) as caller:
                assert (caller.ended(5), caller.output) == (0, ["Telex Start has ended."])
            assert program.ended() == 0
            assert program.errors == ""
    finally:
        telex.clear_faults()


def test_exit_says_when_it_does_not_work(tmp_path: Path, telex: Sandbox, agent: Program) -> None:
    """A process that hangs is not "not running", and a script should not go on as if it had ended."""
    agent.process.send_signal(signal.SIGSTOP)
    try:
        with Program(tmp_path, "--exit", environ=telex.environ) as caller:
            assert caller.ended() == 1
            assert (caller.output, caller.errors) == ([], "telex-start: the running instance has not ended.\n")
    finally:
        agent.process.send_signal(signal.SIGCONT)
    assert agent.ended() == 0, "the word was heard once it could listen"


def test_of_many_starts_at_once_one_stays(tmp_path: Path, telex: Sandbox) -> None:
    """A desktop that starts it from two places, a person who clicks five times."""
    ends: queue.SimpleQueue[Program] = queue.SimpleQueue()

    def wait(program: Program) -> None:
        program.process.wait()
        ends.put(program)

    with ExitStack() as stack:
        programs = [stack.enter_context(headless(tmp_path, telex)) for _ in range(5)]
        waiting = [threading.Thread(target=wait, args=(program,)) for program in programs]
        for thread in waiting:
            thread.start()
        for _ in range(4):
            ended = ends.get(timeout=15)
            assert (ended.ended(), ended.errors) == (0, "Telex Start is already running.\n")
            programs.remove(ended)
        programs[0].event("state", state="online", subscribed=1)
    for thread in waiting:
        thread.join(30)


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, telex: Sandbox) -> None:
    folder = tmp_path / "run" / "telex-start"
    folder.mkdir(parents=True, mode=0o700)
    folder.chmod(0o777)
    with Program(tmp_path, "--headless", environ=telex.environ) as program:
        assert program.ended() == 2
        assert (
            program.errors
            == f"telex-start: the folder {folder} is open to others: remove it, or set XDG_RUNTIME_DIR.\n"
        )


def test_without_a_runtime_folder_it_finds_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As under cron or sudo: a folder of this user's own in the temporary one, if nobody else made it."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda *_: False)  # no folder of systemd's either
    folder = Path(paths.runtime_folder())
    assert folder == tmp_path / f"telex-start-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()
    folder.symlink_to("/")
    with pytest.raises(ConfigError, match="is open to others"):
        paths.runtime_folder()
