"""What somebody does who has just installed the program: sign in, look at the icon, get news, choose Exit."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.process import TIMEOUT, Process, until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox

_WINDOW = "Telex – Preferences"
_VIOLET = (110, 80, 240)
"""The icon of an agent that is online."""


def use(
    command: Sequence[str],
    picture: Path | None = None,
    within: Callable[[Sequence[str], Mapping[str, str]], list[str]] = lambda words, _: list(words),
) -> None:
    """Icon, menu, a window and a notification in xfce4-panel and dunst, with a Telex of this machine; then Exit.

    Args:
        command: The installed program.
        picture: Where the screen with icon, menu and notification is kept.
        within: The command line that runs a command with an environment elsewhere, where the program is installed.
    """
    with Sandbox("--organisations", "2") as telex, RealDesktop() as desktop:
        environ = {**desktop.environ, **telex.environ, "PATH": "/usr/bin:/bin"}
        for name in ("SANDBOX_EMAIL", "SANDBOX_PASSWORD"):
            del environ[name]
        options = ("--email", telex.email, "--password-stdin")
        with Process(within([*command, *options], environ), environ, telex.password + "\n") as agent:
            item = desktop.wait_for_item()
            until(lambda: item.labels()[0].startswith("Online"), "it does not come online")
            desktop.wait_for_colour(*_VIOLET)
            visible = ["xdotool", "search", "--sync", "--onlyvisible", "--class", "Dunst"]
            with subprocess.Popen(visible, env=desktop.environ, stdout=subprocess.DEVNULL) as toast:
                telex.message(0, "General", "the build is green", by="Ben Okri")
                assert toast.wait(TIMEOUT) == 0
            # A process of its own, which every way to install has to find its own way to start.
            item.click("Preferences…")
            until(lambda: desktop.active_title() == _WINDOW, "no window for the preferences")
            # It is active a little before it has the keyboard, and no event tells of that.
            until(lambda: desktop.active_title() != _WINDOW or desktop.xdotool("key", "Escape"), "the window stays")
            desktop.right_click_icon()
            if picture:
                desktop.screenshot(picture)
            desktop.choose("Exit")
            assert agent.ended() == 0
            assert agent.errors == ""
