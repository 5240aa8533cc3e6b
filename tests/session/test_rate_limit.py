"""Many organisations under Telex's rate limiter, and more of them than a connection takes."""

from __future__ import annotations

import time

from telex_start.events import StateChanged
from telex_start.session.pace import USUAL, Timings
from telex_start.states import State
from tests.session.conftest import Start, Telex, at_once


@at_once
def test_40_organisations_under_six_requests_a_second(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "40", "--rate", "6", "--burst", "4")
    started = time.monotonic()
    session = agent(sandbox, timings=USUAL).sign_in()
    session.await_event(StateChanged, lambda told: told.subscribed >= 1)
    first = time.monotonic() - started
    session.await_subscribed(40, 20.0)
    last = time.monotonic() - started
    refused = sandbox.status()["rate_limited"]["count"]
    print(f"first live {first:.2f} s, all live {last:.2f} s, {refused} times 429")
    assert first < 3.0
    assert last < 15.0
    assert refused <= 3
    assert session.states() == [State.SIGNING_IN, State.CONNECTING, State.ONLINE]
    assert session.troubles == []
    # A reconnect has all tokens at hand: it asks for the organisations alone.
    session.mark()
    sandbox.kick(3001)
    session.await_state(State.ONLINE)
    session.await_subscribed(40, 3.0)


@at_once
def test_one_request_a_second_is_kept_to(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "40", "--rate", "1", "--burst", "4")
    session = agent(sandbox, timings=USUAL).sign_in()
    session.await_event(StateChanged, lambda told: told.subscribed >= 1, 3.0)
    session.await_true(lambda: session.told.subscribed >= 5, 12.0)
    status = sandbox.status()
    asked = sum(len(times) for times in status["request_times"].values())
    assert asked <= 4 + status["uptime"] * 1.0 + 4
    assert status["rate_limited"]["count"] <= 4
    assert session.troubles == []


def test_200_organisations_are_as_many_as_a_connection_takes(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "200")
    session = agent(sandbox, timings=Timings(requests_at_once=1000)).sign_in()
    session.await_true(lambda: (session.told.subscribed, session.told.refused) == (128, 72), 20.0)
    live = [index for index, each in enumerate(sandbox.status()["organisations"]) if each["subscribers"]]
    sandbox.publish(live[-1], "x")
    session.await_received(1, live[-1])
    session.mark()
    sandbox.kick(3001)  # now all subscribes go out at once: several frames, each below the server's limit
    session.await_state(State.ONLINE)
    session.await_subscribed(128)
    sandbox.publish(live[-1], "y")
    session.await_received(2, live[-1])
    assert session.reconnects == 1
    assert session.troubles == []
