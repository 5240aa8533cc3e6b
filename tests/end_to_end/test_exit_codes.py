"""When `telex-start --headless` ends, with which exit code, and what never ends it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.agent import Program, headless
from tests.fake_desktop import FakeNotificationDaemon, PrivateBus
from tests.process import ROOT, running, until
from tests.servers import Sandbox

TELEX_START = [sys.executable, "-m", "telex_start", "--headless"]
NOWHERE = {"TELEX_START_API_URL": "https://127.0.0.1:9/api/v1", "TELEX_START_PUSH_URL": "wss://127.0.0.1:9/push"}


def piped(folder: Path, environ: Mapping[str, str], password: str, email: str = "ada@example.org") -> Program:
    """Signing in by standard input, told in words."""
    return Program(folder, "--headless", "--email", email, "--password-stdin", environ=environ, given=f"{password}\n")


# Exit code 0.


def test_a_slow_end_after_a_signal_is_an_end_in_order_too() -> None:
    """On a busy machine the interpreter takes long to end, and by then it has given up its signal handlers.

    The thread that reads signals may be so late that it sets its timer only then, and an impatient person may press
    Ctrl-C again.
    """
    program = """
import os, signal, time
from telex_start.process import signals

class Slow:
    def __del__(self, kill=os.kill, me=os.getpid(), sleep=time.sleep, again=(signal.SIGTERM, signal.SIGINT)):
        self.late.came()
        for number in again:
            kill(me, number)
        sleep(0.6)  # three times its timer's

came = []
late = signals.listen(came.append, lambda: False)
signal.raise_signal(signal.SIGTERM)
late.came()
assert came == [signal.SIGTERM]
signal.raise_signal(signal.SIGTERM)  # read by the other thread while the interpreter ends
signals.end()
slow = Slow()
slow.late = late
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_start_that_is_ended_at_once_ends_in_order(tmp_path: Path) -> None:
    """A service manager may change its mind before anything is up: while the password is still read, say."""
    command = [*TELEX_START, "--email", "a@b.c", "--password-stdin"]
    pipe = subprocess.PIPE
    with running(command, env=Program(tmp_path).environ, stdin=pipe, stderr=pipe) as process:
        read = {"x86_64": "0", "aarch64": "63"}[os.uname().machine]
        status = Path(f"/proc/{process.pid}/syscall")
        until(lambda: status.read_text().split()[:2] == [read, "0x0"], "it does not read its input")
        process.terminate()
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def buffered(program: Program) -> dict[str, str]:
    """The program's environment as people have it: Python keeps output back until it is flushed."""
    return {name: value for name, value in program.environ.items() if name != "PYTHONUNBUFFERED"}


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path, telex: Sandbox) -> None:
    """`telex-start --headless | head -1`: no traceback, no complaint of Python's, no process left."""
    script = f'set -o pipefail; "{sys.executable}" -m telex_start --headless --email {telex.email} --password-stdin'
    done = subprocess.run(
        ["bash", "-c", f"{script} | head -1"],
        env=buffered(headless(tmp_path, telex)),
        cwd=ROOT,
        input=telex.password + "\n",
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "Signing in\n", "")


def test_a_reader_that_sleeps_keeps_it_neither_from_notifying_nor_from_ending(tmp_path: Path, telex: Sandbox) -> None:
    """The pipe is full before the first line, and nobody reads."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)
    os.set_blocking(write, True)
    agent = headless(tmp_path, telex)
    given = tmp_path / "password"
    given.write_text(telex.password)
    command = [sys.executable, "-m", "telex_start", *agent.options]
    with open(read), open(write, "w") as out, PrivateBus() as bus, FakeNotificationDaemon(bus) as daemon:
        environ = {**buffered(agent), **bus.environ}
        with (
            given.open() as piped_in,
            running(command, env=environ, stdin=piped_in, stdout=out, stderr=subprocess.PIPE) as process,
        ):
            telex.wait_until(lambda status: sum(status["subscriptions"].values()) == 1)
            telex.message(0, "General")
            daemon.wait_for(1)
            process.terminate()
            assert process.wait(30) == 0
            assert process.stderr is not None
            assert process.stderr.read() == b""
        # A person sees one: on a busy machine its text may come a moment later, and completes it.
        assert {(toast.id, toast.summary) for toast in daemon.shown} == {(1, "General")}
        assert all("suppress-sound" in toast.hints for toast in daemon.shown[1:])


def test_the_demo_has_a_sandbox_of_its_own_and_ends_after_so_many_toasts(tmp_path: Path) -> None:
    with Program(tmp_path, "demo", "--headless", "--toasts", "2", "--story-interval", "0.1") as demo:
        assert (demo.ended(), demo.errors) == (0, "")
        assert demo.output[0].startswith("Signing in to the sandbox as ")
        assert "2 toasts: the demo ends." in demo.output
    with Program(tmp_path, "demo", "--toasts", "2", environ={"DISPLAY": ":987"}) as demo:
        assert (demo.ended(), demo.errors) == (2, "telex-start: demo: --toasts needs --headless.\n")


# Exit code 1.

PLANTED = """
import atexit, sys, threading
from telex_start.__main__ import main
from telex_start.app.app import App

