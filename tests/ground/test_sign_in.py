"""Asking for credentials, by window or terminal: when, what the login window says, and with which e-mail address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telex_start import events
from telex_start.app.sign_in import EXIT_ENDED, EXIT_REFUSED, TRAY_WITHIN, WAIT_WITHIN
from telex_start.config import ENVIRONMENTS, Config
from telex_start.errors import NobodyToAsk
from telex_start.menu import Request
from telex_start.news import wording
from telex_start.states import State
from telex_start.toast import Remembered
from tests.ground.app_scene import (
    CLOSED,
    CONNECTING,
    GRACE,
    ICON,
    LOGIN,
    ME,
    ONLINE,
    OWN_WORDS,
    RECONNECTING,
    SESSION_OVER,
    SIGN_OUT,
    SIGNED_OUT,
    SIGNING_IN,
    SUBMITTED,
    Kept,
    Scene,
    refusal,
)

SUBMITTED_BY_GRACE = events.ChildSaid("login", {"email": GRACE, "password": "s3cret"})
ENDED = "Your Telex session has ended. Please sign in again."
SIGN_IN_NEEDED = (wording.SIGN_IN_NEEDED.title, wording.SIGN_IN_NEEDED.body)
SIGN_IN_BY_CLICK = (wording.SIGN_IN_BY_CLICK.title, wording.SIGN_IN_BY_CLICK.body)
HINT = (wording.SIGNED_OUT.title, wording.SIGNED_OUT.body)
CANCELLED = events.StateChanged(State.SIGN_IN_NEEDED)
"""The session's answer if it has stream positions, from which the same person may want to go on."""
STALE = events.StateChanged(State.ONLINE, organisations=1, subscribed=1, sign_in_again=True)
BUSY, ACCEPTED, SUCCESS = "Signing in…", "Password accepted. Connecting…", "success: Signed in: 1 organisation."


def online(organisations: int, subscribed: int, refused: int = 0) -> events.StateChanged:
    return events.StateChanged(State.ONLINE, "", organisations, subscribed, refused)


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    assert isinstance(made.said, list), "whatever the test was about, all that was said was told"


# Without a window.


def test_credentials_given_at_the_start_go_to_the_session_and_are_kept_nowhere(scene: Scene) -> None:
    given = events.SignIn(GRACE, "secret", persist=True)
    box = [given]
    scene.run(LOGIN, sign_in=box)
    assert (scene.session.sent, box) == ([given], [])
    assert scene.surface.asked_for == []
    assert scene.windows.opened == [(GRACE, True, "")]


@pytest.mark.parametrize(
    ("happens", "said"),
    [([ICON, ICON, SIGNING_IN], [HINT]), ([SIGNING_IN, ICON, SIGNED_OUT, ICON], [])],
    ids=["once", "somebody is signing in already"],
)
def test_the_icon_comes_with_a_hint_that_goes_at_a_sign_in(
    scene: Scene, happens: list[events.Event], said: list[tuple[str, str]]
) -> None:
    scene.run(*happens)
    assert (scene.said, scene.windows.opened, scene.toasts.on_screen) == (said, [], [])
    assert wording.SIGNED_OUT.transient


def test_a_terminal_is_asked_and_again_after_a_refusal(scene: Scene) -> None:
    answers = [events.SignIn(GRACE, "wrong", persist=True), events.SignIn(GRACE, "secret", persist=True)]
    scene.surface.answers = [*answers, NobodyToAsk]
    assert scene.run(refusal(), refusal()) == EXIT_REFUSED
    assert (scene.surface.asked_for, scene.session.sent) == ([ME, GRACE, GRACE], answers)
    assert scene.windows.opened == []
    assert scene.app.last_words == "signing in was refused: Please check both."


@pytest.mark.parametrize(
    ("answer", "code", "words"), [(KeyboardInterrupt, 0, ""), (NobodyToAsk, EXIT_REFUSED, "nobody is there")]
)
def test_a_question_without_answer_is_the_end(scene: Scene, answer: type[BaseException], code: int, words: str) -> None:
    scene.surface.answers = [answer]
    assert scene.run() == code
    assert scene.app.last_words == words
    assert scene.session.life == ["stopped"]


