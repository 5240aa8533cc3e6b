"""The client side of Centrifugo's protocol: each command, reply, push and error code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from telex_start.events import ChannelAnswered, CountsUnknown, How, PublicationsReceived
from telex_start.push import frames
from telex_start.push import protocol as push
from telex_start.push.channel import REFUSED_FOR, STEADY, Backoff, Channel, Phase, Position
from telex_start.push.protocol import PushClient

ONE, TWO = "o1/u", "o2/u"
FIRST = ChannelAnswered(ONE, poll_follows=True)


class Exchange:
    """A push client and the server's side of it, by hand."""

    def __init__(self, *names: str) -> None:
        self.channels = {name: Channel(name, Backoff(lambda: 0.5)) for name in names or (ONE,)}
        self.client = PushClient(self.channels, lambda: 0.5)
        self.now = 1000.0

    def reconnect(self) -> None:
        """The connection ends, and the next one is made."""
        for channel in self.channels.values():
            channel.disconnected()
        self.client = PushClient(self.channels, lambda: 0.5)
        self.connect()

    @property
    def channel(self) -> Channel:
        return self.channels[ONE]

    def sent(self) -> list[dict[str, Any]]:
        """The commands sent since the last look."""
        return [json.loads(line) for frame in self.client.outgoing() for line in frame.split("\n")]

    def get(self, *messages: dict[str, Any]) -> list[push.Happening]:
        return self.client.receive("\n".join(map(json.dumps, messages)).encode(), self.now)

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


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def two() -> Exchange:
    return Exchange(ONE, TWO)


@pytest.fixture
def connected(exchange: Exchange) -> Exchange:
    exchange.connect()
    return exchange


@pytest.fixture
def live(exchange: Exchange) -> Exchange:
    exchange.live()
    return exchange


# Connecting.


def test_the_connect_command_carries_the_subscription_tokens_as_telex_documents_it(two: Exchange) -> None:
    two.channels[TWO].position = Position("e", 7)
    two.client.connect("CONNECTION", {ONE: "T1", TWO: "T2"}, two.now)
    (command,) = two.sent()
    assert command["id"] == 1
    assert command["connect"]["token"] == "CONNECTION"
    assert command["connect"]["subs"] == {
        ONE: {"token": "T1", "recoverable": True, "recover": True},
        TWO: {"token": "T2", "recoverable": True, "recover": True, "epoch": "e", "offset": 7},
    }
    assert len(command["connect"]["name"]) <= 16


@pytest.mark.parametrize("name", ["a:b", "$a", "ä/u"])
def test_a_name_that_a_server_could_close_everything_for_is_not_in_subs(name: str) -> None:
    exchange = Exchange(name)
    exchange.client.connect("CONNECTION", {name: "T"}, exchange.now)
    assert "subs" not in exchange.sent()[0]["connect"]


def test_the_subscription_tokens_take_at_most_half_of_what_a_server_takes_in_one_frame() -> None:
    names = [f"{number:036}/user" for number in range(128)]
    exchange = Exchange(*names)
    exchange.client.connect("CONNECTION", dict.fromkeys(names, "t" * 900), exchange.now)
    (frame,) = exchange.client.outgoing()
    assert 20_000 < len(frame) < 36_000


def test_without_expiry_there_is_no_refresh_and_without_pings_no_silence(exchange: Exchange) -> None:
    exchange.connect(ping=0)
    exchange.subscribe()
    assert exchange.client.refresh_at == exchange.channel.refresh_at == exchange.client.deadline() == float("inf")
    assert exchange.client.tick(exchange.now + 1e6) == []


@pytest.mark.parametrize(
    ("code", "temporary", "terminal"),
    [(100, True, False), (103, False, True), (109, False, False), (110, False, False), (400, False, True)],
)
def test_an_error_of_the_connect_ends_it(exchange: Exchange, code: int, temporary: bool, terminal: bool) -> None:
    exchange.client.connect("CONNECTION", {}, exchange.now)
    (ended,) = exchange.reply(error={"code": code, "message": "m", "temporary": temporary})
    assert isinstance(ended, push.Ended)
    assert (ended.code, ended.terminal) == (code, terminal)


