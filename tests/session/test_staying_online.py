"""Messages, pings and every way in which a server ends a connection or a subscription."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import Mock

import pytest

from telex_start.events import How, ReconnectNow
from telex_start.session.connection import PushConnection
from telex_start.states import State
from tests.servers import Sandbox
from tests.session.agent import quick
from tests.session.conftest import Start, Telex
from tests.stopwatch import Stopwatch

ONE = ("--organisations", "1")


@contextmanager
def stream(sandbox: Sandbox, pause: float = 0.005) -> Iterator[list[int]]:
    """Publishes numbered messages to the first organisation all the while; gives those that the server took."""
    taken: list[int] = []
    ending = threading.Event()

    def publish() -> None:
        number = 0
        while not ending.wait(pause):
            number += 1
            try:
                sandbox.publish(0, number)
            except Exception:  # the server is down: nobody holds this one
                continue
            taken.append(number)

    thread = threading.Thread(target=publish, name="stream")
    thread.start()
    try:
        yield taken
    finally:
        ending.set()
        thread.join()


def in_order_and_once(numbers: list[int]) -> bool:
    return numbers == sorted(set(numbers))


# --- messages -------------------------------------------------------------------------------------------------------


def test_many_messages_in_a_frame_come_one_by_one_and_in_order(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    sandbox.publish_many(0, list(range(1000)))
    assert session.await_received(1000) == list(range(1000))
    assert session.reconnects == 0


def test_after_a_ping_nothing_else_is_waited_for_at_once() -> None:
    """Each ping woke the agent twice, the second time a millisecond later for nothing."""
    client = Mock(outgoing=lambda: [])
    client.receive.return_value = []
    websocket = Mock()
    websocket.receive.side_effect = [b"{}", None]
    connection = PushConnection.__new__(PushConnection)
    connection.__dict__.update(_websocket=websocket, _client=client, _now=lambda: 5000.0, _ending=None)
    assert connection._receive(6000.0)
    assert websocket.receive.call_count == 1


def test_newline_joined_messages_with_pings_inside(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox).online()
    pongs = sandbox.status()["pongs"]
    sandbox.silent()  # so that all of this is joined in one frame
    sandbox.publish(0, 1)
    sandbox.ping_now()
    sandbox.publish(0, 2)
    sandbox.ping_now()
    sandbox.publish(0, 3)
    sandbox.silent(False)
    assert session.await_received(3) == [1, 2, 3]
    sandbox.wait_until(lambda status: status["pongs"] == pongs + 1)  # a second one would close everything for good
    sandbox.publish(0, 4)
    session.await_received(4)
    assert session.reconnects == 0


def test_frames_that_make_no_sense_cost_nothing(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox).online()
    push = '{"push":{"channel":"%s","pub":{"data":%d}}}'
    sandbox.raw_frame("\n".join(["", push % (session.channel(), 1), "no json", push % ("other", 7), "[]", "{"]))
    sandbox.raw_frame('{"id":999,"error":{"code":100}}\n{"push":{"channel":5,"join":{}}}')
    sandbox.publish(0, 2)
    assert session.await_received(2) == [1, 2]
    assert session.reconnects == 0


def test_odd_payloads_cost_nothing_but_themselves(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    for raw in ('"\\ud83d"', "null", "[]", '{"a":{"b":[1,{}]}}', "-0.5e-7", '"\\u0000"', '"last"'):
        sandbox.publish(0, raw=raw)
    assert session.await_received(7) == ["\ufffd", None, [], {"a": {"b": [1, {}]}}, -0.5e-7, "\0", "last"]


def test_one_large_message_comes(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    sandbox.publish(0, "x" * 600_000)
    assert len(session.await_received(1)[0]) == 600_000


def test_a_publication_that_no_decoder_takes_is_told_as_lost(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox).online()
    sandbox.publish(0, raw="[" * 200_000 + "]" * 200_000)  # Python 3.14 reads 50,000 of them
    sandbox.publish(0, "next")
    assert session.await_received(1) == ["next"]
    assert session.lost() == 1
    session.mark()
    sandbox.kick(3001)
    session.await_state(State.ONLINE)
    session.await_subscribed(1)
    sandbox.publish(0, "after")
    assert session.await_received(2) == ["next", "after"]


# --- pings ----------------------------------------------------------------------------------------------------------


def test_pings_are_answered_for_as_long_as_they_come(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE, "--ping", "1")
    session = agent(sandbox).online()
    time.sleep(3.2)  # three pings and their time-outs: a pong too few, or one too many, closes the connection
    sandbox.publish(0, "still here")
    session.await_received(1)
    assert session.reconnects == 0


def test_each_ping_gets_one_pong(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox).online()
    before = sandbox.status()["pongs"]
    for number in range(1, 6):
        sandbox.ping_now()
        sandbox.wait_until(lambda status, number=number: status["pongs"] == before + number)  # type: ignore[misc]
    assert session.reconnects == 0


def test_a_server_without_pings(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE, "--ping", "0")
    session = agent(sandbox).online()
    sandbox.publish(0, "x")
    session.await_received(1)
    assert session.reconnects == 0


def test_a_silent_link_is_found_within_ping_and_ten_seconds(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE, "--ping", "1")
    session = agent(sandbox, timings=quick(ping_slack=1.0)).online()
    session.mark()
    sandbox.silent()
    since_silence = Stopwatch()
    told = session.await_state(State.RECONNECTING)
    assert since_silence.seconds() < 1.0 + 1.0 + 0.5
    assert "no sign of life" in told.reason
    sandbox.silent(False)
    sandbox.publish(0, "x")
    session.await_all(["x"], missed=1, limit=15.0)


def test_a_server_that_is_silent_from_the_handshake_on_is_given_up_in_time(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    sandbox.silent()
    session = agent(sandbox, timings=quick(open_within=1.0)).sign_in()
    session.await_state(State.RECONNECTING, 3.0)
    sandbox.silent(False)
    session.await_subscribed(1)
    assert len(session.troubles) == 1


# --- closed by the server -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 3001, 3004, 3008, 3010, 3011, 3012, 4000])
def test_codes_after_which_it_reconnects_and_recovers(telex: Telex, agent: Start, code: int) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    sandbox.publish(0, "before")
    session.await_received(1)
    session.mark()
    sandbox.kick(code)
    told = session.await_state(State.RECONNECTING)
    assert told.subscribed == 0 and told.organisations == 1 and told.reason
    sandbox.publish(0, "meanwhile")
    session.await_state(State.ONLINE)
    session.await_all(["before", "meanwhile"], missed=1)
    assert not sandbox.keeps_history or session.received(0, How.RECOVERED) == ["meanwhile"]
    assert session.troubles == []


@pytest.mark.parametrize("code", [3500, 3503, 4500])
def test_terminal_codes_wait_and_reconnect_now_ends_the_wait(telex: Telex, agent: Start, code: int) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    tokens = sandbox.status()["tokens_issued"]
    session.mark()
    sandbox.kick(code)
    told = session.await_state(State.RECONNECTING)
    assert str(code) in told.reason
    assert len(session.troubles) == 1
    sandbox.publish(0, "meanwhile")
    time.sleep(0.3)  # longer than any backoff here
    assert session.state is State.RECONNECTING
    session.send(ReconnectNow())
    session.await_state(State.ONLINE)
    session.await_all(["meanwhile"], missed=1)
    issued = sandbox.status()["tokens_issued"]
    assert all(issued[kind] == tokens[kind] + 1 for kind in ("connection", "subscription")), "with fresh tokens"


def test_a_terminal_code_is_tried_again_by_itself(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox, timings=quick(terminal=(0.2, 900.0))).online()
    session.mark()
    sandbox.kick(3503)
    session.await_state(State.ONLINE)
    session.mark()
    sandbox.kick(3503)
    session.await_state(State.RECONNECTING)
    time.sleep(0.3)
    assert session.state is State.RECONNECTING, "the second one waits 15 minutes"


def test_too_many_requests_waits_longer(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox).online()
    sandbox.kick(3013)
    session.await_state(State.RECONNECTING)
    time.sleep(0.3)
    assert session.state is State.RECONNECTING


def test_state_invalidated_forgets_tokens_and_positions(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    tokens = sandbox.status()["tokens_issued"]
    session.mark()
    sandbox.kick(3014)
    session.await_state(State.ONLINE)
    session.await_subscribed(1)
    issued = sandbox.status()["tokens_issued"]
    assert all(issued[kind] == tokens[kind] + 1 for kind in ("connection", "subscription"))
    assert session.lost() >= 1


def test_reconnects_reuse_tokens_that_are_good_and_look_up_the_organisations(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox).online()
    tokens = sandbox.status()["tokens_issued"]
    looked_up = sandbox.status()["requests"]["GET /users/organisations"]["200"]
    session.mark()
    sandbox.kick(3001)
    session.await_state(State.ONLINE)
    session.await_subscribed(1)
    sandbox.wait_until(lambda status: status["requests"]["GET /users/organisations"]["200"] == looked_up + 1)
    assert sandbox.status()["tokens_issued"] == tokens


def test_reconnects_in_a_row_look_the_organisations_up_once(own: Telex, agent: Start) -> None:
    """A server that falters got a look-up from each agent with each connection: one a second, for ever."""
    sandbox = own(*ONE)
    session = agent(sandbox, timings=quick(look_up_after=1.0)).online()
    before = sandbox.status()["requests"]["GET /users/organisations"]["200"]
    began = time.monotonic()
    for _ in range(4):
        session.mark()
        sandbox.kick(3001)
        session.await_state(State.ONLINE)
        session.await_subscribed(1)
    look_ups = sandbox.status()["requests"]["GET /users/organisations"]["200"] - before
    assert look_ups <= 1 + int(time.monotonic() - began), "one in a second at most"
    sandbox.wait_until(lambda status: status["requests"]["GET /users/organisations"]["200"] > before)


def test_a_server_that_drops_its_connections_gets_them_at_longer_and_longer_intervals(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox, timings=quick(stood=30.0), chance=lambda: 0.999).online()
    waits = []
    for _ in range(4):
        session.await_subscribed(1)
        session.mark()
        sandbox.kick(3001)
        session.await_state(State.RECONNECTING)
        session.await_state(State.CONNECTING)
        waits.append(session.seconds_between(State.RECONNECTING, State.CONNECTING))
        session.await_state(State.ONLINE)
    assert waits[-1] > 0.25 > waits[0], f"0.1, 0.15, 0.25 and 0.45 s, but {waits}"


def test_a_handshake_that_is_refused_is_tried_again_and_told_once(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    sandbox.refuse_push(503)
    refused = sandbox.status()["handshakes"].get("503", 0)
    session = agent(sandbox).sign_in()
    sandbox.wait_until(lambda status: status["handshakes"].get("503", 0) >= refused + 3)
    assert [trouble.title for trouble in session.troubles] == ["Telex has a problem"]
    sandbox.refuse_push(0)
    session.await_subscribed(1)


@pytest.mark.parametrize("status", [301, 302, 403, 404])
def test_other_answers_to_a_handshake(own: Telex, agent: Start, status: int) -> None:
    sandbox = own(*ONE)
    sandbox.refuse_push(status)
    session = agent(sandbox).sign_in()
    session.await_state(State.RECONNECTING)
    connects = len(sandbox.status()["connects"])
    sandbox.refuse_push(0)
    session.await_subscribed(1)
    assert len(sandbox.status()["connects"]) == connects + 1


# --- unsubscribed by the server -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [2500, 2501])
def test_an_unsubscribed_channel_comes_back_with_what_it_missed(own: Telex, agent: Start, code: int) -> None:
    sandbox = own("--organisations", "2")
    session = agent(sandbox).online(2)
    tokens = sandbox.status()["tokens_issued"]["subscription"]
    session.mark()
    sandbox.unsubscribe(0, code)
    session.await_true(lambda: session.told.subscribed == 1)
    sandbox.publish(0, "meanwhile")
    sandbox.publish(1, "the others live on")
    session.await_received(1, 1)
    session.await_subscribed(2)
    session.await_all(["meanwhile"], missed=1)
    assert session.states() == [State.ONLINE]
    assert sandbox.status()["tokens_issued"]["subscription"] == tokens + (code == 2501)


def test_an_organisation_taken_away_by_the_server_is_refused_and_tried_again(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "2")
    session = agent(sandbox, timings=quick(refused_for=0.5)).online(2)
    session.mark()
    sandbox.unsubscribe(0, 2000)
    session.await_true(lambda: (session.told.subscribed, session.told.refused) == (1, 1))
    sandbox.publish(0, "meanwhile")
    session.await_subscribed(2)
    assert session.told.refused == 0
    session.await_all(["meanwhile"], missed=1)
    assert session.states() == [State.ONLINE]


# --- restarts and recovery ------------------------------------------------------------------------------------------


@pytest.mark.history
@pytest.mark.parametrize("kill", [False, True])
def test_a_restart_under_load_loses_nothing_that_the_server_held(telex: Telex, agent: Start, kill: bool) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    with stream(sandbox) as published:
        session.await_received(20)
        sandbox.restart(kill=kill)
        restarted = published[-1]
        session.await_true(lambda: max(session.received(), default=0) > restarted + 20)
    session.await_true(lambda: session.received()[-1] == published[-1])
    assert in_order_and_once(session.received())
    # Lost can be only what the old server took and had not sent when it went.
    missing = sorted(set(published) - set(session.received()))
    assert not missing or (restarted - 5 <= missing[0] and missing[-1] <= restarted + 1)
    assert len(missing) <= 2
    assert session.lost() == 1


def test_a_server_that_is_down_for_a_while(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    sandbox.publish(0, "before")
    session.await_received(1)
    session.mark()
    sandbox.restart(1.2)
    session.await_state(State.RECONNECTING)
    sandbox.wait_until(lambda status: status["push_listening"])
    sandbox.publish(0, "after")
    session.await_all(["before", "after"], missed=1, restarted=True)
    assert len(session.troubles) == 1, "one trouble, however often it is tried"


def test_reconnects_under_load_lose_and_repeat_nothing(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    with stream(sandbox, 0.015) as published:
        for code in (3001, 3012, 4001):
            session.mark()
            sandbox.kick(code)
            session.await_state(State.ONLINE)
        session.await_subscribed(1)
    if sandbox.keeps_history:
        session.await_true(lambda: session.received()[-1:] == published[-1:])
    session.await_all(published, missed=len(published))


@pytest.mark.history
def test_of_150_missed_and_100_kept_the_last_100_come(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox).online()
    session.mark()
    sandbox.restart(0.5, new_epoch=False)
    sandbox.publish_many(0, list(range(150)))
    session.await_state(State.ONLINE)
    assert session.await_received(100) == list(range(50, 150))
    assert session.lost() == 1
    sandbox.publish(0, "next")
    assert session.await_received(101)[-1] == "next"


@pytest.mark.history
def test_of_150_missed_and_100_kept_the_last_100_come_on_any_server(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox, timings=quick(busy=0.4)).online()
    session.mark()
    sandbox.kick(3013)
    session.await_state(State.RECONNECTING)
    sandbox.publish_many(0, list(range(150)))
    session.await_state(State.ONLINE)
    assert session.await_received(100) == list(range(50, 150))
    assert session.lost() == 1


@pytest.mark.history
def test_history_that_is_gone_is_told(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox, timings=quick(busy=0.4)).online()
    session.mark()
    sandbox.kick(3013)
    session.await_state(State.RECONNECTING)
    sandbox.publish_many(0, list(range(20)))
    sandbox.trim_history(0)
    session.await_state(State.ONLINE)
    session.await_true(lambda: session.lost() == 1)
    sandbox.publish(0, "next")
    assert session.await_received(1) == ["next"]


@pytest.mark.history
def test_the_first_catch_up(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "2")
    sandbox.publish_many(0, list(range(30)))
    session = agent(sandbox).online(2)
    assert session.received(0, How.CAUGHT_UP) == list(range(30))
    assert session.received(1) == []
    assert sorted(session.answered()) == sorted([session.channel(0), session.channel(1)])
    assert session.lost() == 0


@pytest.mark.history
def test_the_first_catch_up_of_a_history_that_is_not_whole_brings_what_is_kept(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    sandbox.publish_many(0, list(range(130)))
    session = agent(sandbox).online()
    assert session.await_received(100) == list(range(30, 130))
    assert session.received(0, How.CAUGHT_UP) == list(range(30, 130))


@pytest.mark.no_history
def test_a_server_without_history(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    sandbox.publish(0, 1)
    session.await_received(1)
    assert session.lost() == 0
    session.mark()
    sandbox.kick(3001)
    session.await_state(State.ONLINE)
    session.await_subscribed(1)
    assert session.lost() == 1
    sandbox.publish(0, 2)
    assert session.await_received(2) == [1, 2]