def test_a_terminal_is_told_that_the_session_is_over_and_asked(scene: Scene) -> None:
    again = events.SignIn(ME, "secret", persist=True)
    scene.surface.answers = [again, again]
    assert scene.run(ONLINE, SESSION_OVER) == 0
    assert (scene.said, scene.session.sent) == ([SIGN_IN_NEEDED], [again, again])


def test_where_nobody_can_be_asked_a_session_that_is_over_is_the_end(scene: Scene) -> None:
    scene.surface.answers = [NobodyToAsk]
    assert scene.run(ONLINE, SESSION_OVER, sign_in=[events.SignIn(ME, "secret")]) == EXIT_ENDED
    assert scene.app.last_words == "the session has ended: Your Telex session has ended."
    assert scene.said == [SIGN_IN_NEEDED]


# The window is opened.


def test_login_opens_the_window_and_then_brings_it_forward(scene: Scene) -> None:
    scene.run(LOGIN, LOGIN)
    assert scene.windows.opened == [(ME, True, "")]
    assert scene.surface.asked_for == [ME]
    assert scene.window.shown == ["front"]


@pytest.mark.parametrize("state", [CONNECTING, ONLINE, RECONNECTING], ids=lambda event: event.state.value)
@pytest.mark.parametrize("again", [False, True])
def test_login_opens_it_where_a_session_must_be_renewed(scene: Scene, state: events.StateChanged, again: bool) -> None:
    asked = events.StateChanged(state.state, sign_in_again=again)
    scene.turn(asked, events.Requested(Request.LOGIN))
    assert scene.opened() == ([] if again else ["open"])
    scene.run(LOGIN)
    assert scene.windows.opened == [(ME, True, "")] * again


def test_asking_for_the_window_that_shows_its_success_opens_another(scene: Scene) -> None:
    scene.run(SUBMITTED, SIGNING_IN, CONNECTING, STALE, LOGIN, ONLINE, STALE, LOGIN, open_window=True)
    assert [window.closed for window in scene.windows.logins] == [True, True]
    assert scene.windows.logins[0].shown == [BUSY, ACCEPTED, "front", SUCCESS]


@pytest.mark.parametrize("state", [CONNECTING, ONLINE, RECONNECTING], ids=lambda event: event.state.value)
def test_a_session_that_is_over_needs_the_person(scene: Scene, state: events.StateChanged) -> None:
    scene.run(state, SESSION_OVER)
    assert scene.said == []  # the window says it, and a toast would be in front of it
    assert scene.windows.opened == [(ME, False, ENDED)]


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        # Some desktops (sway) focus each new window: words being typed elsewhere would go into its password field.
        ([refusal(events.SignInFailure.FORM, "The form is wrong.")], ("Sign-in refused", "The form is wrong.")),
        ([ONLINE, SESSION_OVER], SIGN_IN_BY_CLICK),
    ],
)
def test_where_a_window_would_take_the_focus_there_is_a_toast_and_a_click_on_it_opens_the_window(
    scene: Scene, happens: list[events.Event], words: tuple[str, str]
) -> None:
    scene.surface.spares_the_focus = False
    scene.run(*happens, events.ToastClicked(OWN_WORDS, token="token"), sign_in=[events.SignIn(ME, "wrong")])
    assert scene.said == [words]
    assert scene.windows.opened == [(ME, True, "")]
    assert scene.surface.ended_startups == ["token", ""]  # the second token is that of the click on Exit
    assert scene.window.closed
    assert scene.toasts.on_screen == [], "it would be in front of the window"


@pytest.mark.parametrize(
    ("after", "left"), [(events.MachineWoke(), ["Please sign in again"]), (SIGNING_IN, []), (SIGNED_OUT, [])]
)
def test_please_sign_in_again_goes_when_it_holds_no_more(scene: Scene, after: events.Event, left: list[str]) -> None:
    """The toast stayed until the next log-out of the desktop, and held back every later toast on GNOME and Cinnamon."""
    scene.surface.spares_the_focus = False
    scene.run(ONLINE, SESSION_OVER, after)
    assert scene.said == [SIGN_IN_BY_CLICK]
    assert scene.toasts.on_screen == left


