"""While the Telex client is in front, and the person wants quiet then: everything counts, and nothing pops up."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
from Xlib.display import Display
from Xlib.ext import res

from telex_start.app.news_controller import LOOK_HOLDS_FOR
from tests.agent import Program
from tests.fake_desktop import FakeNotificationDaemon, FakePanel, RealDesktop
from tests.panel_item import PanelItem
from tests.process import until
from tests.servers import Sandbox

pytestmark = pytest.mark.desktop

WINDOW = """
import gi, sys
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
Gtk.Window(title=sys.argv[1]).show_all()
Gtk.main()
"""


class Scene:
    """A desktop with the client's window and another one, a Telex, and the agent."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        enter = stack.enter_context
        self.telex = enter(Sandbox("--organisations", "1"))
        self.desktop = enter(RealDesktop(panel=None, dunst=False))
        self.panel = enter(FakePanel(self.desktop.bus))
        self.daemon = enter(FakeNotificationDaemon(self.desktop.bus))
        client = folder / "client"
        client.write_text(f"#!/usr/bin/python3\n{WINDOW}")
        client.chmod(0o755)
        self.desktop.start(str(client), "Client")
        self.desktop.start("/usr/bin/python3", "-c", WINDOW, "Other")
        self.environ = {**self.desktop.environ, **self.telex.environ, "HOME": str(folder)}
        for name, value in {"CONFIG": "config", "CACHE": "cache", "STATE": "state"}.items():
            self.environ[f"XDG_{name}_HOME"] = str(folder / value)
        self.environ |= {"TELEX_START_WHILE_CLIENT_RUNS": "quiet", "TELEX_START_MAIN_APP_COMMAND": str(client)}
        options = ("--email", self.telex.email, "--password-stdin")
        self.agent = enter(Program(folder, *options, environ=self.environ, given=self.telex.password + "\n"))
        self.sees("Online: 1 organisation")

    def focus(self, title: str) -> None:
        self.desktop.xdotool("search", "--sync", "--onlyvisible", "--name", f"^{title}$", "windowactivate")
        until(lambda: self.desktop.active_title() == title)
        over = time.monotonic() + LOOK_HOLDS_FOR  # what was seen before holds for so long
        until(lambda: time.monotonic() > over)

    def sees(self, status: str) -> PanelItem:
        item = self.panel.wait_for_item()
        self.panel.wait_until(lambda: item.labels()[0] == status, f"the status {status!r}")
        return item


def test_in_front_of_the_client_nothing_pops_up_and_everything_counts(tmp_path: Path) -> None:
    """An idle agent is as light as without it: nothing of it is imported before news come, and no connection stays."""
    with ExitStack() as stack:
        scene = Scene(tmp_path, stack)
        process = psutil.Process(scene.agent.process.pid)
        assert "/psutil/" not in Path(f"/proc/{process.pid}/maps").read_text()
        scene.focus("Client")
        scene.telex.message(0, "General", "seen in the client")
        scene.sees("Online: 1 organisation, 1 unread")
        assert scene.daemon.shown == []
        assert "/psutil/" in Path(f"/proc/{process.pid}/maps").read_text(), "it was looked"
        with closing(Display(scene.desktop.environ["DISPLAY"])) as display:
            every = [{"client": 0, "mask": res.LocalClientPIDMask}]

            def connected() -> set[int]:
                return {pid for one in display.res_query_client_ids(every).ids for pid in one.value}

            until(lambda: process.pid not in connected())
            assert os.getpid() in connected()
        scene.focus("Other")
        scene.telex.direct(0, "Ben Okri", "are you there?")
        scene.daemon.wait_for(1)
        scene.sees("Online: 1 organisation, 2 unread")
        assert [toast.summary for toast in scene.daemon.shown] == ["Ben Okri"], "and no summary of what the person saw"
