"""plyer's ways to show a toast, each with its traps: notify-send as it is, and stand-ins for the other platforms."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import Any

import pytest

from telex_start.config import Config
from telex_start.desktop.toasts import plyer_backend
from telex_start.desktop.toasts.plyer_backend import PlyerToasts
from telex_start.events import ToastFailed
from telex_start.toast import Conversation, Toast
from tests.fake_desktop import TIMEOUT, FakeNotificationDaemon, PrivateBus
from tests.process import until

HELLO = Toast(title="General", body="hello")
GENERAL = Conversation("org/user", "channels_section", "general")
Outcomes = SimpleQueue[Toast | str]


@contextmanager
def showing(platform: str, **options: Any) -> Iterator[tuple[PlyerToasts, Outcomes]]:
    """Toasts that run, and what becomes of each: it, or the sentence that is dispatched of it."""
    outcomes: Outcomes = SimpleQueue()

    def dispatch(event: Any) -> None:
        assert isinstance(event, ToastFailed)
        outcomes.put(event.message)

    toasts = PlyerToasts(dispatch, on_shown=outcomes.put, platform=platform, **options)
    try:
        yield toasts, outcomes
    finally:
        toasts.stop(TIMEOUT)


def shown(outcomes: Outcomes) -> Toast:
    outcome = outcomes.get(timeout=TIMEOUT)
    assert isinstance(outcome, Toast), outcome
    return outcome


@pytest.fixture
def without_dbus_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where only notify-send is installed."""
    monkeypatch.setitem(sys.modules, "dbus", None)


@pytest.fixture
def notify_send(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_dbus_python: None) -> Path:
    """A stand-in for notify-send that writes its arguments, NUL between, into the file returned."""
    return stand_in(tmp_path, monkeypatch, 'printf "%s\\0" "$@" >> "$0.said"')


def stand_in(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str, name: str = "notify-send") -> Path:
    program = directory / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(directory), prepend=os.pathsep)
    return directory / f"{name}.said"


def said(file: Path) -> list[str]:
    return file.read_text().split("\0")[:-1]


def test_notify_send_gets_text_that_is_no_option_and_an_end(notify_send: Path) -> None:
    with showing("linux") as (toasts, outcomes):
        toasts.show(Toast(title="--icon=x", body="-<b>bold</b> & 'co'"))
        shown(outcomes)
    arguments = said(notify_send)
    assert arguments[:2] == [" --icon=x", " -&lt;b&gt;bold&lt;/b&gt; &amp; 'co'"]
    options = dict(zip(arguments[2::2], arguments[3::2], strict=True))
    assert (options["-t"], options["-a"]) == ("10000", "Telex Start")


@pytest.mark.parametrize(
    ("sound", "hints"),
    [("desktop", []), ("on", ["string:sound-name:message-new-instant"]), ("off", ["boolean:suppress-sound:true"])],
)
def test_notify_send_is_told_how_it_is_to_sound(notify_send: Path, sound: str, hints: list[str]) -> None:
    with showing("linux") as (toasts, outcomes):
        toasts.configure(Config(sound=sound))
        toasts.show(HELLO)
        shown(outcomes)
    arguments = said(notify_send)
    assert [value for option, value in pairwise(arguments) if option == "-h"] == [
        "string:desktop-entry:telex-start",
        *hints,
    ]


def test_hostile_text_reaches_notify_send_harmlessly(notify_send: Path) -> None:
    with showing("linux") as (toasts, outcomes):
        toasts.show(Toast(title="a\0b\ud83d\n\u202ec", body="x\0\x1b" * 300_000))
        shown(outcomes)
    title, body = said(notify_send)[:2]
    assert title == "ab\ufffd c"
    assert set(body) == {"x", "…"}
    assert len(body) == 1000