@pytest.mark.parametrize(
    ("happens", "title"), [([LOGIN], "No login window"), ([ONLINE, SESSION_OVER], "Please sign in again")]
)
def test_a_window_that_fails_is_said_and_another_opens(scene: Scene, happens: list[events.Event], title: str) -> None:
    scene.turn(*happens, events.ChildEnded("login", "It needs XWayland."))
    assert scene.said == [(title, "It needs XWayland.")]
    scene.windows.logins[0].closed = True
    scene.turn(LOGIN)
    assert len(scene.windows.logins) == 2
    assert scene.toasts.on_screen == []


def test_a_sign_in_goes_on_without_its_window_and_one_that_ended_says_nothing(scene: Scene) -> None:
    scene.turn(LOGIN, SUBMITTED, events.ChildEnded("login"), CLOSED, SIGNING_IN, CONNECTING, ONLINE)
    assert (scene.session.sent, scene.said) == ([events.SignIn(ME, "secret")], [])
    assert scene.windows.logins[0].shown == [BUSY]


@pytest.mark.parametrize("kind", events.SignInFailure, ids=lambda kind: kind.value)
def test_refused_credentials_of_the_start_open_a_window_that_says_why(scene: Scene, kind: events.SignInFailure) -> None:
    scene.run(refusal(kind), sign_in=[events.SignIn(ME, "wrong")])
    [trouble] = scene.surface.troubles
    needs_another = kind in (events.SignInFailure.CREDENTIALS, events.SignInFailure.FORM, events.SignInFailure.REFUSED)
    assert scene.windows.opened == [(ME, False, trouble.message)] * needs_another


def test_a_sign_in_that_ends_without_a_session_says_nothing_of_one(scene: Scene) -> None:
    scene.run(SIGNING_IN, SESSION_OVER)
    assert (scene.said, scene.windows.opened) == ([], [])


# What the window says.


@pytest.mark.parametrize(
    ("happens", "shown"),
    [
        (
            [SIGNING_IN, CONNECTING, online(3, 0), online(3, 1)],
            [BUSY, ACCEPTED, "success: Signed in: 3 organisations."],
        ),
        ([RECONNECTING, CONNECTING], [BUSY, ACCEPTED]),
        ([online(0, 0)], [BUSY, "success: Signed in. You are in no organisation yet."]),
        ([online(2, 0, refused=1)], [BUSY]),
        (
            [online(2, 0, refused=2)],
            [BUSY, "success: Signed in, but Telex refuses notifications for all your organisations."],
        ),
        ([events.Trouble("No connection to Telex", "It is down.")], [BUSY]),
        ([CONNECTING, events.Trouble("No connection", "It is down.")], [BUSY, ACCEPTED, "It is down. Trying again…"]),
        ([CONNECTING, events.Trouble("No connection.", "")], [BUSY, ACCEPTED, "No connection. Trying again…"]),
        ([CONNECTING, SESSION_OVER], [BUSY, ACCEPTED, "failure: Your Telex session has ended."]),
        ([CONNECTING, CANCELLED], [BUSY, ACCEPTED, f"failure: {ENDED}"]),
    ],
)
def test_a_sign_in_is_said_in_its_window_alone(scene: Scene, happens: list[events.Event], shown: list[str]) -> None:
    scene.run(SUBMITTED, *happens, open_window=True)
    assert scene.session.sent == [events.SignIn(ME, "secret")]
    assert scene.window.shown == shown
    assert (scene.said, len(scene.windows.opened)) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "message", "words"),
    [
        (events.SignInFailure.CREDENTIALS, "Please check both.", "Please check both."),
        (events.SignInFailure.REFUSED, "Telex says: account suspended.", "Telex says: account suspended."),
        (events.SignInFailure.FORM, "email is not valid", "email is not valid"),
        (events.SignInFailure.TELEX, "HTTP 404", "Sign-in refused: HTTP 404."),
        (
            events.SignInFailure.TELEX,
            "A redirect came: does this network ask you?",
            "A redirect came: does this network ask you?",
        ),
        (events.SignInFailure.NETWORK, "The proxy wants a password.", "The proxy wants a password."),
    ],
)
def test_a_failure_is_said_by_its_cause_and_tried_again(kind: events.SignInFailure, message: str, words: str) -> None:
    scene = Scene(config=Config(**ENVIRONMENTS["zedu"]._asdict()))
    scene.run(SUBMITTED, refusal(kind, message), SUBMITTED, open_window=True)
    assert scene.window.shown == [BUSY, f"failure: {words}", BUSY]
    assert (scene.surface.troubles, scene.toasts.shown, len(scene.windows.opened)) == ([], [], 1)


