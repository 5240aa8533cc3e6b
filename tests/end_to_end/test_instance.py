"""One instance per user and API address: the lock, and the instance socket that a second start sends its request to.

Windows has a named pipe for both; here that is a mock, a Unix socket by the same calls.
"""

from __future__ import annotations

import fcntl
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from multiprocessing.connection import Client
from pathlib import Path
from types import ModuleType

import pytest

from telex_start.errors import ConfigError
from telex_start.events import Event, Requested
from telex_start.menu import Request
from telex_start.process import instance, instance_unix, instance_windows, paths
from tests.process import Process, until

API = "https://api.telex.im/api/v1"


class Claimed:
    """This process as an instance."""

    def __init__(self, held: instance_unix.Instance | instance_windows.Instance | None) -> None:
        assert held is not None
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.close = held.close
        held.serve(self.events.put)

    def requested(self) -> Requested:
        """What the next second start asks for; waits."""
        event = self.events.get(timeout=30)
        assert isinstance(event, Requested)
        return event


def claimed(folder: Path) -> Claimed:
    return Claimed(instance.claim(str(folder), API, "tray"))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Claimed]:
    made = claimed(tmp_path)
    yield made
    made.close()


# Both kinds: files (Unix) and the pipe (Windows).


PLATFORMS = pytest.mark.parametrize("platform", [instance_unix, instance_windows], ids=["files", "pipe"])


@pytest.fixture(autouse=True)
def a_pipe_is_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance_windows, "FAMILY", "AF_UNIX")
    monkeypatch.setattr(instance_windows, "address_of", os.path.join)


def the_process_ends() -> None:
    """Close the pipes, as the system does when the process ends: those who wait for that are told."""
    while instance_windows.leaving:
        instance_windows.leaving.pop().close()


@PLATFORMS
def test_the_first_holds_the_place_answers_the_others_and_leaves_nothing_behind(
    platform: ModuleType, tmp_path: Path
) -> None:
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))
    folder = str(tmp_path)
    for _ in range(2):  # and the next start is the first again
        first = Claimed(platform.claim(folder, "telex", "tray"))
        assert platform.claim(folder, "telex", "tray") is None
        assert platform.ask(folder, "telex", "hello", 0.0) == "tray"
        assert platform.ask(folder, "telex", "open", 0.0) == "tray"
        assert first.requested() == Requested(Request.OPEN), "and not who asks what runs"
        assert platform.ask(folder, "telex", "pause 1h", 0.0) == "tray"
        assert first.requested() == Requested(Request.PAUSE, "1h")
        other = Claimed(platform.claim(folder, "staging", "headless"))
        assert platform.ask(folder, "staging", "hello", 0.0) == "headless"
        other.close()
        assert platform.ask(folder, "staging", "exit", 1.0) is None
        first.close()
        assert os.listdir(folder) == []
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == (threads, descriptors)
    last = Claimed(platform.claim(folder, "telex", "tray"))
    with pytest.raises(TimeoutError):
        platform.ask(folder, "telex", "exit", 0.1)
    assert last.requested() == Requested(Request.EXIT), "it was asked, and does not end"
    last.close()
    the_process_ends()


@PLATFORMS
def test_callers_that_never_speak_are_let_go(
    platform: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "SPEAK_WITHIN", 0.5)
    running = Claimed(platform.claim(str(tmp_path), "telex", "tray"))
    [path] = [path for path in tmp_path.iterdir() if path.suffix != ".lock"]
    with ExitStack() as stack:
        # The pipe takes one after the other.
        for _ in range(100 if platform is instance_unix else 1):
            silent = stack.enter_context(socket.socket(socket.AF_UNIX))
            silent.connect(str(path))
        assert platform.ask(str(tmp_path), "telex", "open", 0.0) == "tray"
        silent.settimeout(5)
        assert silent.recv(1) == b"", "a caller that says nothing is let go"
    assert running.requested() == Requested(Request.OPEN)
    assert running.events.empty()
    running.close()


@PLATFORMS
@pytest.mark.parametrize("noise", [b"\xff\x00\n", b"x" * 100_000, b"openexit\n", b"\n"])
def test_noise_on_the_line_is_no_request(platform: ModuleType, tmp_path: Path, noise: bytes) -> None:
    running = Claimed(platform.claim(str(tmp_path), "telex", "tray"))
    [path] = [path for path in tmp_path.iterdir() if path.suffix != ".lock"]
    with suppress(BrokenPipeError):  # it may be let go before it has said all
        if platform is instance_unix:
            with socket.socket(socket.AF_UNIX) as caller:
                caller.connect(str(path))
                caller.send(noise)
        else:
            with Client(str(path), "AF_UNIX") as connection:
                connection.send_bytes(noise)
    assert platform.ask(str(tmp_path), "telex", "open", 0.0) == "tray"
    assert running.requested() == Requested(Request.OPEN)
    assert running.events.empty()
    running.close()


def test_the_pipe_waits_for_the_end_of_the_process(tmp_path: Path) -> None:
    running = Claimed(instance_windows.claim(str(tmp_path), "telex", "tray"))
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(instance_windows.ask, str(tmp_path), "telex", "exit", 10)
        assert running.requested() == Requested(Request.EXIT)
        running.close()
        with pytest.raises(TimeoutError):
            asking.result(0.2)  # the process is still there
        the_process_ends()
        assert asking.result(30) == "tray"


# Files.


