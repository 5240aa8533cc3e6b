"""The preferences as a person uses them: a real window manager and panel, and the keyboard alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.agent import Program
from tests.fake_desktop import FakeNotificationDaemon
from tests.process import Script, Stopwatch, until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox

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
TITLE = "^Telex"


class Person:
    """Somebody at a desktop with the agent on it, signed in, with a configuration file of their own."""

    def __init__(self, stack: ExitStack, folder: Path, config: str = CONFIG, *, agent: bool = True) -> None:
        self.folder = folder
        self.file = folder / "config" / "telex-start" / "config.toml"
        self.file.parent.mkdir(parents=True)
        self.file.write_text(config)
        self.telex = stack.enter_context(Sandbox("--organisations", "1", "--rate", "0"))
        self.desktop = stack.enter_context(RealDesktop("xfce4-panel", dunst=False))
        self.daemon = stack.enter_context(FakeNotificationDaemon(self.desktop.bus, ("actions", "body", "sound")))
        self.environ = {
            **self.desktop.environ,
            **self.telex.environ,
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
        }
        self._stack = stack
        if agent:
            self.agent = self.run("--email", self.telex.email, "--password-stdin", given=self.telex.password + "\n")
            self.item = self.desktop.wait_for_item()
            self.sees("Online: 1 organisation")

    def run(self, *options: str, given: str = "") -> Program:
        return self._stack.enter_context(Program(self.folder, *options, environ=self.environ, given=given))

    def sees(self, status: str) -> None:
        """The status line of the menu."""
        self.desktop.client.wait_until(lambda: self.item.labels()[0].startswith(status), f"the status {status!r}")

    def opens(self) -> None:
        """Choose Preferences… in the menu."""
        self.item.click("Preferences…")
        self.window()

    def window(self) -> None:
        """Wait for the window; it has the keyboard then."""
        self.desktop.xdotool("search", "--sync", "--onlyvisible", "--name", TITLE)
        until(lambda: self.desktop.active_title() == "Telex – Preferences", "the window has not got the focus")

    def presses(self, *keys: str) -> None:
        self.desktop.xdotool("key", "--delay", "20", *keys)

    def window_is_gone(self) -> None:
        command = ["xdotool", "search", "--onlyvisible", "--name", TITLE]
        environ = self.desktop.environ
        until(lambda: bool(subprocess.run(command, env=environ, capture_output=True).returncode), "it is still there")

    def hears(self, text: str) -> tuple[str, str]:
        """Somebody writes this; the toast's title and body."""
        known = len(self.daemon.shown)
        self.telex.direct(0, "Ben Okri", text)
        shown = self.daemon.wait_for(known + 1)[known]
        return shown.summary, shown.body

    def children(self) -> list[int]:
        """The processes that the agent has started, zombies too."""
        pid = self.agent.process.pid
        found: list[int] = []
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
                found += map(int, (task / "children").read_text().split())
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Person]]:
    with ExitStack() as stack:
        yield lambda *config, **options: Person(stack, tmp_path, *config, **options)


def test_what_is_changed_by_keyboard_is_in_the_file_and_holds_at_once(start: Callable[..., Person]) -> None:
    """Without a reconnect; the comments stay."""
    person = start()
    assert person.hears("the build is green")[1].endswith("the build is green")
    until(lambda: "Mute" in person.item.labels("Recent"), "the conversation is not in the menu")
    person.item.click("Recent", "Mute", person.item.labels("Recent", "Mute")[0], "Until unmuted")
    until(lambda: person.item.labels()[0] == "Online: 1 organisation", "it is still counted")
    connections = person.telex.status()["connects"]
    person.opens()
    # From the last list on: the organisation, Unmute, OK.
    person.presses("alt+s", "alt+w", "alt+d", "o", "alt+m", "alt+l", "Tab", "m", "Tab", "space", "Tab", "Return")
    person.window_is_gone()

    expected = CONFIG.replace('"pinned_message_event"]', '"pinned_message_event", "channel_mention"]')
    text = person.file.read_text()
    assert [line for line in expected.splitlines() if line not in text.splitlines()] == []
    assert {"show_text = false", 'sound = "on"', 'notify = "mentions"'} <= set(text.splitlines())
    entry = person.folder / "config" / "autostart" / "telex-start.desktop"
    assert "--at-login" in entry.read_text()

    until(lambda: "read anew: notification_types, show_text, sound" in person.agent.log(), "it was not read anew")
    person.sees("Online: 1 organisation, 1 unread")
    assert "the build is red" not in " ".join(person.hears("the build is red"))
    assert person.daemon.shown[-1].hints["sound-name"] == ("s", "message-new-instant")
    assert person.telex.status()["connects"] == connections


def test_the_command_brings_the_agents_window_which_leaves_nothing_and_ends_with_it(
    start: Callable[..., Person],
) -> None:
    """The window's Tk is in a process of its own."""
    person = start()
    for _ in range(2):  # the second time it is there already
        assert person.run("preferences").ended() == 0
        person.window()
    assert len(person.children()) == 1
    person.presses("Escape")
    person.window_is_gone()
    until(lambda: person.children() == [], "its process is still there")
    assert "libtk" not in Path(f"/proc/{person.agent.process.pid}/maps").read_text()
    person.opens()
    [window] = person.children()
    spent = Stopwatch()
    person.item.click("Exit")
    assert person.agent.ended() == 0
    assert spent.seconds() < 2
    until(lambda: not Path(f"/proc/{window}").exists(), "the window's process is still there")


def test_without_an_agent_the_command_opens_the_window_and_a_second_one_brings_it(start: Callable[..., Person]) -> None:
    """It opened a second one, over the same file. Start at log-in takes the place of the unit without an icon: both
    were on, and one of them found the other running. This unit is one of the person's own, so the window stays and says
    where it is."""
    person = start(agent=False)
    unit = person.folder / "config" / "systemd" / "user" / "telex-start.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\n")
    window = person.run("preferences")
    person.window()
    with Script("tests/desktop/editor_program.py", environ={**os.environ, **person.desktop.environ}) as editor:
        assert editor.next_line() == "focus"
        assert person.run("preferences").ended() == 0
        person.window()
    reload = person.run("reload")
    assert (reload.ended(), reload.output) == (0, ["Telex Start is not running."])
    person.presses("alt+w", "alt+s", "Return")
    until((person.folder / "config" / "autostart" / "telex-start.desktop").exists, "the entry is not there")
    person.presses("Return")
    assert window.ended() == 0
    assert "show_text = false\n" in person.file.read_text()
    assert not unit.exists()
    assert unit.with_name("telex-start.service.saved").read_text() == "[Service]\n"
    assert [file.name for file in person.folder.rglob("window-*")] == []
