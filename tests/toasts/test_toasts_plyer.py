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

from telex_start.desktop.toasts import plyer_backend
from telex_start.desktop.toasts.plyer_backend import PlyerToasts, cut_utf16
from telex_start.desktop.toasts.toasts import Toasts
from telex_start.events import Event, ToastFailed
from telex_start.toast import Conversation, Toast
from tests.fake_desktop import TIMEOUT, FakeNotificationDaemon, PrivateBus
from tests.stopwatch import Stopwatch

HELLO = Toast(title="General", body="hello")
Outcomes = SimpleQueue[tuple[str, Any]]


@contextmanager
def showing(platform: str, **options: Any) -> Iterator[tuple[PlyerToasts, Outcomes]]:
    outcomes: Outcomes = SimpleQueue()
    toasts = PlyerToasts(
        on_shown=lambda toast: outcomes.put(("shown", toast)),
        on_failed=lambda reason: outcomes.put(("failed", reason)),
        platform=platform,
        **options,
    )
    toasts.start()
    try:
        yield toasts, outcomes
    finally:
        spent = Stopwatch()
        toasts.stop()
        assert spent.seconds() < 0.5


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
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
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
        toasts.sound = sound
        toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
    arguments = said(notify_send)
    assert [value for option, value in pairwise(arguments) if option == "-h"] == [
        "string:desktop-entry:telex-start",
        *hints,
    ]


@pytest.mark.usefixtures("without_dbus_python")
def test_the_real_notify_send_tells_the_daemon_to_make_no_sound(
    private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", private_bus.address)
    with FakeNotificationDaemon(private_bus) as daemon, showing("linux") as (toasts, outcomes):
        toasts.sound = "off"
        toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        assert daemon.wait_for(1)[0].hints["suppress-sound"] == ("b", True)


def test_hostile_text_reaches_notify_send_harmlessly(notify_send: Path) -> None:
    with showing("linux") as (toasts, outcomes):
        toasts.show(Toast(title="a\0b\ud83d\n\u202ec", body="x\0\x1b" * 300_000))
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
    title, body = said(notify_send)[:2]
    assert title == "ab\ufffd c"
    assert set(body) == {"x", "…"}
    assert len(body) == 1000


@pytest.mark.usefixtures("without_dbus_python")
def test_the_real_notify_send_shows_it(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", private_bus.address)
    with FakeNotificationDaemon(private_bus) as daemon, showing("linux") as (toasts, outcomes):
        toasts.show(Toast(title="-t", body="<i>hello</i>\n3 unread"))
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        notify = daemon.wait_for(1)[0]
        assert (notify.app_name, notify.summary) == ("Telex Start", " -t")
        assert notify.body == "&lt;i&gt;hello&lt;/i&gt;\n3 unread"
        assert notify.expire_timeout == 10_000


def test_dbus_python_shows_it(private_bus: PrivateBus) -> None:
    # libdbus keeps one connection a process and ends the process with it, so it gets a process of its own.
    with FakeNotificationDaemon(private_bus) as daemon:
        program = (
            "import sys; from queue import SimpleQueue; outcome = SimpleQueue()\n"
            "from telex_start.desktop.toasts.plyer_backend import PlyerToasts\n"
            "from telex_start.toast import Toast\n"
            "toasts = PlyerToasts(on_shown=outcome.put, on_failed=outcome.put); toasts.sound = 'off'; toasts.start()\n"
            "toasts.show(Toast(title='-t', body='<b>')); print(outcome.get(timeout=30))"
        )
        environ = os.environ | private_bus.environ
        done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=20)
        assert "Toast(title='-t'" in done.stdout, done
        notify = daemon.wait_for(1)[0]
        assert (notify.summary, notify.body, notify.expire_timeout) == (" -t", "&lt;b&gt;", 10_000)
        assert notify.hints["suppress-sound"] == ("b", True)


@pytest.mark.usefixtures("without_dbus_python")
def test_a_notify_send_that_fails_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "exit 3")
    with showing("linux") as (toasts, outcomes):
        toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT) == ("failed", "A toast could not be shown: notify-send failed with 3.")


@pytest.mark.usefixtures("without_dbus_python")
def test_a_notify_send_that_hangs_is_ended_and_the_next_toast_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plyer_backend, "_NOTIFY_SEND_TIMEOUT", 0.3)
    pids = stand_in(tmp_path, monkeypatch, 'echo $$ >> "$0.said"; exec sleep 60')
    with showing("linux") as (toasts, outcomes):
        for _ in range(2):
            toasts.show(HELLO)
            spent = Stopwatch()
            assert outcomes.get(timeout=TIMEOUT) == (
                "failed",
                "A toast could not be shown: notify-send does not answer.",
            )
            assert spent.seconds() < 2.0
    assert len(pids.read_text().split()) == 2
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
            spent = Stopwatch()
            toasts.show(HELLO)
            assert spent.seconds() < 0.2
        pid = pipe.read_text().strip()
    toasts._thread.join(TIMEOUT)
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.usefixtures("without_dbus_python")
def test_with_nothing_installed_it_fails_without_a_word_on_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with showing("linux") as (toasts, outcomes):
        toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT)[0] == "failed"
    assert capfd.readouterr() == ("", "")


