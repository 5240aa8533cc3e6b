"""The states of a session: which moves there are."""

from __future__ import annotations

from itertools import pairwise

import pytest

from telex_start.states import ALLOWED, SIGNED_IN, State, may_move


def test_every_state_is_in_the_table() -> None:
    assert set(ALLOWED) == set(State)


def test_staying_is_always_allowed() -> None:
    assert all(may_move(state, state) for state in State)


def test_nothing_leaves_stopped() -> None:
    assert not any(may_move(State.STOPPED, state) for state in State if state is not State.STOPPED)


@pytest.mark.parametrize("state", [state for state in State if state is not State.STOPPED])
def test_everything_can_be_stopped(state: State) -> None:
    assert may_move(state, State.STOPPED)


@pytest.mark.parametrize("state", sorted({*SIGNED_IN, State.SIGNING_IN}))
def test_from_every_state_of_a_session_one_can_sign_out_and_be_asked_to_sign_in(state: State) -> None:
    assert may_move(state, State.SIGNED_OUT)
    assert may_move(state, State.SIGN_IN_NEEDED)


def test_the_way_of_a_session() -> None:
    way = [State.SIGNED_OUT, State.SIGNING_IN, State.CONNECTING, State.ONLINE, State.RECONNECTING, State.CONNECTING]
    assert all(may_move(origin, target) for origin, target in pairwise(way))


@pytest.mark.parametrize(
    ("origin", "target"),
    [
        (State.SIGNED_OUT, State.ONLINE),
        (State.SIGNED_OUT, State.SIGN_IN_NEEDED),
        (State.SIGNING_IN, State.ONLINE),
        (State.ONLINE, State.CONNECTING),
        (State.ONLINE, State.SIGNING_IN),
        (State.RECONNECTING, State.ONLINE),
    ],
)
def test_moves_that_there_are_not(origin: State, target: State) -> None:
    assert not may_move(origin, target)
