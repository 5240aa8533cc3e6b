"""Ends: of the agent, and of the desktop below it."""

from __future__ import annotations

from telex_start.menu import MenuItem

from ..check import Checks, so
from ..screen import A_MENU, AN_ICON, APPEARS_WITHIN
from ..stage import Stage

CHECKS = Checks()
_RESTARTS = 3


@CHECKS.add("menu: Exit", "Exit ends it at once, and its icon goes")
def menu_exit(stage: Stage) -> str:
    stage.signed_in()
    look = stage.session.tray()
    how = stage.person.choose(MenuItem.EXIT.value)
    code, errors = stage.has_ended()
    so(code == 0 and not errors, f"it ended with {code}: {errors}")
    so(stage.session.has_gone(look, APPEARS_WITHIN), f"the icon stays: {stage.session.registered()}")
    return f"{how}; code 0"


@CHECKS.add("--exit", "telex-start --exit ends it, and takes the program's own toast with it")
def command_exit(stage: Stage) -> str:
    session = stage.session
    empty, notified = session.screen(), len(stage.told.told)
    stage.start()
    told = stage.told.wait_for(lambda told: "signed out" in told.title, APPEARS_WITHIN, notified)
    so(told is not None, "it does not say that it is signed out")
    _, count = session.wait_for_change(empty)
    session.picture("signed-out")
    so(count >= A_MENU, f"its toast is not shown: {count} pixels")
    look = session.tray()
    said = session.command("--exit")
    code, errors = stage.has_ended()
    so(code == 0 and not errors, f"it ended with {code}: {errors}; {said}")
    so(session.has_gone(look, APPEARS_WITHIN), f"the icon stays: {session.registered()}")
    so(session.wait_until(lambda: session.change(empty)[1] < A_MENU, 2.0), "its toast stays")
    return "code 0; icon and toast go"


@CHECKS.add("panel restart", f"Panel and desktop crash {_RESTARTS} times: each time the icon comes back")
def restart(stage: Stage) -> str:
    stage.signed_in()
    session = stage.session
    for turn in range(1, _RESTARTS + 1):
        session.restart()
        so(
            session.wait_for_online_icon() is not None,
            f"no icon after crash {turn}: {session.registered()}",
        )
    stage.leave()
    return f"{_RESTARTS} crashes, {_RESTARTS} icons"


@CHECKS.add("started first", "Started before the desktop, it has its icon once that comes, and tells what was before")
def started_first(stage: Stage) -> str:
    session, telex = stage.session, stage.telex
    notified = len(stage.told.told)
    session.crash()
    telex.direct(1, "Ben Okri", "before you came")
    subscribed = {name: count for name, count in telex.status()["subscriptions"].items() if count}
    stage.start("--email", stage.email, "--password-stdin", given=stage.password + "\n")
    # It is signed in before there is a desktop.
    telex.wait_until(lambda status: sum(status["subscriptions"].values()) > sum(subscribed.values()), 30.0)
    session.start_desktop()
    so(session.wait_for_online_icon() is not None, f"no icon; the tray has {session.registered()}")
    so(session.icon_pixels() >= AN_ICON, "no icon")
    told = stage.told.wait_for(lambda told: told.title.startswith("While you were away"), APPEARS_WITHIN, notified)
    session.picture("started-first")
    telex.read(1, username="Ben Okri")
    so(told is not None, f"no word of what came before: {[told.title for told in stage.told.told[notified:]]}")
    stage.leave()
    return "icon, and a toast of what is unread"
