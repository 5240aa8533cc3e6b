"""Checks of the icon, of what the doctor says about it, and of the end of the agent or of the desktop."""

from __future__ import annotations

import time

from telex_start.menu import MenuItem
from tests.agent import read

from ..check import Checks
from ..screen import A_MENU, AN_ICON, APPEARS_WITHIN, SETTLED, difference
from ..stage import Stage

CHECKS = Checks()
WATCHED = 30.0
"""Seconds that an idle agent is watched."""
MOST_WAKE_UPS = 6
"""How often it may wake up in that time: it answers a ping of the server every 25 s."""


@CHECKS.add("icon", "The icon is there at every start, and stays")
def icon(stage: Stage) -> str:
    missing, took = [], []
    for turn in range(1, stage.starts + 1):
        began = time.monotonic()
        stage.start_signing_in()
        came = stage.wait_until(lambda: stage.icon_pixels() >= AN_ICON, APPEARS_WITHIN)
        took.append(time.monotonic() - began)
        time.sleep(SETTLED)  # GNOME 43's extension may take an icon and drop it a moment later
        if not (came and stage.icon_pixels() >= AN_ICON):
            missing.append(f"start {turn}: {'lost again' if came else 'none'}")
            stage.picture(f"icon-missing-{turn}")
        elif turn == 1:
            stage.picture("icon")
        stage.leave()
    seen = f"{stage.starts - len(missing)} icons in {stage.starts} starts, within {max(took):.1f} s"
    assert not missing, f"{seen}; {', '.join(missing)}"
    return seen


@CHECKS.add("badge", "The icon has a badge with what is unread, another for another number, and none once all is read")
def badge(stage: Stage) -> str:
    stage.signed_in()
    none = stage.tray()
    stage.direct(1, "Ben Okri", "one")
    stage.comes(lambda: difference(none, stage.tray())[1] >= 8, "no badge")
    stage.settle(3.0)
    one = stage.tray()
    stage.picture("badge")
    stage.direct(1, "Ben Okri", "two")
    stage.comes(lambda: difference(one, stage.tray())[1] >= 3, "the same for 1 and 2")
    two = stage.tray()
    stage.telex.read(1, username="Ben Okri")
    stage.comes(lambda: difference(none, stage.tray())[1] < 8, "it stays when all is read")
    return f"a badge of {difference(none, one)[1]} pixels, which differs by {difference(one, two)[1]} for 2"


@CHECKS.add("doctor", "telex-start doctor says what there is: display, tray, and who shows notifications")
def doctor(stage: Stage) -> str:
    said = stage.command("doctor")
    names = ("display", "tray host", "toasts")
    lines = {
        name: line for line in said.splitlines() for name in names if line.partition(" ")[2].lstrip().startswith(name)
    }
    for name in names:
        assert lines.get(name, "").lstrip().startswith("ok"), f"{name}: {lines.get(name)!r}"
    assert stage.desktop.daemon in lines["toasts"], f"{stage.desktop.daemon} is not in {lines['toasts']!r}"
    assert ("Wayland" in lines["display"]) is stage.desktop.is_wayland, lines["display"]
    return " ".join(lines["toasts"].split())


@CHECKS.add("wake-ups", f"An idle agent wakes up at most {MOST_WAKE_UPS} times in {WATCHED:.0f} s")
def wake_ups(stage: Stage) -> str:
    pid = stage.signed_in().process.pid
    stage.settle()
    first = read(pid).voluntary
    time.sleep(WATCHED)  # what is measured is that nothing happens
    woken = read(pid).voluntary - first
    assert woken <= MOST_WAKE_UPS, f"{woken} in {WATCHED:.0f} s"
    return f"{woken} in {WATCHED:.0f} s"


# Ends.


ENDS = Checks()
_RESTARTS = 3


@ENDS.add("menu: Exit", "Exit ends it at once, and its icon goes")
def menu_exit(stage: Stage) -> str:
    stage.signed_in()
    look = stage.tray()
    how = stage.choose(MenuItem.EXIT.value)
    stage.ends(look)
    return f"{how}; code 0"


@ENDS.add("--exit", "telex-start --exit ends it, and takes the program's own toast with it")
def command_exit(stage: Stage) -> str:
    empty, notified = stage.screen(), len(stage.told.told)
    stage.start()
    stage.told.wait_for("signed out", notified, "it does not say that it is signed out")
    _, count = stage.wait_for_change(empty)
    stage.picture("signed-out")
    assert count >= A_MENU, f"its toast is not shown: {count} pixels"
    look = stage.tray()
    stage.command("--exit")
    stage.ends(look)
    stage.comes(lambda: stage.change(empty)[1] < A_MENU, "its toast stays", 2.0)
    return "code 0; icon and toast go"


@ENDS.add("panel restart", f"Panel and desktop crash {_RESTARTS} times: each time the icon comes back")
def restart(stage: Stage) -> str:
    stage.signed_in()
    for turn in range(1, _RESTARTS + 1):
        stage.crash()
        stage.start_desktop()
        assert stage.wait_for_online_icon() is not None, f"no icon after crash {turn}: {stage.registered()}"
    stage.leave()
    return f"{_RESTARTS} crashes, {_RESTARTS} icons"


@ENDS.add("started first", "Started before the desktop, it has its icon once that comes, and tells what was before")
def started_first(stage: Stage) -> str:
    telex = stage.telex
    notified = len(stage.told.told)
    stage.crash()
    telex.direct(1, "Ben Okri", "before you came")
    subscribed = {name: count for name, count in telex.status()["subscriptions"].items() if count}
    stage.start_signing_in()
    # It is signed in before there is a desktop.
    telex.wait_until(lambda status: sum(status["subscriptions"].values()) > sum(subscribed.values()), 30.0)
    stage.start_desktop()
    assert stage.wait_for_online_icon() is not None, f"no icon; the tray has {stage.registered()}"
    assert stage.icon_pixels() >= AN_ICON, "no icon"
    stage.told.wait_for("While you were away", notified, "no word of what came before")
    stage.picture("started-first")
    telex.read(1, username="Ben Okri")
    stage.leave()
    return "icon, and a toast of what is unread"