def test_the_letter_case_of_an_address_makes_no_second() -> None:
    assert instance.name_of("https://API.Telex.im/api/v1") == instance.name_of(API)
    assert instance.name_of("https://api.staging.telex.im/api/v1") != instance.name_of(API)


def test_a_lock_that_is_taken_away_while_it_is_being_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance that ends removes the lock's file; a lock on a removed file would keep nobody out."""
    real = fcntl.flock
    removed: list[Path] = []

    def flock(descriptor: int, operation: int) -> None:
        if not removed:
            removed.extend(tmp_path.glob("*.lock"))
            removed[0].unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    made = claimed(tmp_path)
    assert list(tmp_path.glob("*.lock")) == removed
    made.close()


def test_a_start_during_the_end_of_another_takes_over(tmp_path: Path) -> None:
    """The lock is held and nobody answers: the other instance is ending, so the start waits for the lock."""
    before = claimed(tmp_path)
    [path] = tmp_path.glob("*.sock")
    path.unlink()
    with ThreadPoolExecutor() as pool:
        claiming = pool.submit(instance.claim, str(tmp_path), API, "tray")
        with pytest.raises(TimeoutError):
            claiming.result(0.2)
        before.close()
        after = claiming.result(30)
    assert after is not None
    assert list(tmp_path.glob("*.lock"))
    after.close()


def test_a_long_path_works(tmp_path: Path) -> None:
    """A socket's address holds about 100 bytes, a home directory may be deeper."""
    folder = tmp_path / ("a" * 100) / ("ö" * 60)
    folder.mkdir(parents=True)
    made = claimed(folder)
    assert instance.ask(str(folder), API, Request.OPEN) == "tray"
    made.close()
    assert list(folder.iterdir()) == []


def test_cleaning_up_the_folder_makes_no_second_instance(tmp_path: Path, running: Claimed) -> None:
    """Some systems clean up old files under a program that runs for weeks."""
    [lock] = tmp_path.glob("*.lock")
    lock.unlink()
    assert instance.claim(str(tmp_path), API, "tray") is None
    assert instance.ask(str(tmp_path), API, Request.OPEN) == "tray"


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        instance.claim(str(tmp_path / "none"), API, "tray")


def test_an_instance_thread_that_nobody_calls_sleeps_without_an_end(tmp_path: Path, running: Claimed) -> None:
    """It never wakes while nobody connects; only the last caller is still listened to for a moment."""
    assert instance.ask(str(tmp_path), API, None) == "tray"
    [thread] = [thread for thread in threading.enumerate() if thread.name == "instance"]
    number, for_ever = {"x86_64": ("7", 0xFFFFFFFF), "aarch64": ("73", 0)}[os.uname().machine]

    def sleeps() -> bool:
        call = Path(f"/proc/self/task/{thread.native_id}/syscall").read_text().split()
        return call[0] == number and int(call[3], 16) & 0xFFFFFFFF == for_ever

    until(sleeps, "it wakes by itself")


# Processes.

HOLDER = """
import signal, sys
from queue import SimpleQueue
from telex_start.process import instance
held = instance.claim(sys.argv[1], sys.argv[2], "tray")
print("held" if held else "taken", flush=True)
if held:
    events = SimpleQueue()
    held.serve(events.put)
    print(events.get().request.value, flush=True)
    held.close()
    print("closed", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> Process:
    """A process that wants to be the instance; asked to exit, it gives that up, and ends with its standard input."""
    return Process([sys.executable, "-c", HOLDER, str(folder), API], os.environ)


def test_a_kill_leaves_the_place_free(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert first.next_line() == "held"
        first.process.kill()
        first.process.wait()
        assert list(tmp_path.glob("*.sock")), "a kill should leave the socket, or this shows nothing"
        assert instance.ask(str(tmp_path), API, Request.OPEN) is None
        made = claimed(tmp_path)
        assert instance.ask(str(tmp_path), API, Request.OPEN) == "tray"
        made.close()


def test_exit_waits_until_the_process_is_gone(tmp_path: Path) -> None:
    """The lock is free earlier, but a script that goes on after ``--exit`` may count on the process being gone."""
    with ThreadPoolExecutor() as pool, holder(tmp_path) as running:
        assert running.next_line() == "held"
        asking = pool.submit(instance.ask, str(tmp_path), API, Request.EXIT, wait=10)
        assert (running.next_line(), running.next_line()) == ("exit", "closed")
        with pytest.raises(TimeoutError):
            asking.result(0.3)  # it has let go of everything, and still runs
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert asking.result(30) == "tray"
        assert running.ended() == 0


def test_exit_says_when_the_instance_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped process (SIGSTOP) holds the lock and takes the call: the words must not be "not running"."""
    monkeypatch.setattr(instance_unix, "ANSWER_WITHIN", 0.2)
    with holder(tmp_path) as running:
        assert running.next_line() == "held"
        running.process.send_signal(signal.SIGSTOP)
        assert instance.claim(str(tmp_path), API, "tray") is None
        with pytest.raises(TimeoutError):
            instance.ask(str(tmp_path), API, Request.EXIT, wait=0.2)


def test_of_many_starts_at_once_one_wins(tmp_path: Path) -> None:
    """The others reach the winner: a start that finds the lock taken also finds somebody at the socket."""
    with ExitStack() as stack:
        holders = [stack.enter_context(holder(tmp_path)) for _ in range(6)]
        assert sorted(each.next_line() for each in holders) == ["held", *["taken"] * 5]
        assert instance.ask(str(tmp_path), API, None) == "tray"


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
