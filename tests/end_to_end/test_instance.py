"""One instance per user and API address: the lock, and the instance socket that a second start sends its request to."""

from __future__ import annotations

import fcntl
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

from telex_start.events import Event, Requested
from telex_start.menu import Request
from telex_start.process import instance, instance_unix
from tests.stopwatch import Stopwatch

API = "https://api.telex.im/api/v1"
STAGING = "https://api.staging.telex.im/api/v1"
ROOT = Path(__file__).parents[2]

_HOLDER = """
import signal, sys
from queue import SimpleQueue
from telex_start.process import instance
folder, url, kind = sys.argv[1:]
held = instance.claim(folder, url, kind)
print("held" if held else "taken", flush=True)
if held:
    events = SimpleQueue()
    held.serve(events.put)
    print(events.get().request.value, flush=True)
    held.close()
    print("closed", flush=True)
    sys.stdin.read()
"""


class Holder:
    """A process that wants to be the instance; it ends when it is told to and its standard input is closed."""

    def __init__(self, folder: Path, url: str = API, kind: str = "tray") -> None:
        self._command = [sys.executable, "-c", _HOLDER, str(folder), url, kind]

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def says(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def let_go(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


class Claimed:
    """This process as the instance."""

    def __init__(self, folder: Path, url: str = API, kind: str = "tray") -> None:
        claimed = instance.claim(str(folder), url, kind)
        assert claimed is not None
        self.held = claimed
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.held.serve(self.events.put)

    def requested(self) -> Request:
        """What the next second start asks for; waits."""
        event = self.events.get(timeout=30)
        assert isinstance(event, Requested)
        return event.request


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Claimed]:
    made = Claimed(tmp_path)
    try:
        yield made
    finally:
        made.held.close()


def sockets(folder: Path) -> list[Path]:
    return list(folder.glob("*.sock"))


def test_the_second_start_tells_the_first_what_it_wants(tmp_path: Path, running: Claimed) -> None:
    assert instance.claim(str(tmp_path), API, "tray") is None
    assert instance.ask(str(tmp_path), API, Request.OPEN) == "tray"
    assert running.requested() is Request.OPEN


def test_a_request_brings_its_argument(tmp_path: Path, running: Claimed) -> None:
    assert instance.ask(str(tmp_path), API, Request.PAUSE, argument="1h") == "tray"
    assert running.events.get(timeout=30) == Requested(Request.PAUSE, "1h")
    assert instance.ask(str(tmp_path), API, Request.RELOAD) == "tray"
    assert running.events.get(timeout=30) == Requested(Request.RELOAD)


def test_asking_what_runs_disturbs_nobody(tmp_path: Path, running: Claimed) -> None:
    assert instance.ask(str(tmp_path), API, None) == "tray"
    assert instance.ask(str(tmp_path), API, Request.OPEN) == "tray"
    assert running.requested() is Request.OPEN
    assert running.events.empty()


def test_each_address_has_its_own(tmp_path: Path, running: Claimed) -> None:
    other = instance.claim(str(tmp_path), STAGING, "headless")
    assert other is not None
    other.close()
    assert instance.ask(str(tmp_path), STAGING, Request.EXIT, wait=1) is None


def test_the_letter_case_of_an_address_makes_no_second(tmp_path: Path, running: Claimed) -> None:
    assert instance.claim(str(tmp_path), "https://API.Telex.im/api/v1", "tray") is None


def test_the_end_leaves_nothing_behind(tmp_path: Path) -> None:
    threads = threading.active_count()
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(2):  # and the next start is the first again
        made = Claimed(tmp_path)
        assert len(sockets(tmp_path)) == 1
        made.held.close()
        assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_nobody_runs(tmp_path: Path) -> None:
    assert instance.ask(str(tmp_path), API, Request.EXIT, wait=1) is None
    assert list(tmp_path.iterdir()) == []


def test_a_kill_leaves_the_place_free(tmp_path: Path) -> None:
    with Holder(tmp_path) as first:
        assert first.says() == "held"
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        assert len(sockets(tmp_path)) == 1, "a kill should leave the socket, or this shows nothing"
        assert instance.ask(str(tmp_path), API, Request.OPEN) is None
        made = Claimed(tmp_path)
        assert instance.ask(str(tmp_path), API, Request.OPEN) == "tray"
        assert made.requested() is Request.OPEN
        made.held.close()


def test_exit_waits_until_the_process_is_gone(tmp_path: Path) -> None:
    """Not only until the lock is free: a script that goes on then may count on a process less."""
    with Holder(tmp_path) as holder:
        assert holder.says() == "held"
        answers: queue.SimpleQueue[tuple[str | None, int | None]] = queue.SimpleQueue()

        def ask() -> None:
            kind = instance.ask(str(tmp_path), API, Request.EXIT, wait=10)
            answers.put((kind, holder.process.poll()))

        caller = threading.Thread(target=ask)
        caller.start()
        assert (holder.says(), holder.says()) == ("exit", "closed")
        with pytest.raises(queue.Empty):
            answers.get(timeout=0.3)  # it has let go of everything, and still runs
        holder.let_go()
        kind, _ = answers.get(timeout=30)
        assert kind == "tray"
        assert holder.process.wait(30) == 0
        caller.join(30)


def test_exit_gives_up_on_one_that_does_not_end(tmp_path: Path, running: Claimed) -> None:
    with pytest.raises(TimeoutError):
        instance.ask(str(tmp_path), API, Request.EXIT, wait=0.2)
    assert running.requested() is Request.EXIT


def test_exit_says_when_the_instance_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped process holds the lock and takes the call: that is not "not running"."""
    monkeypatch.setattr(instance_unix, "ANSWER_WITHIN", 0.2)
    with Holder(tmp_path) as holder:
        assert holder.says() == "held"
        holder.process.send_signal(signal.SIGSTOP)
        assert instance.claim(str(tmp_path), API, "tray") is None
        with pytest.raises(TimeoutError):
            instance.ask(str(tmp_path), API, Request.EXIT, wait=0.2)


def test_callers_that_never_speak_hold_up_nobody(tmp_path: Path, running: Claimed) -> None:
    [path] = sockets(tmp_path)
    with ExitStack() as stack:
        for _ in range(100):
            silent = stack.enter_context(socket.socket(socket.AF_UNIX))
            silent.connect(str(path))
        spent = Stopwatch()
        assert instance.ask(str(tmp_path), API, Request.OPEN) == "tray"
        assert spent.seconds() < 0.5
        silent.settimeout(5)
        assert silent.recv(1) == b"", "a caller that says nothing is let go"
    assert running.requested() is Request.OPEN
    assert running.events.empty()


def test_noise_on_the_line_is_no_request(tmp_path: Path, running: Claimed) -> None:
    [path] = sockets(tmp_path)
    for noise in (b"\xff\x00\n", b"x" * 100_000, b"openexit\n", b"\n"):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            caller.send(noise)
    assert instance.ask(str(tmp_path), API, Request.OPEN) == "tray"
    assert running.requested() is Request.OPEN
    assert running.events.empty()


def test_of_many_starts_at_once_one_wins(tmp_path: Path) -> None:
    """And everybody else reaches it: who finds the lock taken finds somebody at the socket too."""
    with ExitStack() as stack:
        holders = [stack.enter_context(Holder(tmp_path)) for _ in range(8)]
        assert sorted(holder.says() for holder in holders) == ["held", *["taken"] * 7]
        assert instance.ask(str(tmp_path), API, None) == "tray"


def test_of_many_threads_one_wins_again_and_again(tmp_path: Path) -> None:
    """Claims while the one before lets go: never two at once, and never nobody in the end."""
    inside: list[int] = []
    wins: list[int] = []
    guard = threading.Lock()

    def work(number: int) -> None:
        for _ in range(10):
            made = instance.claim(str(tmp_path), API, "tray")
            if made is None:
                continue
            with guard:
                assert not inside, "two instances at once"
                inside.append(number)
                wins.append(number)
            with guard:
                inside.clear()
            made.close()

    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert len(wins) > 8
    assert list(tmp_path.iterdir()) == []


def test_a_start_during_the_end_of_another_takes_over(tmp_path: Path) -> None:
    """The lock is still held and nobody answers any more: that is no running instance, a moment later."""
    before = Claimed(tmp_path)
    [lock], [path] = tmp_path.glob("*.lock"), sockets(tmp_path)
    path.unlink()
    claims: queue.SimpleQueue[object] = queue.SimpleQueue()
    claimer = threading.Thread(target=lambda: claims.put(instance.claim(str(tmp_path), API, "tray")))
    claimer.start()
    with pytest.raises(queue.Empty):
        claims.get(timeout=0.2)
    before.held.close()
    after = claims.get(timeout=30)
    claimer.join(30)
    assert isinstance(after, instance.Instance)
    assert lock.exists()
    after.close()


def test_a_lock_that_is_taken_away_while_it_is_being_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who ends removes the lock's file; a lock on a file without a name would keep nobody out."""
    real = fcntl.flock
    removed: list[Path] = []

    def flock(descriptor: int, operation: int) -> None:
        if not removed:
            removed.extend(tmp_path.glob("*.lock"))
            removed[0].unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    made = Claimed(tmp_path)
    assert list(tmp_path.glob("*.lock")) == removed
    made.held.close()


def test_a_long_path_works(tmp_path: Path) -> None:
    """A socket's address holds about 100 bytes, a home directory may be deeper."""
    folder = tmp_path / ("a" * 100) / ("ö" * 60)
    folder.mkdir(parents=True)
    made = Claimed(folder)
    assert instance.ask(str(folder), API, Request.OPEN) == "tray"
    assert made.requested() is Request.OPEN
    made.held.close()
    assert list(folder.iterdir()) == []


def test_cleaning_up_the_folder_makes_no_second_instance(tmp_path: Path, running: Claimed) -> None:
    """Some systems clean up old files under a program that runs for weeks."""
    [lock] = tmp_path.glob("*.lock")
    lock.unlink()
    assert instance.claim(str(tmp_path), API, "tray") is None
    assert instance.ask(str(tmp_path), API, Request.OPEN) == "tray"
    assert running.requested() is Request.OPEN


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        instance.claim(str(tmp_path / "none"), API, "tray")


def test_an_idle_instance_thread_never_wakes(tmp_path: Path) -> None:
    """Nobody notices it: no wake-up while nobody connects."""
    with Holder(tmp_path) as holder:
        assert holder.says() == "held"
        assert instance.ask(str(tmp_path), API, None) == "tray"

        def switches() -> int:
            tasks = Path(f"/proc/{holder.process.pid}/task")
            return sum(
                int(line.split()[1])
                for task in tasks.iterdir()
                for line in (task / "status").read_text().splitlines()
                if line.startswith("voluntary")
            )

        # Longer than silent callers are listened to. What the last caller cost comes first, sooner or later.
        for _ in range(10):
            before = switches()
            time.sleep(1.5)
            if switches() == before:
                break
        else:
            raise AssertionError("it woke in each of ten times 1.5 s")
