"""What a click on a toast, in the menu or in its list of unread conversations opens, asks of Telex, and when."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from telex_start.app.news_controller import AT_A_TIME
from telex_start.app.opening import SLUG_WITHIN, web_address
from telex_start.app.renewal import SELDOM
from telex_start.config import Config
from telex_start.errors import NO_THREAD
from telex_start.events import (
    ChildEnded,
    DeclineCall,
    Event,
    FetchSlug,
    IconClicked,
    MainAppAnswered,
    MarkAsRead,
    MarkAsReadFailed,
    MarkedAsRead,
    MenuClicked,
    SignedIn,
    SlugFetched,
    StateChanged,
    ToastClicked,
    UnreadClicked,
)
from telex_start.menu import MenuItem
from telex_start.states import State
from telex_start.toast import Conversation, Place
from tests.conftest import Threads
from tests.ground import desk
from tests.ground.app_scene import (
    CHANNEL,
    ONE_ORGANISATION,
    ONLINE,
    ROOT,
    SIGNED_OUT,
    Scene,
    main_app_threads,
    received,
)
from tests.ground.desk import agent, change, direct

SLUG, NO_SLUG = SlugFetched(CHANNEL, "northwind"), SlugFetched(CHANNEL, "")
BEN = Conversation(CHANNEL, "dm_channels_section", "d1")
BENS = f"open {ROOT}/northwind/dms/d1?thread_id=t1"
OVER = StateChanged(State.SIGN_IN_NEEDED)
ALL = MenuClicked(MenuItem.MARK_ALL_AS_READ)


def channel(ident: str) -> Conversation:
    return Conversation(CHANNEL, "channels_section", ident)


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    scene.turn(ONLINE, SignedIn(desk.ME["id"], (desk.ME["username"],)), ONE_ORGANISATION)
    yield scene
    scene.threads_end()


# The Telex client.


@pytest.mark.parametrize(("item", "call"), [(MenuItem.OPEN_MAIN_APP, "open"), (MenuItem.CLOSE_MAIN_APP, "close")])
def test_the_main_app_is_opened_and_closed_on_a_thread_one_at_a_time(scene: Scene, item: MenuItem, call: str) -> None:
    scene.main_app.may_go_on.clear()
    scene.turn(MenuClicked(item), MenuClicked(item))
    scene.main_app.may_go_on.set()
    assert scene.opened() == [call]
    assert threading.current_thread() not in scene.main_app.threads
    assert scene.said == [], "the desktop shows that it worked"
    assert scene.opened(MenuClicked(item)) == [call, call]


def test_what_came_of_opening_the_main_app_is_said_and_it_can_be_asked_again(scene: Scene) -> None:
    scene.main_app.result = MainAppAnswered("Telex cannot be opened", "There is no browser.")
    for times in (1, 2):
        scene.opened(MenuClicked(MenuItem.OPEN_MAIN_APP))
        assert scene.said == [("Telex cannot be opened", "There is no browser.")] * times


def test_a_main_app_that_fails_is_said_without_the_text_of_its_error(scene: Scene) -> None:
    scene.main_app.result = OSError("password=hunter2")
    scene.opened(MenuClicked(MenuItem.CLOSE_MAIN_APP))
    assert scene.said == [("Telex Start had a problem", "OSError; the log tells more.")]


def test_the_token_of_a_click_that_comes_too_soon_is_ended(scene: Scene) -> None:
    scene.main_app.may_go_on.clear()
    scene.turn(IconClicked("one"), IconClicked("two"))
    scene.main_app.may_go_on.set()
    scene.opened()
    assert (scene.main_app.tokens, scene.surface.ended_startups) == (["one"], ["two"])


def test_a_click_for_which_there_is_no_thread_is_told_and_the_next_one_opens(scene: Scene, threads: Threads) -> None:
    """Every later click had no effect, without a word."""
    toast = scene.tell(change("General", 1))
    threads.none = True
    assert scene.opened(SLUG, ToastClicked(toast, token="first")) == []
    assert scene.said == [("Telex Start had a problem", NO_THREAD)]
    assert scene.surface.ended_startups == ["first"]
    threads.none = False
    assert len(scene.opened(ToastClicked(toast, token="second"))) == 1
    assert scene.main_app.tokens == ["second"]


# Help.


def test_doctor_about_and_the_log_are_opened_with_what_they_show(scene: Scene) -> None:
    scene.turn(MenuClicked(MenuItem.DOCTOR, "1"), MenuClicked(MenuItem.ABOUT, "2"), MenuClicked(MenuItem.OPEN_LOG, "3"))
    status = {"status": "Online: 1 organisation", "muted": [], "web": ROOT}
    assert scene.windows.asked_for == [("doctor", "1", {}), ("about", "2", status), ("log", "3", {})]
    assert scene.surface.ended_startups == [], "that is theirs"


@pytest.mark.parametrize(
    ("name", "title"),
    [("doctor", "No window for Doctor"), ("about", "No window for About"), ("preferences", "No preferences window")],
)
def test_a_window_that_cannot_be_shown_is_said_with_why(scene: Scene, name: str, title: str) -> None:
    scene.turn(ChildEnded(name))
    assert scene.said == [], "the person has closed it"
    scene.turn(ChildEnded(name, "This window needs Tk."))
    assert scene.said == [(title, "This window needs Tk.")]


# A toast, and what is unread.


@pytest.mark.parametrize("listed", [False, True], ids=["toast", "menu"])
def test_a_click_opens_the_conversation_with_its_thread(scene: Scene, listed: bool) -> None:
    toast = scene.tell(change("c1", 1, last_thread_id="t1"))
    click: Event = UnreadClicked(channel("c1"), "token") if listed else ToastClicked(toast, token="token")
    assert scene.opened(SLUG, click) == [f"open {ROOT}/northwind/home/channels/c1?thread_id=t1"]
    assert (scene.main_app.tokens, scene.surface.ended_startups) == (["token"], [])


def test_the_slug_is_asked_for_once_at_the_first_toast(scene: Scene) -> None:
    scene.tell(change("a", 1))
    scene.tell(change("b", 1))
    assert scene.session.asked == [FetchSlug(CHANNEL)]
    assert scene.toasts.shown[0].url is None
    scene.turn(SLUG)
    assert scene.tell(direct()).url == BENS.removeprefix("open ")
    scene.now += 600
    scene.tell(direct(2))
    assert scene.session.asked == [FetchSlug(CHANNEL)]


def test_it_waits_two_seconds_and_no_longer(scene: Scene) -> None:
    scene.turn(ToastClicked(scene.tell(direct())))
    scene.now += SLUG_WITHIN - 0.01
    assert scene.opened() == []
    due = scene.app.turn()
    assert due is not None and due == pytest.approx(0.01)
    scene.now += due
    assert scene.opened() == [f"open {ROOT}"]


def test_a_slug_that_is_not_to_be_had_is_waited_for_no_longer_and_asked_for_again_a_minute_later(scene: Scene) -> None:
    toast = scene.tell(direct())
    assert scene.opened(ToastClicked(toast), NO_SLUG) == [f"open {ROOT}"]
    scene.now += 59
    assert scene.opened(ToastClicked(toast)) == [f"open {ROOT}"] * 2
    assert scene.session.asked == [FetchSlug(CHANNEL)]
    scene.now += 1
    assert len(scene.opened(ToastClicked(toast))) == 2, "it waits"
    assert scene.session.asked == [FetchSlug(CHANNEL)] * 2
    assert scene.opened(SLUG)[2:] == [BENS]


def test_a_newer_click_takes_the_place_of_one_that_waits(scene: Scene) -> None:
    first, second = scene.tell(change("a", 1)), scene.tell(direct())
    assert scene.opened(ToastClicked(first, token="1"), ToastClicked(second, token="2"), SLUG) == [BENS]
    assert (scene.main_app.tokens, scene.surface.ended_startups) == (["2"], ["1"])


def test_where_a_click_opens_the_client_it_waits_for_nothing(scene: Scene) -> None:
    scene.main_app.client = True
    assert len(scene.opened(ToastClicked(scene.tell(direct())))) == 1


def test_a_call_is_joined_in_the_web_app_whatever_a_click_opens() -> None:
    scene = Scene(config=Config(notification_types=("direct_call_initiated",)))
    scene.main_app.client = True
    call = {"buzz_id": "b1", "caller_id": "u-ben", "caller_name": "Ben Okri"}
    scene.turn(ONLINE, ONE_ORGANISATION)
    toast = scene.tell({"notification_type": "direct_call_initiated", "data": call})
    assert scene.opened(ToastClicked(toast, "join")) == [], "nor is the client there yet where the address is not"
    assert scene.opened(SLUG) == [f"browse {ROOT}/northwind/buzz/b1"]


def test_a_call_is_declined_once_and_one_that_is_over_is_said_so() -> None:
    scene = Scene(config=Config(notification_types=("direct_call_initiated",)))
    call = {"buzz_id": "b1", "caller_id": "u-ben", "caller_name": "Ben Okri"}
    scene.turn(ONLINE, ONE_ORGANISATION)
    toast = scene.tell({"notification_type": "direct_call_initiated", "data": call})
    scene.turn(ToastClicked(toast, "decline", "token"))
    assert scene.toasts.on_screen == []
    assert scene.surface.ended_startups == ["token"]
    scene.turn(ToastClicked(toast, "decline"))
    assert [command for command in scene.session.sent if isinstance(command, DeclineCall)] == [DeclineCall("b1")]
    assert scene.toasts.on_screen == ["The call is over"]


def test_a_summary_opens_its_organisation(scene: Scene) -> None:
    scene.tell(*(change(name, 1) for name in "abcde"))
    scene.now += 10
    scene.turn(SLUG)
    assert scene.opened(ToastClicked(scene.toasts.shown[-1])) == [f"open {ROOT}/northwind"]


def test_signing_out_forgets_slugs_and_clicks(scene: Scene) -> None:
    toast = scene.tell(direct())
    scene.turn(ToastClicked(toast, token="token"), SIGNED_OUT)
    assert scene.surface.ended_startups == ["token"]
    scene.now += 10
    assert scene.opened() == []
    scene.turn(ONLINE, ONE_ORGANISATION)
    scene.tell(direct())
    assert scene.session.asked == [FetchSlug(CHANNEL)] * 2


def test_a_conversation_is_marked_as_read_where_the_person_asks_for_it(scene: Scene) -> None:
    toast = scene.tell(direct())
    scene.turn(ToastClicked(toast, "mark-as-read", "token"))
    assert scene.session.sent == [MarkAsRead(CHANNEL, "dm_channels_section", "d1", False, "Ben Okri")]
    assert (scene.main_app.calls, scene.surface.ended_startups) == ([], ["token"])
    assert scene.toasts.closed == [], "that is told by Telex"
    scene.turn(MarkAsReadFailed("Ben Okri", "Telex refused it.", BEN))
    assert scene.said == [("Not marked as read", "Ben Okri: Telex refused it.")]


def test_mute_for_an_hour_is_chosen_by_a_button_and_the_toast_goes(scene: Scene) -> None:
    toast = scene.tell(direct())
    scene.turn(ToastClicked(toast, "mute-hour", "token"))
    [muted] = scene.surface.views[-1].muted
    assert (muted.key, muted.label, muted.until) == (BEN, "@ Ben Okri", "until 14:30")
    assert toast.title not in scene.toasts.on_screen
    assert (scene.main_app.calls, scene.surface.ended_startups, scene.session.sent) == ([], ["token"], [])


def test_what_cannot_be_marked_as_read_is_not(scene: Scene) -> None:
    scene.turn(ToastClicked(scene.tell(agent()), "mark-as-read"))
    assert scene.session.sent == []


@pytest.mark.parametrize("click", ["toast", UnreadClicked(BEN), ALL])
@pytest.mark.parametrize("state", [SIGNED_OUT, OVER], ids=lambda event: event.state.value)
def test_who_is_not_signed_in_is_asked_to(scene: Scene, state: StateChanged, click: Event | str) -> None:
    """Mark All as Read did nothing, without a word."""
    toast = scene.tell(direct())
    scene.run(state, ToastClicked(toast) if isinstance(click, str) else click)
    assert (scene.main_app.calls, scene.session.sent) == ([], [])
    assert len(scene.windows.opened) == 1


# The list in the menu.


def test_names_alone_renew_the_menu_as_seldom_as_numbers(scene: Scene) -> None:
    """On some desktops each renewal closes an open menu."""
    scene.turn(received(change("a", 1)))
    scene.wait(SELDOM)
    count = len(scene.surface.views)
    for n in range(5):  # the number stays 1
        scene.turn(received(change("ab"[n % 2], 0), change("ba"[n % 2], 1)))
    assert len(scene.surface.views) == count
    scene.wait(SELDOM)
    assert [one.label for one in scene.surface.views[-1].recent] == ["# b (1)"]


# Mark All as Read.


def several(scene: Scene, count: int) -> list[str]:
    """Make ``count`` channels unread; gives their names in the order in which they will be marked as read."""
    names = [f"c{n}" for n in range(count)]
    scene.turn(received(*(change(name, 1) for name in names)))
    return names[::-1]


def asked(scene: Scene) -> list[str]:
    return [command.ident for command in scene.session.sent if isinstance(command, MarkAsRead)]


def test_failures_are_told_together_once_all_have_ended(scene: Scene) -> None:
    scene.turn(received(change("a", 1), direct(), change("b", 1), change("c", 1)), ALL)
    scene.turn(MarkAsReadFailed("c", "Telex refused it.", channel("c")))
    scene.turn(MarkAsReadFailed("b", "Telex is busy.", channel("b")))
    scene.turn(MarkAsReadFailed("Ben Okri", "Telex refused it.", BEN))
    assert scene.said == []
    scene.turn(MarkedAsRead(channel("a")))
    assert scene.said == [("Not marked as read", "c, Ben Okri: Telex refused it.\nb: Telex is busy.")]


def test_hundreds_are_asked_for_a_few_at_a_time(scene: Scene) -> None:
    """The session lets at most a hundred wait, and the person's other requests should not wait for all of them."""
    names = several(scene, AT_A_TIME + 5)
    scene.turn(ALL, ALL)
    assert len(scene.session.sent) == AT_A_TIME
    scene.turn(MarkedAsRead(channel(names[0])))
    assert len(scene.session.sent) == AT_A_TIME + 1
    scene.turn(*(MarkedAsRead(channel(name)) for name in names))
    assert asked(scene) == names
    assert scene.said == []