@pytest.mark.parametrize(
    ("codes", "terminal"),
    [
        ((1000, 1001, 1006, 3000, 3001, 3005, 3012, 3014, 3499, 4000, 4499, 5000), False),
        ((3500, 3501, 3503, 3509, 3999, 4500, 4999), True),
    ],
)
def test_a_disconnect_push_counts_as_a_close_code(codes: tuple[int, ...], terminal: bool) -> None:
    for code in codes:
        exchange = Exchange()
        exchange.connect()
        (ended,) = exchange.get({"push": {"disconnect": {"code": code, "reason": "force disconnect"}}})
        assert isinstance(ended, push.Ended)
        assert (ended.code, ended.terminal) == (code, terminal)
        known = {
            3001: "Telex is restarting (3001)",
            1006: "the connection was lost",
            4000: "Telex closed the connection",
        }
        assert ended.why.startswith(known.get(code, "")) and 5 < len(ended.why) < 60


# Ping and pong.


def pongs(exchange: Exchange) -> int:
    return "\n".join(exchange.client.outgoing()).split("\n").count("{}")


def test_each_ping_is_answered_with_exactly_one_pong(connected: Exchange) -> None:
    for _ in range(2):
        connected.get({}, {"push": {"channel": ONE, "pub": {"data": 1}}}, {})
        assert pongs(connected) == 1, "a second one would close the connection for good (3501)"


def test_no_pong_where_the_server_wants_none_and_none_before_the_connect_reply(exchange: Exchange) -> None:
    exchange.client.connect("CONNECTION", {}, exchange.now)
    exchange.sent()
    exchange.get({})
    assert pongs(exchange) == 0
    other = Exchange()
    other.connect(pong=False)
    other.get({})
    assert pongs(other) == 0


def test_gibberish_ends_the_connection_after_what_came_before_it(live: Exchange) -> None:
    publication = json.dumps({"push": {"channel": ONE, "pub": {"data": "x"}}})
    happened = live.client.receive(f"{publication}{chr(10)}".encode() + b"gibberish\n" * 1000, live.now)
    assert happened == [
        PublicationsReceived(ONE, ("x",), How.LIVE),
        push.Ended(frames.NO_CLOSE_FRAME, "what came cannot be read", False),
    ]


def test_a_link_without_a_sign_of_life_for_the_ping_and_ten_seconds_is_dead(connected: Exchange) -> None:
    assert connected.client.deadline() == connected.now + 35.0
    assert connected.client.tick(connected.now + 34.9) == []
    (ended,) = connected.client.tick(connected.now + 35.0)
    assert isinstance(ended, push.Ended) and not ended.terminal
    connected.now += 30.0
    connected.get({"push": {"channel": "any", "pub": {"data": 1}}})  # any frame is a sign of life
    assert connected.client.deadline() == connected.now + 35.0


@pytest.mark.parametrize("kind", ["connect", "unsubscribe"])
def test_a_command_without_an_answer_for_five_seconds_ends_the_connection(exchange: Exchange, kind: str) -> None:
    if kind == "connect":
        exchange.client.connect("CONNECTION", {}, exchange.now)
    else:
        exchange.live()
        exchange.now += 10.0
        exchange.client.unsubscribe(exchange.channel, exchange.now)
    assert exchange.client.tick(exchange.now + 4.9) == []
    (ended,) = exchange.client.tick(exchange.now + 5.0)
    assert ended == push.Ended(frames.NO_CLOSE_FRAME, f"no answer to {kind}", False)


# Subscribing.


def test_what_a_subscribe_reply_brings_comes_before_the_channel_is_live(connected: Exchange) -> None:
    happenings = connected.subscribe(
        recoverable=True, recovered=True, was_recovering=True, epoch="e", publications=[{"data": 1, "offset": 1}]
    )
    assert happenings == [
        PublicationsReceived(ONE, (1,), How.CAUGHT_UP),
        FIRST,
        push.Live(connected.channel, whole=False),
    ]
    assert connected.channel.position == Position("e", 1)


