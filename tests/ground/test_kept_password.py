"""Staying signed in: when the password is kept in the system's keyring, read from it, and removed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from telex_start import events
from telex_start.app.kept_password import ASK_WITHIN
from telex_start.app.sign_in import EXIT_ENDED, EXIT_REFUSED, TRAY_WITHIN
from telex_start.config import Config
from telex_start.errors import NobodyToAsk
from telex_start.events import ChildSaid, Event, SignIn, SignInFailure, StateChanged
from telex_start.menu import Request
from telex_start.news import wording
from telex_start.states import State
from telex_start.toast import Pause, Remembered
from tests.ground.app_scene import (
    CLOSED,
    CONNECTING,
    GRACE,
    ICON,
    LOGIN,
    ME,
    ONLINE,
    SESSION_OVER,
    SIGN_OUT,
    SIGNED_OUT,
    SIGNING_IN,
    SUBMITTED,
    Kept,
    Scene,
)
from tests.ground.app_scene import refusal as refused

STAYS = Config(stay_signed_in=True)
HAS = Remembered(kept=ME)
KEPT = SignIn(ME, "kept", persist=True)
READ, READ_QUIETLY, REMOVE = ("read", ME, "with a prompt"), ("read", ME, "without"), ("remove", ME)
CHANGED = ChildSaid("keyring", {"changed": True})
EXPIRED = StateChanged(State.SIGN_IN_NEEDED, "Your Telex session has ended.", expired=True)
STALE = StateChanged(State.ONLINE, organisations=1, subscribed=1, sign_in_again=True, expired=True)


def answer(word: str, request: str = "read", email: str = ME, **more: Any) -> ChildSaid:
    return ChildSaid(f"keyring {request}", {"do": request, "email": email, "keyring": word, **more})


FOUND = answer("found", password="kept")
LOCKED, AWAY = answer("locked"), answer("away")
LOCKED_TO_KEEP = answer("locked", "keep")
"""The system asks the person; another answer follows."""
REMOVED = answer("removed", "remove")


def stays(remembered: Remembered = HAS, config: Config = STAYS, *answers: Any) -> Scene:
    """A start of the agent with "stay signed in"; ``answers``: what is typed on a terminal, if there is one."""
    scene = Scene(config=config, memory=Kept(remembered))
    scene.surface.answers = [*answers] or None
    return scene


# At the start.


@pytest.mark.parametrize("at_login", [False, True])
def test_who_stays_signed_in_is_so_at_the_next_start_without_a_window(at_login: bool) -> None:
    scene = stays().play(ICON, FOUND, 200, SIGNING_IN, CONNECTING, ONLINE, at_login=at_login)
    assert (scene.keyring.asked, scene.session.sent) == ([READ], [KEPT])
    assert (scene.windows.opened, scene.said, scene.noted) == ([], [], HAS)


@pytest.mark.parametrize(
    ("remembered", "config", "asked"),
    [
        (Remembered(), STAYS, []),
        (Remembered(kept=ME, ended=True), STAYS, []),
        (HAS, STAYS._replace(email=GRACE), []),
        (HAS, STAYS._replace(email=ME.upper()), [READ]),
        (HAS, Config(), [REMOVE]),
        (Remembered(removing=(GRACE, ME)), Config(), [("remove", GRACE), REMOVE]),
    ],
    ids=["nothing", "ended", "another", "the same", "switched off", "to be removed"],
)
def test_only_what_may_be_used_is_read(remembered: Remembered, config: Config, asked: list[tuple[str, ...]]) -> None:
    scene = stays(remembered, config).play(ICON)
    assert scene.keyring.asked == asked
    assert [toast.title for toast in scene.toasts.shown] == [wording.SIGNED_OUT.title] * (READ not in asked)


@pytest.mark.parametrize("sign_in", [[], [SignIn(GRACE, "given", persist=True)]], ids=["--login", "--password-stdin"])
def test_nothing_is_read_where_another_sign_in_is_asked_for(sign_in: list[SignIn]) -> None:
    given = [*sign_in]
    scene = stays().play(given=sign_in, open_window=not sign_in)
    assert (scene.keyring.asked, scene.session.sent) == ([], given)


@pytest.mark.parametrize("word", [LOCKED, AWAY], ids=["locked", "away"])
def test_a_keyring_that_is_shut_is_waited_for_and_then_the_person_is_asked(word: ChildSaid) -> None:
    scene = stays().play(ICON, 1, word, 300)
    assert (scene.keyring.asked[0], scene.windows.opened_at) == (READ, [ASK_WITHIN])
    assert scene.windows.opened == [("", False, "")]
    assert scene.states == [State.WAITING_FOR_KEYRING, State.SIGNED_OUT]
    [waiting] = [view for view in scene.surface.views if view.state is State.WAITING_FOR_KEYRING]
    assert (waiting.status, waiting.may_log_in) == ("Waiting for the keyring", True)
    assert scene.said == []


@pytest.mark.parametrize(
    ("answers", "at"),
    [
        ([LOCKED, 5, answer("refused")], 6),
        ([answer("nothing")], 1),
        ([answer("missing", words="No library.")], 1),
        ([answer("failed", words="It broke.")], 1),
        ([events.ChildEnded("keyring read", "It cannot be started.")], 1),
        ([], ASK_WITHIN),
    ],
    ids=["refused", "nothing", "missing", "failed", "not run", "no answer"],
)
def test_without_the_password_the_window_comes_as_if_nothing_was_kept(answers: list[Event | float], at: float) -> None:
    scene = stays().play(ICON, 1, *answers, 300)
    takes_focus = at < ASK_WITHIN  # later, nobody waits for the window
    assert (scene.windows.opened_at, scene.windows.opened) == ([at], [("", takes_focus, "")])
    assert scene.noted.kept == ("" if answers == [answer("nothing")] else ME)


@pytest.mark.parametrize(("tray", "at"), [([ICON, 1], 1), ([1], 1 + TRAY_WITHIN)], ids=["with a tray", "without"])
def test_at_log_in_the_window_comes_without_the_focus_and_after_the_tray(tray: list[Any], at: float) -> None:
    scene = stays().play(*tray, answer("missing"), 60, at_login=True)
    assert (scene.windows.opened_at, scene.windows.opened) == ([at], [("", False, "")])


@pytest.mark.parametrize("window", [[], [200.0], [LOGIN]], ids=["before", "after", "asked for"])
def test_a_keyring_that_is_opened_later_signs_in_and_the_window_closes(window: list[Event | float]) -> None:
    scene = stays().play(AWAY, *window, CHANGED, LOCKED, CHANGED, FOUND, CHANGED, 300)
    assert scene.keyring.asked == [READ, READ, READ, READ_QUIETLY], "before it was watched, too; and it asks once"
    assert scene.session.sent == [KEPT]
    assert [login.closed for login in scene.windows.logins] == [True] * bool(window)
    assert not scene.keyring.watched
    assert scene.said == []


@pytest.mark.parametrize(
    ("did", "sent"),
    [
        ([LOGIN, ChildSaid("login", {"typed": True})], []),
        ([LOGIN, ChildSaid("login", {"ask": GRACE}), events.LinkMailed(GRACE)], [events.AskForLink(GRACE)]),
        ([LOGIN, SUBMITTED, SIGNING_IN], [SignIn(ME, "secret")]),
        ([LOGIN, SUBMITTED, SIGNING_IN, refused(), SIGNED_OUT], [SignIn(ME, "secret")]),
        ([events.Requested(Request.FORGET)], []),
    ],
    ids=["typed", "asked for a link", "submitted", "failed", "forgot"],
)
def test_what_the_person_does_outweighs_a_late_answer(did: list[Event], sent: list[events.Command]) -> None:
    scene = stays().play(LOCKED, *did, FOUND, CHANGED, 300)
    assert scene.session.sent == sent
    assert [request for request in scene.keyring.asked if request[0] == "read"] == [READ]
    assert scene.states[-1] is not State.WAITING_FOR_KEYRING
    assert len(scene.windows.opened) == (LOGIN in did)


# What is kept.


@pytest.mark.parametrize(
    ("remembered", "config", "said"),
    [
        (Remembered(ended=True, removing=(ME,)), STAYS, {}),
        (Remembered(kept=ME, ended=True), STAYS._replace(remember_email=False), {"stay": True}),
    ],
    ids=["given up before", "kept before"],
)
def test_the_password_of_a_sign_in_that_worked_is_kept_once_and_its_address_noted(
    remembered: Remembered, config: Config, said: dict[str, Any]
) -> None:
    submitted = ChildSaid("login", {**SUBMITTED.said, **said})
    scene = stays(remembered, config).play(LOGIN, submitted, SIGNING_IN, CONNECTING, answer("kept", "keep"), ONLINE)
    assert scene.keyring.asked == [REMOVE] * bool(remembered.removing) + [("keep", ME, "secret")]
    assert scene.noted == Remembered(email=ME if config.remember_email else "", kept=ME)
    again = stays(remembered, config).play(LOGIN, submitted, SIGNING_IN, ONLINE, replace(STALE, expired=False), ONLINE)
    assert again.keyring.asked == scene.keyring.asked


def test_that_of_the_start_is_kept_too_but_not_a_services_own() -> None:
    for unattended in (False, True):
        scene = stays(Remembered(kept=GRACE, ended=True))
        scene.play(CONNECTING, ONLINE, given=[SignIn(ME, "given", persist=True)], unattended=unattended)
        assert scene.keyring.asked == [("remove", GRACE), ("keep", ME, "given")][: 1 if unattended else 2]
        assert scene.noted == Remembered(kept="" if unattended else ME, ended=unattended, removing=(GRACE,))


@pytest.mark.parametrize(
    "after",
    [
        *([refused(), CONNECTING], [CLOSED, SIGNED_OUT, CONNECTING], [SIGN_OUT, SIGNED_OUT, CONNECTING]),
        [events.Requested(Request.FORGET), CONNECTING],
    ],
    ids=["refused", "cancelled", "signed out", "forgot"],
)
def test_one_that_did_not_work_or_was_given_up_meanwhile_is_dropped(after: list[Event]) -> None:
    scene = stays(Remembered()).play(LOGIN, SUBMITTED, SIGNING_IN, *after)
    assert scene.keyring.asked == []


def test_where_it_cannot_be_kept_that_is_said_and_the_note_goes() -> None:
    scene = stays(Remembered()).play(
        LOGIN, SUBMITTED, CONNECTING, LOCKED_TO_KEEP, answer("failed", "keep", words="it is full"), ONLINE
    )
    words = "Your password could not be put into the system's keyring, so the next start asks for it. It is full."
    assert (scene.said, scene.noted.kept) == ([("You do not stay signed in", words)], "")
    assert scene.noted.removing == (ME,), "an earlier one may be there"


def test_a_pause_and_what_is_kept_do_not_overwrite_each_other() -> None:
    scene = stays(Remembered(kept=ME, removing=(GRACE,))).play(events.Requested(Request.PAUSE, "on"), answer("nothing"))
    assert scene.noted == Remembered(pause=Pause(), removing=(GRACE,))


# A session that ends.


@pytest.mark.parametrize(
    "ends",
    [[CONNECTING, EXPIRED], [ONLINE, EXPIRED], [ONLINE, STALE, STALE, LOCKED]],
    ids=["early", "late", "beside"],
)
def test_a_session_whose_time_is_up_goes_on_by_itself(ends: list[Event]) -> None:
    scene = stays().play(FOUND, SIGNING_IN, *ends, FOUND, ONLINE)
    assert (scene.keyring.asked, scene.session.sent) == ([READ, READ], [KEPT, KEPT])
    assert (scene.windows.opened, scene.said) == ([], [])
    assert State.WAITING_FOR_KEYRING not in scene.states


def test_the_keyring_is_not_asked_again_where_the_connection_ends_meanwhile() -> None:
    scene = stays().play(FOUND, ONLINE, STALE, LOCKED, EXPIRED, answer("refused"))
    assert (scene.keyring.asked, len(scene.windows.opened), scene.said) == ([READ, READ], 1, [])


def test_without_windows_nobody_is_asked_to_open_what_a_password_is_to_be_kept_in() -> None:
    scene = stays(Remembered(), STAYS, SignIn(ME, "typed", persist=True)).play(ONLINE, LOCKED_TO_KEEP)
    assert scene.keyring.asked == [("keep", ME, "typed", "without")]
    assert [told.title for told in scene.surface.troubles] == ["You do not stay signed in"]


def test_where_it_does_not_the_person_is_asked_as_ever() -> None:
    scene = stays().play(FOUND, ONLINE, EXPIRED, LOCKED, 300)
    assert scene.states[-2:] == [State.WAITING_FOR_KEYRING, State.SIGN_IN_NEEDED]
    assert scene.windows.opened == [(ME, False, "Your Telex session has ended. Please sign in again.")]


@pytest.mark.parametrize("before", [[], [STALE, LOCKED]], ids=["", "while it waits"])
def test_one_that_telex_ended_before_its_time_asks_and_nothing_is_read_until_somebody_signs_in(before: Any) -> None:
    scene = stays().play(FOUND, ONLINE, *before, SESSION_OVER, CHANGED, FOUND)
    assert (scene.session.sent, len(scene.windows.opened), scene.noted.ended) == ([KEPT], 1, True)
    again = stays(scene.noted).play(LOGIN, SUBMITTED, SIGNING_IN, CONNECTING)
    assert again.keyring.asked == [("keep", ME, "secret")]
    assert again.noted == Remembered(email=ME, kept=ME)


def test_one_whose_access_token_alone_is_refused_early_is_noted_until_telex_takes_it_again() -> None:
    refused_early = replace(STALE, expired=False)
    scene = stays().play(FOUND, ONLINE, refused_early)
    assert (scene.keyring.asked, scene.noted.ended) == ([READ], True)
    assert not stays(scene.noted).play(refused_early, ONLINE).noted.ended


@pytest.mark.parametrize(
    "after",
    [[answer("missing")], [LOCKED, 300.0], [FOUND, refused(SignInFailure.NETWORK, session_stays=True)]],
    ids=["no keyring", "locked", "no network"],
)
def test_where_that_cannot_be_the_person_is_told_once(after: list[Event | float]) -> None:
    scene = stays().play(FOUND, ONLINE, STALE, *after, STALE)
    assert (scene.said, scene.windows.opened) == ([wording.SIGN_IN_AGAIN], [])
    without = stays(Remembered(), Config()).play(ONLINE, STALE)
    assert without.said == [wording.SIGN_IN_AGAIN]


# What is given up.


@pytest.mark.parametrize("beside", [[], [ONLINE, STALE, FOUND]], ids=["at the start", "beside a session"])
def test_a_kept_password_that_telex_refuses_is_taken_out_and_said_so(beside: list[Event]) -> None:
    scene = stays().play(
        FOUND, SIGNING_IN, *beside, refused(password_refused=True, session_stays=bool(beside)), REMOVED
    )
    assert scene.keyring.asked[-1] == REMOVE
    [(_, _, words)] = scene.windows.opened
    assert words.endswith("It was kept in the system's keyring, and is taken out.")
    assert scene.noted == Remembered()


@pytest.mark.parametrize("kind", SignInFailure, ids=lambda kind: kind.value)
def test_after_any_other_refusal_it_stays_and_the_window_opens(kind: SignInFailure) -> None:
    scene = stays().play(FOUND, SIGNING_IN, refused(kind))
    assert (scene.noted.kept, len(scene.windows.opened)) == (ME, 1)
    assert scene.keyring.asked == [READ]


@pytest.mark.parametrize(
    "gives_up",
    [
        [events.Requested(Request.FORGET)],
        *([SIGN_OUT, answer(word, "remove")] for word in ("locked", "away", "failed")),
        [events.Requested(Request.RELOAD)],
        *([ChildSaid(window, {"saved": True})] for window in ("login", "preferences")),
        [SESSION_OVER, ChildSaid("login", {"email": GRACE, "code": "123456"}), CONNECTING],
        [SESSION_OVER, ChildSaid("login", {"email": GRACE, "password": "x", "stay": False}), CONNECTING],
    ],
)
def test_what_is_given_up_is_noted_and_taken_out_at_the_next_start_at_the_latest(gives_up: list[Event]) -> None:
    scene = stays()
    scene.source.content = Config()  # without "stay"; read in the cases that reload or save
    scene.play(FOUND, SIGNING_IN, ONLINE, *gives_up)
    assert scene.keyring.asked[1] == REMOVE
    assert (scene.noted.kept in ("", GRACE), scene.noted.removing) == (True, (ME,))
    again = stays(scene.noted._replace(kept="")).play(REMOVED)
    assert (again.keyring.asked, again.noted.removing) == ([REMOVE], ())


def test_the_box_of_the_window_counts_for_the_very_sign_in() -> None:
    scene = stays(Remembered(), Config())
    scene.source.content = STAYS
    scene.put(LOGIN, ChildSaid("login", {"saved": True}), SUBMITTED)
    scene.play(CONNECTING)
    assert scene.keyring.asked == [("keep", ME, "secret")]


def test_what_is_kept_only_after_it_was_given_up_is_taken_out_again() -> None:
    scene = stays(Remembered()).play(LOGIN, SUBMITTED, CONNECTING, SIGN_OUT, REMOVED, answer("kept", "keep"))
    assert (scene.keyring.asked[1:], scene.noted) == ([REMOVE, REMOVE], Remembered(removing=(ME,)))


# On a terminal, or without one.


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        (LOCKED, "The system's keyring is locked."),
        (AWAY, "No keyring service is running."),
        (answer("nothing"), "The system's keyring holds no password for this address."),
        (answer("missing", words="install python3-keyring"), "Install python3-keyring."),
    ],
    ids=["locked", "away", "nothing", "missing"],
)
def test_without_windows_a_keyring_that_is_shut_is_said_and_the_person_is_asked(
    answered: ChildSaid, words: str
) -> None:
    by_hand = SignIn(ME, "typed", persist=True)
    for answers, code, sent in (([NobodyToAsk], EXIT_REFUSED, []), ([by_hand], 0, [by_hand])):
        scene = stays(HAS, STAYS, *answers).play(answered, 300)
        assert (scene.code, scene.session.sent, scene.keyring.asked) == (code, sent, [READ_QUIETLY])
        assert [trouble.message for trouble in scene.surface.troubles] == [words]
        assert code == 0 or words in scene.app.last_words


GIVEN = SignIn(ME, "given", persist=True)


@pytest.mark.parametrize(
    ("remembered", "given", "steps", "asked", "sent", "words"),
    [
        (HAS, [], [FOUND, ONLINE, EXPIRED, FOUND, ONLINE, EXPIRED, LOCKED], 3, [KEPT, KEPT], "has ended"),
        (Remembered(kept=ME, ended=True), [], [], 0, [], "ended the last session before its time"),
        (Remembered(kept=ME, removing=(GRACE,)), [GIVEN], [ONLINE, EXPIRED], 0, [GIVEN], "has ended"),
    ],
    ids=["open", "ended", "a service"],
)
def test_without_windows_an_open_keyring_signs_in_but_not_a_service_nor_where_telex_ended_the_session(
    remembered: Remembered, given: list[SignIn], steps: list[Event], asked: int, sent: list[SignIn], words: str
) -> None:
    scene = stays(remembered, STAYS, NobodyToAsk)
    scene.play(*steps, given=given, unattended=bool(given))
    assert (scene.code, scene.session.sent) == (EXIT_ENDED if steps else EXIT_REFUSED, sent)
    assert (scene.keyring.asked, words in scene.app.last_words) == ([READ_QUIETLY] * asked, True)
