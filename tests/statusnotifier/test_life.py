"""Beginning, running and ending: what pystray promises, no thread of its own, nothing left, nothing done while idle."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from telex_start.desktop.bus.bus import Bus
from telex_start.desktop.statusnotifier import Icon, Menu, MenuItem
from tests.fake_desktop import TIMEOUT, FakeNotificationDaemon, FakePanel, PrivateBus
from tests.statusnotifier.tray import MenuReader, Tray, sizes
from tests.stopwatch import Stopwatch

ROOT = Path(__file__).parent.parent.parent
SCRIPT = [sys.executable, "-m", "tests.statusnotifier.icon_program"]


def bare(address: str, menu: Any = None) -> tuple[Bus, Icon]:
    bus = Bus(address, keep=True, thread_name="tray")
    return bus, Icon("example", sizes(), "A title", menu, connection=bus)


def test_run_waits_for_stop_and_works_on_the_connections_thread(private_bus: PrivateBus, panel: FakePanel) -> None:
    names: list[str] = []

    def leave(icon: Any) -> None:
        names.append(threading.current_thread().name)
        icon.stop()

    connection, icon = bare(private_bus.address, Menu(MenuItem("Exit", leave)))
    connection.start()
    runner = threading.Thread(target=icon.run)
    runner.start()
    try:
        item = panel.wait_for_item()
        assert [thread.name for thread in threading.enumerate() if "set-up" in thread.name] == []
        assert icon.visible
        MenuReader(panel, item).click("Exit")
        runner.join(TIMEOUT)
        assert not runner.is_alive()
        assert names == ["tray"]
        assert item.property("Status") == "Passive"
    finally:
        icon.stop()
        assert connection.stop(TIMEOUT)


def test_detached_it_adds_no_thread(private_bus: PrivateBus, panel: FakePanel) -> None:
    before = set(threading.enumerate())
    with Tray(private_bus.address) as tray:
        panel.wait_for_item()
        assert {thread.name for thread in set(threading.enumerate()) - before} == {"tray"}
        tray.icon.run_detached()  # again: nothing
    assert set(threading.enumerate()) == before


def test_a_set_up_of_the_callers_own_may_take_its_time(private_bus: PrivateBus, panel: FakePanel) -> None:
    go = threading.Event()
    heard: list[Any] = []

    def set_up(icon: Any) -> None:
        heard.append(icon)
        assert go.wait(TIMEOUT)
        icon.visible = True

    connection, icon = bare(private_bus.address)
    icon.run_detached(set_up)
    connection.start()
    try:
        assert panel.items == []
        go.set()
        panel.wait_for_item()
        assert heard == [icon]
    finally:
        icon.stop()
        assert connection.stop(TIMEOUT)


def test_a_set_up_that_fails_is_logged(private_bus: PrivateBus, caplog: pytest.LogCaptureFixture) -> None:
    def set_up(icon: Any) -> None:
        raise RuntimeError("in the set-up")

    connection, icon = bare(private_bus.address)
    icon.run_detached(set_up)
    for thread in threading.enumerate():
        if thread.name == "example set-up":
            thread.join(TIMEOUT)
    assert "in the set-up" in caplog.text
    connection.stop()


def test_a_program_can_wait_until_a_panel_has_picture_and_menu(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        item.property("IconPixmap")
        assert not tray.icon.wait_until_read(0.05)
        MenuReader(panel, item).layout()
        assert tray.icon.wait_until_read(TIMEOUT)


def test_a_stop_before_the_run_is_not_lost(private_bus: PrivateBus) -> None:
    connection, icon = bare(private_bus.address)
    icon.stop()
    spent = Stopwatch()
    icon.run()
    assert spent.seconds() < 0.1
    assert not icon.visible
    connection.stop()


def test_stopped_is_for_good(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        tray.icon.stop()
        tray.icon.stop()
        tray.icon.run_detached()
        tray.icon.visible = True
        tray.icon.title = "too late"
        tray.settle()
        assert item.property("Status") == "Passive"


def test_an_icon_that_never_ran_is_nowhere(private_bus: PrivateBus, panel: FakePanel) -> None:
    connection, icon = bare(private_bus.address)
    connection.start()
    icon.visible = True
    done = threading.Event()
    connection.post(lambda: connection.post(done.set))
    assert done.wait(TIMEOUT)
    assert panel.items == []
    del icon
    gc.collect()
    assert connection.stop(TIMEOUT)


def test_nothing_is_left(private_bus: PrivateBus, panel: FakePanel) -> None:
    threads = set(threading.enumerate())
    descriptors = set(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with Tray(private_bus.address) as tray:
            MenuReader(panel, panel.wait_for_item()).click("Exit")
            assert tray.clicked() == "Exit"
        panel.items.clear()
    assert set(threading.enumerate()) == threads
    assert set(os.listdir("/proc/self/fd")) == descriptors


def test_idle_it_never_wakes_up(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        MenuReader(panel, panel.wait_for_item()).layout()
        assert tray.host() is True
        tray.settle()
        [thread] = [thread for thread in threading.enumerate() if thread.name == "tray"]
        status = Path(f"/proc/self/task/{thread.native_id}/status")

        def switches() -> list[str]:
            return [line for line in status.read_text().splitlines() if "ctxt_switches" in line]

        time.sleep(0.1)  # on its way to sleep
        before = switches()
        time.sleep(2)
        assert switches() == before


def test_the_end_is_quick_while_the_bus_hangs(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(f"{tmp_path}/bus")
        mute.listen()
        with Tray(f"unix:path={tmp_path}/bus") as tray:  # times its end
            tray.icon.title = "to nobody"


def test_the_end_is_quick_after_the_bus_died(private_bus: PrivateBus) -> None:
    with FakePanel(private_bus) as panel, Tray(private_bus.address) as tray:
        panel.wait_for_item()
        private_bus.stop()
        tray.icon.title = "to nobody"
        spent = Stopwatch()
        tray.icon.stop()
        assert tray.bus.stop(TIMEOUT)
        assert spent.seconds() < 0.5
    private_bus.start()


def test_a_script_with_just_an_icon(private_bus: PrivateBus, panel: FakePanel) -> None:
    process = subprocess.Popen(
        [*SCRIPT, "modules"],
        env=private_bus.environ | {"PATH": os.environ["PATH"]},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        item = panel.wait_for_item()
        reader = MenuReader(panel, item)
        reader.click("Exit")
        output, _ = process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    heavy = {"gi", "PIL", "Xlib", "asyncio", "email", "ssl", "http.client"}
    if sys.version_info < (3, 14):  # whose traceback, and so logging, brings these by itself
        heavy |= {"dataclasses", "inspect", "dis"}
    assert heavy & set(output.split()) == set()
    panel.wait_until(lambda: not panel.items, "the icon to go")


def test_the_modules_that_pystray_imports_are_there_for_who_wants_them() -> None:
    # Isolated, so that nothing has imported them already.
    code = """