def test_where_telex_is_not_reached_the_window_names_the_other_environment(scene: Scene) -> None:
    scene.run(SUBMITTED, refusal(events.SignInFailure.NETWORK, "Is this computer online?"), open_window=True)
    assert scene.window.shown[-1].startswith("failure: Is this computer online? If other pages")
    assert scene.window.shown[-1].endswith('try environment = "zedu".')


def test_ten_seconds_after_the_password_the_window_does_not_wait_any_more(scene: Scene) -> None:
    scene.turn(LOGIN, SUBMITTED, CONNECTING)
    assert scene.app.turn() == WAIT_WITHIN
    scene.wait(WAIT_WITHIN - 0.1)
    assert scene.window.shown == [BUSY, ACCEPTED]
    scene.wait(0.1)
    assert scene.window.shown == [BUSY, ACCEPTED, "success: Signed in, waiting for Telex."]
    assert not scene.window.closed
    scene.wait(2)
    assert scene.window.closed


def test_a_sign_in_of_the_start_that_succeeds_leaves_no_window_that_asks(scene: Scene) -> None:
    """A good session ignores a second sign-in, so the window's own would never end."""
    scene.run(
        *(SIGNING_IN, LOGIN, CONNECTING, SUBMITTED_BY_GRACE, ONLINE, SUBMITTED_BY_GRACE),
        sign_in=[events.SignIn(ME, "secret", persist=True)],
    )
    assert scene.session.sent == [events.SignIn(ME, "secret", persist=True)]
    assert scene.window.shown == [ACCEPTED, SUCCESS]


def test_a_session_that_is_still_good_is_no_success_of_the_sign_in_beside_it(scene: Scene) -> None:
    scene.run(STALE, LOGIN, SUBMITTED, STALE, SIGNED_OUT, SIGNING_IN, CONNECTING, online(3, 3))
    assert scene.window.shown == [BUSY, ACCEPTED, "success: Signed in: 3 organisations."]


# The person calls it off.


def test_closing_the_window_of_a_sign_in_cancels_it_and_the_next_window_knows_the_name(scene: Scene) -> None:
    scene.run(SUBMITTED_BY_GRACE, CLOSED, LOGIN, open_window=True)
    assert scene.session.sent == [events.SignIn(GRACE, "s3cret"), events.CancelSignIn()]
    assert [email for email, _, _ in scene.windows.opened] == [ME, GRACE]


def test_closing_a_window_that_has_sent_nothing_cancels_nothing(scene: Scene) -> None:
    scene.turn(LOGIN, CLOSED, SUBMITTED)
    assert (scene.session.sent, scene.window.closed) == ([], True)


@pytest.mark.parametrize("accepted", [[], [CONNECTING], [CONNECTING, RECONNECTING]], ids=["asking", "accepted", "late"])
def test_signing_out_by_the_menu_closes_the_window_that_signs_in(scene: Scene, accepted: list[events.Event]) -> None:
    """The window said "Signing in…" for ever, or after ten seconds that it had signed in."""
    scene.turn(LOGIN, SUBMITTED, SIGNING_IN, *accepted, SIGN_OUT)
    assert scene.window.closed
    scene.turn(SIGNED_OUT)
    assert scene.session.sent == [events.SignIn(ME, "secret"), events.SignOut()]
    assert not any("success" in words or "failure" in words for words in scene.window.shown)
    assert (scene.said, len(scene.windows.opened)) == ([], 1)


def test_login_right_after_sign_out_opens_a_window_that_stays(scene: Scene) -> None:
    """The first window still showed its success: Login brought that window forward, and it closed a moment later."""
    scene.turn(LOGIN, SUBMITTED, SIGNING_IN, CONNECTING, ONLINE, SIGN_OUT, SIGNED_OUT, LOGIN, SUBMITTED)
    scene.wait(2)
    assert [window.closed for window in scene.windows.logins] == [True, False]
    assert scene.windows.logins[0].shown[-1].startswith("success")
    assert scene.session.sent == [events.SignIn(ME, "secret"), events.SignOut(), events.SignIn(ME, "secret")]