def run(*_):
    if sys.argv[1] == "left behind":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    if sys.argv[1] == "fails":
        raise ZeroDivisionError("password=hunter2")
    return 0

App.run = run
atexit.register(print, "the interpreter's own end")
sys.exit(main(sys.argv[2:]))
"""
"""An agent whose main thread does that and ends."""
OWN_END = "the interpreter's own end\n"
FAILED = "telex-start: an unexpected error ended the program (ZeroDivisionError); the log has it\n"


@pytest.mark.parametrize(
    ("what", "code", "said", "errors"),
    [("ends", 0, OWN_END, ""), ("left behind", 0, "", ""), ("fails", 1, OWN_END, FAILED)],
)
def test_a_thread_that_nobody_waits_for_does_not_run_into_the_interpreters_end(
    tmp_path: Path, what: str, code: int, said: str, errors: str
) -> None:
    """The exit code was -11 once in thousands: a library's C code ran on while the interpreter was taken apart.

    An unexpected error, too, is told without its text.
    """
    done = subprocess.run(
        [sys.executable, "-c", PLANTED, what, *TELEX_START[3:], "--email", "ada@example.org", "--password-stdin"],
        env=Program(tmp_path, environ=NOWHERE).environ,
        input="secret\n",
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, said, errors)


# Exit codes 2 and 3.


def test_a_useless_ca_file_ends_it(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\ngarbage")
    with piped(tmp_path, NOWHERE | {"TELEX_START_CA_FILE": "~/ca.pem"}, "secret") as agent:
        assert agent.ended() == 2
        [line] = agent.errors.splitlines()
        assert line.startswith(f"telex-start: ca_file {tmp_path / 'ca.pem'} cannot be used")


def test_a_refused_password_that_was_piped(tmp_path: Path, telex: Sandbox) -> None:
    with piped(tmp_path, telex.environ, "wrong", telex.email) as agent:
        assert agent.ended() == 3
        assert agent.errors == (
            "telex-start: signing in was refused: "
            "Telex does not know this e-mail address and password. Please check both.\n"
        )


def test_without_standard_streams_it_still_tells_by_its_code(tmp_path: Path) -> None:
    """A desktop may start it with all three closed. Then, as without a terminal, there is nobody to ask."""
    command = f'exec "{sys.executable}" -m telex_start --headless <&- >&- 2>&-'
    for option, code in (("", 3), (" --log-level loud", 2)):
        done = subprocess.run(["sh", "-c", command + option], env=Program(tmp_path).environ, cwd=ROOT, timeout=20)
        assert done.returncode == code
    with Program(tmp_path, "--headless") as agent:
        assert agent.ended() == 3
        words = "nobody is signed in: give --email and --password-stdin, or run it on a terminal"
        assert agent.errors == f"telex-start: {words}\n"


# What never ends it.


def test_no_server_at_all_is_no_end_and_no_folder_for_the_log_neither(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with piped(tmp_path, NOWHERE, "secret") as agent:
        agent.line(lambda line: line == "! No connection to Telex: The Telex server refused the connection.")
        agent.line(lambda line: line == "Signing in: the Telex server refused the connection")
        assert agent.end() == 0
        assert agent.errors == ""
