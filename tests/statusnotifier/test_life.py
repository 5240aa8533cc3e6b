"""Beginning, running and ending: no thread of its own, nothing left, nothing done while idle."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue

import pytest

from telex_start.desktop.bus.bus import Bus
from telex_start.desktop.statusnotifier.icon import Icon
from telex_start.desktop.statusnotifier.item import Item
from tests.fake_desktop import TIMEOUT, FakePanel, PrivateBus
from tests.statusnotifier.tray import (
    ITEM,
    ITEM_PATH,
    MENU,
    MENU_PATH,
    PROPERTIES,
    Asker,
    Menu,
    MenuItem,
    MenuReader,
    Tray,
    sizes,
)
from tests.stopwatch import Stopwatch

ROOT = Path(__file__).parent.parent.parent
SCRIPT = [sys.executable, "-m", "tests.statusnotifier.icon_program"]


def test_the_icon_comes_first_and_a_panel_that_asks_for_the_menu_gets_it_when_it_is_there(
    private_bus: PrivateBus, panel: FakePanel, asker: Asker
) -> None:
    bus = Bus(private_bus.address, keep=True, thread_name="tray")
    item = Item(bus, name="example", title="A title", pictures=sizes())
    bus.start()
    shown = panel.wait_for_item()
    layout = asker.begin(shown.name, MENU_PATH, MENU, "GetLayout", "iias", 0, -1, [])
    assert not item.wait_until_read(0)
    assert asker.ask(shown.name, ITEM_PATH, PROPERTIES, "Get", "ss", ITEM, "IconPixmap").body[0][1] == sizes()
    assert item.wait_until_read(TIMEOUT)
    assert not layout.done()
    chosen: SimpleQueue[str] = SimpleQueue()
    Icon(item, Menu(MenuItem("Exit", lambda: chosen.put("Exit"))))
    _, (_, _, children) = layout.result(TIMEOUT).body
    assert [child[1]["label"] for _, child in children] == [("s", "Exit")]
    MenuReader(panel, shown).click("Exit")
    assert chosen.get(timeout=TIMEOUT) == "Exit"
    assert bus.stop(TIMEOUT)


def test_it_adds_no_thread(private_bus: PrivateBus, panel: FakePanel) -> None:
    before = set(threading.enumerate())
    with Tray(private_bus.address) as tray:
        panel.wait_for_item()
        tray.settle()
        assert {thread.name for thread in set(threading.enumerate()) - before} == {"tray"}
    assert set(threading.enumerate()) == before


def test_stopped_is_for_good(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        tray.icon.stop()
        tray.icon.stop()
        tray.icon.visible = True
        tray.icon.title = "too late"
        tray.settle()
        assert item.property("Status") == "Passive"


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


def test_a_script_with_just_an_icon_brings_no_toolkit(private_bus: PrivateBus, panel: FakePanel) -> None:
    process = subprocess.Popen(
        [*SCRIPT, "modules"],
        env=private_bus.environ | {"PATH": os.environ["PATH"], "PYSTRAY_BACKEND": "gtk"},
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
    backend, *modules = output.split()
    assert backend == "gtk", "the variable by which pystray is told is what it was"
    assert {"gi", "PIL", "Xlib", "asyncio", "email", "ssl", "http.client"} & set(modules) == set()
    panel.wait_until(lambda: not panel.items, "the icon to go")


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