import sys
sys.path[:0] = sys.argv[1:]
import telex_start.desktop.statusnotifier as statusnotifier
from pystray import _base

class Program:
    def clicked(self):
        print("clicked")

statusnotifier.MenuItem("x", Program().clicked)(None)
known = {"inspect", "logging", "six", "six.moves"} & set(sys.modules)
assert not known, known
icon = _base.Icon("example")
import inspect, logging, six.moves
assert inspect.signature(statusnotifier.Icon)
assert _base.inspect.isclass(inspect.Parameter)
assert _base.logging.INFO == logging.INFO
assert six.moves.queue is _base.queue
assert sys.modules["inspect"] is inspect and sys.modules["logging"] is logging
logging.basicConfig(format="%(name)s: %(message)s", stream=sys.stdout)
icon._log.warning("heard")
"""
    places = [str(ROOT), *(path for path in sys.path if path.endswith("-packages"))]
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, *places], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("clicked\npystray._base: heard\n", "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_icon_goes_with_its_process(private_bus: PrivateBus, panel: FakePanel, number: int) -> None:
    environ = private_bus.environ | {"PATH": os.environ["PATH"]}
    process = subprocess.Popen(SCRIPT, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        panel.wait_for_item()
        spent = Stopwatch()
        process.send_signal(number)
        process.wait(TIMEOUT)
        assert spent.seconds() < 0.5
        panel.wait_until(lambda: not panel.items, "the icon to go")
    finally:
        process.kill()
        process.wait()


def test_notify_shows_one_notification_at_a_time(private_bus: PrivateBus, panel: FakePanel) -> None:
    with FakeNotificationDaemon(private_bus) as daemon, Tray(private_bus.address) as tray:
        tray.icon.notify("a < b & c")
        [first] = daemon.wait_for(1)
        assert (first.app_name, first.summary, first.body, first.replaces_id) == (
            "example",
            "A title",
            "a &lt; b &amp; c",
            0,
        )
        signature, image = first.hints["image-data"]
        assert signature == "(iiibiiay)"
        assert image[:6] == (64, 64, 256, True, 8, 4)
        assert image[6][:4] == bytes((220, 30, 30, 255))
        panel.wait_for_item()
        tray.settle()
        tray.icon.notify("again", "Other title")
        second = daemon.wait_for(2)[1]
        assert (second.summary, second.replaces_id) == ("Other title", first.id)
        tray.icon.remove_notification()
        daemon.wait_until(lambda: daemon.closed == [first.id], "the notification to be closed")


def test_a_daemon_without_markup_gets_plain_text(private_bus: PrivateBus) -> None:
    with FakeNotificationDaemon(private_bus, capabilities=("body",)) as daemon, Tray(private_bus.address) as tray:
        tray.icon.notify("a < b & c")
        assert daemon.wait_for(1)[0].body == "a < b & c"


def test_of_many_notifications_the_last_is_shown_and_one_taken_back_is_not(private_bus: PrivateBus) -> None:
    with FakeNotificationDaemon(private_bus) as daemon, Tray(private_bus.address) as tray:
        hold = threading.Event()
        tray.bus.post(hold.wait)
        for number in range(50):
            tray.icon.notify(f"number {number}")
        hold.set()
        assert daemon.wait_for(1)[0].body == "number 49"
        tray.settle()
        hold.clear()
        tray.bus.post(hold.wait)
        tray.icon.notify("taken back")
        tray.icon.remove_notification()
        hold.set()
        daemon.wait_until(lambda: daemon.closed, "the notification to be closed")
        assert len(daemon.shown) == 1


@pytest.mark.parametrize("mode", ["silent", "error"])
def test_a_notification_daemon_that_fails_holds_up_nothing(
    private_bus: PrivateBus, panel: FakePanel, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    with FakeNotificationDaemon(private_bus, mode=mode), Tray(private_bus.address) as tray:
        for _ in range(3):
            tray.icon.notify("to nobody")
            tray.icon.remove_notification()
        MenuReader(panel, panel.wait_for_item()).click("Exit")
        assert tray.clicked() == "Exit"
    assert len([line for line in caplog.messages if "notification" in line]) <= 1