@pytest.mark.usefixtures("without_dbus_python")
def test_the_real_notify_send_shows_it(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", private_bus.address)
    with FakeNotificationDaemon(private_bus) as daemon, showing("linux") as (toasts, outcomes):
        toasts.sound = "off"
        toasts.show(Toast(title="-t", body="<i>hello</i>\n3 unread"))
        shown(outcomes)
        notify = daemon.wait_for(1)[0]
        assert (notify.app_name, notify.summary) == ("Telex Start", " -t")
        assert notify.body == "&lt;i&gt;hello&lt;/i&gt;\n3 unread"
        assert notify.expire_timeout == 10_000
        assert notify.hints["suppress-sound"] == ("b", True)


def test_dbus_python_shows_it(private_bus: PrivateBus) -> None:
    # libdbus keeps one connection a process and ends the process with it, so it gets a process of its own.
    with FakeNotificationDaemon(private_bus) as daemon:
        program = (
            "import sys; from queue import SimpleQueue; outcome = SimpleQueue()\n"
            "from telex_start.desktop.toasts.plyer_backend import PlyerToasts\n"
            "from telex_start.toast import Toast\n"
            "toasts = PlyerToasts(outcome.put, on_shown=outcome.put); toasts.sound = 'off'\n"
            "toasts.show(Toast(title='-t', body='<b>')); print(outcome.get(timeout=30))"
        )
        environ = os.environ | private_bus.environ
        done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=20)
        assert "Toast(title='-t'" in done.stdout, done
        notify = daemon.wait_for(1)[0]
        assert (notify.summary, notify.body, notify.expire_timeout) == (" -t", "&lt;b&gt;", 10_000)
        assert notify.hints["suppress-sound"] == ("b", True)


@pytest.mark.usefixtures("without_dbus_python")
def test_a_notify_send_that_hangs_is_ended_and_the_next_toast_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plyer_backend, "NOTIFY_SEND_TIMEOUT", 0.3)
    pids = stand_in(tmp_path, monkeypatch, 'echo $$ >> "$0.said"; exec sleep 60')
    with showing("linux") as (toasts, outcomes):
        for _ in range(2):
            toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT) == "A toast could not be shown: notify-send does not answer."
        until(lambda: len(pids.read_text().split()) == 2, "the next is tried")
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids.read_text().split())


@pytest.mark.usefixtures("without_dbus_python")
def test_stopping_waits_for_no_notify_send_and_leaves_none_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "started"
    os.mkfifo(pipe)
    stand_in(tmp_path, monkeypatch, f'echo $$ > "{pipe}"; exec sleep 60')
    with showing("linux") as (toasts, _):
        for _ in range(30):
            toasts.show(HELLO)
        pid = pipe.read_text().strip()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.usefixtures("without_dbus_python")
def test_with_nothing_installed_it_fails_without_a_word_on_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with showing("linux") as (toasts, outcomes):
        toasts.show(HELLO)
        assert isinstance(outcomes.get(timeout=TIMEOUT), str)
    assert capfd.readouterr() == ("", "")


def test_the_portal_gets_text_that_stays_between_its_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("plyer.platforms.linux.notification")
    monkeypatch.setattr(module, "instance", module.NotifyDesktopPortals)
    file = stand_in(tmp_path, monkeypatch, 'printf "%s\\0" "$@" >> "$0.said"')
    (tmp_path / "notify-send").rename(tmp_path / "gdbus")
    with showing("linux") as (toasts, outcomes):
        toasts.show(Toast(title="it's", body="<'> \\ {"))
        shown(outcomes)
    arguments = said(file.with_name("gdbus.said"))
    assert arguments[-1] == "{'title': <'it\\'s'>, 'body': <'<\\'> \\\\ {'>}"


class Balloon:
    """plyer's WindowsBalloonTip as far as it matters: it shows, and takes its icon away when it is deleted."""

    shown: SimpleQueue[dict[str, Any]] = SimpleQueue()
    removed: SimpleQueue[str] = SimpleQueue()
    failing = False

    def __init__(self, **options: Any) -> None:
        self._hicon = self._wnd_class_ex = self._hwnd = 1
        self.title = options["title"]
        sys.modules["plyer.platforms.win.libs.balloontip"].atexit.register(self.__del__)
        if self.failing:
            raise Exception("Shell_NotifyIconW failed.")
        self.shown.put(options)

    def __del__(self) -> None:
        if self._hwnd is not None:
            self.removed.put(self.title)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> type[Balloon]:
    module = ModuleType("plyer.platforms.win.libs.balloontip")
    module.WindowsBalloonTip = Balloon  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(Balloon, "shown", SimpleQueue())
    monkeypatch.setattr(Balloon, "removed", SimpleQueue())
    monkeypatch.setattr(Balloon, "failing", False)
    return Balloon


