"""Toasts without a session bus: plyer and notify-send as they are, and stand-ins for the other platforms."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import Any

import pytest

from telex_start.config import Config
from telex_start.desktop.toasts import plyer_backend
from telex_start.desktop.toasts.plyer_backend import PlyerToasts
from telex_start.events import ToastClicked, ToastFailed
from telex_start.toast import Conversation, Place, Toast
from tests.fake_desktop import TIMEOUT, FakeNotificationDaemon, PrivateBus
from tests.process import until

HELLO = Toast(title="General", body="hello")
GENERAL, READ, OTHER = (Conversation("org/user", "channels_section", name) for name in ("general", "read", "other"))
Outcomes = SimpleQueue[Toast | str | ToastClicked]


@contextmanager
def showing(platform: str, **options: Any) -> Iterator[tuple[PlyerToasts, Outcomes]]:
    """Running toasts, and the outcomes: a toast that was shown, the sentence of one that failed, or another event."""
    outcomes: Outcomes = SimpleQueue()

    def dispatch(event: Any) -> None:
        outcomes.put(event.message if isinstance(event, ToastFailed) else event)

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
def notify_send(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
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


@pytest.mark.parametrize(
    ("sound", "hint"),
    [
        ("desktop", "string:desktop-entry:telex-start"),
        ("on", "string:sound-name:message-new-instant"),
        ("off", "boolean:suppress-sound:true"),
    ],
)
def test_notify_send_gets_text_that_is_no_option_an_end_and_a_sound(notify_send: Path, sound: str, hint: str) -> None:
    with showing("linux") as (toasts, outcomes):
        toasts.configure(Config(sound=sound))
        toasts.show(Toast(title="--icon=x\0\ud83d", body="-<b>bold</b> & 'co'"))
        shown(outcomes)
    title, body, *arguments = said(notify_send)
    assert (title, body) == (" --icon=x\ufffd", " -&lt;b&gt;bold&lt;/b&gt; &amp; 'co'")
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert (options["-a"], options["-t"], options["-h"]) == ("Telex Start", "10000", hint)


def test_the_real_notify_send_shows_it(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", private_bus.address)
    with FakeNotificationDaemon(private_bus) as daemon, showing("linux") as (toasts, outcomes):
        toasts.sound = "off"
        toasts.show(Toast(title="-t", body="<i>hello</i>\n3 unread"))
        shown(outcomes)
        notify = daemon.wait_for(1)[0]
        assert (notify.app_name, notify.summary, notify.expire_timeout) == ("Telex Start", " -t", 10_000)
        assert notify.body == "&lt;i&gt;hello&lt;/i&gt;\n3 unread"
        assert notify.hints["suppress-sound"] == ("b", True)


def test_what_waits_is_bounded_replaced_and_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "go on"
    os.mkfifo(pipe)
    stand_in(tmp_path, monkeypatch, f'case "$*" in *General*) cat "{pipe}";; esac')
    with showing("linux") as (toasts, outcomes):
        toasts.show(HELLO)
        with pipe.open("w"):  # once it is read from, the first one is under way
            for number in range(1000):
                toasts.show(Toast(title=f"t{number}", body="b"))
            toasts.show(Toast(title="read", body="", conversation=READ))
            toasts.show(Toast(title="early", body="", conversation=GENERAL))
            for conversation in (GENERAL, OTHER):  # the second is no second toast
                toasts.show(Toast(title="late", body="", conversation=conversation, silent=True))
            toasts.close(READ)
        told = outcomes.get(timeout=TIMEOUT)
        assert isinstance(told, str) and told.startswith("Too many toasts at once, or the desktop is too slow")
        left = ["General", *(f"t{number}" for number in range(982, 1000)), "late"]
        assert [shown(outcomes).title for _ in left] == left
    assert outcomes.empty()


@pytest.mark.parametrize(
    ("script", "words"), [("exec sleep 60", "osascript does not answer"), ("exit 3", "osascript failed with 3")]
)
def test_a_program_that_hangs_or_fails_is_told_once_and_the_next_toast_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setattr(plyer_backend, "PROGRAM_TIMEOUT", 0.3)
    pids = stand_in(tmp_path, monkeypatch, f'echo $$ >> "$0.said"; {script}', "osascript")
    with showing("darwin") as (toasts, outcomes):
        for _ in range(3):
            toasts.show(HELLO)
        assert outcomes.get(timeout=TIMEOUT) == f"A toast could not be shown: {words}."
        until(lambda: len(pids.read_text().split()) == 3, "the next ones are tried")
    assert outcomes.empty()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids.read_text().split())


def test_stopping_waits_for_no_program_and_leaves_none_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "started"
    os.mkfifo(pipe)
    stand_in(tmp_path, monkeypatch, f'echo $$ > "{pipe}"; exec sleep 60', "osascript")
    with showing("darwin") as (toasts, _):
        for _ in range(30):
            toasts.show(HELLO)
        pid = pipe.read_text().strip()
    assert not Path(f"/proc/{pid}").exists()


class Balloon:
    """plyer's WindowsBalloonTip as far as it matters: it shows, and takes its icon away when it is deleted."""

    shown: SimpleQueue[dict[str, Any]] = SimpleQueue()
    removed: SimpleQueue[str] = SimpleQueue()

    def __init__(self, **options: Any) -> None:
        self._hicon = self._wnd_class_ex = self._hwnd = 1
        self.title = options["title"]
        sys.modules["plyer.platforms.win.libs.balloontip"].atexit.register(self.__del__)
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
    return Balloon


