"""The icon on macOS: pystray's own backend, and ours around it, on a stand-in for AppKit (`tests/fake_appkit.py`).

A mock: that macOS does its part is not shown. The last test is for a Mac alone: whether the stand-in is like AppKit.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import shutil
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from telex_start.agent import DispatchQueue
from telex_start.desktop import macos
from telex_start.desktop.main_app import main_app
from telex_start.desktop.tk import login
from telex_start.desktop.tray.tray import Tray
from telex_start.doctor import desktop as doctor
from telex_start.doctor.findings import Mark
from telex_start.errors import NoPlaceForIcon
from telex_start.events import ChildEnded, Event, MachineWoke, MenuClicked, TrayAppeared, WindowClosed
from telex_start.face import Face
from telex_start.menu import MenuItem
from telex_start.states import State
from tests.fake_appkit import CONSTANTS, Desk, install, methods
from tests.process import TIMEOUT

PLATFORM = sys.platform


class Agent:
    """The main thread's part of it: icon and queue."""

    def __init__(self, tmp_path: Any) -> None:
        self.events = DispatchQueue()
        self.surface = Tray(self.events.put, None, tmp_path)
        self.surface.start()
        self.events.wait_in(self.surface.main_loop)

    def next(self) -> object:
        return self.events.get(timeout=TIMEOUT)

    def end(self) -> None:
        """Stop, and free pystray's icon here: as it is freed it calls AppKit, which another thread may not do."""
        self.surface.stop()
        freed = weakref.ref(self.surface)
        del self.surface
        gc.collect()
        assert freed() is None


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return install(monkeypatch)


@pytest.fixture
def agent(desk: Desk, tmp_path: Any) -> Iterator[Agent]:
    made = Agent(tmp_path)
    assert made.next() == TrayAppeared()
    yield made
    made.end()
    assert desk.items == [] and desk.activities == [] and desk.observers == {}


def application(woke: Any = lambda: None) -> macos.Application:
    return macos.Application(woke)


def test_it_has_an_icon_and_no_place_in_the_dock_and_leaves_the_keyboard_where_it_is(desk: Desk, agent: Agent) -> None:
    assert desk.done == ["application made", "launched", "policy 1"]
    (item,) = desk.items
    assert not item.button().hidden
    assert item.button().tooltip == "Telex: Signed out"
    assert desk.titles[0] == "Signed out" and {"Open Main App", "Exit"} <= set(desk.titles)


def test_without_pyobjc_there_is_no_place_for_an_icon(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "AppKit", None)
    with pytest.raises(NoPlaceForIcon, match="PyObjC"):
        application()
    assert macos.application_in_front() is None


def test_the_picture_has_the_pixels_of_a_sharp_screen(desk: Desk, agent: Agent) -> None:
    image = desk.items[0].button().image
    assert image.size == (18.0, 18.0)
    assert Image.open(io.BytesIO(image.data)).size == (64, 64)


def test_a_click_in_the_menu_is_dispatched_while_the_main_thread_waits(desk: Desk, agent: Agent) -> None:
    desk.click(MenuItem.OPEN_MAIN_APP.value)
    assert agent.next() == MenuClicked(MenuItem.OPEN_MAIN_APP)
    desk.click(MenuItem.EXIT.value)
    assert agent.next() == MenuClicked(MenuItem.EXIT)


def test_a_new_face_is_shown(desk: Desk, agent: Agent) -> None:
    before = desk.items[0].button().image
    agent.surface.face(Face(State.ONLINE, 3, "Online: 1 organisation, 3 unread"))
    button = desk.items[0].button()
    assert button.image is not before and "3 unread" in button.tooltip
    assert any("3 unread" in title for title in desk.titles)


def test_what_other_threads_put_ends_the_waiting_in_its_order(desk: Desk, agent: Agent) -> None:
    def put() -> None:
        for item in (MenuItem.LOGIN, MenuItem.EXIT):
            agent.events.put(MenuClicked(item))

    putting = threading.Timer(0.05, put)
    putting.start()
    assert [agent.next(), agent.next()] == [MenuClicked(MenuItem.LOGIN), MenuClicked(MenuItem.EXIT)]
    putting.join()