def test_on_windows_a_toast_is_no_thread_and_its_icon_goes_with_the_next(windows: type[Balloon]) -> None:
    with showing("win32", icon_file=lambda: "telex.ico") as (toasts, outcomes):
        threads = threading.active_count()
        toasts.show(Toast(title="one", body="-<b>"))
        shown(outcomes)
        assert windows.shown.get(timeout=TIMEOUT) == {
            "title": "one",
            "message": "-<b>",
            "app_name": "Telex Start",
            "app_icon": "telex.ico",
            "timeout": 0,
        }
        assert threading.active_count() == threads
        assert windows.removed.empty()
        toasts.show(Toast(title="two", body=""))
        assert windows.removed.get(timeout=TIMEOUT) == "one"
        assert windows.shown.get(timeout=TIMEOUT)["message"] == " "
    assert windows.removed.get(timeout=TIMEOUT) == "two"
    assert windows.removed.empty()  # not a second time when they were collected


def test_on_windows_an_icon_goes_when_its_time_is_over(windows: type[Balloon], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plyer_backend, "EXPIRE", 100)
    with showing("win32") as (toasts, _):
        toasts.show(HELLO)
        assert windows.shown.get(timeout=TIMEOUT)["app_icon"] == "", "without a picture"
        assert windows.removed.get(timeout=TIMEOUT) == "General"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("x" * 500, "x" * 62 + "…"),
        ("\U0001f600" * 31 + "x", "\U0001f600" * 31 + "x"),
        ("\U0001f600" * 32, "\U0001f600" * 30 + "…"),
        ("\ud83d" * 500, "\ufffd" * 62 + "…"),
    ],
    ids=["ascii", "fits", "surrogate pairs", "half of one"],
)
def test_on_windows_texts_fit_in_utf_16(windows: type[Balloon], text: str, cut: str) -> None:
    with showing("win32") as (toasts, _):
        toasts.show(Toast(title=text, body=text * 4))
        options = windows.shown.get(timeout=TIMEOUT)
    assert options["title"] == cut
    assert 250 <= len(options["message"].encode("utf-16-le")) // 2 <= 255 or len(text) < 33


def test_on_windows_a_toast_makes_no_sound_where_that_is_set(windows: type[Balloon]) -> None:
    """Without an icon of ours plyer's balloon is told, with one the tray."""
    flags: SimpleQueue[int] = SimpleQueue()
    module = sys.modules["plyer.platforms.win.libs.balloontip"]

    class Telling(windows):  # type: ignore[misc, valid-type]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            flags.put(module.NIIF_LARGE_ICON)

    module.WindowsBalloonTip = Telling  # type: ignore[attr-defined]
    with showing("win32") as (toasts, _):
        for sound in ("on", "off", "desktop"):
            toasts.sound = sound
            toasts.show(HELLO)
            assert flags.get(timeout=TIMEOUT) == (0x30 if sound == "off" else 0x20)
    told: SimpleQueue[bool] = SimpleQueue()
    with showing("win32", tray_notify=lambda _title, _body, without_sound: told.put(without_sound)) as (toasts, _):
        for sound in ("on", "off", "desktop"):
            toasts.sound = sound
            toasts.show(HELLO)
            assert told.get(timeout=TIMEOUT) is (sound == "off")


def test_on_windows_an_icon_that_is_there_shows_it_and_no_second_one(windows: type[Balloon]) -> None:
    """plyer's balloon had an icon of its own in the tray, beside the program's."""
    tray: SimpleQueue[tuple[str, str]] = SimpleQueue()
    with showing("win32", tray_notify=lambda title, body, _: tray.put((title, body))) as (toasts, outcomes):
        toasts.show(Toast(title="x" * 100, body="y"))
        shown(outcomes)
        assert tray.get(timeout=TIMEOUT) == ("x" * 62 + "…", "y")
        assert windows.shown.empty()