def test_the_portal_gets_text_that_stays_between_its_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("plyer.platforms.linux.notification")
    monkeypatch.setattr(module, "instance", module.NotifyDesktopPortals)
    file = stand_in(tmp_path, monkeypatch, 'printf "%s\\0" "$@" >> "$0.said"')
    (tmp_path / "notify-send").rename(tmp_path / "gdbus")
    with showing("linux") as (toasts, outcomes):
        toasts.show(Toast(title="it's", body="<'> \\ {"))
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
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
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
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
        assert windows.removed.get(timeout=TIMEOUT) == "General"


@pytest.mark.parametrize(
    "text", ["x" * 500, "\U0001f600" * 500, "x" + "\U0001f600" * 500, "\ud83d" * 500], ids=lambda text: ascii(text[:2])
)
def test_on_windows_texts_fit_in_utf_16(windows: type[Balloon], text: str) -> None:
    with showing("win32") as (toasts, _):
        toasts.show(Toast(title=text, body=text))
        options = windows.shown.get(timeout=TIMEOUT)
    for name, units in (("title", 64), ("message", 256)):
        size = len(options[name].encode("utf-16-le")) // 2 + 1
        assert units - 2 <= size <= units
        assert options[name].endswith("…")


def test_cutting_by_utf_16_units_keeps_what_fits() -> None:
    assert cut_utf16("\U0001f600" * 31 + "x", 63) == "\U0001f600" * 31 + "x"
    assert cut_utf16("\U0001f600" * 32, 63) == "\U0001f600" * 30 + "…"


def test_on_windows_a_toast_without_a_picture_is_shown(windows: type[Balloon]) -> None:
    with showing("win32") as (toasts, outcomes):
        toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        assert windows.shown.get(timeout=TIMEOUT)["app_icon"] == ""


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
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        assert tray.get(timeout=TIMEOUT) == ("x" * 62 + "…", "y")
        assert windows.shown.empty()


def test_when_the_icon_fails_its_reason_is_told(windows: type[Balloon]) -> None:
    def tray_notify(title: str, body: str, without_sound: bool) -> None:
        raise RuntimeError("no icon\nyet")

    with showing("win32", tray_notify=tray_notify) as (toasts, outcomes):
        toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT) == ("failed", "A toast could not be shown: no icon yet.")


@pytest.mark.parametrize(("sound", "sounds"), [("desktop", False), ("on", True), ("off", False)])
def test_on_macos_texts_are_arguments_of_a_script_and_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: str, sounds: bool
) -> None:
    """A mock: a stand-in for osascript."""
    file = stand_in(tmp_path, monkeypatch, 'printf "%s\\0" "$@" >> "$0.said"', "osascript")
    with showing("darwin") as (toasts, outcomes):
        toasts.sound = sound
        toasts.show(Toast(title='-e "quit"', body='\\" & (do shell script "x")\nsecond'))
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
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
        assert outcomes.get(timeout=TIMEOUT) == ("failed", "A toast could not be shown: osascript failed with 1.")


def test_a_read_conversation_is_not_shown_any_more(notify_send: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = Conversation("c", "s", "i")
    entered, go_on = threading.Event(), threading.Event()

    def slow(self: PlyerToasts, title: str, body: str) -> None:
        entered.set()
        assert go_on.wait(TIMEOUT)

    monkeypatch.setattr(PlyerToasts, "_plyer", slow)
    with showing("linux") as (toasts, outcomes):
        toasts.show(HELLO)
        assert entered.wait(TIMEOUT)
        toasts.show(Toast(title="read", body="", conversation=conversation))
        toasts.show(Toast(title="last", body=""))
        toasts.close(conversation)
        go_on.set()
        assert [outcomes.get(timeout=TIMEOUT)[1].title for _ in range(2)] == ["General", "last"]


def test_a_text_that_comes_late_is_no_second_toast(notify_send: Path) -> None:
    conversation = Conversation("org/user", "channels_section", "general")
    with showing("linux") as (toasts, outcomes):
        first = Toast(title="General", body="about it", conversation=conversation)
        toasts.show(first)
        assert outcomes.get(timeout=TIMEOUT) == ("shown", first)
        toasts.show(Toast(title="General", body="Ben: hi", conversation=conversation, silent=True))
        toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT) == ("shown", HELLO)


def test_a_thousand_at_once_are_bounded(notify_send: Path) -> None:
    with showing("linux") as (toasts, outcomes):
        with toasts._changed:  # the thread waits here
            for number in range(1000):
                toasts.queue.put(Toast(title=f"t{number}", body="b"))
            toasts._changed.notify()
        assert "Too many" in outcomes.get(timeout=TIMEOUT)[1]
        shown = [outcomes.get(timeout=TIMEOUT)[1].title for _ in range(20)]
        assert shown[-1] == "t999"
        assert toasts.queue.dropped == 980


@pytest.mark.usefixtures("without_dbus_python")
def test_without_a_session_bus_plyer_is_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    last = tmp_path / "last"
    os.mkfifo(last)
    stand_in(tmp_path, monkeypatch, f'[ "$1" != last ] || echo > "{last}"; exit 1')
    toasts = Toasts(dispatch.put, environ={"XDG_RUNTIME_DIR": str(tmp_path)})
    toasts.start()
    try:
        assert isinstance(toasts._backend, PlyerToasts)
        for title in ("first", "second", "last"):
            toasts.show(Toast(title=title, body="b"))
        assert last.read_text() == "\n"
        assert dispatch.get(timeout=TIMEOUT) == ToastFailed("A toast could not be shown: notify-send failed with 1.")
        assert dispatch.empty()
    finally:
        toasts.stop()
