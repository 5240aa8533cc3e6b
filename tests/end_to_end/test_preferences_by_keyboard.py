"""The preferences as a person uses them: a real window manager, and the keyboard alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.desk import Desk, children
from tests.process import Script, Stopwatch, until

pytestmark = pytest.mark.desktop

CONFIG = """\
# Mine, by hand.
log_level = "debug"  # for now
remember_email = true

# what pops up
notification_types = ["unread_thread_change", "pinned_message_event"]  # the second is for later

[main_app]
click = "conversation"   # never the client
"""
WINDOW = "Telex – Preferences"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path, "--organisations", "1", config=CONFIG) as desk:
        desk.daemon.capabilities = ("actions", "body", "sound")
        yield desk


def hears(desk: Desk, text: str) -> str:
    """Have somebody write this; the body of the toast that tells it."""
    known = len(desk.daemon.shown)
    desk.telex.direct(0, "Ben Okri", text)
    return desk.daemon.wait_for(known + 1)[known].body


def test_what_is_changed_by_keyboard_is_in_the_file_and_holds_at_once(desk: Desk) -> None:
    """The agent does not reconnect, and the comments in the file stay."""
    agent = desk.sign_in()
    item = desk.item("Online: 1 organisation")
    assert hears(desk, "the build is green").endswith("the build is green")
    until(lambda: "Mute" in item.labels("Recent"), "the conversation is not in the menu")
    item.click("Recent", "Mute", item.labels("Recent", "Mute")[0], "Until unmuted")
    desk.item("Online: 1 organisation")
    connections = desk.telex.status()["connects"]
    item.click("Preferences…")
    desk.window(WINDOW)
    # From the last list on: the organisation, Unmute, OK.
    desk.types("[alt+s alt+w alt+d o alt+m alt+l Tab m Tab space Tab Return]")
    desk.window_is_gone()

    expected = CONFIG.replace('"pinned_message_event"]', '"pinned_message_event", "channel_mention"]')
    lines = desk.file.read_text().splitlines()
    assert [line for line in expected.splitlines() if line not in lines] == []
    assert {"show_text = false", 'sound = "on"', 'notify = "mentions"'} <= set(lines)
    assert "--at-login" in (desk.folder / "config" / "autostart" / "telex-start.desktop").read_text()

    until(lambda: "read anew: notification_types, show_text, sound" in agent.log(), "it was not read anew")
    desk.item("Online: 1 organisation, 1 unread")
    assert "the build is red" not in hears(desk, "the build is red")
    assert desk.daemon.shown[-1].hints["sound-name"] == ("s", "message-new-instant")
    assert desk.telex.status()["connects"] == connections


def test_the_command_brings_the_agents_window_which_leaves_nothing_and_ends_with_it(desk: Desk) -> None:
    """The window's Tk is in a process of its own."""
    agent = desk.start()
    item = desk.item("Signed out")
    for _ in range(2):  # the second time it is there already
        assert desk.start("preferences").ended() == 0
        desk.window(WINDOW)
    assert len(children(agent)) == 1
    desk.types("[Escape]")
    desk.window_is_gone()
    until(lambda: children(agent) == [], "its process is still there")
    assert "libtk" not in Path(f"/proc/{agent.process.pid}/maps").read_text()
    item.click("Preferences…")
    desk.window(WINDOW)
    [window] = children(agent)
    spent = Stopwatch()
    item.click("Exit")
    assert agent.ended() == 0
    assert spent.seconds() < 2
    until(lambda: not window.is_running(), "the window's process is still there")


def test_without_an_agent_the_command_opens_the_window_and_a_second_one_brings_it(desk: Desk) -> None:
    """The second command opened a second window, over the same file. Start at log-in takes the place of the unit
    without an icon: both were on, and one of the two agents found the other running. This unit is one of the person's
    own, so the window stays and says where the unit is kept."""
    unit = desk.folder / "config" / "systemd" / "user" / "telex-start.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\n")
    window = desk.start("preferences")
    desk.window(WINDOW)
    with Script("tests/desktop/editor_program.py", environ={**os.environ, **desk.environ}) as editor:
        assert editor.next_line() == "focus"
        assert desk.start("preferences").ended() == 0
        desk.window(WINDOW)
    reload = desk.start("reload")
    assert (reload.ended(), reload.output) == (0, ["Telex Start is not running."])
    desk.types("[alt+w alt+s Return]")
    until((desk.folder / "config" / "autostart" / "telex-start.desktop").exists, "the entry is not there")
    desk.types("[Return]")
    assert window.ended() == 0
    assert "show_text = false\n" in desk.file.read_text()
    assert not unit.exists()
    assert unit.with_name("telex-start.service.saved").read_text() == "[Service]\n"
    assert [file.name for file in desk.folder.rglob("window-*")] == []
