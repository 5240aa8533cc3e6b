"""How `telex-start --headless` ends, and what it never ends for; what a script gets to read."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent import Program, headless
from tests.fake_desktop import FakeNotificationDaemon, PrivateBus
from tests.process import ROOT, running
from tests.servers import Sandbox


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """A sandbox for tests that leave it as it was."""
    with Sandbox("--organisations", "1", "--rate", "0") as sandbox:
        yield sandbox


@pytest.fixture
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0") as sandbox:
        yield sandbox


def in_words(folder: Path, telex: Sandbox, *options: str) -> Program:
    """Signed in by standard input, told in words."""
    return Program(
        folder,
        *("--headless", "--email", telex.email, "--password-stdin", *options),
        environ=telex.environ,
        given=telex.password + "\n",
    )


# --- 0 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_is_an_end_in_order(tmp_path: Path, shared: Sandbox, number: signal.Signals) -> None:
    with headless(tmp_path, shared) as agent:
        agent.event("state", state="online", subscribed=1)
        code, seconds = agent.end(number)
        assert (code, agent.errors) == (0, "")
        assert seconds < 2
        last = json.loads(agent.output[-1])
        assert last == {"event": "state", "state": "stopped", "organisations": 0, "subscribed": 0}
    assert list((tmp_path / "run" / "telex-start").iterdir()) == [], "no lock is left behind"


@pytest.mark.parametrize("again", [0, signal.SIGTERM, signal.SIGINT], ids=["once", "SIGTERM", "SIGINT"])
def test_a_slow_end_after_a_signal_is_an_end_in_order_too(again: int) -> None:
    """On a busy machine the interpreter takes long to end, and by then it has given up its signal handlers.

    The other thread may be as late as to set its timer only then, and the person may be as impatient as to press Ctrl-C
    again.
    """
    program = f"""
import os, signal, time
from telex_start.process import signals

class Slow:
    def __del__(self, kill=os.kill, me=os.getpid(), sleep=time.sleep, seconds=3 * signals._LOOK_EVERY):
        self.late.came()
        kill(me, {again:d})
        sleep(seconds)

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


def test_exit_from_another_terminal_is_an_end_in_order(tmp_path: Path, shared: Sandbox) -> None:
    with headless(tmp_path, shared) as agent:
        agent.event("state", state="online", subscribed=1)
        with Program(tmp_path, "--exit", environ=shared.environ) as caller:
            assert caller.ended() == 0
            assert agent.process.poll() == 0, "it returns when the other is gone, not before"
            assert caller.output == ["Telex Start has ended."]
        assert agent.errors == ""


