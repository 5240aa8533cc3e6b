"""Toasts on a real desktop: dunst shows them, and a click on one comes back."""

from __future__ import annotations

import subprocess
from queue import SimpleQueue

import pytest

from telex_start.desktop.bus.bus import Bus, Loop
from telex_start.desktop.toasts.dbus_backend import DBusToasts
from telex_start.events import Event, ToastClicked
from telex_start.news import wording
from telex_start.news.publications import News
from telex_start.toast import Conversation
from tests.fake_desktop import TIMEOUT, RealDesktop

pytestmark = pytest.mark.desktop


def test_dunst_shows_a_toast_and_a_click_on_it_is_dispatched() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    loop = Loop("toasts")
    text = "a &lt; b &amp;&amp; \U0001f44d, &lt;i&gt;really&lt;/i&gt;"
    conversation = Conversation("org/user", "channels_section", "general")
    shown = wording.toast_of(News(conversation, "R&D <b>team</b>", "Ben", text, unread=3, mentions=1), "Org 1", True)
    with RealDesktop(panel=None) as desktop:
        empty = desktop.picture()
        picture = 32, 32, b"\x10\x80\xd0\xff" * 1024
        toasts = DBusToasts(events.put, Bus(desktop.bus.address, loop), icon=lambda: picture)
        loop.start()
        toasts.show(shown)
        # Dunst maps its window when it has something to show.
        look = ["xdotool", "search", "--sync", "--onlyvisible", "--class", "Dunst"]
        found = subprocess.run(look, env=desktop.environ, capture_output=True, text=True, timeout=TIMEOUT, check=True)
        assert desktop.picture() != empty
        # The middle button is dunst's for the default action.
        desktop.xdotool("mousemove", "--window", found.stdout.split()[0], "40", "20", "click", "2")
        assert events.get(timeout=TIMEOUT) == ToastClicked(shown)
        assert events.empty()
        assert loop.stop(TIMEOUT)
