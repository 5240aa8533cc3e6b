"""The client side of a push connection, command by command and code by code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from telex_start.push import codes
from telex_start.push import protocol as push
from telex_start.push.channel import REFUSED_FOR, STEADY, Channel, Phase
from telex_start.push.codes import ErrorAction
from telex_start.push.frames import Publication
from telex_start.push.protocol import PushClient
from telex_start.push.recovery import Position

ONE, TWO = "o1/u", "o2/u"


class Link:
    """A push client and the server's side of it, by hand."""

    def __init__(self, *names: str) -> None:
        self.channels = {name: Channel(name, lambda: 0.5) for name in names or (ONE,)}
        self.client = PushClient(self.channels, lambda: 0.5, "1.0")
        self.now = 1000.0

    @property
    def channel(self) -> Channel:
        return self.channels[ONE]

    def sent(self) -> list[dict[str, Any]]:
        """The commands sent since the last look."""
        return [json.loads(line) for frame in self.client.outgoing() for line in frame.split("\n")]

    def get(self, *messages: dict[str, Any]) -> list[push.Happening]:
        return self.client.receive("\n".join(map(json.dumps, messages)), self.now)

    def reply(self, **body: Any) -> list[push.Happening]:
        """The answer to the command that was sent last."""
        return self.get({"id": self.sent()[-1]["id"], **body})

    def connect(self, **result: Any) -> list[push.Happening]:
        self.client.connect("CONNECTION", {}, self.now)
        return self.reply(connect={"client": "c", "ping": 25, "pong": True, **result})

    def subscribe(self, name: str = ONE, **result: Any) -> list[push.Happening]:
        self.client.subscribe(self.channels[name], "TOKEN", self.now)
        return self.reply(subscribe=result)

    def live(self, **result: Any) -> None:
        self.connect()
        self.subscribe(**{"expires": True, "ttl": 300, **result})
        assert self.channel.phase is Phase.LIVE


# --- connecting -----------------------------------------------------------------------------------------------------


def test_the_connect_command_carries_the_subscription_tokens_as_telex_documents_it() -> None:
    link = Link(ONE, TWO)
    link.channels[TWO].position = Position("e", 7)
    link.client.connect("CONNECTION", {ONE: "T1", TWO: "T2"}, link.now)
    (command,) = link.sent()
    assert command["id"] == 1
    assert command["connect"]["token"] == "CONNECTION"
    assert command["connect"]["subs"] == {
        ONE: {"token": "T1", "recoverable": True, "recover": True},
        TWO: {"token": "T2", "recoverable": True, "recover": True, "epoch": "e", "offset": 7},
    }
    assert len(command["connect"]["name"]) <= 16


@pytest.mark.parametrize("name", ["a:b", "$a", "a#1", "a*", "a&b", "ä/u"])
def test_a_name_that_a_server_could_close_everything_for_is_not_in_subs(name: str) -> None:
    link = Link(name)
    link.client.connect("CONNECTION", {name: "T"}, link.now)
    assert "subs" not in link.sent()[0]["connect"]


def test_the_subscription_tokens_take_at_most_half_of_what_a_server_takes_in_one_frame() -> None:
    names = [f"{number:036}/user" for number in range(128)]
    link = Link(*names)
    link.client.connect("CONNECTION", dict.fromkeys(names, "t" * 900), link.now)
    (frame,) = link.client.outgoing()
    assert 20_000 < len(frame) < 36_000


def test_the_connect_reply_puts_the_connection_online() -> None:
    link = Link()
    assert link.connect(expires=True, ttl=120) == [push.Online()]
    assert link.client.connected
    assert link.now + 120 * 0.72 <= link.client.refresh_at <= link.now + 120 * 0.8


def test_without_expiry_there_is_no_refresh() -> None:
    link = Link()
    link.connect()
    assert link.client.refresh_at == float("inf")


@pytest.mark.parametrize(
    ("code", "temporary", "terminal"),
    [
        (100, True, False),
        (101, False, True),
        (103, False, True),
        (107, False, True),
        (109, False, False),
        (110, False, False),
        (111, True, False),
        (400, True, False),
        (400, False, True),
    ],
)
def test_an_error_of_the_connect_command_ends_the_connection(code: int, temporary: bool, terminal: bool) -> None:
    link = Link()
    link.client.connect("CONNECTION", {}, link.now)
    (ended,) = link.reply(error={"code": code, "message": "m", "temporary": temporary})
    assert isinstance(ended, push.Ended)
    assert (ended.code, ended.terminal) == (code, terminal)