def test_when_the_icon_fails_its_reason_is_told(windows: type[Balloon]) -> None:
    def tray_notify(title: str, body: str, without_sound: bool) -> None:
        raise RuntimeError("no icon\nyet")

    with showing("win32", tray_notify=tray_notify) as (toasts, outcomes):
        toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT) == "A toast could not be shown: no icon yet."


@pytest.mark.parametrize(("sound", "sounds"), [("desktop", False), ("on", True), ("off", False)])
def test_on_macos_texts_are_arguments_of_a_script_and_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: str, sounds: bool
) -> None:
    """A mock: a stand-in for osascript."""
    file = stand_in(tmp_path, monkeypatch, 'printf "%s\\0" "$@" >> "$0.said"', "osascript")
    with showing("darwin") as (toasts, outcomes):
        toasts.sound = sound
        toasts.show(Toast(title='-e "quit"', body='\\" & (do shell script "x")\nsecond'))
        shown(outcomes)
    option, script, name, title, body = said(file)
    assert (option, name, title, body) == (
        *("-e", "Telex Start"),
        *('-e "quit"', '\\" & (do shell script "x")\nsecond'),
    )
    assert script.splitlines() == [
        "on run words",
        "display notification (item 3 of words) with title (item 2 of words)" + ' sound name "Glass"' * sounds,
        "end run",
    ]


def test_on_macos_a_script_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "exit 1", "osascript")
    with showing("darwin") as (toasts, outcomes):
        toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT) == "A toast could not be shown: osascript failed with 1."


@pytest.mark.usefixtures("without_dbus_python")
def test_a_read_conversation_is_not_shown_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "go on"
    os.mkfifo(pipe)
    stand_in(tmp_path, monkeypatch, f'[ "$1" != General ] || cat "{pipe}"')
    with showing("linux") as (toasts, outcomes):
        toasts.show(HELLO)
        with pipe.open("w"):  # once it is read from, the first one is under way
            toasts.show(Toast(title="read", body="", conversation=GENERAL))
            toasts.show(Toast(title="last", body=""))
            toasts.close(GENERAL)
        assert [shown(outcomes).title for _ in range(2)] == ["General", "last"]


def test_a_text_that_comes_late_is_no_second_toast(notify_send: Path) -> None:
    with showing("linux") as (toasts, outcomes):
        first = Toast(title="General", body="about it", conversation=GENERAL)
        toasts.show(first)
        assert shown(outcomes) == first
        toasts.show(Toast(title="General", body="Ben: hi", conversation=GENERAL, silent=True))
        toasts.show(HELLO)
        assert shown(outcomes) == HELLO


@pytest.mark.usefixtures("without_dbus_python")
def test_a_thousand_at_once_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "go on"
    os.mkfifo(pipe)
    stand_in(tmp_path, monkeypatch, f'[ "$1" != General ] || cat "{pipe}"')
    with showing("linux") as (toasts, outcomes):
        toasts.show(HELLO)
        with pipe.open("w"):
            for number in range(1000):
                toasts.show(Toast(title=f"t{number}", body="b"))
        assert shown(outcomes) == HELLO
        told = outcomes.get(timeout=TIMEOUT)
        assert isinstance(told, str) and told.startswith("Too many toasts at once")
        assert [shown(outcomes).title for _ in range(20)] == [f"t{number}" for number in range(980, 1000)]


@pytest.mark.usefixtures("without_dbus_python")
def test_a_failure_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = tmp_path / "last"
    os.mkfifo(last)
    stand_in(tmp_path, monkeypatch, f'[ "$1" != last ] || echo > "{last}"; exit 3')
    with showing("linux") as (toasts, outcomes):
        for title in ("first", "second", "last"):
            toasts.show(Toast(title=title, body="b"))
        assert last.read_text() == "\n"
    assert outcomes.get(timeout=TIMEOUT) == "A toast could not be shown: notify-send failed with 3."
    assert outcomes.empty()