@pytest.mark.parametrize(
    ("reply", "whole"),
    [
        ({"recoverable": True, "recovered": True, "was_recovering": True, "epoch": "e", "offset": 5}, True),
        ({"was_recovering": True}, False),
        ({}, False),
    ],
    ids=["recovered", "no history", "no word of it"],
)
def test_a_channel_is_whole_where_nothing_was_missed(exchange: Exchange, reply: dict[str, Any], whole: bool) -> None:
    if whole:
        exchange.live(recoverable=True, epoch="e", offset=5, recovered=True)
    else:
        exchange.live()
    exchange.reconnect()
    assert exchange.subscribe(**reply)[-1] == push.Live(exchange.channel, whole)


def test_a_channel_whose_position_is_dead_is_not_whole_whatever_history_it_gets(exchange: Exchange) -> None:
    """After close code 3014 (state invalidated), the channel counted as whole, so no poll looked for what it missed."""
    reply: dict[str, Any] = {"recoverable": True, "recovered": True, "was_recovering": True, "epoch": "e", "offset": 5}
    exchange.live(**reply)
    exchange.channel.forget_position()
    exchange.reconnect()
    assert exchange.subscribe(**reply)[-1] == push.Live(exchange.channel, whole=False)


@pytest.mark.parametrize(("epoch", "new"), [("e", [6, 7]), ("f", [4, 5, 6, 7])])
def test_of_what_is_kept_of_such_a_channel_nothing_comes_twice(exchange: Exchange, epoch: str, new: list[int]) -> None:
    """After close code 3014, all of the last 300 publications came once more."""
    exchange.live(recoverable=True, epoch="e", offset=5, recovered=True)
    exchange.channel.forget_position()
    exchange.reconnect()
    kept = [{"data": offset, "offset": offset} for offset in (4, 5, 6, 7)]
    got = exchange.subscribe(recoverable=True, epoch=epoch, offset=7, recovered=True, publications=kept)
    assert [data for one in got if isinstance(one, PublicationsReceived) for data in one.publications] == new
    assert exchange.channel.position == Position(epoch, 7)


def test_live_publications_advance_the_position_and_repeats_are_dropped(exchange: Exchange) -> None:
    exchange.live(recoverable=True, epoch="e", offset=5, recovered=True)

    def pushed(offset: int) -> list[push.Happening]:
        return exchange.get({"push": {"channel": ONE, "pub": {"data": offset, "offset": offset}}})

    assert pushed(6) == [PublicationsReceived(ONE, (6,), How.LIVE)]
    assert pushed(6) == pushed(5) == []
    assert pushed(9) != []
    assert exchange.channel.position == Position("e", 9)


def test_a_channel_without_offsets_has_lost_something_whatever_its_replies_claim(exchange: Exchange) -> None:
    # A server with `allow_recovery` but without history says `recovered` every time.
    reply: dict[str, Any] = {"recoverable": True, "recovered": True, "was_recovering": True, "epoch": "e"}
    exchange.live(**reply)
    assert exchange.get({"push": {"channel": ONE, "pub": {"data": 1}}}) != []
    exchange.reconnect()
    assert exchange.subscribe(**reply) == [CountsUnknown(ONE), push.Live(exchange.channel, whole=False)]


@pytest.mark.parametrize(
    ("code", "temporary", "refused", "token_is_dead"),
    [
        (100, True, False, False),
        (102, False, True, False),
        (103, False, True, True),
        (106, False, True, False),
        (109, False, False, True),
        (110, False, False, True),
    ],
)
def test_an_error_of_a_subscribe_concerns_that_channel_alone(
    connected: Exchange, code: int, temporary: bool, refused: bool, token_is_dead: bool
) -> None:
    connected.client.subscribe(connected.channel, "TOKEN", connected.now)
    (unsubscribed,) = connected.reply(error={"code": code, "message": "m", "temporary": temporary})
    assert isinstance(unsubscribed, push.Unsubscribed)
    assert unsubscribed.token_is_dead is token_is_dead
    assert connected.channel.phase is Phase.IDLE
    assert connected.channel.refused is refused
    wait = connected.channel.try_at - connected.now
    assert wait == REFUSED_FOR if refused else 0.5 <= wait <= 1.0


def test_a_channel_without_room_is_left_out_and_the_client_knows_how_many_there_is_room_for(two: Exchange) -> None:
    two.connect()
    two.subscribe()
    two.client.subscribe(two.channels[TWO], "TOKEN", two.now)
    (unsubscribed,) = two.reply(error={"code": 106, "message": "limit exceeded"})
    assert isinstance(unsubscribed, push.Unsubscribed) and not unsubscribed.token_is_dead
    assert (two.client.most, two.channels[TWO].left_out, two.channel.left_out) == (1, True, False)


