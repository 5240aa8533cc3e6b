"""The icon: is it there, what does it show, and what does the doctor say of it."""

from __future__ import annotations

import time
from pathlib import Path

from ..check import Checks, so
from ..pictures import difference
from ..screen import AN_ICON, APPEARS_WITHIN, SETTLED
from ..stage import Stage

CHECKS = Checks()
WATCHED = 30.0
"""Seconds that an idle agent is watched."""
MOST_WAKE_UPS = 6
"""In that time: a ping of the server, which is answered, comes every 25 s."""


@CHECKS.add("icon", "The icon is there at every start, and stays")
def icon(stage: Stage) -> str:
    session = stage.session
    missing, took = [], []
    for turn in range(1, stage.starts + 1):
        began = time.monotonic()
        stage.start("--email", stage.email, "--password-stdin", given=stage.password + "\n")
        came = session.wait_for_icon(True, APPEARS_WITHIN)
        took.append(time.monotonic() - began)
        time.sleep(SETTLED)  # GNOME 43's extension takes an icon and throws it away a moment later
        if not (came and session.icon_pixels() >= AN_ICON):
            missing.append(f"start {turn}: {'lost again' if came else 'none'}")
            session.picture(f"icon-missing-{turn}")
        elif turn == 1:
            session.picture("icon")
        stage.leave()
    seen = f"{stage.starts - len(missing)} icons in {stage.starts} starts, within {max(took):.1f} s"
    so(not missing, f"{seen}; {', '.join(missing)}")
    return seen


@CHECKS.add("badge", "The icon has a badge with what is unread, another for another number, and none once all is read")
def badge(stage: Stage) -> str:
    stage.signed_in()
    session = stage.session
    none = session.tray()
    stage.direct(1, "Ben Okri", "one")
    so(session.wait_until(lambda: difference(none, session.tray())[1] >= 8, APPEARS_WITHIN), "no badge")
    session.settle(3.0)
    one = session.tray()
    session.picture("badge")
    stage.direct(1, "Ben Okri", "two")
    so(session.wait_until(lambda: difference(one, session.tray())[1] >= 3, APPEARS_WITHIN), "the same for 1 and 2")
    two = session.tray()
    stage.telex.read(1, username="Ben Okri")
    so(session.wait_until(lambda: difference(none, session.tray())[1] < 8, APPEARS_WITHIN), "it stays when all is read")
    return f"a badge of {difference(none, one)[1]} pixels, which differs by {difference(one, two)[1]} for 2"


@CHECKS.add("doctor", "telex-start doctor says what there is: display, tray, and who shows notifications")
def doctor(stage: Stage) -> str:
    said = stage.session.command("doctor")
    names = ("display", "tray host", "toasts")
    lines = {
        name: line for line in said.splitlines() for name in names if line.partition(" ")[2].lstrip().startswith(name)
    }
    for name in names:
        so(lines.get(name, "").lstrip().startswith("ok"), f"{name}: {lines.get(name)!r}")
    so(stage.desktop.daemon in lines["toasts"], f"{stage.desktop.daemon} is not in {lines['toasts']!r}")
    so(("Wayland" in lines["display"]) is stage.desktop.is_wayland, lines["display"])
    return " ".join(lines["toasts"].split())


@CHECKS.add("wake-ups", f"An idle agent wakes up at most {MOST_WAKE_UPS} times in {WATCHED:.0f} s")
def wake_ups(stage: Stage) -> str:
    pid = stage.signed_in().process.pid
    stage.session.settle()
    first = _switches(pid)
    time.sleep(WATCHED)  # what is measured is that nothing happens
    woken = _switches(pid) - first
    so(woken <= MOST_WAKE_UPS, f"{woken} in {WATCHED:.0f} s")
    return f"{woken} in {WATCHED:.0f} s"


def _switches(pid: int) -> int:
    """Voluntary context switches of all threads."""
    texts = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int(text.partition("\nvoluntary_ctxt_switches:")[2].split()[0]) for text in texts)