def test_what_was_put_before_the_waiting_is_not_waited_for(desk: Desk) -> None:
    loop = application()
    loop.wake()
    loop.wake()
    loop.wait(None)
    began = time.monotonic()
    loop.wait(0.05)  # the event of that wake is still on its way, and means nothing
    assert time.monotonic() - began >= 0.05


def test_the_waiting_ends_when_something_is_due(desk: Desk, agent: Agent) -> None:
    with pytest.raises(Empty):
        agent.events.get(timeout=0.05)


def test_while_a_window_is_open_its_own_loop_is_woken(desk: Desk, agent: Agent) -> None:
    woken: SimpleQueue[str] = SimpleQueue()
    agent.events.wake_by(lambda: woken.put("window"))
    agent.events.put(MachineWoke())
    assert woken.get_nowait() == "window" and desk.events.empty()
    agent.events.wake_by(None)
    assert agent.next() == MachineWoke()


def test_no_app_nap_while_it_runs_and_the_machine_may_sleep(desk: Desk, agent: Agent) -> None:
    ((options, _),) = desk.activities
    assert options == 0x00FFFFFF & ~(1 << 20)


def test_the_machine_wakes_up(desk: Desk, agent: Agent) -> None:
    desk.wake()
    assert agent.next() == MachineWoke()


def test_a_window_of_tk_that_nobody_asked_for_leaves_the_keyboard_where_it_is(desk: Desk) -> None:
    def make() -> str:
        desk.front_pid = os.getpid()  # it takes the keyboard
        return "a window"

    assert macos.stay_behind(make) == "a window"
    assert desk.done == ["application made", "policy 1", "99 in front"]


def test_while_the_login_window_is_open_the_icon_lives(
    desk: Desk, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The main thread waits where AppKit does, until the window's process says something."""
    heard: list[Callable[[Event], object]] = []

    def child(name: str, hear: Callable[[Event], object]) -> Any:
        heard.append(hear)
        return SimpleNamespace(open=lambda *_: None, end=lambda: None)

    monkeypatch.setattr(login, "Child", child)
    window = agent.surface.open_window("", True, "")
    agent.events.wake_by(window.wake)
    turns: list[None] = []

    def turn() -> None:
        turns.append(None)
        if len(turns) == 1:
            desk.click(MenuItem.EXIT.value)
        elif len(turns) == 2:
            threading.Thread(target=heard.pop(), args=(ChildEnded("login"),)).start()

    window.run(turn)
    agent.events.wake_by(None)
    assert [agent.next(), agent.next()] == [MenuClicked(MenuItem.EXIT), WindowClosed()]


def test_which_application_is_in_front(desk: Desk) -> None:
    desk.front_pid = 1234
    assert macos.application_in_front() == (1234, ())
    assert main_app.why_front_is_unknown() == ""


def test_doctor_says_what_is_there_and_that_nobody_has_tried_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {finding.subject: finding for finding in doctor.findings()}
    assert "nobody has tried it on a Mac" in found["tray"].found
    assert found["toasts"].mark is Mark.MISSING, "there is no osascript here"
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    found = {finding.subject: finding for finding in doctor.findings()}
    assert "Script Editor" in found["toasts"].found and "System Settings" in found["toasts"].remedy


# --- on a Mac -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(PLATFORM != "darwin", reason="PyObjC is on macOS alone")
def test_the_stand_in_has_what_appkit_has() -> None:
    for module, values in CONSTANTS.items():
        real = importlib.import_module(module)
        assert {name: getattr(real, name) for name in values} == values
    for module, name, method, of_class in methods():
        kind = getattr(importlib.import_module(module), name)
        found = getattr(kind.pyobjc_classMethods if of_class else kind.pyobjc_instanceMethods, method, None)
        assert found is not None, f"{name}.{method}"
        if b":" in found.selector:
            assert found.selector.count(b":") == method.count("_"), found.selector
