"""Windows of the program's own: where they stand, who has the focus, and signing in without a mouse."""

from __future__ import annotations

from functools import partial

from telex_start.menu import MenuItem

from ..check import Checks
from ..screen import APPEARS_WITHIN, SETTLED, STARTED_WITHIN
from ..stage import Stage

CHECKS = Checks()
_TITLE = "Telex – Sign in"


def _opens(stage: Stage, title: str, labels: tuple[str, ...]) -> str:
    stage.signed_in()
    session = stage.session
    how = stage.person.choose(*labels)
    stage.comes(lambda: session.has_window(title), f"no window {title!r}")
    stage.comes(lambda: session.active().startswith(title), f"{title!r} does not get the focus")
    session.settle()
    session.picture(labels[-1].strip("…").lower())
    _escape(stage, title)
    return f"{how}; it has the focus, and Escape closes it"


def _escape(stage: Stage, title: str) -> None:
    stage.person.press("Escape")
    stage.comes(lambda: not stage.session.has_window(title), "Escape does not close it")


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
    session, person = stage.session, stage.person
    how = person.choose(MenuItem.SIGN_OUT.value)
    login = MenuItem.LOGIN.value
    stage.menu_comes(login, "Login is not to be chosen", enabled=True)
    session.withdraw_pointer()
    session.settle(3.0)
    how_in = person.choose(login)
    stage.comes(lambda: session.active() == _TITLE, "the login window does not get the focus")
    _escape(stage, _TITLE)
    stage.leave()
    return f"signed out {how}, Login {how_in}"


# --- the login window -------------------------------------------------------------------------------------------------


LOGIN = Checks()


def _opened(stage: Stage) -> None:
    stage.comes(lambda: stage.session.has_window(_TITLE), "no login window", STARTED_WITHIN)


def _submit(stage: Stage, picture: str) -> None:
    """Type the password; Return signs in, and the window closes."""
    stage.person.type(stage.password)
    stage.session.picture(picture)
    stage.person.press("Return")
    assert stage.session.wait_for_online_icon() is not None, "it is not online"
    stage.comes(lambda: not stage.session.has_window(_TITLE), "the window stays")


@LOGIN.add("placement", "The login window stands in its corner, to the pixel")
def placement(stage: Stage) -> str:
    stage.start("--login")
    _opened(stage)
    session = stage.session
    # A window manager may move it once more, and the program then moves it back.
    session.wait_until(lambda: session.off_place(_TITLE) == (0, 0), SETTLED)
    session.settle(SETTLED)
    off = session.off_place(_TITLE)
    session.picture("login")
    assert off == (0, 0), f"off its place by {off} pixels, to the right and downwards"
    stage.leave()
    return "off its place by 0 pixels"


@LOGIN.add("login asked", "The login window that was asked for has the focus, and the keyboard does to sign in")
def asked(stage: Stage) -> str:
    session, person = stage.session, stage.person
    stage.start("--login")
    _opened(stage)
    stage.comes(lambda: session.active() == _TITLE, "it does not get the focus")
    person.type(stage.email)
    person.press("Tab")
    _submit(stage, "login-typed")
    stage.leave()
    return "address, Tab, password, Return: online, and the window closes"


@LOGIN.add("login unasked", "When the session ends the focus stays where it is; the person signs in again")
def unasked(stage: Stage) -> str:
    session, person = stage.session, stage.person
    stage.signed_in()
    with session.other_window():
        stage.comes(lambda: session.active() == "Another", "another window does not get the focus")
        session.settle()
        empty, notified = session.screen(), len(stage.told.told)
        stage.telex.revoke_session()
        stage.telex.kick(3005)
        if stage.desktop.spares_focus:
            _opened(stage)
            session.settle()
            session.picture("login-unasked")
            assert session.active() == "Another", f"the window takes the focus: {session.active()!r}"
            place = session.window_place(_TITLE)
            assert place is not None
            person.click(place)
            how = "by its window"
        else:
            told = stage.told.wait_for(lambda told: told.title == "Please sign in again", APPEARS_WITHIN, notified)
            assert told is not None, "no notification asks to sign in again"
            box, _ = session.wait_for_change(empty)
            session.picture("login-unasked")
            assert session.active() == "Another" and not session.has_window(_TITLE), f"focus: {session.active()!r}"
            assert box is not None
            person.click_on("Please sign in again", box)
            _opened(stage)
            how = "by a toast, whose click opens the window"
        stage.comes(lambda: session.active() == _TITLE, "it does not get the focus")
        _submit(stage, "login-again")  # the address is filled in, and the password's field has the keyboard
    stage.leave()
    return f"asked {how}; the focus stayed"
