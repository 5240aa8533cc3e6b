"""The log holds no secret, whatever went wrong: a person can send it to somebody else without a second look."""

from __future__ import annotations

import json
import logging
import os
import shutil
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telex_start.process import logs
from tests.agent import headless
from tests.process import ROOT
from tests.servers import Sandbox

JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTkzNmQxMSIsImV4cCI6MTczMjQ0MDAwMH0.c2lnbmF0dXJlLW9mLXRoaXM_-"
log = logging.getLogger("telex_start.test")

Begin = Callable[..., Path]
Written = Callable[[], str]


@pytest.fixture
def secrets() -> list[str]:
    """The secrets that the program holds; a test may change the list."""
    return ["opaque-notification-token"]


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 1000)


@pytest.fixture
def begin(secrets: list[str]) -> Iterator[Begin]:
    """Begins a log at the level debug."""
    level = logging.getLogger().level

    def begins(file: Path) -> Path:
        logs.begin("debug", str(file), lambda: secrets)
        return file

    yield begins
    logs.end()
    logging.getLogger().setLevel(level)


@pytest.fixture
def written(tmp_path: Path, begin: Begin) -> Written:
    """A log; calling it ends it, and gives the text."""
    file = begin(tmp_path / "test.log")

    def text() -> str:
        logs.end()
        return file.read_text()

    return text


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (f"token {JWT} refused", "token … refused"),
        (f"{JWT[:20]}", "…"),
        ("Authorization: Bearer abcdef-0123456789", "Authorization: Bearer …"),
        ("{'Authorization': 'Bearer abcdef-0123456789', 'Accept': 'x'}", "{'Authorization': …, 'Accept': 'x'}"),
        ("{'authorization': b'Bearer abc def'}", "{'authorization': b…}"),
        ("sent bearer abcdef0123456789+/=", "sent bearer …"),
        ("X-Notification-Token: 0198dd13-abc", "X-Notification-Token: …"),
        ("{'X-Notification-Token': '0198dd13 abc'}", "{'X-Notification-Token': …}"),
        ('{"email":"x","password":"correct horse"}', '{"email":"x","password":…}'),
        ('{"password": "with \\" a quote", "n": 1}', '{"password": …, "n": 1}'),
        (r'"{\"password\": \"correct horse\", \"n\": 1}"', r'"{\"password\": …, \"n\": 1}"'),
        ("{'password': \"it's\"}", "{'password': …}"),
        ('{"password": "cut off in the mid', '{"password": …'),
        ("password=hunter2&email=x", "password=…&email=x"),
        ("https://telex.im/auth/login/magic-link?token=123456", "https://telex.im/auth/login/magic-link?token=…"),
        ('{"email": "x", "code": "123456"}', '{"email": "x", "code": "…"}'),
        ("access_token='abc'", "access_token=…"),
        ("notification opaque-notification-token!", "notification …!"),
        ("Ada.Lovelace+telex@example.org signs in", "A…@example.org signs in"),
        ("ada@localhost", "a…@localhost"),
        *((text, text) for text in ("connecting", "the subscription token is late", "bearer of news")),
        *((text, text) for text in ("3 of 40 organisations", "http://[::1]:8443/", "Zoë, 東京, 🦊")),
        ("name\n2026-01-01 00:00:00,000 CRITICAL forged", r"name\n2026-01-01 00:00:00,000 CRITICAL forged"),
        ("\x1b]0;title\x07\x1b[2J", r"\x1b]0;title\x07\x1b[2J"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("half \ud83d", r"half \ud83d"),
    ],
    ids=ascii,
)
def test_no_secret_is_written_and_what_the_network_says_stays_on_its_line(
    written: Written, message: str, shown: str
) -> None:
    log.info("%s", message)
    [line] = written().splitlines()
    assert line.endswith(f" telex_start.test: {shown}")


