"""Start-up notification: a click's token comes from the panel, and the desktop is told when its waiting is over."""

from __future__ import annotations

import select
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from Xlib import X, display

from telex_start.desktop import x11
from telex_start.desktop.main_app.main_app import open_address
from telex_start.desktop.starting import open_log
from telex_start.events import IconClicked, MenuClicked, TrayAppeared
from telex_start.menu import MenuItem
from tests.fake_desktop import TIMEOUT, FakePanel, PrivateBus, Xvfb
from tests.statusnotifier.tray import Surface

pytestmark = pytest.mark.desktop


class Monitor:
    """What listens for start-up notifications, as a window manager does."""

    def __init__(self, name: str) -> None:
        self._display = display.Display(name)
        self._display.screen().root.change_attributes(event_mask=X.PropertyChangeMask)
        self._display.sync()

    def message(self) -> str:
        """The next message, put together from its parts."""
        begin, more = (self._display.intern_atom(f"_NET_STARTUP_INFO{end}") for end in ("_BEGIN", ""))
        parts: list[bytes] = []
        while not parts or b"\0" not in parts[-1]:
            if not self._display.pending_events():
                assert select.select([self._display], [], [], TIMEOUT)[0], "no message"
            event: Any = self._display.next_event()
            if event.type == X.ClientMessage:
                assert event.client_type == (more if parts else begin)
                parts.append(bytes(event.data[1]))
        return b"".join(parts).partition(b"\0")[0].decode()

    def close(self) -> None:
        self._display.close()


@pytest.fixture
def monitor(xvfb: Xvfb, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitor]:
    monkeypatch.setenv("DISPLAY", xvfb.display)
    listening = Monitor(xvfb.display)
    yield listening
    listening.close()


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("gnome-shell/telex-start/1234-0-host_TIME5678", "remove: ID=gnome-shell/telex-start/1234-0-host_TIME5678"),
        ("x", "remove: ID=x"),
        ('a b"c\\d é', 'remove: ID=a\\ b\\"c\\\\d\\ é'),
        ("y" * 8, "remove: ID=" + "y" * 8),  # 20 bytes with its end
        ("z" * 300, "remove: ID=" + "z" * 300),
    ],
)
def test_the_desktop_is_told_that_what_it_waits_for_has_come(monitor: Monitor, token: str, message: str) -> None:
    x11.end_startup(token)
    assert monitor.message() == message


def test_without_a_token_or_a_display_nothing_is_told(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    x11.end_startup("")
    x11.end_startup("after it")
    assert monitor.message() == "remove: ID=after it".replace("after it", "after\\ it")
    monkeypatch.delenv("DISPLAY")
    x11.end_startup("lost")


def test_what_cannot_be_started_is_not_waited_for(
    monitor: Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: SimpleQueue[str] = SimpleQueue()
    open_log(None, "log", failed.put)
    assert monitor.message() == "remove: ID=log"
    assert failed.get(timeout=TIMEOUT) == "there is none"
    opener = tmp_path / "xdg-open"
    opener.write_text("#!/nowhere/interpreter\n")
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert open_address("https://telex.example/", "browser") is not None
    assert monitor.message() == "remove: ID=browser"


def test_the_panels_token_comes_with_the_click_that_it_is_for(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Surface(private_bus.environ) as surface:
        assert surface.next() == TrayAppeared()
        item = panel.wait_for_item()

        def give(token: str) -> None:
            interface = "org.kde.StatusNotifierItem"
            panel.call(item.name, item.path, interface, "ProvideXdgActivationToken", "s", token)

        give("one")
        item.click(MenuItem.OPEN_MAIN_APP.value)
        assert surface.next() == MenuClicked(MenuItem.OPEN_MAIN_APP, "one")
        item.click(MenuItem.OPEN_MAIN_APP.value)
        assert surface.next() == MenuClicked(MenuItem.OPEN_MAIN_APP)
        give("two")
        item.activate()
        assert surface.next() == IconClicked("two")