@pytest.mark.parametrize(
    "between", [[], [CLOSED, CANCELLED, SIGNING_IN]], ids=["while its success is shown", "after one that was left"]
)
def test_a_session_that_is_over_has_a_window_of_its_own(scene: Scene, between: list[events.Event]) -> None:
    scene.run(SUBMITTED, SIGNING_IN, CONNECTING, *between, ONLINE, SESSION_OVER, open_window=True)
    assert scene.windows.opened[1:] == [(ME, False, ENDED)]


@pytest.mark.parametrize("accepted", [CONNECTING, ONLINE], ids=lambda event: event.state.value)
@pytest.mark.parametrize("leave", [CLOSED, SIGN_OUT], ids=["Cancel", "Sign Out"])
def test_leaving_a_sign_in_ends_no_session(scene: Scene, accepted: events.StateChanged, leave: events.Event) -> None:
    """A person who had just cancelled got a toast, and a new window."""
    live = events.StateChanged(accepted.state, organisations=1)
    scene.run(SUBMITTED, SIGNING_IN, live, leave, CANCELLED, open_window=True)
    assert (scene.said, len(scene.windows.opened)) == ([], 1)


def test_a_refusal_that_crosses_the_cancelling_of_its_sign_in_opens_no_window(scene: Scene) -> None:
    scene.run(SUBMITTED, CLOSED, refusal(), CANCELLED, open_window=True)
    assert (scene.surface.troubles, len(scene.windows.opened)) == ([], 1)


def test_neither_does_one_of_a_sign_in_beside_a_session(scene: Scene) -> None:
    scene.run(STALE, LOGIN, SUBMITTED, CLOSED, refusal(session_stays=True))
    assert (scene.said, len(scene.windows.opened)) == ([wording.SIGN_IN_AGAIN], 1)
    assert scene.session.sent == [events.SignIn(ME, "secret"), events.CancelSignIn(session_stays=True)]


@pytest.mark.parametrize("again", [LOGIN, events.IconClicked(), events.Requested(Request.OPEN)], ids=repr)
@pytest.mark.parametrize("before", [[], [SUBMITTED, SIGNING_IN, CONNECTING]], ids=["idle", "busy"])
def test_asked_for_while_it_closes_it_opens(scene: Scene, before: list[events.Event], again: events.Event) -> None:
    """The click was lost: it only brought the closing window forward."""
    scene.turn(LOGIN, *before, CLOSED, CLOSED, again)
    assert [window.closed for window in scene.windows.logins] == [True, False]
    assert scene.windows.logins[1].shown == []
    assert scene.main_app.calls == []
    assert scene.session.sent[1:] == [events.CancelSignIn()] * bool(before), "once"


def test_what_is_left_of_a_cancelled_sign_in_means_nothing_to_the_next_one(scene: Scene) -> None:
    scene.turn(LOGIN, SUBMITTED, SIGNING_IN, CLOSED, LOGIN, SUBMITTED)
    scene.run(ONLINE, SESSION_OVER, SIGNING_IN, CONNECTING, ONLINE)
    assert scene.windows.logins[1].shown == [BUSY, ACCEPTED, SUCCESS]
    assert scene.said == []


def test_sign_out_right_after_a_cancelled_sign_in_does_not_silence_the_next_one(scene: Scene) -> None:
    """The next window said "Signing in…" for ever: it waited for the end of the cancelled sign-in, which never came."""
    scene.turn(LOGIN, SUBMITTED, SIGNING_IN, CLOSED, SIGNED_OUT, SIGN_OUT, LOGIN)
    scene.run(SUBMITTED, SIGNING_IN, CONNECTING, ONLINE)
    assert scene.windows.logins[1].shown == [BUSY, ACCEPTED, SUCCESS]


# A start by the desktop at log-in.


def test_the_window_opens_once_a_tray_has_come_without_the_focus_and_with_the_address() -> None:
    scene = Scene(None, memory=Kept(Remembered(email=GRACE))).play(4, ICON, CLOSED, 86, at_login=True)
    assert (scene.code, scene.said) == (0, [])
    assert scene.windows.opened_at == [4]
    assert scene.windows.opened == [(GRACE, False, "")]