def test_a_disconnect_push_counts_as_a_close_code() -> None:
    link = Link()
    link.connect()
    (ended,) = link.get({"push": {"disconnect": {"code": 3503, "reason": "force disconnect"}}})
    assert isinstance(ended, push.Ended)
    assert (ended.code, ended.terminal) == (3503, True)


# --- ping and pong --------------------------------------------------------------------------------------------------


def pongs(link: Link) -> int:
    return sum("\n".join(link.client.outgoing()).split("\n").count(line) for line in ["{}"])


def test_each_ping_is_answered_with_exactly_one_pong() -> None:
    link = Link()
    link.connect()
    for _ in range(3):
        link.get({})
        assert pongs(link) == 1


def test_several_pings_in_a_frame_are_answered_once() -> None:
    link = Link()
    link.connect()
    link.get({}, {"push": {"channel": ONE, "pub": {"data": 1}}}, {})
    assert pongs(link) == 1  # a second one would close the connection for good (3501)


def test_no_pong_where_the_server_wants_none_and_none_before_the_connect_reply() -> None:
    link = Link()
    link.client.connect("CONNECTION", {}, link.now)
    link.sent()
    link.get({})
    assert pongs(link) == 0
    other = Link()
    other.connect(pong=False)
    other.get({})
    assert pongs(other) == 0


def test_a_link_without_a_sign_of_life_for_the_ping_and_ten_seconds_is_dead() -> None:
    link = Link()
    link.connect()
    assert link.client.deadline() == link.now + 35.0
    assert link.client.tick(link.now + 34.9) == []
    (ended,) = link.client.tick(link.now + 35.0)
    assert isinstance(ended, push.Ended) and not ended.terminal
    link.now += 30.0
    link.get({"push": {"channel": "any", "pub": {"data": 1}}})  # any frame is a sign of life
    assert link.client.deadline() == link.now + 35.0


def test_a_server_without_pings_may_be_silent_for_ever() -> None:
    link = Link()
    link.client.connect("CONNECTION", {}, link.now)
    link.reply(connect={"client": "c"})
    assert link.client.deadline() == float("inf")
    assert link.client.tick(link.now + 1e6) == []


@pytest.mark.parametrize("kind", ["connect", "subscribe", "refresh", "sub_refresh", "unsubscribe"])
def test_a_command_without_an_answer_for_five_seconds_ends_the_connection(kind: str) -> None:
    link = Link()
    if kind == "connect":
        link.client.connect("CONNECTION", {}, link.now)
    else:
        link.live()
        link.now += 10.0
        {
            "subscribe": lambda: link.client.subscribe(link.channel, "T", link.now),
            "refresh": lambda: link.client.refresh("T", link.now),
            "sub_refresh": lambda: link.client.sub_refresh(link.channel, "T", link.now),
            "unsubscribe": lambda: link.client.unsubscribe(link.channel, link.now),
        }[kind]()
    assert link.client.tick(link.now + 4.9) == []
    (ended,) = link.client.tick(link.now + 5.0)
    assert ended == push.Ended(codes.NO_CLOSE_FRAME, f"no answer to {kind}", False)


# --- subscribing ----------------------------------------------------------------------------------------------------


def test_a_subscribe_asks_for_recovery_with_its_token() -> None:
    link = Link()
    link.connect()
    link.channel.position = Position("e", 41)
    link.client.subscribe(link.channel, "TOKEN", link.now)
    (command,) = link.sent()
    position = {"recover": True, "epoch": "e", "offset": 41}
    assert command["subscribe"] == {"channel": ONE, "token": "TOKEN", "recoverable": True, **position}


def test_what_a_subscribe_reply_brings_comes_before_the_channel_is_live() -> None:
    link = Link()
    link.connect()
    happenings = link.subscribe(
        recoverable=True, recovered=True, was_recovering=True, epoch="e", publications=[{"data": 1, "offset": 1}]
    )
    channel = link.channel
    assert happenings == [
        push.Published(channel, (Publication(1, 1),), live=False, first=True),
        push.Live(channel, first=True),
    ]
    assert channel.position == Position("e", 1)


