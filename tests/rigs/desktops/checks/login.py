"""The login window: where it stands, who has the focus, and signing in without a mouse."""

from __future__ import annotations

from ..check import Checks, so
from ..screen import APPEARS_WITHIN, SETTLED, STARTED_WITHIN
from ..stage import Stage

CHECKS = Checks()
_TITLE = "Telex – Sign in"


def _opened(stage: Stage) -> None:
    session = stage.session
    so(session.wait_until(lambda: session.has_window(_TITLE), STARTED_WITHIN), "no login window")


@CHECKS.add("placement", "The login window stands in its corner, to the pixel")
def placement(stage: Stage) -> str:
    stage.start("--login")
    _opened(stage)
    session = stage.session
    # A window manager may move it once more, and the program then moves it back.
    session.wait_until(lambda: session.off_place(_TITLE) == (0, 0), SETTLED)
    session.settle(SETTLED)
    off = session.off_place(_TITLE)
    session.picture("login")
    so(off == (0, 0), f"off its place by {off} pixels, to the right and downwards")
    stage.leave()
    return "off its place by 0 pixels"


@CHECKS.add("login asked", "The login window that was asked for has the focus, and the keyboard does to sign in")
def asked(stage: Stage) -> str:
    session, person = stage.session, stage.person
    stage.start("--login")
    _opened(stage)
    so(session.wait_until(lambda: session.active() == _TITLE, APPEARS_WITHIN), f"the focus has {session.active()!r}")
    person.type(stage.email)
    person.press("Tab")
    person.type(stage.password)
    session.picture("login-typed")
    person.press("Return")
    so(session.wait_for_online_icon() is not None, "it is not online")
    so(session.wait_until(lambda: not session.has_window(_TITLE), APPEARS_WITHIN), "the window stays")
    stage.leave()
    return "address, Tab, password, Return: online, and the window closes"


@CHECKS.add("login unasked", "When the session ends the focus stays where it is; the person signs in again")
def unasked(stage: Stage) -> str:
    session, person = stage.session, stage.person
    stage.signed_in()
    with session.other_window():
        another = session.wait_until(lambda: session.active() == "Another", APPEARS_WITHIN)
        so(another, f"the focus has {session.active()!r}, before")
        session.settle()
        empty, notified = session.screen(), len(stage.told.told)
        stage.telex.revoke_session()
        stage.telex.kick(3005)
        if stage.desktop.spares_focus:
            _opened(stage)
            session.settle()
            session.picture("login-unasked")
            so(session.active() == "Another", f"the window takes the focus: {session.active()!r}")
            place = session.window_place(_TITLE)
            assert place is not None
            person.click(place)
            how = "by its window"
        else:
            told = stage.told.wait_for(lambda told: told.title == "Please sign in again", APPEARS_WITHIN, notified)
            so(told is not None, "no notification asks to sign in again")
            box, _ = session.wait_for_change(empty)
            session.picture("login-unasked")
            so(session.active() == "Another" and not session.has_window(_TITLE), f"focus: {session.active()!r}")
            assert box is not None
            person.click_on("Please sign in again", box)
            _opened(stage)
            how = "by a toast, whose click opens the window"
        so(session.wait_until(lambda: session.active() == _TITLE, APPEARS_WITHIN), f"focus: {session.active()!r}")
        # The address is filled in, and the password's field has the keyboard.
        person.type(stage.password)
        person.press("Return")
        so(session.wait_for_online_icon() is not None, "it is not online again")
        so(session.wait_until(lambda: not session.has_window(_TITLE), APPEARS_WITHIN), "the window stays")
    stage.leave()
    return f"asked {how}; the focus stayed"
