"""Where a click on a toast leads, and when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telex_start.app.toast_clicks import SLUG_WITHIN
from telex_start.errors import NO_THREAD
from telex_start.events import (
    Event,
    How,
    LookUpSlug,
    MarkAsRead,
    MarkAsReadFailed,
    MuteChosen,
    Organisation,
    OrganisationsChanged,
    ProfileLookedUp,
    PublicationsReceived,
    SignedIn,
    SlugLookedUp,
    StateChanged,
    ToastClicked,
    WatchAgents,
)
from telex_start.menu import MuteFor
from telex_start.states import State
from telex_start.toast import Conversation, Toast
from tests.conftest import Threads
from tests.ground.desk import ME, agent, change, direct, message
from tests.ground.test_app import ONLINE, SIGNED_OUT, Scene

CHANNEL = "org/user"
ROOT = "https://telex.im"
SLUG = SlugLookedUp(CHANNEL, "northwind")


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    scene.turn(ONLINE, SignedIn(ME["id"], (ME["username"],)))
    scene.turn(OrganisationsChanged((Organisation("org", "Northwind", CHANNEL),)))
    yield scene
    scene.main_app_ends()


def told(scene: Scene, *data: dict[str, object]) -> Toast:
    """The toast that this raises."""
    scene.turn(PublicationsReceived(CHANNEL, data, How.LIVE))
    return scene.toasts.shown[-1]


def after(scene: Scene, *events: Event) -> list[str]:
    """What was opened after these events."""
    scene.turn(*events)
    scene.main_app_ends()
    return scene.main_app.calls


def test_a_click_opens_the_conversation_with_its_thread(scene: Scene) -> None:
    toast = told(scene, change("c1", 1, last_thread_id="t1"))
    assert after(scene, SLUG, ToastClicked(toast, token="token")) == [
        f"open {ROOT}/northwind/home/channels/c1?thread_id=t1"
    ]
    assert (scene.main_app.tokens, scene.surface.ended_startups) == (["token"], [])


def test_the_slug_is_asked_for_once_at_the_first_toast(scene: Scene) -> None:
    told(scene, change("a", 1))
    told(scene, change("b", 1))
    assert scene.session.asked == [LookUpSlug(CHANNEL)]
    assert scene.toasts.shown[0].url is None
    scene.turn(SLUG)
    assert told(scene, direct()).url == f"{ROOT}/northwind/dms/d1?thread_id=t1"


def test_a_click_before_the_slug_is_known_waits_for_it(scene: Scene) -> None:
    toast = told(scene, direct())
    assert after(scene, ToastClicked(toast, token="token")) == []
    scene.now += SLUG_WITHIN / 2
    assert after(scene, SLUG) == [f"open {ROOT}/northwind/dms/d1?thread_id=t1"]
    assert scene.main_app.tokens == ["token"]
    scene.now += 10
    assert len(after(scene)) == 1


def test_it_waits_two_seconds_and_no_longer(scene: Scene) -> None:
    toast = told(scene, direct())
    scene.turn(ToastClicked(toast))
    scene.now += SLUG_WITHIN
    assert after(scene) == [f"open {ROOT}"]


def test_a_slug_that_is_not_to_be_had_is_waited_for_no_longer(scene: Scene) -> None:
    toast = told(scene, direct())
    assert after(scene, ToastClicked(toast), SlugLookedUp(CHANNEL, "")) == [f"open {ROOT}"]


def test_a_slug_that_was_not_to_be_had_is_asked_for_again_a_minute_later(scene: Scene) -> None:
    toast = told(scene, direct())
    scene.turn(SlugLookedUp(CHANNEL, ""))
    scene.now += 59
    assert after(scene, ToastClicked(toast)) == [f"open {ROOT}"]
    assert scene.session.asked == [LookUpSlug(CHANNEL)]
    scene.now += 1
    assert len(after(scene, ToastClicked(toast))) == 1, "it waits"
    assert scene.session.asked == [LookUpSlug(CHANNEL)] * 2
    assert after(scene, SLUG)[1:] == [f"open {ROOT}/northwind/dms/d1?thread_id=t1"]


def test_a_toast_a_minute_later_asks_for_a_missing_slug_too(scene: Scene) -> None:
    told(scene, direct())
    scene.turn(SlugLookedUp(CHANNEL, ""))
    scene.now += 60
    told(scene, direct(2))
    assert scene.session.asked == [LookUpSlug(CHANNEL)] * 2


def test_a_newer_click_takes_the_place_of_one_that_waits(scene: Scene) -> None:
    first, second = told(scene, change("a", 1)), told(scene, direct())
    assert after(scene, ToastClicked(first, token="1"), ToastClicked(second, token="2"), SLUG) == [
        f"open {ROOT}/northwind/dms/d1?thread_id=t1"
    ]
    assert (scene.main_app.tokens, scene.surface.ended_startups) == (["2"], ["1"])


def test_where_a_click_opens_the_client_it_waits_for_nothing(scene: Scene) -> None:
    scene.main_app.client = True
    toast = told(scene, direct())
    assert len(after(scene, ToastClicked(toast))) == 1


def test_a_call_is_joined_in_the_web_app_whatever_a_click_opens(scene: Scene) -> None:
    scene.main_app.client = True
    scene.app._news.notifier._types |= {"direct_call_initiated"}
    scene.app._news.notifier._known_types |= {"direct_call_initiated"}
    call = {"buzz_id": "b1", "caller_id": "u-ben", "caller_name": "Ben Okri"}
    toast = told(scene, {"notification_type": "direct_call_initiated", "data": call})
    assert after(scene, ToastClicked(toast, "join"), SLUG) == [f"browse {ROOT}/northwind/buzz/b1"]


def test_a_summary_opens_its_organisation(scene: Scene) -> None:
    told(scene, *(change(name, 1) for name in "abcde"))
    scene.now += 10
    scene.turn(SLUG)
    assert after(scene, ToastClicked(scene.toasts.shown[-1])) == [f"open {ROOT}/northwind"]


def test_a_conversation_is_marked_as_read_where_the_person_asks_for_it(scene: Scene) -> None:
    toast = told(scene, direct())
    scene.turn(ToastClicked(toast, "mark-as-read", "token"))
    assert scene.session.sent == [MarkAsRead(CHANNEL, "dm_channels_section", "d1", False, "Ben Okri")]
    assert (scene.main_app.calls, scene.surface.ended_startups) == ([], ["token"])
    assert scene.toasts.closed == [], "that is told by Telex"
    scene.turn(MarkAsReadFailed("Ben Okri", "Telex refused it.", Conversation(CHANNEL, "dm_channels_section", "d1")))
    assert scene.said == [("Not marked as read", "Ben Okri: Telex refused it.")]


def test_mute_for_an_hour_is_chosen_by_a_button_and_the_toast_goes(scene: Scene) -> None:
    toast = told(scene, direct())
    chosen: list[Event] = []
    scene.app._news._dispatch = chosen.append
    scene.turn(ToastClicked(toast, "mute-hour", "token"))
    assert toast.conversation is not None
    assert chosen == [MuteChosen(toast.conversation, MuteFor.HOUR)]
    assert toast.title not in scene.toasts.on_screen
    assert (scene.main_app.calls, scene.surface.ended_startups, scene.session.sent) == ([], ["token"], [])


def test_what_cannot_be_marked_as_read_is_not(scene: Scene) -> None:
    scene.turn(ToastClicked(told(scene, agent()), "mark-as-read"))
    assert scene.session.sent == []


@pytest.mark.parametrize("state", [SIGNED_OUT, StateChanged(State.SIGN_IN_NEEDED)], ids=lambda event: event.state.value)
def test_who_is_not_signed_in_is_asked_to(scene: Scene, state: StateChanged) -> None:
    toast = told(scene, direct())
    scene.run(state, ToastClicked(toast))
    assert scene.main_app.calls == []
    assert len(scene.surface.opened) == 1


def test_signing_out_forgets_slugs_and_clicks(scene: Scene) -> None:
    toast = told(scene, direct())
    scene.turn(ToastClicked(toast, token="token"), SIGNED_OUT)
    assert scene.surface.ended_startups == ["token"]
    scene.now += 10
    assert after(scene) == []


def test_an_agents_unread_is_watched(scene: Scene) -> None:
    told(scene, agent())
    assert WatchAgents(frozenset({CHANNEL})) in scene.session.asked


def test_a_pause_is_in_the_status_line(scene: Scene) -> None:
    scene.turn(ProfileLookedUp(True))
    assert scene.surface.faces[-1].status == "Online: 1 organisation, paused at Telex"
    scene.turn(ProfileLookedUp(False))
    assert scene.surface.faces[-1].status == "Online: 1 organisation"
    scene.turn(ProfileLookedUp(True, organisation_id="org"))
    assert scene.surface.faces[-1].status == "Online: 1 organisation, paused at Telex"
    two = Organisation("org", "Northwind", CHANNEL), Organisation("other", "Acme", "other/user")
    scene.turn(StateChanged(State.ONLINE, organisations=2, subscribed=2), OrganisationsChanged(two))
    assert scene.surface.faces[-1].status == "Online: 2 organisations, paused at Telex in Northwind"


def test_a_text_that_comes_late_is_no_second_line_on_the_terminal(scene: Scene) -> None:
    told(scene, change("a", 1, last_thread_id="t1"))
    silent = told(scene, message())
    assert (silent.silent, silent.text) == (True, "the build is green")
    assert len(scene.surface.toasts) == 1


def test_a_click_for_which_there_is_no_thread_is_told_and_the_next_one_opens(scene: Scene, threads: Threads) -> None:
    """Every click after it was swallowed, without a word."""
    toast = told(scene, change("General", 1))
    scene.turn(SLUG)
    threads.none = True
    assert after(scene, ToastClicked(toast, token="first")) == []
    assert scene.said == [("Telex Start had a problem", NO_THREAD)]
    assert scene.surface.ended_startups == ["first"]
    threads.none = False
    assert len(after(scene, ToastClicked(toast, token="second"))) == 1
    assert scene.main_app.tokens == ["second"]
