"""The polls' thread: when it runs, which events it sends, and that nothing waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from telex_start import events
from telex_start.errors import NoNetwork
from telex_start.net.https import Answer
from telex_start.news.publications import AGENTS, CHANNELS, DIRECT
from telex_start.session import poll_schedule
from telex_start.session.pace import Pacer, Shared
from telex_start.session.poll_calls import PollCalls
from telex_start.session.poll_schedule import Schedule
from telex_start.session.poller import Poller
from telex_start.session.tokens import TokenStore
from telex_start.toast import Conversation
from tests.ground.telex import envelope

A, B = "a/u", "b/u"
LIMIT = 10.0
NOTHING_THERE = Answer(404, {}, b"<html>")


class Telex:
    """Answers as the test wants it, one call after the other; each may be held back."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Exception] = {"/profile": envelope(data={})}
        self.usual: Answer = envelope(data=[])
        self.asked: list[str] = []
        self.came = threading.Condition()
        self.held: set[str] = set()
        self.aborted = False
        self.closed = 0

    def request(self, method: str, url: str, *, take: Callable[[bytes], None], **_: Any) -> Answer:
        path = url.partition("?")[0]
        with self.came:
            self.asked.append(path)
            self.came.notify_all()
            self.came.wait_for(lambda: path not in self.held or self.aborted, LIMIT)
            if self.aborted:
                raise NoNetwork("aborted")
        found = self.answers.get(path, self.usual)
        if isinstance(found, Exception):
            raise found
        take(found.body)
        return found

    def hold(self, path: str) -> None:
        self.held.add(path)

    def release(self) -> None:
        with self.came:
            self.held.clear()
            self.came.notify_all()

    def abort(self) -> None:
        with self.came:
            self.aborted = True
            self.came.notify_all()

    def close(self) -> None:
        self.closed += 1

    def await_asked(self, path: str, times: int = 1) -> None:
        with self.came:
            assert self.came.wait_for(lambda: self.asked.count(path) >= times, LIMIT), self.asked


class Scene:
    """The polls of a session that is online, with no token due."""

    def __init__(self) -> None:
        self.telex = Telex()
        self.now = 1000.0
        self.pacer = Pacer(self.clock, lambda: 0.5, 1000)
        self.pacer.tokens_first(False)
        self.shared = Shared(TokenStore(), self.pacer, self.take, self.clock, lambda: 0.5)
        self.shared.store.access = "ACCESS"
        self.events: list[events.Event] = []
        self.begun = 0
        self.poller = self.make()
        self.poller.signed_in()

    def make(self, **options: Any) -> Poller:
        return Poller(self.calls, self.shared, **options)

    def clock(self) -> float:
        return self.now

    def calls(self) -> PollCalls:
        self.begun += 1
        return PollCalls("", self.telex, self.shared)  # type: ignore[arg-type]

    def take(self, event: events.Event) -> None:
        self.events.append(event)

    def online(self, *channels: str) -> None:
        self.poller.keep([*channels])
        self.poller.connected(at_once=False)
        for channel in channels:
            self.poller.live(channel, False)
        self.poller.go_on()

    def idle(self) -> None:
        """Wait until the thread has ended by itself."""
        for thread in threads():
            thread.join(LIMIT)
            assert not thread.is_alive()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "polls"]


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.telex.release()
    scene.poller.end()
    scene.idle()


def test_what_an_organisation_is_polled_for_and_in_which_order_it_is_told(scene: Scene) -> None:
    row = {"channels_id": "c1", "thread_count": 2}
    scene.telex.answers = {
        "/profile": envelope(data={"pause_notification": True, "timezone": "Europe/Berlin"}),
        "/organisations/a/channels/notification-preference": envelope(data=[{"channels_id": "c9", "muted": True}]),
        "/organisations/a/notification-preference": envelope(data={"notify_about": "mentions", "time_range": "x"}),
        "/organisations/a/user-channels": envelope(data=[row]),
        "/organisations/a/dms": envelope(status=500),
        "/organisations/a/fetch-bots": envelope(data=None),
    }
    scene.online(A)
    scene.idle()
    assert scene.events == [
        events.ProfilePolled(True, "Europe/Berlin"),
        events.SettingsPolled(A, frozenset({"c9"}), "mentions", "x"),
        events.PollBegan(A),
        events.UnreadSection(A, CHANNELS, (row,), True),
        events.UnreadSection(A, AGENTS, (), True),
        events.UnreadPolled(A),
    ]