def test_no_secret_is_in_a_traceback(written: Written) -> None:
    """Errors have the values that failed in their arguments, and form chains: the text of each error is written."""
    try:
        try:
            raise ValueError({"password": "correct horse"}, f"Bearer {JWT}")
        except ValueError as error:
            raise KeyError("opaque-notification-token") from error
    except KeyError as error:
        error.add_note("for ada@example.org\n2026-01-01 00:00:00,000 CRITICAL [main] forged: line")
        log.exception("it failed for %s", "ada@example.org")
    text = written()
    assert [words for words in ("ValueError", "KeyError", "direct cause", "forged") if words not in text] == []
    assert all(line.startswith("  ") for line in text.splitlines()[1:]), "nothing of it looks like a line of the log"
    assert text.count("a…@example.org") == 2
    for secret in ("correct horse", JWT, "opaque-notification-token", "ada@"):
        assert secret not in text


def test_the_secrets_of_hundreds_of_organisations_are_all_struck_out(written: Written, secrets: list[str]) -> None:
    """One token for each organisation; also when an error is logged after signing out has dropped all of them."""
    held = [f"opaque-{number}-token" for number in range(200)]
    secrets[:] = held
    for secret in held:
        log.info("sent %s", secret)
    secrets.clear()
    for secret in held:
        log.info("late: %s", secret)
    assert "opaque" not in written()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40), st.text(max_size=20))
def test_no_password_gets_through_in_any_way_of_writing_it(
    tmp_path: Path, begin: Begin, password: str, before: str
) -> None:
    file = tmp_path / "any.log"
    file.unlink(missing_ok=True)
    begin(file)
    body = {"email": "ada@example.org", "password": password}
    log.info("%s", json.dumps(body))
    log.info("%r", body)
    log.info("%s%r", before, json.dumps(body).encode())
    logs.end()
    lines = file.read_text().split("telex_start.test: ")[1:]
    assert len(lines) == 3
    for line in lines:
        assert password not in line.partition("password")[2]


def test_an_entry_of_megabytes_is_cut_and_its_end_stays(written: Written) -> None:
    """urllib3 logs whole headers where it cannot read them: a server could fill the log with them."""
    headers = f"Date: x\n {JWT} " * 5_000
    try:
        raise ValueError(headers) from KeyError("the last word")
    except ValueError:
        log.exception("Failed to parse headers: %r", headers)
    log.info("x" * 30_000)
    text = written()
    assert len(text) < 2 * logs.LONGEST + 1000
    assert "Failed to parse headers" in text
    assert "characters left out" in text
    assert JWT[:20] not in text and JWT[-20:] not in text


def test_each_line_tells_time_level_and_thread(written: Written) -> None:
    thread = threading.Thread(target=log.warning, args=("hello",), name="session")
    thread.start()
    thread.join()
    [line] = written().splitlines()
    assert line[:4].isdigit()
    assert line.endswith(" WARNING [session] telex_start.test: hello")


def test_what_nobody_catches_is_logged_and_told(tmp_path: Path) -> None:
    """A thread that ends by an error, a failing finaliser, a library's warning: in the log, not on the terminal."""
    program = """
import sys, threading, warnings
from telex_start.process import logs
failed = []
logs.begin("info", sys.argv[1], list, lambda thread, error: failed.append((thread, error)))
thread = threading.Thread(target=lambda: {}["password=hunter2"], name="tray")
thread.start(); thread.join()
class Failing:
    def __del__(self): raise ValueError("password=hunter2")
Failing()
warnings.warn("a library says password=hunter2")
thread = threading.Thread(target=sys.exit); thread.start(); thread.join()
assert failed == [("tray", "KeyError")], failed
raise RuntimeError("password=hunter2")
"""
    file = tmp_path / "test.log"
    done = subprocess.run([sys.executable, "-c", program, file], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "telex-start: an unexpected error (RuntimeError) ended it; the log has more.\n"
    text = file.read_text()
    assert "hunter2" not in text.replace('["password=hunter2"]', "").replace('("password=hunter2")', "")
    assert "thread tray ended by an unexpected error" in text
    assert "error in a finaliser" in text
    for words in ("KeyError", "ValueError", "a library says", "RuntimeError"):
        assert words in text


def test_the_end_puts_everything_back(tmp_path: Path, begin: Begin) -> None:
    def state() -> tuple[object, ...]:
        hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning)
        return hooks, list(logging.getLogger().handlers), len(os.listdir("/proc/self/fd"))

    before = state()
    begin(tmp_path / "test.log")
    assert all(one != other for one, other in zip(before, state(), strict=True))
    logs.end()
    assert state() == before


# The file.


