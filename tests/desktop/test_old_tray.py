"""On a desktop with only a tray of the old kind (XEmbed), pystray's AppIndicator puts the icon into that tray."""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jeepney import Message
from Xlib import X, display
from Xlib.protocol import event as events

from tests.desktop.test_tray import BEN, SIGNED_OUT
from tests.fake_desktop import FakeNotificationDaemon, FakePanel, PrivateBus, Xvfb
from tests.process import ROOT, Script
from tests.statusnotifier.tray import CACHE

pytestmark = pytest.mark.desktop

SYSTEM_PYTHON = "/usr/lib/python3/dist-packages"
"""Where Debian's PyGObject is, for an environment that does not see the system's packages."""


class OldTray:
    """Owns the selection of the system tray, and counts who wants to be docked.

    Source: System Tray Protocol Specification, https://specifications.freedesktop.org/systemtray-spec/.
    """

    def __init__(self, name: str) -> None:
        self._display = display.Display(name)
        screen = self._display.screen()
        self._window = screen.root.create_window(0, 0, 1, 1, 0, screen.root_depth)
        selection = self._display.intern_atom("_NET_SYSTEM_TRAY_S0")
        self._window.set_selection_owner(selection, X.CurrentTime)
        message = events.ClientMessage(
            window=screen.root,
            client_type=self._display.intern_atom("MANAGER"),
            data=(32, [X.CurrentTime, selection, self._window.id, 0, 0]),
        )
        screen.root.send_event(message, event_mask=X.StructureNotifyMask)
        self._display.flush()

    def wait_for_icon(self, within: float = 15.0) -> None:
        end = time.monotonic() + within
        opcode = self._display.intern_atom("_NET_SYSTEM_TRAY_OPCODE")
        while True:
            while self._display.pending_events():
                event = self._display.next_event()
                if event.type == X.ClientMessage and event.client_type == opcode and event.data[1][1] == 0:
                    return
            left = end - time.monotonic()
            assert left > 0, "no icon asked to be docked"
            select.select([self._display], [], [], left)

    def close(self) -> None:
        self._display.close()


@pytest.fixture
def tray(xvfb: Xvfb) -> Iterator[OldTray]:
    found = OldTray(xvfb.environ["DISPLAY"])
    yield found
    found.close()


@pytest.fixture
def environ(xvfb: Xvfb, private_bus: PrivateBus) -> dict[str, str]:
    paths = [str(ROOT), *([SYSTEM_PYTHON] if sys.prefix != sys.base_prefix else [])]
    return {**xvfb.environ, **private_bus.environ, "PYTHONPATH": os.pathsep.join(paths)}


def tray_program(environ: dict[str, str]) -> Script:
    return Script("tests/desktop/tray_program.py", CACHE, environ=environ)


DOCTOR = """
from telex_start.doctor.desktop import findings
for found in findings():
    print(found.subject, found.mark.value, found.found)
"""


def doctor(environ: dict[str, str]) -> str:
    """What the doctor says of the tray."""
    with Script("-c", DOCTOR, environ=environ) as program:
        return program.line(lambda line: line.startswith(("tray ok", "tray missing")))


def test_without_pygobject_it_runs_on_and_says_that_there_is_no_tray(
    environ: dict[str, str], tray: OldTray, tmp_path: Path
) -> None:
    (tmp_path / "gi").mkdir()
    (tmp_path / "gi" / "__init__.py").write_text("raise ImportError('no gi here')")
    environ["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{ROOT}"
    with tray_program(environ) as program:
        line = program.next_line()
        assert line.startswith("TrayMissing An icon in a tray of the old kind needs PyGObject")
        assert "install python3-gi and gir1.2-ayatanaappindicator3-0.1" in line
        program.tell("stop")
        assert program.ended(3) == 0
    assert doctor(environ).startswith("tray missing an icon in a tray of the old kind needs PyGObject")


def test_appindicator_is_in_the_old_tray_and_has_the_same_menu(
    environ: dict[str, str], tray: OldTray, private_bus: PrivateBus
) -> None:
    """A panel of the other kind (StatusNotifierItem) that comes later gets the icon too: that panel reads and clicks
    the menu here. The notification daemon, which may hang, is not asked."""
    asked: list[str] = []

    class Daemon(FakeNotificationDaemon):
        def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
            asked.append(member)
            return super().answer(call, interface, member)

    with Daemon(private_bus), tray_program(environ) as program:
        assert program.next_line() == "TrayAppeared"
        tray.wait_for_icon()
        with FakePanel(private_bus) as panel:
            item = panel.wait_for_item()
            panel.wait_until(lambda: item.labels() == SIGNED_OUT, "the menu")
            assert item.labels("Recent") == ["Nothing unread", "-", "Mark All as Read"]
            program.tell(json.dumps({"recent": [[BEN, "@ Ben_Okri (1)", "", False, "@ Ben_Okri"]], "resumable": True}))
            panel.wait_until(lambda: "Resume Notifications" in item.labels(), "Resume Notifications")
            assert item.labels("Recent") == ["@ Ben_Okri (1)", "-", "Mark All as Read", "Mute"]
            assert item.labels("Recent", "Mute", "@ Ben_Okri") == ["1 hour", "Until tomorrow (8:00)", "Until unmuted"]
            item.click("Recent", "@ Ben_Okri (1)")
            assert program.next_line() == "UnreadClicked d1"
            item.click("Help", "About")
            assert program.next_line() == "MenuClicked About"
        program.tell("stop")
        assert program.ended(3) == 0
    assert asked == []
    assert doctor(environ) == "tray ok an icon with a menu, by appindicator"