def test_what_was_large_is_not_asked_again_after_a_short_outage(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of 40 MB was thrown away, and asked for again after each reconnect."""
    monkeypatch.setattr(poll_schedule, "LARGE", 10)
    scene.online(A)
    scene.idle()
    asked = len(scene.telex.asked)
    scene.now += 20.0
    scene.poller.disconnected(scene.now)
    scene.online(A)
    scene.idle()
    assert scene.telex.asked[asked:] == []


def test_of_a_deployment_that_has_only_one_setting_that_is_told(scene: Scene) -> None:
    scene.telex.usual = NOTHING_THERE
    scene.telex.answers["/organisations/a/notification-preference"] = envelope(data={"notify_about": "nothing"})
    scene.online(A)
    scene.idle()
    settings = events.SettingsPolled(A, None, "nothing", "")
    assert scene.events == [events.ProfilePolled(False), settings, events.PollBegan(A), events.UnreadPolled(A)]


def test_one_that_does_not_answer_keeps_no_other_from_being_asked(scene: Scene) -> None:
    """If no settings were due, all organisations after it counted as unanswered too."""
    scene.online(A, B)
    scene.idle()
    scene.telex.answers["/organisations/a/user-channels"] = NoNetwork("none")
    scene.now += 20.0
    scene.poller.disconnected(scene.now)
    scene.poller.connected(at_once=True)
    scene.poller.live(A, False)
    scene.poller.live(B, False)
    scene.poller.go_on()
    scene.idle()
    assert scene.telex.asked[-4:] == [
        "/organisations/a/user-channels",
        *(f"/organisations/b/{call}" for call in ("user-channels", "dms", "fetch-bots")),
    ]


def test_there_is_none_when_nothing_is_due_and_another_one_then(scene: Scene) -> None:
    assert threads() == []
    scene.online(A)
    scene.idle()
    assert (scene.begun, scene.telex.closed) == (1, 1)
    scene.now = scene.poller.go_on()
    assert threads() == []
    assert scene.now == 1300.0, "the profile is next"
    scene.poller.go_on()
    scene.idle()
    assert (scene.begun, scene.telex.asked[-1]) == (2, "/profile")


def test_at_the_end_the_call_is_broken_off_and_no_more_is_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scene.telex.hold("/organisations/a/user-channels")
    scene.online(A, B)
    scene.telex.await_asked("/organisations/a/user-channels")
    told = len(scene.events)
    scene.poller.end()
    scene.idle()
    assert scene.telex.aborted
    assert scene.telex.asked[-1] == "/organisations/a/user-channels"
    scene.poller.obey(READ)
    scene.poller.go_on()
    assert len(scene.events) == told
    assert threads() == [], "nor is anything begun any more"
    assert caplog.messages == [], "what is broken off from here is no trouble"


def test_without_a_connection_polls_stand_still_and_go_on_with_the_next(scene: Scene) -> None:
    scene.telex.hold("/organisations/a/channels/notification-preference")
    scene.online(A)
    scene.telex.await_asked("/organisations/a/channels/notification-preference")
    scene.poller.disconnected(scene.now)
    scene.telex.release()
    scene.idle()
    assert events.PollBegan(A) not in scene.events
    scene.now += 15.0
    scene.online(A)
    scene.idle()
    assert scene.events.count(events.PollBegan(A)) == 1
    assert scene.events[-1] == events.UnreadPolled(A)


def test_what_nobody_expected_is_told_once_and_ends_nothing(scene: Scene) -> None:
    scene.telex.answers["/organisations/a/user-channels"] = RuntimeError("x")
    scene.telex.answers["/organisations/b/user-channels"] = RuntimeError("x")
    scene.online(A, B)
    scene.idle()
    assert scene.events.count(events.ThreadFailed("polls", "RuntimeError")) == 1
    assert scene.telex.asked[-1] == "/organisations/b/user-channels"
    assert scene.poller.go_on() > scene.now, "and is no loop"


def test_a_thread_that_dies_is_followed_by_another(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Schedule, "next", lambda *_: 1 / 0)
        scene.online(A)
        scene.idle()
    assert scene.events == [events.ThreadFailed("polls", "ZeroDivisionError")]
    scene.poller.go_on()
    scene.idle()
    assert scene.events[-1] == events.UnreadPolled(A)


def test_what_is_of_interest_can_be_known_from_the_beginning(scene: Scene) -> None:
    scene.poller = scene.make(settings=False, watched=frozenset({A}))
    scene.online(A)
    scene.idle()
    assert "/profile" not in scene.telex.asked
    scene.now += 601.0
    scene.poller.go_on()
    scene.idle()
    assert scene.telex.asked.count("/organisations/a/fetch-bots") == 2
    scene.poller.obey(events.WatchSettings())
    scene.idle()
    assert scene.telex.asked.count("/profile") == 1
    assert (scene.poller.settings, scene.poller.watched) == (True, frozenset({A}))


def test_who_is_not_signed_in_marks_nothing_as_read(scene: Scene) -> None:
    scene.make().obey(READ)
    assert threads() == []


def test_a_slug_is_told_also_where_there_is_none(scene: Scene) -> None:
    scene.telex.answers |= {
        "/organisations/a": envelope(data={"organisation_slug": "acme"}),
        "/organisations/b": NOTHING_THERE,
    }
    scene.online(A, B)
    scene.poller.obey(events.FetchSlug(A))
    scene.poller.obey(events.FetchSlug(B))
    scene.idle()
    assert scene.events[-2:] == [events.SlugFetched(A, "acme"), events.SlugFetched(B, "")]


READ = events.MarkAsRead(A, DIRECT, "c1", False, "Ada")
CONVERSATION = Conversation(A, DIRECT, "c1")


def test_marking_as_read_goes_before_all_polls(scene: Scene) -> None:
    scene.telex.hold("/organisations/a/user-channels")
    scene.online(A, B)
    scene.telex.await_asked("/organisations/a/user-channels")
    scene.poller.obey(READ)
    scene.telex.release()
    scene.idle()
    place = scene.telex.asked.index("/organisations/a/user-channels")
    assert scene.telex.asked[place + 1] == "/dms/channels/c1/threads"
    assert scene.telex.asked.count("/dms/channels/c1/threads") == 1
    assert not any(isinstance(event, events.MarkAsReadFailed) for event in scene.events)
    assert events.MarkedAsRead(CONVERSATION) in scene.events


def test_marking_as_read_waits_neither_for_tokens_nor_for_a_connection(scene: Scene) -> None:
    scene.pacer.tokens_first(True)
    scene.poller.obey(READ)
    scene.idle()
    assert scene.telex.asked == ["/dms/channels/c1/threads"]


@pytest.mark.parametrize(
    ("found", "message", "temporary"),
    [
        (envelope(status=404), "Telex says: HTTP 404.", False),
        (Answer(403, {}, b'{"message":"Not a member."}'), "Telex says: Not a member.", False),
        (NoNetwork("Telex did not answer in time."), "Telex did not answer in time.", True),
        (RuntimeError("x"), "Something unexpected went wrong; the log says what.", False),
    ],
)
def test_marking_that_fails_says_so(scene: Scene, found: Answer | Exception, message: str, temporary: bool) -> None:
    scene.telex.answers["/dms/channels/c1/threads"] = found
    scene.poller.obey(READ)
    scene.idle()
    assert events.MarkAsReadFailed("Ada", message, CONVERSATION, temporary) in scene.events
    assert events.MarkedAsRead(CONVERSATION) not in scene.events


def test_more_than_can_wait_to_be_marked_as_read_are_refused_with_a_word(scene: Scene) -> None:
    """Those beyond the limit were dropped without a word."""
    scene.telex.hold("/dms/channels/c1/threads")
    scene.poller.obey(READ)
    scene.telex.await_asked("/dms/channels/c1/threads")
    for _ in range(101):
        scene.poller.obey(READ)
    refused = [event for event in scene.events if isinstance(event, events.MarkAsReadFailed)]
    assert [(event.name, event.conversation) for event in refused] == [("Ada", CONVERSATION)]
    scene.telex.release()
    scene.idle()
    assert scene.telex.asked.count("/dms/channels/c1/threads") == 101


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (envelope(data={"buzz_id": "b1"}), []),
        (envelope(400), [events.CALL_OVER]),
        (NoNetwork("No answer."), [events.Notice("The call was not declined", "No answer.", needs_person=True)]),
    ],
)
def test_a_call_is_declined_once_and_what_comes_of_it_is_said(
    scene: Scene, found: Answer | Exception, told: list[events.Event]
) -> None:
    scene.telex.answers["/buzz/b1/respond"] = found
    scene.poller.obey(events.DeclineCall("b1"))
    scene.idle()
    assert scene.telex.asked == ["/buzz/b1/respond"]
    assert [event for event in scene.events if isinstance(event, events.Notice)] == told
