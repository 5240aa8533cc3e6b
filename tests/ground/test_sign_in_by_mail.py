"""Who signs in by a mailed link: what the window says and is told, and what the terminal is asked."""

from __future__ import annotations

import pytest

from telex_start.app.sign_in import EXIT_REFUSED
from telex_start.config import Config
from telex_start.errors import NobodyToAsk
from telex_start.events import (
    AskForLink,
    CancelSignIn,
    ChildSaid,
    Event,
    LinkMailed,
    MenuClicked,
    SignIn,
    SignInByLink,
    SignInFailed,
    SignInFailure,
)
from telex_start.menu import MenuItem
from tests.ground.app_scene import (
    CLOSED,
    CONNECTING,
    ME,
    ONLINE,
    SESSION_OVER,
    SIGNED_OUT,
    SIGNING_IN,
    SUBMITTED,
    Scene,
)

GRACE = "grace@example.org"
LOGIN, SIGN_OUT = MenuClicked(MenuItem.LOGIN), MenuClicked(MenuItem.SIGN_OUT)
ASKED, BACK = ChildSaid("login", {"ask": GRACE}), ChildSaid("login", {"back": True})
PASTED = ChildSaid("login", {"email": GRACE, "code": "123456"})
MAILED = LinkMailed(GRACE)
ASKING = "Asking Telex for a link…"
ON_ITS_WAY = f"A link is on its way to {GRACE}. Copy it from the mail and paste it here; do not open it."
BY_LINK = SignInByLink(GRACE, "123456")


def failed(kind: SignInFailure, words: str = "Telex says so.") -> SignInFailed:
    return SignInFailed("Sign-in refused", words, kind)


@pytest.mark.parametrize(
    ("events", "sent", "shown"),
    [
        ([ASKED, MAILED], [AskForLink(GRACE)], [ASKING, ON_ITS_WAY]),
        (
            [ASKED, MAILED, PASTED, SIGNING_IN, CONNECTING, ONLINE],
            [AskForLink(GRACE), BY_LINK],
            [ASKING, ON_ITS_WAY, "Signing in…", "Link accepted. Connecting…", "success: Signed in: 1 organisation."],
        ),
        (
            [ASKED, MAILED, PASTED, failed(SignInFailure.LINK, "It is used up."), ASKED],
            [AskForLink(GRACE), BY_LINK, AskForLink(GRACE)],
            [ASKING, ON_ITS_WAY, "Signing in…", "failure: It is used up.", ASKING],
        ),
        (
            [ASKED, failed(SignInFailure.NOBODY, "Nobody has it.")],
            [AskForLink(GRACE)],
            [ASKING, "failure: Nobody has it."],
        ),
        ([ASKED, BACK, MAILED, SUBMITTED], [AskForLink(GRACE), SignIn(ME, "secret")], [ASKING, "Signing in…"]),
    ],
    ids=["mailed", "signed in", "used up", "nobody", "back"],
)
def test_what_the_window_says_and_is_told(events: list[Event], sent: list[object], shown: list[str]) -> None:
    scene = Scene()
    scene.run(*events, open_window=True)
    assert (scene.session.sent, scene.window.shown, scene.said) == (sent, shown, [])


def test_the_window_is_told_whose_links_it_takes() -> None:
    config = Config(api_url="https://api.zedu.chat/api/v1", web_url="https://zedu.chat")
    scene = Scene(config=config)
    scene.run(open_window=True)
    urls = {"api_url": config.api_url, "web_url": config.web_url}
    assert scene.windows.shown == [{"by_mail": False, "stay": False, **urls}]


@pytest.mark.parametrize("answer", [MAILED, failed(SignInFailure.NOBODY)], ids=["mailed", "failed"])
def test_what_becomes_of_a_link_whose_window_is_closed_is_said_to_nobody(answer: Event) -> None:
    scene = Scene()
    scene.run(ASKED, CLOSED, answer, open_window=True)
    sent = [AskForLink(GRACE), CancelSignIn(session_stays=True)]  # or the next window would be told
    assert (scene.session.sent, len(scene.windows.opened)) == (sent, 1)
    assert (scene.said, scene.surface.troubles) == ([], [])


def test_closing_the_window_of_a_sign_in_by_mail_cancels_it() -> None:
    scene = Scene()
    scene.run(ASKED, MAILED, PASTED, CLOSED, open_window=True)
    assert scene.session.sent == [AskForLink(GRACE), BY_LINK, CancelSignIn()]


@pytest.mark.parametrize(
    ("events", "by_mail"),
    [
        ([PASTED, SIGNING_IN, ONLINE, SESSION_OVER], True),
        ([PASTED, SIGNING_IN, ONLINE, SIGN_OUT, SIGNED_OUT, LOGIN], False),
        ([PASTED, SIGNING_IN, ONLINE, SESSION_OVER, SUBMITTED, SIGNING_IN, ONLINE, SESSION_OVER], False),
    ],
    ids=["ended", "signed out", "by password since"],
)
def test_when_a_session_that_came_by_mail_ends_the_window_opens_on_that_way(events: list[Event], by_mail: bool) -> None:
    scene = Scene()
    scene.run(*events, open_window=True)
    assert len(scene.windows.shown) > 1
    assert scene.windows.shown[-1]["by_mail"] is by_mail


def test_a_terminal_asks_for_the_link_until_there_is_a_good_one() -> None:
    scene = Scene()
    asks, pasted = AskForLink(ME), SignInByLink(ME, "111111")
    scene.surface.by_mail = True
    scene.surface.answers = [asks, pasted, asks, pasted, asks]
    mailed, used_up, no_network = LinkMailed(ME), failed(SignInFailure.LINK), failed(SignInFailure.NETWORK)
    scene.run(mailed, used_up, no_network, SIGNING_IN, ONLINE, SESSION_OVER)
    assert scene.session.sent == [asks, pasted, asks, pasted, asks]
    assert scene.surface.asked_for == [ME, *[f"the link to {ME}"] * 3, ME]


def test_a_terminal_where_nobody_has_the_address_is_the_end() -> None:
    scene = Scene()
    scene.surface.by_mail = True
    scene.surface.answers = [AskForLink(ME), NobodyToAsk]
    assert scene.run(failed(SignInFailure.NOBODY, "Nobody has it.")) == EXIT_REFUSED
    assert scene.app.last_words == "signing in was refused: Nobody has it."