def test_live_publications_advance_the_position_and_repeats_are_dropped() -> None:
    link = Link()
    link.live(recoverable=True, epoch="e", offset=5, recovered=True)

    def pushed(offset: int) -> list[push.Happening]:
        return link.get({"push": {"channel": ONE, "pub": {"data": offset, "offset": offset}}})

    assert pushed(6) == [push.Published(link.channel, (Publication(6, 6),), live=True)]
    assert pushed(6) == pushed(5) == []
    assert pushed(7) != []
    assert link.channel.position == Position("e", 7)


def test_a_channel_without_offsets_has_lost_something_whatever_its_replies_claim() -> None:
    # As with `allow_recovery` and no history: `recovered`, always.
    reply: dict[str, Any] = {"recoverable": True, "recovered": True, "was_recovering": True, "epoch": "e"}
    link = Link()
    link.live(**reply)
    assert link.get({"push": {"channel": ONE, "pub": {"data": 1}}}) != []
    link.channel.disconnected()
    link.client = PushClient(link.channels, lambda: 0.5, "1.0")
    link.connect()
    assert link.subscribe(**reply) == [push.Lost(link.channel), push.Live(link.channel, first=False)]


def test_a_publication_of_an_unknown_channel_is_dropped() -> None:
    link = Link()
    link.connect()
    assert link.get({"push": {"channel": "other", "pub": {"data": 1}}}) == []


@pytest.mark.parametrize(
    ("code", "temporary", "refused", "token_is_dead"),
    [
        (100, True, False, False),
        (102, False, True, False),
        (103, False, True, True),
        (106, False, True, False),
        (107, False, True, False),
        (109, False, False, True),
        (110, False, False, True),
        (111, True, False, False),
        (400, False, True, False),
    ],
)
def test_an_error_of_a_subscribe_concerns_that_channel_alone(
    code: int, temporary: bool, refused: bool, token_is_dead: bool
) -> None:
    link = Link()
    link.connect()
    link.client.subscribe(link.channel, "TOKEN", link.now)
    (unsubscribed,) = link.reply(error={"code": code, "message": "m", "temporary": temporary})
    assert isinstance(unsubscribed, push.Unsubscribed)
    assert unsubscribed.token_is_dead is token_is_dead
    assert link.channel.phase is Phase.IDLE
    assert link.channel.refused is refused
    wait = link.channel.try_at - link.now
    assert wait == REFUSED_FOR if refused else 0.5 <= wait <= 1.0


def test_already_subscribed_is_answered_by_leaving_and_subscribing_once() -> None:
    link = Link()
    link.connect()
    link.client.subscribe(link.channel, "TOKEN", link.now)
    assert link.reply(error={"code": 105, "message": "already subscribed"}) == []
    leave, again = link.sent()
    assert leave["unsubscribe"] == {"channel": ONE}
    assert again["subscribe"]["token"] == "TOKEN"
    link.get({"id": leave["id"], "unsubscribe": {}})
    assert link.get({"id": again["id"], "subscribe": {"expires": True, "ttl": 300}}) == [push.Live(link.channel, True)]
    assert link.channel.refresh_at < float("inf")  # it is our own subscription now


def test_already_subscribed_twice_is_refused() -> None:
    link = Link()
    link.connect()
    link.client.subscribe(link.channel, "TOKEN", link.now)
    link.reply(error={"code": 105, "message": "already subscribed"})
    link.reply(error={"code": 105, "message": "already subscribed"})
    assert link.channel.refused


def test_a_reply_to_a_channel_that_was_left_meanwhile_is_ignored() -> None:
    link = Link()
    link.connect()
    link.client.subscribe(link.channel, "TOKEN", link.now)
    ident = link.sent()[0]["id"]
    link.client.unsubscribe(link.channel, link.now)
    del link.channels[ONE]
    assert link.get({"id": ident, "subscribe": {}}) == []


def test_an_answer_to_nothing_is_ignored() -> None:
    link = Link()
    link.connect()
    assert link.get({"id": 99, "subscribe": {}}) == []


# --- server-side subscriptions --------------------------------------------------------------------------------------


