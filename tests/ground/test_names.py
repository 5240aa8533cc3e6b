"""Looking up names: a bound, and an answer that comes too late is there for the next try."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from telex_start.errors import NoNetwork
from telex_start.net import names
from telex_start.net.names import Names, NotLookedUp
from telex_start.net.sockets import Aborter
from tests.resolver import LIMIT, NAME, Resolver, resolving

HERE = ("127.0.0.1", 443)


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    with resolving() as made:
        yield made


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def await_true(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_look_up_ends_by_its_bound_and_its_answer_is_there_for_the_next_try(resolver: Resolver) -> None:
    looked = Names(Clock(), within=0.05)
    with pytest.raises(NotLookedUp) as raised:
        looked.look_up(NAME, 443, Aborter())
    assert raised.value.late
    resolver.let_go()
    await_true(lambda: (NAME, 443) in looked._kept)
    assert [address.where for address in looked.look_up(NAME, 443, Aborter(), 0.0)] == [HERE]
    assert resolver.asked == 1


def test_who_asks_while_it_is_under_way_waits_for_the_same_answer(resolver: Resolver) -> None:
    looked = Names(Clock())
    with pytest.raises(NotLookedUp):
        looked.look_up(NAME, 443, Aborter(), 0.01)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(looked.look_up, NAME, 443, Aborter())
        resolver.let_go()
        assert waiting.result(LIMIT)
    assert resolver.asked == 1


def test_one_that_hangs_does_not_keep_another_from_being_begun_and_there_are_never_many(resolver: Resolver) -> None:
    clock = Clock()
    looked = Names(clock, within=10.0)
    for expected in (1, 1, 2, 2, 3, 3, 4, 4, 4, 4):
        with pytest.raises(NotLookedUp):
            looked.look_up(NAME, 443, Aborter(), 0.0)
        resolver.await_asked(expected)
        clock.seconds += 6.0
    assert resolver.asked == 4


def test_an_answer_is_good_for_a_minute(resolver: Resolver) -> None:
    clock = Clock()
    looked = Names(clock)
    resolver.let_go()
    for after, expected in ((0.0, 1), (names.KEPT - 1, 1), (2.0, 2)):
        clock.seconds += after
        looked.look_up(NAME, 443, Aborter())
        assert resolver.asked == expected


def test_an_answer_that_was_of_no_use_is_forgotten(resolver: Resolver) -> None:
    looked = Names(Clock())
    resolver.let_go()
    looked.look_up(NAME, 443, Aborter())
    looked.forget(NAME, 443)
    looked.look_up(NAME, 443, Aborter())
    assert resolver.asked == 2


@pytest.mark.parametrize("answer", [socket.gaierror(-2, "unknown"), UnicodeError("too long"), []])
def test_a_failure_is_said_at_once_and_not_kept(resolver: Resolver, answer: list[Any] | Exception) -> None:
    looked = Names(Clock())
    resolver.let_go()
    resolver.answer = answer
    for _ in range(2):
        with pytest.raises(NotLookedUp) as raised:
            looked.look_up(NAME, 443, Aborter())
        assert not raised.value.late
    assert resolver.asked == 2
    resolver.answer = None
    assert looked.look_up(NAME, 443, Aborter())


def test_an_address_needs_no_name_server() -> None:
    looked = Names(Clock())
    before = threading.active_count()
    assert looked.look_up("127.0.0.1", 443, Aborter())[0].where == ("127.0.0.1", 443)
    assert looked.look_up("::1", 443, Aborter())[0].where[0] == "::1"
    assert threading.active_count() == before


@pytest.mark.parametrize("end", [Aborter.abort, Aborter.interrupt])
def test_another_thread_ends_the_waiting(resolver: Resolver, end: Callable[[Aborter], None]) -> None:
    looked, aborter = Names(Clock()), Aborter()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(looked.look_up, NAME, 443, aborter, 60.0)
        resolver.await_asked(1)
        end(aborter)
        with pytest.raises(NoNetwork):
            waiting.result(LIMIT)


def test_what_was_given_up_before_is_not_begun(resolver: Resolver) -> None:
    aborter = Aborter()
    aborter.abort()
    with pytest.raises(NoNetwork):
        Names(Clock()).look_up(NAME, 443, aborter)
    assert resolver.asked == 0