def test_already_subscribed_is_answered_by_leaving_and_subscribing_once(connected: Exchange) -> None:
    for _ in range(2):
        connected.client.subscribe(connected.channel, "TOKEN", connected.now)
        connected.reply(error={"code": 105, "message": "already subscribed"})
    assert connected.channel.refused, "not again and again"
    connected.channel.disconnected()
    connected.client.subscribe(connected.channel, "TOKEN", connected.now)
    assert connected.reply(error={"code": 105, "message": "already subscribed"}) == []
    leave, again = connected.sent()
    assert leave["unsubscribe"] == {"channel": ONE}
    assert again["subscribe"]["token"] == "TOKEN"
    connected.get({"id": leave["id"], "unsubscribe": {}})
    assert connected.get({"id": again["id"], "subscribe": {"expires": True, "ttl": 300}}) == [
        FIRST,
        push.Live(connected.channel, whole=False),
    ]
    assert connected.channel.refresh_at < float("inf")  # it is our own subscription now


def test_a_reply_to_a_channel_that_was_left_meanwhile_is_ignored(connected: Exchange) -> None:
    connected.client.subscribe(connected.channel, "TOKEN", connected.now)
    ident = connected.sent()[0]["id"]
    connected.client.unsubscribe(connected.channel, connected.now)
    del connected.channels[ONE]
    assert connected.get({"id": ident, "subscribe": {}}, {"id": 99, "subscribe": {}}) == []


# Server-side subscriptions.


def test_a_channel_in_the_connect_reply_is_live_and_never_refreshed(two: Exchange) -> None:
    happenings = two.connect(subs={ONE: {"recoverable": True, "recovered": True, "epoch": "e"}, "unknown": {}})
    assert happenings == [push.Online(), FIRST, push.Live(two.channel, whole=False)]
    assert two.channel.server_side
    assert two.channel.refresh_at == float("inf")
    assert two.channels[TWO].phase is Phase.IDLE


def test_a_failed_recovery_of_a_server_side_subscription_is_taken_up_by_a_subscribe_of_ours(exchange: Exchange) -> None:
    exchange.channel.position = Position("old", 9)
    exchange.client.connect("CONNECTION", {ONE: "T1"}, exchange.now)
    exchange.reply(
        connect={
            "client": "c",
            "subs": {ONE: {"recoverable": True, "was_recovering": True, "epoch": "new", "offset": 3}},
        }
    )
    leave, again = exchange.sent()
    assert leave["unsubscribe"] == {"channel": ONE}
    assert again["subscribe"] == {"channel": ONE, "token": "T1", "recoverable": True, "recover": True, "epoch": "new"}


def test_without_a_token_of_ours_a_server_side_subscription_is_live_as_it_is(connected: Exchange) -> None:
    connected.channel.position = Position("old", 9)
    happenings = connected.get(
        {"push": {"channel": ONE, "subscribe": {"recoverable": True, "epoch": "new", "offset": 3}}}
    )
    assert happenings == [CountsUnknown(ONE), FIRST, push.Live(connected.channel, whole=False)]
    assert connected.channel.position == Position("new", 3)


# Unsubscribed by the server.


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
def test_an_unsubscribe_push(
    exchange: Exchange, code: int, refused: bool, token_is_dead: bool, position_is_dead: bool
) -> None:
    exchange.live(recoverable=True, epoch="e", offset=5, recovered=True)
    exchange.now += STEADY + 1
    (happening,) = exchange.get({"push": {"channel": ONE, "unsubscribe": {"code": code, "reason": "r"}}})
    assert isinstance(happening, push.Unsubscribed)
    assert (happening.token_is_dead, happening.position_is_dead) == (token_is_dead, position_is_dead)
    assert exchange.channel.phase is Phase.IDLE
    assert exchange.channel.refused is refused
    assert exchange.channel.try_at == exchange.now + (REFUSED_FOR if refused else 0.0)