def test_a_channel_in_the_connect_reply_is_live_and_never_refreshed() -> None:
    link = Link(ONE, TWO)
    happenings = link.connect(subs={ONE: {"recoverable": True, "recovered": True, "epoch": "e"}, "unknown": {}})
    assert happenings == [push.Online(), push.Live(link.channel, first=True)]
    assert link.channel.server_side
    assert link.channel.refresh_at == float("inf")
    assert link.channels[TWO].phase is Phase.IDLE


def test_a_failed_recovery_of_a_server_side_subscription_is_taken_up_by_a_subscribe_of_ours() -> None:
    link = Link()
    link.channel.position = Position("old", 9)
    link.client.connect("CONNECTION", {ONE: "T1"}, link.now)
    link.reply(
        connect={
            "client": "c",
            "subs": {ONE: {"recoverable": True, "was_recovering": True, "epoch": "new", "offset": 3}},
        }
    )
    leave, again = link.sent()
    assert leave["unsubscribe"] == {"channel": ONE}
    assert again["subscribe"] == {
        "channel": ONE,
        "token": "T1",
        "recoverable": True,
        "recover": True,
        "epoch": "new",
    }


def test_without_a_token_of_ours_a_server_side_subscription_is_live_as_it_is() -> None:
    link = Link()
    link.connect()
    link.channel.position = Position("old", 9)
    happenings = link.get({"push": {"channel": ONE, "subscribe": {"recoverable": True, "epoch": "new", "offset": 3}}})
    assert happenings == [push.Lost(link.channel), push.Live(link.channel, first=True)]
    assert link.channel.position == Position("new", 3)


# --- unsubscribed by the server -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "refused", "token_is_dead", "position_is_dead"),
    [
        (2000, True, True, False),
        (2499, True, True, False),
        (2500, False, False, False),
        (2501, False, True, False),
        (2502, False, True, True),
        (2700, False, False, False),
    ],
)
def test_an_unsubscribe_push(code: int, refused: bool, token_is_dead: bool, position_is_dead: bool) -> None:
    link = Link()
    link.live(recoverable=True, epoch="e", offset=5, recovered=True)
    link.now += STEADY + 1
    (happening,) = link.get({"push": {"channel": ONE, "unsubscribe": {"code": code, "reason": "r"}}})
    assert isinstance(happening, push.Unsubscribed)
    assert (happening.token_is_dead, happening.position_is_dead) == (token_is_dead, position_is_dead)
    assert link.channel.phase is Phase.IDLE
    assert link.channel.refused is refused
    assert link.channel.try_at == link.now + (REFUSED_FOR if refused else 0.0)


def test_a_server_that_unsubscribes_again_and_again_is_not_asked_without_a_pause() -> None:
    link = Link()
    link.live()
    waits = []
    for _ in range(6):
        link.get({"push": {"channel": ONE, "unsubscribe": {"code": 2500}}})
        waits.append(link.channel.try_at - link.now)
        link.now = link.channel.try_at
        link.subscribe()
    assert waits[0] >= 0.5
    assert waits[-1] > 5.0


# --- refreshing -----------------------------------------------------------------------------------------------------


def test_the_refresh_of_a_subscription_names_its_channel() -> None:
    link = Link()
    link.live()
    assert 300 * 0.72 <= link.channel.refresh_at - link.now <= 300 * 0.8
    link.client.sub_refresh(link.channel, "FRESH", link.now)
    (command,) = link.sent()
    assert command["sub_refresh"] == {"channel": ONE, "token": "FRESH"}
    assert link.channel.refresh_at == float("inf")
    assert link.get({"id": command["id"], "sub_refresh": {"expires": True, "ttl": 100}}) == []
    assert 72 <= link.channel.refresh_at - link.now <= 80


def test_a_refresh_answered_without_a_ttl_does_not_mean_that_the_subscription_never_expires() -> None:
    link = Link()
    link.live()
    link.client.sub_refresh(link.channel, "FRESH", link.now)
    link.reply(sub_refresh={})
    assert 300 * 0.72 <= link.channel.refresh_at - link.now <= 300 * 0.8