def buffered(program: Program) -> dict[str, str]:
    """Its environment, as people have it: Python keeps back what is written until it is flushed."""
    return {name: value for name, value in program.environ.items() if name != "PYTHONUNBUFFERED"}


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path, shared: Sandbox) -> None:
    """`telex-start --headless | head -1`: no traceback, no complaint of Python's, no process left."""
    environ = buffered(in_words(tmp_path, shared))
    command = f'"{sys.executable}" -m telex_start --headless --email {shared.email} --password-stdin'
    script = f"set -o pipefail; {command} | head -1"
    for _ in range(2):
        with running(
            ["bash", "-c", script],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as pipeline:
            out, errors = pipeline.communicate(shared.password + "\n", timeout=20)
        assert (pipeline.returncode, out, errors) == (0, "Signing in\n", "")


def test_a_reader_that_sleeps_keeps_it_neither_from_notifying_nor_from_ending(tmp_path: Path, telex: Sandbox) -> None:
    """The pipe is full before the first line, and nobody reads."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)
    os.set_blocking(write, True)
    try:
        with PrivateBus() as bus, FakeNotificationDaemon(bus) as daemon:
            agent = headless(tmp_path, telex)
            with running(
                [sys.executable, "-m", "telex_start", *agent.options],
                env={**buffered(agent), "DBUS_SESSION_BUS_ADDRESS": bus.address},
                stdin=subprocess.PIPE,
                stdout=write,
                stderr=subprocess.PIPE,
            ) as process:
                os.close(write)
                assert process.stdin is not None
                assert process.stderr is not None
                process.stdin.write(telex.password.encode() + b"\n")
                process.stdin.close()
                telex.wait_until(lambda status: sum(status["subscriptions"].values()) == 1)
                telex.message(0, "General")
                daemon.wait_for(1)
                process.terminate()
                assert process.wait(30) == 0
                assert process.stderr.read() == b""
                # A person sees one: on a busy machine its text may come a moment later, and completes it.
                assert {(toast.id, toast.summary) for toast in daemon.shown} == {(1, "General")}
                assert all("suppress-sound" in toast.hints for toast in daemon.shown[1:])
    finally:
        os.close(read)


def test_a_full_disk_takes_the_lines_and_not_the_agent(tmp_path: Path, telex: Sandbox) -> None:
    """`telex-start --headless --json > file`: toasts still matter where the disk is full."""
    agent = headless(tmp_path, telex)
    with (
        open("/dev/full", "w") as full,
        running(
            [sys.executable, "-m", "telex_start", "--headless", "--json", "--email", telex.email, "--password-stdin"],
            env=buffered(agent),
            stdin=subprocess.PIPE,
            stdout=full,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(telex.password.encode() + b"\n")
        process.stdin.close()
        telex.wait_until(lambda status: sum(status["subscriptions"].values()) == 1)
        telex.message(0, "General")
        process.terminate()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""
    assert "standard output takes nothing" in agent.log()


# --- 3 --------------------------------------------------------------------------------------------------------------


def test_a_refused_password_that_was_piped(tmp_path: Path, shared: Sandbox) -> None:
    options = ("--headless", "--email", shared.email, "--password-stdin")
    with Program(tmp_path, *options, environ=shared.environ, given="wrong\n") as agent:
        assert agent.ended() == 3
        assert agent.errors == (
            "telex-start: signing in was refused: "
            "Telex does not know this e-mail address and password. Please check both.\n"
        )


def test_a_malformed_form_is_refused_in_telexs_words(tmp_path: Path, telex: Sandbox) -> None:
    telex.fault("login", status=422, message="email is not valid")
    with in_words(tmp_path, telex) as agent:
        assert agent.ended() == 3
        assert agent.errors == "telex-start: signing in was refused: email is not valid\n"


def test_a_suspended_account_is_a_refusal_in_telexs_words(tmp_path: Path, telex: Sandbox) -> None:
    telex.fault("login", status=403, message="account suspended")
    with in_words(tmp_path, telex) as agent:
        assert agent.ended() == 3
        assert agent.errors == "telex-start: signing in was refused: Telex says: account suspended.\n"


def test_nobody_to_ask(tmp_path: Path, shared: Sandbox) -> None:
    with Program(tmp_path, "--headless", environ=shared.environ) as agent:
        assert agent.ended() == 3
        assert agent.errors == (
            "telex-start: nobody is signed in: give --email and --password-stdin, or run it on a terminal\n"
        )


# --- 4 --------------------------------------------------------------------------------------------------------------


def test_a_session_that_ends_in_mid_life(tmp_path: Path, telex: Sandbox) -> None:
    with headless(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=1)
        telex.revoke_session()
        telex.expire_tokens()
        agent.event("state", state="sign_in_needed")
        assert agent.ended() == 4
        assert agent.errors == "telex-start: the session has ended: Your Telex session has ended.\n"
        assert agent.events("state")[-1]["state"] == "stopped"


# --- what it never ends for -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "title"),
    [
        ({"status": 502, "html": True, "times": 2}, "Telex has a problem"),
        ({"redirect": True, "times": 1}, "Telex has a problem"),
        ({"status": 429, "times": 1}, "Telex is busy"),
        ({"truncate": True, "times": 1}, "No connection to Telex"),
    ],
    ids=["html", "captive portal", "rate limit", "cut off"],
)
def test_a_passing_failure_of_the_login_is_told_once_and_tried_again(
    tmp_path: Path, telex: Sandbox, fault: dict[str, object], title: str
) -> None:
    telex.fault("login", **fault)
    with headless(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=1, within=30)
        assert [error["title"] for error in agent.events("error")] == [title], "once, not once a retry"
        assert agent.end()[0] == 0


def test_no_server_at_all_is_no_end_either(tmp_path: Path, shared: Sandbox) -> None:
    environ = {**shared.environ, "TELEX_START_API_URL": "https://127.0.0.1:9/api/v1"}
    options = ("--headless", "--email", shared.email, "--password-stdin")
    with Program(tmp_path, *options, environ=environ, given="secret\n") as agent:
        agent.line(lambda line: line == "! No connection to Telex: The Telex server refused the connection.")
        agent.line(lambda line: line == "Signing in: the Telex server refused the connection")
        code, seconds = agent.end()
        assert (code, seconds < 2, agent.errors) == (0, True, "")


# --- what a script reads --------------------------------------------------------------------------------------------

HOSTILE = "\x1b]0;owned\x07\x1b[31m\r\nfake \x9b2J \u202egnp.exe\u2066 \x00\x7fend"


def test_json_is_all_there_is_on_standard_output(tmp_path: Path, telex: Sandbox) -> None:
    """Each line one object with an event that is documented, whatever the network sends."""
    with headless(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=1)
        telex.direct(0, HOSTILE, HOSTILE)
        toast = agent.event("notification")
        telex.fault("connection", status=500, message=HOSTILE, times=1)
        telex.expire_tokens()
        agent.event("error")
        agent.event("state", state="online", subscribed=1)
        assert agent.end()[0] == 0
        lines = agent.output
    fields = {
        "state": {"event", "state", "organisations", "subscribed"},
        "unread": {"event", "unread", "mentions", "conversations"},
        "error": {"event", "title", "message"},
        "notification": {"event", "title", "body", "organisation", "channel", "unread", "summary"}
        | {"sender", "text", "url", "conversation", "section"},
    }
    assert {(found := json.loads(line))["event"] for line in lines} == set(fields)
    for line in lines:
        found = json.loads(line)
        assert set(found) == fields[found["event"]]
        assert line.isprintable()
        for text in found.values():
            assert not isinstance(text, str) or text.replace("\n", " ").isprintable()
    assert "end" in toast["title"]


def test_hostile_names_reach_the_terminal_as_plain_text(tmp_path: Path, telex: Sandbox) -> None:
    telex.add_organisation("Evil " + HOSTILE)
    with in_words(tmp_path, telex) as agent:
        agent.line(lambda line: line == "Online: 2 organisations")
        telex.direct(1, HOSTILE, HOSTILE)
        line = agent.line(lambda line: "fake" in line)
        assert line.isprintable()
        assert line.count("fake") == 3, "name, organisation and body are one line"
        assert "[31m" in line, "what is left of the escape sequence is text"
        assert agent.end()[0] == 0
        assert all(line.isprintable() for line in agent.output)


# --- the interpreter's own end --------------------------------------------------------------------------------------

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


def planted(folder: Path, telex: Sandbox, what: str) -> subprocess.CompletedProcess[str]:
    """An agent whose main thread does that and ends."""
    return subprocess.run(
        [sys.executable, "-c", PLANTED, what, "--headless", "--email", "ada@example.org", "--password-stdin"],
        env=Program(folder, environ=telex.environ).environ,
        input="secret\n",
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.parametrize(("threads", "said"), [("none", "the interpreter's own end\n"), ("left behind", "")])
def test_a_thread_that_nobody_waits_for_does_not_run_into_the_interpreters_end(
    tmp_path: Path, shared: Sandbox, threads: str, said: str
) -> None:
    """Code -11, once in thousands: a library's C code ran on while the interpreter was taken apart."""
    done = planted(tmp_path, shared, threads)
    assert (done.returncode, done.stdout) == (0, said), done.stderr


def test_an_unexpected_error_is_told_without_its_text(tmp_path: Path, shared: Sandbox) -> None:
    done = planted(tmp_path, shared, "fails")
    words = "telex-start: an unexpected error ended the program (ZeroDivisionError); the log has it\n"
    assert (done.returncode, done.stderr) == (1, words)