def test_a_server_that_unsubscribes_again_and_again_is_not_asked_without_a_pause(live: Exchange) -> None:
    waits = []
    for _ in range(6):
        live.get({"push": {"channel": ONE, "unsubscribe": {"code": 2500}}})
        waits.append(live.channel.try_at - live.now)
        live.now = live.channel.try_at
        live.subscribe()
    assert waits[0] >= 0.5
    assert waits[-1] > 5.0


# Refreshing.


def test_the_refresh_of_a_subscription_names_its_channel(live: Exchange) -> None:
    assert 300 * 0.72 <= live.channel.refresh_at - live.now <= 300 * 0.8
    live.client.sub_refresh(live.channel, "FRESH", live.now)
    (command,) = live.sent()
    assert command["sub_refresh"] == {"channel": ONE, "token": "FRESH"}
    assert live.channel.refresh_at == float("inf")
    assert live.get({"id": command["id"], "sub_refresh": {"expires": True, "ttl": 100}}) == []
    assert 72 <= live.channel.refresh_at - live.now <= 80
    live.client.sub_refresh(live.channel, "FRESH", live.now)
    live.reply(sub_refresh={})
    assert 72 <= live.channel.refresh_at - live.now <= 80, "without a ttl it expires all the same"


@pytest.mark.parametrize(("code", "temporary"), [(100, True), (109, False)])
def test_a_refresh_that_fails_leaves_it_live_and_is_tried_again(live: Exchange, code: int, temporary: bool) -> None:
    live.client.sub_refresh(live.channel, "FRESH", live.now)
    assert live.reply(error={"code": code, "message": "m", "temporary": temporary}) == []
    assert live.channel.phase is Phase.LIVE
    assert live.channel.refresh_at == live.now + 15.0
    live.channel.schedule_refresh(frames.Refreshed(True, 60), live.now, 0.5)
    live.channel.refresh_later(live.now, 0.5)
    assert live.channel.refresh_at == live.now + 6.0, "while there is time"


def test_a_refresh_of_what_the_server_does_not_know_any_more_subscribes_again(live: Exchange) -> None:
    live.client.sub_refresh(live.channel, "FRESH", live.now)
    (happening,) = live.reply(error={"code": 103, "message": "permission denied"})
    assert isinstance(happening, push.Unsubscribed) and happening.token_is_dead
    assert live.channel.phase is Phase.IDLE and not live.channel.refused


def test_the_connection_is_refreshed_in_place_or_from_the_servers_side(exchange: Exchange) -> None:
    exchange.connect(expires=True, ttl=120)
    exchange.client.refresh("FRESH", exchange.now)
    (command,) = exchange.sent()
    assert command["refresh"] == {"token": "FRESH"}
    assert exchange.client.refresh_at == float("inf")
    exchange.get({"id": command["id"], "refresh": {"expires": True, "ttl": 50}})
    assert 36 <= exchange.client.refresh_at - exchange.now <= 40
    exchange.get({"push": {"refresh": {"expires": True, "ttl": 1000}}})
    assert exchange.client.refresh_at >= exchange.now + 720


@pytest.mark.parametrize(("ttl", "wait"), [(120, 7.5), (60, 6.0), (2, 0.5)])
def test_a_refresh_of_the_connection_is_tried_again_in_time(exchange: Exchange, ttl: int, wait: float) -> None:
    exchange.connect(expires=True, ttl=ttl)
    exchange.client.refresh("FRESH", exchange.now)
    assert exchange.reply(error={"code": 110, "message": "expired"}) == []
    assert exchange.client.refresh_at == exchange.now + wait
    exchange.client.refresh("FRESH", exchange.now)
    (ended,) = exchange.reply(error={"code": 103, "message": "permission denied"})
    assert isinstance(ended, push.Ended) and not ended.terminal


# Whose token it was.


def test_the_token_being_checked_is_that_of_the_first_unanswered_command(two: Exchange) -> None:
    two.connect()
    assert two.client.token_being_checked() is None
    two.client.subscribe(two.channels[ONE], "T1", two.now)
    two.client.subscribe(two.channels[TWO], "T2", two.now)
    first, _ = two.sent()
    assert two.client.token_being_checked() == ("subscribe", two.channels[ONE])
    two.get({"id": first["id"], "subscribe": {}})
    assert two.client.token_being_checked() == ("subscribe", two.channels[TWO])
