"""The preferences on Windows: opened in the menu, by another start and without an agent; by the keyboard alone."""

from __future__ import annotations

import tomllib

from tests.servers import Sandbox

from .desktop import Desktop
from .machine import WITHIN

TITLE = "Telex – Preferences"
PREFERENCES = -4
"""The line of the menu."""


def window(desktop: Desktop) -> None:
    """Wait for it; it has the keyboard then."""
    desktop.wait_for(lambda: len(desktop.titled(TITLE)) == 1, "the window")
    desktop.wait_for(lambda: desktop.active_title() == TITLE, "its focus")


def gone(desktop: Desktop) -> None:
    desktop.wait_for(lambda: not desktop.titled(TITLE), "its end")


def test_what_is_set_there_is_written_and_holds_at_once(desktop: Desktop, telex: Sandbox) -> None:
    file = desktop.configuration('# Mine, by hand.\nlog_level = "debug"  # for now\n')
    with desktop.online(telex) as agent:
        desktop.choose(desktop.open_menu(), PREFERENCES)
        window(desktop)
        # Asked for again, it comes forward: there is one.
        assert desktop.says("preferences", telex=telex) == (0, [], "")
        window(desktop)
        desktop.xdotool("key", "alt+w")  # Show what was written
        desktop.xdotool("key", "Return")
        gone(desktop)
        agent.logs("the configuration was read anew: show_text")
        assert file.read_text().startswith('# Mine, by hand.\nlog_level = "debug"  # for now\n')
        assert tomllib.loads(file.read_text())["show_text"] is False
        assert desktop.says("preferences", telex=telex) == (0, [], "")
        window(desktop)
        agent.leave()
        gone(desktop)


def test_without_an_agent_the_command_is_the_window(desktop: Desktop, telex: Sandbox) -> None:
    file = desktop.configuration("")
    with desktop.telex_start("preferences", telex=telex) as program:
        window(desktop)
        assert desktop.says("preferences", telex=telex) == (0, [], "")
        desktop.xdotool("key", "alt+m")  # Mentions
        desktop.xdotool("key", "alt+a")  # Apply
        desktop.wait_for(lambda: "channel_mention" in file.read_text(), "what was applied")
        desktop.xdotool("key", "Escape")
        assert program.ended(WITHIN) == 0
    assert tomllib.loads(file.read_text()) == {"notification_types": ["unread_thread_change", "channel_mention"]}