@pytest.mark.parametrize(("code", "temporary"), [(100, True), (109, False), (110, False), (111, True)])
def test_a_refresh_of_a_subscription_that_fails_for_a_while_leaves_it_live(code: int, temporary: bool) -> None:
    link = Link()
    link.live()
    link.client.sub_refresh(link.channel, "FRESH", link.now)
    happenings = link.reply(error={"code": code, "message": "m", "temporary": temporary})
    assert happenings == [push.RefreshFailed(link.channel)]
    assert link.channel.phase is Phase.LIVE


def test_a_refresh_of_what_the_server_does_not_know_any_more_subscribes_again() -> None:
    link = Link()
    link.live()
    link.client.sub_refresh(link.channel, "FRESH", link.now)
    (happening,) = link.reply(error={"code": 103, "message": "permission denied"})
    assert isinstance(happening, push.Unsubscribed) and happening.token_is_dead
    assert link.channel.phase is Phase.IDLE and not link.channel.refused


def test_the_connection_is_refreshed_in_place() -> None:
    link = Link()
    link.connect(expires=True, ttl=120)
    link.client.refresh("FRESH", link.now)
    (command,) = link.sent()
    assert command["refresh"] == {"token": "FRESH"}
    assert link.client.refresh_at == float("inf")
    link.get({"id": command["id"], "refresh": {"expires": True, "ttl": 50}})
    assert 36 <= link.client.refresh_at - link.now <= 40


def test_a_failing_refresh_of_the_connection() -> None:
    link = Link()
    link.connect(expires=True, ttl=120)
    link.client.refresh("FRESH", link.now)
    assert link.reply(error={"code": 110, "message": "expired"}) == [push.RefreshFailed(None)]
    link.client.refresh("FRESH", link.now)
    (ended,) = link.reply(error={"code": 103, "message": "permission denied"})
    assert isinstance(ended, push.Ended) and not ended.terminal


def test_a_refresh_from_the_servers_side_moves_the_timer() -> None:
    link = Link()
    link.connect(expires=True, ttl=10)
    link.get({"push": {"refresh": {"expires": True, "ttl": 1000}}})
    assert link.client.refresh_at >= link.now + 720


# --- whose token it was ---------------------------------------------------------------------------------------------


def test_the_token_under_examination_is_that_of_the_first_unanswered_command() -> None:
    link = Link(ONE, TWO)
    link.connect()
    assert link.client.under_examination() is None
    link.client.subscribe(link.channels[ONE], "T1", link.now)
    link.client.subscribe(link.channels[TWO], "T2", link.now)
    first, _ = link.sent()
    assert link.client.under_examination() == ("subscribe", link.channels[ONE])
    link.get({"id": first["id"], "subscribe": {}})
    assert link.client.under_examination() == ("subscribe", link.channels[TWO])


def test_a_connection_token_under_examination_is_no_channels() -> None:
    link = Link()
    link.client.connect("CONNECTION", {}, link.now)
    assert link.client.under_examination() is None
    link = Link()
    link.live()
    link.client.refresh("FRESH", link.now)
    link.client.sub_refresh(link.channel, "FRESH", link.now)
    assert link.client.under_examination() is None


# --- code tables ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1006, 3000, 3001, 3005, 3012, 3014, 3499, 4000, 4499, 5000])
def test_codes_to_reconnect_after(code: int) -> None:
    assert not codes.terminal(code)


@pytest.mark.parametrize("code", [3500, 3501, 3503, 3509, 3999, 4500, 4999])
def test_terminal_codes(code: int) -> None:
    assert codes.terminal(code)


@pytest.mark.parametrize("code", [1000, 1006, 3001, 3500, 4000, 4999])
def test_every_code_has_a_reason_for_the_status_line(code: int) -> None:
    reason = codes.reason(code)
    assert 5 < len(reason) < 60


@pytest.mark.parametrize(
    ("code", "temporary", "action"),
    [
        (1, False, ErrorAction.RETRY),
        (100, True, ErrorAction.RETRY),
        (103, False, ErrorAction.GIVE_UP),
        (106, False, ErrorAction.GIVE_UP),
        (109, False, ErrorAction.NEW_TOKEN),
        (110, False, ErrorAction.NEW_TOKEN),
        (111, True, ErrorAction.RETRY),
        (999, False, ErrorAction.GIVE_UP),
        (999, True, ErrorAction.RETRY),
    ],
)
def test_what_an_error_code_asks_for(code: int, temporary: bool, action: ErrorAction) -> None:
    assert codes.action(code, temporary) is action