def test_where_telex_is_not_reached_the_rest_is_not_tried(scene: Scene) -> None:
    names = several(scene, AT_A_TIME + 5)[:AT_A_TIME]
    why = "Telex did not answer in time."
    scene.turn(ALL, *(MarkAsReadFailed(name, why, channel(name), temporary=True) for name in names))
    assert asked(scene) == names
    [(_, said)] = scene.said
    assert said.endswith(f" and {AT_A_TIME + 5 - 6} more: {why}")


def test_of_an_agent_it_is_said_that_there_is_no_way(scene: Scene) -> None:
    scene.tell(agent())
    scene.turn(ALL)
    assert scene.session.sent == []
    assert scene.said == [("Not marked as read", "Robo: What an agent wrote can be marked as read in Telex alone.")]


@pytest.mark.parametrize("state", [SIGNED_OUT, OVER], ids=lambda event: event.state.value)
def test_what_waits_when_the_session_ends_is_forgotten(scene: Scene, state: StateChanged) -> None:
    scene.tell(change("a", 1))
    scene.turn(ALL, state, StateChanged(State.SIGNING_IN), StateChanged(State.CONNECTING), ONLINE, ONE_ORGANISATION)
    scene.tell(change("a", 2))
    scene.turn(ALL)
    assert asked(scene) == ["a", "a"]
    assert not main_app_threads()


