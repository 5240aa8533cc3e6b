"""If the person wants quiet while the Telex client is in front, everything counts then, and nothing pops up."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from Xlib.display import Display
from Xlib.ext import res

from telex_start.app.news_controller import LOOK_HOLDS_FOR
from tests.end_to_end.desk import Desk
from tests.process import until

pytestmark = pytest.mark.desktop

WINDOW = """
import gi, sys
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
Gtk.Window(title=sys.argv[1]).show_all()
Gtk.main()
"""


def focus(desk: Desk, title: str) -> None:
    desk.desktop.xdotool("search", "--sync", "--onlyvisible", "--name", f"^{title}$", "windowactivate")
    until(lambda: desk.desktop.active_title() == title)
    over = time.monotonic() + LOOK_HOLDS_FOR  # what was seen before holds for so long
    until(lambda: time.monotonic() > over)


def test_in_front_of_the_client_nothing_pops_up_and_everything_counts(tmp_path: Path) -> None:
    """An idle agent stays light: ``psutil`` is not imported before news come, and no X connection stays."""
    client = tmp_path / "client"
    client.write_text(f"#!/usr/bin/python3\n{WINDOW}")
    client.chmod(0o755)
    config = f'while_client_runs = "quiet"\n[main_app]\ncommand = "{client}"\n'
    with Desk(tmp_path, "--organisations", "1", config=config) as desk:
        agent = desk.sign_in()
        desk.item("Online: 1 organisation")
        desk.desktop.start(str(client), "Client")
        desk.desktop.start("/usr/bin/python3", "-c", WINDOW, "Other")
        process = psutil.Process(agent.process.pid)
        assert "/psutil/" not in Path(f"/proc/{process.pid}/maps").read_text()
        focus(desk, "Client")
        desk.telex.message(0, "General", "seen in the client")
        desk.item("Online: 1 organisation, 1 unread")
        assert desk.daemon.shown == []
        assert "/psutil/" in Path(f"/proc/{process.pid}/maps").read_text(), "it was looked"
        with closing(Display(desk.desktop.environ["DISPLAY"])) as display:
            every = [{"client": 0, "mask": res.LocalClientPIDMask}]

            def connected() -> set[int]:
                return {pid for one in display.res_query_client_ids(every).ids for pid in one.value}

            until(lambda: process.pid not in connected())
            assert os.getpid() in connected()
        focus(desk, "Other")
        desk.telex.direct(0, "Ben Okri", "are you there?")
        desk.daemon.wait_for(1)
        desk.item("Online: 1 organisation, 2 unread")
        assert [toast.summary for toast in desk.daemon.shown] == ["Ben Okri"], "and no summary of what was seen"