@pytest.mark.parametrize("tray", [[15.0, CLOSED, 25.0, ICON, 20.0], [60.0]], ids=["late", "never"])
def test_without_a_tray_it_opens_after_a_while_and_only_once_and_the_tray_is_said_to_be_missing(
    scene: Scene, tray: list[events.Event | float]
) -> None:
    """After a start at log-in, the tray waits 60 seconds before it reports that no tray is there."""
    scene.play(*tray, events.TrayMissing("This desktop has no tray"), 30, at_login=True)
    assert scene.windows.opened_at == [TRAY_WITHIN] == [15]
    assert scene.windows.opened == [(ME, False, "")]
    assert [title for title, _ in scene.said] == ["No tray for the icon"] * (ICON not in tray)


@pytest.mark.parametrize("before", [events.Requested(Request.OPEN), events.Requested(Request.LOGIN), LOGIN])
def test_a_person_who_was_quicker_is_not_asked_again(scene: Scene, before: events.Event) -> None:
    scene.play(2, before, CLOSED, 2, ICON, 86, at_login=True)
    assert scene.windows.opened_at == [2]
    assert scene.windows.opened == [(ME, True, "")]


def test_who_has_signed_in_meanwhile_is_not_asked(scene: Scene) -> None:
    scene.play(1, SIGNING_IN, 1, CONNECTING, ONLINE, 2, SIGNED_OUT, 1, ICON, 86, at_login=True)
    assert scene.windows.opened_at == []


def test_where_a_window_would_take_the_focus_a_toast_asks(scene: Scene) -> None:
    scene.surface.spares_the_focus = False
    scene.play(4, ICON, 86, at_login=True)
    assert scene.windows.opened_at == []
    assert scene.toasts.shown == [wording.SIGNED_OUT_BY_CLICK]


def test_a_terminal_is_asked_at_log_in_too(scene: Scene) -> None:
    scene.surface.answers = [events.SignIn(ME, "secret")]
    scene.play(at_login=True)
    assert scene.session.sent == [events.SignIn(ME, "secret")]


# The e-mail address.


@pytest.mark.parametrize(
    ("happens", "kept"),
    [
        ([CONNECTING, ONLINE], GRACE),
        ([CONNECTING, ONLINE, SIGN_OUT, SIGNED_OUT, LOGIN], ""),
        ([refusal()], ""),
        ([CLOSED, SIGNED_OUT, SIGNING_IN, ONLINE], ""),
        ([refusal(), CONNECTING, ONLINE], ""),
    ],
    ids=["signed in", "signed out", "refused", "called off", "another sign-in"],
)
def test_the_address_of_a_sign_in_by_the_window_is_kept(happens: list[events.Event], kept: str) -> None:
    memory = Kept()
    Scene(None, memory=memory).run(LOGIN, SUBMITTED_BY_GRACE, SIGNING_IN, *happens)
    assert memory.kept.email == kept
    scene = Scene(None, memory=memory)
    scene.run(LOGIN)
    assert scene.windows.opened == [(kept, True, "")]


def test_a_configured_address_comes_first() -> None:
    scene = Scene(ME, memory=Kept(Remembered(email=GRACE)))
    scene.run(LOGIN)
    assert scene.windows.opened == [(ME, True, "")]


def test_a_sign_in_without_the_window_is_not_remembered() -> None:
    memory = Kept()
    Scene(memory=memory).run(SIGNING_IN, CONNECTING, ONLINE, sign_in=[events.SignIn(ME, "s3cret", persist=True)])
    assert memory.kept.email == ""


def test_who_does_not_want_it_remembered_finds_it_forgotten() -> None:
    memory = Kept(Remembered(email=GRACE))
    scene = Scene(None, Config(remember_email=False), memory)
    scene.run(LOGIN, SUBMITTED_BY_GRACE, SIGNING_IN, CONNECTING, ONLINE)
    assert scene.windows.opened == [("", True, "")]
    assert memory.kept.email == ""


# By a mailed link.


ASKED, BACK = events.ChildSaid("login", {"ask": GRACE}), events.ChildSaid("login", {"back": True})
PASTED = events.ChildSaid("login", {"email": GRACE, "code": "123456"})
MAILED = events.LinkMailed(GRACE)
ASKING = "Asking Telex for a link…"
ON_ITS_WAY = f"A link is on its way to {GRACE}. Copy it from the mail and paste it here; do not open it."
ASKS, BY_LINK = events.AskForLink(GRACE), events.SignInByLink(GRACE, "123456")
USED_UP, NOBODY = refusal(events.SignInFailure.LINK, "It is used up."), refusal(events.SignInFailure.NOBODY, "Who?")


