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
from tests.end_to_end.test_preferences_by_keyboard import Person
from tests.process import until

pytestmark = pytest.mark.desktop

WINDOW = """
import gi, sys
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
Gtk.Window(title=sys.argv[1]).show_all()
Gtk.main()
"""


def focus(person: Person, title: str) -> None:
    person.desktop.xdotool("search", "--sync", "--onlyvisible", "--name", f"^{title}$", "windowactivate")
    until(lambda: person.desktop.active_title() == title)
    over = time.monotonic() + LOOK_HOLDS_FOR  # what was seen before holds for so long
    until(lambda: time.monotonic() > over)


def test_in_front_of_the_client_nothing_pops_up_and_everything_counts(tmp_path: Path) -> None:
    """An idle agent is as light as without it: nothing of it is imported before news come, and no connection stays."""
    client = tmp_path / "client"
    client.write_text(f"#!/usr/bin/python3\n{WINDOW}")
    client.chmod(0o755)
    with ExitStack() as stack:
        person = Person(stack, tmp_path, f'while_client_runs = "quiet"\n[main_app]\ncommand = "{client}"\n')
        person.desktop.start(str(client), "Client")
        person.desktop.start("/usr/bin/python3", "-c", WINDOW, "Other")
        process = psutil.Process(person.agent.process.pid)
        assert "/psutil/" not in Path(f"/proc/{process.pid}/maps").read_text()
        focus(person, "Client")
        person.telex.message(0, "General", "seen in the client")
        person.sees("Online: 1 organisation, 1 unread")
        assert person.daemon.shown == []
        assert "/psutil/" in Path(f"/proc/{process.pid}/maps").read_text(), "it was looked"
        with closing(Display(person.desktop.environ["DISPLAY"])) as display:
            every = [{"client": 0, "mask": res.LocalClientPIDMask}]

            def connected() -> set[int]:
                return {pid for one in display.res_query_client_ids(every).ids for pid in one.value}

            until(lambda: process.pid not in connected())
            assert os.getpid() in connected()
        focus(person, "Other")
        person.telex.direct(0, "Ben Okri", "are you there?")
        person.daemon.wait_for(1)
        person.sees("Online: 1 organisation, 2 unread")
        assert [toast.summary for toast in person.daemon.shown] == ["Ben Okri"], "and no summary of what was seen"