def test_the_file_is_for_its_owner_alone(written: Written, tmp_path: Path) -> None:
    log.info("hello")
    assert stat.S_IMODE((tmp_path / "test.log").stat().st_mode) == 0o600


def test_weeks_of_lines_take_three_files(small_files: None, written: Written, tmp_path: Path) -> None:
    for number in range(100):
        log.info("line %d", number)
    last = written()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test.log", "test.log.1", "test.log.2"]
    texts = [(tmp_path / "test.log.2").read_text(), (tmp_path / "test.log.1").read_text(), last]
    assert all(len(text) < 1100 for text in texts)
    numbers = [int(line.rpartition(" ")[2]) for text in texts for line in text.splitlines()]
    assert numbers == list(range(numbers[0], 100)), "no line is lost or written twice at the change"


@pytest.mark.parametrize("successor", [None, "of another instance\n"], ids=["gone", "replaced"])
def test_a_file_that_was_taken_away_is_begun_anew(written: Written, tmp_path: Path, successor: str | None) -> None:
    """A person took it away, or the instance for another address put it aside when it was full."""
    log.info("before")
    (tmp_path / "test.log").rename(tmp_path / "test.log.1")
    if successor is not None:
        (tmp_path / "test.log").write_text(successor)
    log.info("after")
    text = written()
    assert text.startswith(successor or "")
    assert "after" in text
    assert "after" not in (tmp_path / "test.log.1").read_text()


def test_a_folder_that_was_deleted_under_way_is_made_again(begin: Begin, tmp_path: Path) -> None:
    """As by a clean-up of the home folder: later lines go to a file that can be found, not on into the deleted one."""
    file = begin(tmp_path / "state" / "log" / "test.log")
    log.warning("before")
    shutil.rmtree(tmp_path / "state")
    log.warning("after")
    assert file.read_text().endswith(": after\n")
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_where_a_deleted_folder_cannot_be_made_again_nothing_grows_unseen(begin: Begin, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    file = begin(folder / "test.log")
    log.warning("before")
    shutil.rmtree(folder)
    folder.write_text("a file where the folder should be")
    log.warning("unseen")
    assert [path for path in Path("/proc/self/fd").iterdir() if str(folder) in os.path.realpath(path)] == []
    folder.unlink()
    log.warning("after")
    assert "unseen" not in file.read_text()
    assert file.read_text().endswith(": after\n")


def test_a_log_that_cannot_be_begun_is_no_reason_not_to_run(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    begin(tmp_path / "log" / "test.log")
    log.error("nowhere to put it")


def test_a_full_file_that_cannot_be_put_aside_is_begun_anew(
    small_files: None, written: Written, tmp_path: Path
) -> None:
    """As in a folder that has become read-only: the file does not fill the disk."""
    for number in range(1, 3):
        (tmp_path / f"test.log.{number}").mkdir()  # no file can replace it
    for number in range(100):
        log.info("line %d", number)
    text = written()
    assert len(text) < 1100
    assert text.endswith(": line 99\n")


def test_a_full_disk_is_no_reason_to_stop(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    begin(Path("/dev/full"))
    log.error("nowhere to put it")
    logs.end()
    assert capsys.readouterr() == ("", "")


def test_a_whole_session_at_debug_keeps_every_secret(tmp_path: Path, telex: Sandbox) -> None:
    """Signing in, messages, faults, tokens refused and renewed, a server restart, the end of the session."""
    with headless(tmp_path, telex, "--log-level", "debug") as agent:
        agent.event("state", state="online", subscribed=1)
        telex.message(0, "General")
        agent.event("notification")
        telex.fault("connection", status=500, message="connection pool exhausted", times=1)
        telex.fault("subscription", status=400, message="invalid token", times=1)
        telex.expire_tokens()
        telex.restart(new_epoch=True, kill=True)
        agent.event("state", state="reconnecting")
        agent.event("state", state="online", subscribed=1)
        telex.revoke_session()
        telex.expire_tokens()
        assert agent.ended() == 4
        seen = agent.log() + agent.errors + "\n".join(agent.output)
    assert "was refused by notification token" in agent.log(), "there should be something to keep secrets in"
    assert telex.email not in agent.log()
    for secret in (telex.password, "eyJ", "Bearer "):
        assert secret not in seen