@pytest.mark.parametrize(
    ("happens", "sent", "shown"),
    [
        ([ASKED, MAILED], [ASKS], [ASKING, ON_ITS_WAY]),
        (
            [ASKED, MAILED, PASTED, SIGNING_IN, CONNECTING, ONLINE],
            [ASKS, BY_LINK],
            [ASKING, ON_ITS_WAY, BUSY, "Link accepted. Connecting…", SUCCESS],
        ),
        (
            [ASKED, MAILED, PASTED, USED_UP, ASKED],
            [ASKS, BY_LINK, ASKS],
            [ASKING, ON_ITS_WAY, BUSY, "failure: It is used up.", ASKING],
        ),
        ([ASKED, NOBODY], [ASKS], [ASKING, "failure: Who?"]),
        ([ASKED, BACK, MAILED, SUBMITTED], [ASKS, events.SignIn(ME, "secret")], [ASKING, BUSY]),
    ],
    ids=["mailed", "signed in", "used up", "nobody", "back"],
)
def test_what_the_window_says_and_is_told(
    scene: Scene, happens: list[events.Event], sent: list[object], shown: list[str]
) -> None:
    scene.run(*happens, open_window=True)
    assert (scene.session.sent, scene.window.shown, scene.said) == (sent, shown, [])


def test_the_window_is_told_whose_links_it_takes() -> None:
    config = Config(api_url="https://api.zedu.chat/api/v1", web_url="https://zedu.chat")
    scene = Scene(config=config)
    scene.run(open_window=True)
    urls = {"api_url": config.api_url, "web_url": config.web_url}
    assert scene.windows.shown == [{"by_mail": False, "stay": False, **urls}]


@pytest.mark.parametrize("answer", [MAILED, refusal(events.SignInFailure.NOBODY)], ids=["mailed", "failed"])
def test_what_becomes_of_a_link_whose_window_is_closed_is_said_to_nobody(scene: Scene, answer: events.Event) -> None:
    scene.run(ASKED, CLOSED, answer, open_window=True)
    sent = [ASKS, events.CancelSignIn(session_stays=True)]  # cancelled, or the next window would get the answer
    assert (scene.session.sent, len(scene.windows.opened)) == (sent, 1)
    assert (scene.said, scene.surface.troubles) == ([], [])


@pytest.mark.parametrize(
    ("happens", "by_mail"),
    [
        ([PASTED, SIGNING_IN, ONLINE, SESSION_OVER], True),
        ([PASTED, SIGNING_IN, ONLINE, SIGN_OUT, SIGNED_OUT, LOGIN], False),
        ([PASTED, SIGNING_IN, ONLINE, SESSION_OVER, SUBMITTED, SIGNING_IN, ONLINE, SESSION_OVER], False),
    ],
    ids=["ended", "signed out", "by password since"],
)
def test_a_session_that_came_by_mail_ends_in_a_window_on_that_way(
    scene: Scene, happens: list[events.Event], by_mail: bool
) -> None:
    scene.run(*happens, open_window=True)
    assert len(scene.windows.shown) > 1
    assert scene.windows.shown[-1]["by_mail"] is by_mail


def test_a_terminal_asks_for_the_link_until_there_is_a_good_one(scene: Scene) -> None:
    asks, pasted = events.AskForLink(ME), events.SignInByLink(ME, "111111")
    scene.surface.by_mail = True
    scene.surface.answers = [asks, pasted, asks, pasted, asks]
    mailed, used_up, no_network = (
        events.LinkMailed(ME),
        refusal(events.SignInFailure.LINK),
        refusal(events.SignInFailure.NETWORK),
    )
    scene.run(mailed, used_up, no_network, SIGNING_IN, ONLINE, SESSION_OVER)
    assert scene.session.sent == [asks, pasted, asks, pasted, asks]
    assert scene.surface.asked_for == [ME, *[f"the link to {ME}"] * 3, ME]


def test_a_terminal_where_nobody_has_the_address_is_the_end(scene: Scene) -> None:
    scene.surface.by_mail = True
    scene.surface.answers = [events.AskForLink(ME), NobodyToAsk]
    assert scene.run(refusal(events.SignInFailure.NOBODY, "Nobody has it.")) == EXIT_REFUSED
    assert scene.app.last_words == "signing in was refused: Nobody has it."
