"""The icon on macOS: pystray's own backend, and ours around it, on a stand-in for AppKit (`tests/fake_appkit.py`).

As AppKit is a mock, these tests do not show that macOS does its part.
"""

from __future__ import annotations

import gc
import io
import os
import shutil
import sys
import threading
import weakref
from collections.abc import Iterator
from queue import Empty
from typing import Any

import pytest
from PIL import Image

from telex_start.agent import DispatchQueue
from telex_start.desktop import macos
from telex_start.desktop.main_app import main_app
from telex_start.desktop.tray.tray import Tray
from telex_start.doctor import desktop as doctor
from telex_start.doctor.findings import Mark
from telex_start.errors import NoPlaceForIcon
from telex_start.events import MachineWoke, MenuClicked, TrayAppeared
from telex_start.menu import MenuItem
from telex_start.states import State
from telex_start.tray_view import TrayView
from tests.fake_appkit import Desk, install
from tests.process import TIMEOUT


class Agent:
    """The main thread's part of the agent: icon and queue."""

    def __init__(self, tmp_path: Any) -> None:
        self.events = DispatchQueue()
        self.surface = Tray(self.events.put, None, tmp_path)
        self.surface.start()
        self.events.wait_in(self.surface.main_loop)

    def next(self) -> object:
        return self.events.get(timeout=TIMEOUT)

    def end(self, desk: Desk) -> None:
        """Stop, and free pystray's icon here: as it is freed it calls AppKit, which another thread may not do."""
        self.surface.stop()
        assert {"removeStatusItem_", "endActivity_", "removeObserver_"} <= {name for name, _ in desk.calls}
        desk.calls.clear()
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
    made.end(desk)


def application(woke: Any = lambda: None) -> macos.Application:
    return macos.Application(woke)


def test_it_has_an_icon_and_no_place_in_the_dock_and_leaves_the_keyboard_where_it_is(desk: Desk, agent: Agent) -> None:
    assert [name for name, _ in desk.calls[:3]] == ["sharedApplication", "finishLaunching", "setActivationPolicy_"]
    assert desk.last("setActivationPolicy_") == (1,)
    assert desk.last("setHidden_") == (False,)
    assert desk.last("setToolTip_") == ("Telex: Signed out",)
    assert {"Signed out", "Open Main App", "Exit"} <= set(desk.tags)
    # No App Nap while it runs, and the machine may sleep.
    assert desk.last("beginActivityWithOptions_reason_")[0] == 0x00FFFFFF & ~(1 << 20)
    # The picture has the pixels of a sharp screen.
    assert desk.last("setSize_") == ((18.0, 18.0),)
    assert Image.open(io.BytesIO(desk.last("dataWithBytes_length_")[0])).size == (64, 64)


def test_a_window_of_tk_that_nobody_asked_for_leaves_the_keyboard_where_it_is(desk: Desk) -> None:
    assert macos.stay_behind(lambda: "a window") == "a window"
    assert desk.last("setActivationPolicy_") == (1,)
    assert desk.last("activateWithOptions_") == (0,)
    desk.calls.clear()
    desk.front_pid = os.getpid()
    macos.stay_behind(lambda: None)
    assert "activateWithOptions_" not in {name for name, _ in desk.calls}


def test_without_pyobjc_there_is_no_place_for_an_icon(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "AppKit", None)
    with pytest.raises(NoPlaceForIcon, match="PyObjC"):
        application()
    assert macos.application_in_front() is None


def test_a_click_in_the_menu_is_dispatched_while_the_main_thread_waits(desk: Desk, agent: Agent) -> None:
    for item in (MenuItem.OPEN_MAIN_APP, MenuItem.EXIT):
        desk.click(item.value)
        assert agent.next() == MenuClicked(item)
    desk.wake()
    assert agent.next() == MachineWoke()


def test_a_new_face_is_shown(desk: Desk, agent: Agent) -> None:
    before = desk.last("setImage_")
    agent.surface.show(TrayView(State.ONLINE, 3, "Online: 1 organisation, 3 unread"))
    assert desk.last("setImage_") != before
    assert "3 unread" in desk.last("setToolTip_")[0]
    assert any("3 unread" in title for title in desk.tags)


def test_what_other_threads_put_ends_the_waiting_in_its_order(desk: Desk, agent: Agent) -> None:
    def put() -> None:
        for item in (MenuItem.LOGIN, MenuItem.EXIT):
            agent.events.put(MenuClicked(item))

    putting = threading.Timer(0.05, put)
    putting.start()
    assert [agent.next(), agent.next()] == [MenuClicked(MenuItem.LOGIN), MenuClicked(MenuItem.EXIT)]
    putting.join()
    with pytest.raises(Empty):
        agent.events.get(timeout=0.05)


def test_what_was_put_before_the_waiting_is_not_waited_for(desk: Desk) -> None:
    loop = application()
    loop.wake()
    loop.wake()
    loop.wait(None)
    assert desk.events.qsize() == 1
    loop.wait(0.05)  # the event of that wake is still on its way, and means nothing
    assert desk.events.empty()


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
