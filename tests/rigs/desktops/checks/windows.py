"""Checks of the program's own windows: their place, the focus, and signing in without a mouse."""

from __future__ import annotations

from functools import partial

from telex_start.menu import MenuItem

from ..check import Checks
from ..screen import SETTLED, STARTED_WITHIN
from ..stage import Stage

CHECKS = Checks()
_TITLE = "Telex – Sign in"


def _opens(stage: Stage, title: str, labels: tuple[str, ...]) -> str:
    stage.signed_in()
    how = stage.choose(*labels)
    stage.comes(lambda: stage.has_window(title), f"no window {title!r}")
    stage.comes(lambda: stage.active().startswith(title), f"{title!r} does not get the focus")
    stage.settle()
    stage.picture(labels[-1].strip("…").lower())
    _escape(stage, title)
    return f"{how}; it has the focus, and Escape closes it"


def _escape(stage: Stage, title: str) -> None:
    stage.press("Escape")
    stage.comes(lambda: not stage.has_window(title), "Escape does not close it")


for _name, _window, _into in (
    ("Preferences", "Telex – Preferences", (MenuItem.PREFERENCES.value,)),
    ("Doctor", "Telex Start – Doctor", ("Help", MenuItem.DOCTOR.value)),
    ("About", "About Telex Start", ("Help", MenuItem.ABOUT.value)),
):
    CHECKS.add(f"menu: {_name}", f"{_into[-1]} opens its window, with the focus; Escape closes it")(
        partial(_opens, title=_window, labels=_into)
    )


@CHECKS.add("menu: Sign Out and Login", "Sign Out signs out; then Login opens the window, with the focus")
def sign_out(stage: Stage) -> str:
    stage.signed_in()
    how = stage.choose(MenuItem.SIGN_OUT.value)
    login = MenuItem.LOGIN.value
    stage.menu_comes(login, "Login is not to be chosen", enabled=True)
    stage.withdraw_pointer()
    stage.settle(3.0)
    how_in = stage.choose(login)
    stage.comes(lambda: stage.active() == _TITLE, "the login window does not get the focus")
    _escape(stage, _TITLE)
    stage.leave()
    return f"signed out {how}, Login {how_in}"


# The login window.


LOGIN = Checks()


def _opened(stage: Stage) -> None:
    stage.comes(lambda: stage.has_window(_TITLE), "no login window", STARTED_WITHIN)


def _submit(stage: Stage, picture: str) -> None:
    """Type the password; Return signs in, and the window closes."""
    stage.type(stage.telex.password)
    stage.picture(picture)
    stage.press("Return")
    assert stage.wait_for_online_icon() is not None, "it is not online"
    stage.comes(lambda: not stage.has_window(_TITLE), "the window stays")


@LOGIN.add("placement", "The login window stands in its corner, to the pixel")
def placement(stage: Stage) -> str:
    stage.start("--login")
    _opened(stage)
    # A window manager may move it once more, and the program then moves it back.
    stage.wait_until(lambda: stage.off_place(_TITLE) == (0, 0), SETTLED)
    stage.settle(SETTLED)
    off = stage.off_place(_TITLE)
    stage.picture("login")
    assert off == (0, 0), f"off its place by {off} pixels, to the right and downwards"
    stage.leave()
    return "off its place by 0 pixels"


@LOGIN.add("login asked", "The login window that was asked for has the focus, and the keyboard does to sign in")
def asked(stage: Stage) -> str:
    stage.start("--login")
    _opened(stage)
    stage.comes(lambda: stage.active() == _TITLE, "it does not get the focus")
    stage.type(stage.telex.email)
    stage.press("Tab")
    _submit(stage, "login-typed")
    stage.leave()
    return "address, Tab, password, Return: online, and the window closes"


@LOGIN.add("login unasked", "When the session ends the focus stays where it is; the person signs in again")
def unasked(stage: Stage) -> str:
    stage.signed_in()
    with stage.other_window():
        stage.comes(lambda: stage.active() == "Another", "another window does not get the focus")
        stage.settle()
        empty, notified = stage.screen(), len(stage.told.told)
        stage.telex.revoke_session()
        stage.telex.kick(3005)
        if stage.desktop.spares_focus:
            _opened(stage)
            stage.settle()
            stage.picture("login-unasked")
            assert stage.active() == "Another", f"the window takes the focus: {stage.active()!r}"
            stage.click(stage.window_place(_TITLE))
            how = "by its window"
        else:
            stage.told.wait_for("Please sign in again", notified, "no notification asks to sign in again")
            box, _ = stage.wait_for_change(empty)
            stage.picture("login-unasked")
            assert stage.active() == "Another" and not stage.has_window(_TITLE), f"focus: {stage.active()!r}"
            assert box is not None
            stage.click_on("Please sign in again", box)
            _opened(stage)
            how = "by a toast, whose click opens the window"
        stage.comes(lambda: stage.active() == _TITLE, "it does not get the focus")
        _submit(stage, "login-again")  # the address is filled in already, and the password's field has the keyboard
    stage.leave()
    return f"asked {how}; the focus stayed"