@pytest.mark.parametrize(("sound", "flags"), [("on", 0x20), ("off", 0x30), ("desktop", 0x20)])
def test_on_windows_a_toast_is_no_thread_and_its_icon_goes_with_the_next(
    windows: type[Balloon], sound: str, flags: int
) -> None:
    with showing("win32", icon_file=lambda: "telex.ico") as (toasts, outcomes):
        threads = threading.active_count()
        toasts.sound = sound
        toasts.show(Toast(title="one", body="-<b>"))
        shown(outcomes)
        expected = {"title": "one", "message": "-<b>", "app_name": "Telex Start", "app_icon": "telex.ico", "timeout": 0}
        assert windows.shown.get(timeout=TIMEOUT) == expected
        module: Any = sys.modules["plyer.platforms.win.libs.balloontip"]
        assert flags == module.NIIF_LARGE_ICON
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


@pytest.mark.parametrize("sound", ["on", "off"])
def test_on_windows_an_icon_that_is_there_shows_it_and_no_second_one(windows: type[Balloon], sound: str) -> None:
    """plyer's balloon had an icon of its own in the tray, beside the program's."""
    tray: SimpleQueue[tuple[str, str, bool]] = SimpleQueue()

    def notify(title: str, body: str, without_sound: bool, heard: object) -> None:
        if body == "fails":
            raise RuntimeError("no icon\nyet")
        tray.put((title, body, without_sound))

    with showing("win32", tray_notify=notify) as (toasts, outcomes):
        toasts.sound = sound
        toasts.show(Toast(title="x" * 100, body="y"))
        shown(outcomes)
        assert tray.get(timeout=TIMEOUT) == ("x" * 62 + "…", "y", sound == "off")
        toasts.show(Toast(title="x", body="fails"))
        assert outcomes.get(timeout=TIMEOUT) == "A toast could not be shown: no icon yet."
        assert windows.shown.empty()


FIRST, SECOND, ELSEWHERE = (
    Toast("t", "b", key=name, place=Place(channel, ("home", name)))
    for name, channel in (("a", "o0/u"), ("b", "o0/u"), ("c", "o1/u"))
)


@pytest.mark.parametrize(
    ("story", "place"),
    [
        ([FIRST], FIRST.place),
        ([FIRST, "gone"], FIRST.place),
        ([FIRST, "gone", SECOND], SECOND.place),
        ([FIRST, "gone", SECOND, "gone"], Place("o0/u")),
        ([FIRST, SECOND], Place("o0/u")),
        ([FIRST, ELSEWHERE], Place()),
        ([FIRST, SECOND, "read a"], SECOND.place),
        ([FIRST, "gone", SECOND, "gone", "read a"], SECOND.place),
        ([FIRST, "clicked", SECOND], SECOND.place),
        ([HELLO], None),
        ([FIRST, HELLO], Place()),
    ],
)
def test_on_windows_a_click_opens_what_was_clicked_or_what_all_that_it_may_be_have_in_common(
    story: list[Toast | str], place: Place | None
) -> None:
    """Windows never tells which toast was clicked, nor which ones are still in its list of notifications."""
    clicks: list[Any] = []
    with showing("win32", tray_notify=lambda *_: None) as (toasts, outcomes):
        for step in [*story, "clicked", "clicked"]:
            if isinstance(step, Toast):
                toasts.show(step)
                shown(outcomes)
            elif step.startswith("read"):
                toasts.close(step[-1])
            else:
                toasts.at_icon(step == "clicked")
                clicks += [outcomes.get() for _ in range(outcomes.qsize())]
    assert clicks[-1].toast.place == place
    assert len(clicks) == 1 + story.count("clicked"), "there was nothing more to be clicked"


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