# Addresses.

WEB = "https://zedu.chat"
OF_ACME = "org/user"


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Place(OF_ACME), "/acme"),
        (Place(OF_ACME, ("home", "channels", "c1")), "/acme/home/channels/c1"),
        (Place(OF_ACME, ("home", "channels", "c1"), "t1"), "/acme/home/channels/c1?thread_id=t1"),
        (Place(OF_ACME, ("home", "channels", "c 1?#%")), "/acme/home/channels/c%201%3F%23%25"),
        (Place(OF_ACME, (), "t1"), "/acme"),
        (Place(), ""),
    ],
)
def test_each_place_has_its_address(place: Place, path: str) -> None:
    assert web_address(WEB, "acme", place) == web_address(WEB + "/", "acme", place) == WEB + path
    assert web_address(WEB, "", place) == WEB, "without a slug it is the web app itself"


@pytest.mark.parametrize("bad", [".", "..", "a/b", "/", "..\\evil", "\ud83d"])
def test_an_id_or_slug_that_leads_elsewhere_leads_to_the_root(bad: str) -> None:
    assert web_address(WEB, "acme", Place(OF_ACME, ("dms", bad))) == WEB
    assert web_address(WEB, bad, Place(OF_ACME)) == WEB
    assert web_address(WEB, "acme", Place(OF_ACME, ("dms", "d1"), bad)) == f"{WEB}/acme/dms/d1"
