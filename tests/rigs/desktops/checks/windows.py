"""Entries of the menu that open a window of the program's own, and the end of a session by the menu."""

from __future__ import annotations

from telex_start.menu import MenuItem

from ..check import Checks, so
from ..screen import APPEARS_WITHIN
from ..stage import Stage

CHECKS = Checks()


def _opens(stage: Stage, title: str, *labels: str) -> str:
    stage.signed_in()
    session = stage.session
    how = stage.person.choose(*labels)
    so(session.wait_until(lambda: session.has_window(title), APPEARS_WITHIN), f"no window {title!r}")
    has_focus = session.wait_until(lambda: session.active().startswith(title), APPEARS_WITHIN)
    so(has_focus, f"the focus has {session.active()!r}")
    session.settle()
    session.picture(labels[-1].strip("…").lower())
    stage.person.press("Escape")
    so(session.wait_until(lambda: not session.has_window(title), APPEARS_WITHIN), "Escape does not close it")
    return f"{how}; it has the focus, and Escape closes it"


@CHECKS.add("menu: Preferences", "Preferences… opens its window, with the focus; Escape closes it")
def preferences(stage: Stage) -> str:
    return _opens(stage, "Telex – Preferences", MenuItem.PREFERENCES.value)


@CHECKS.add("menu: Doctor", "Doctor opens its window, with the focus; Escape closes it")
def doctor(stage: Stage) -> str:
    return _opens(stage, "Telex Start – Doctor", "Help", MenuItem.DOCTOR.value)


@CHECKS.add("menu: About", "About opens its window, with the focus; Escape closes it")
def about(stage: Stage) -> str:
    return _opens(stage, "About Telex Start", "Help", MenuItem.ABOUT.value)


@CHECKS.add("menu: Sign Out and Login", "Sign Out signs out; then Login opens the window, with the focus")
def sign_out(stage: Stage) -> str:
    stage.signed_in()
    session, person = stage.session, stage.person
    how = person.choose(MenuItem.SIGN_OUT.value)
    login = MenuItem.LOGIN.value
    out = session.wait_until(
        lambda: login in [entry.label for entry in person.entries() if entry.enabled], APPEARS_WITHIN
    )
    so(out, "Login is not to be chosen")
    session.withdraw_pointer()
    session.settle(3.0)
    how_in = person.choose(login)
    title = "Telex – Sign in"
    so(session.wait_until(lambda: session.active() == title, APPEARS_WITHIN), f"the focus has {session.active()!r}")
    person.press("Escape")
    so(session.wait_until(lambda: not session.has_window(title), APPEARS_WITHIN), "Escape does not close it")
    stage.leave()
    return f"signed out {how}, Login {how_in}"
