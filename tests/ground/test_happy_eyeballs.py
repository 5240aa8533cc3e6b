"""A host of many addresses: in which order they are tried, and who wins. On real sockets of this machine."""

from __future__ import annotations

import errno
import itertools
import select
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start import clock
from telex_start.errors import NoNetwork
from telex_start.net import happy_eyeballs
from telex_start.net.names import Address
from telex_start.net.sockets import Aborter, Deadline

LIMIT = 10.0


def address(where: Any, family: int = socket.AF_INET) -> Address:
    return Address(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, where)


class Hosts:
    """Addresses of this machine that answer, refuse, or swallow what is sent to them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._count = 0

    def _listener(self, backlog: int) -> socket.socket:
        self._count += 1
        listener = socket.create_server((f"127.0.0.{self._count}", 0), backlog=backlog)
        return self._stack.enter_context(listener)

    def alive(self) -> Address:
        return address(self._listener(5).getsockname())

    def refusing(self) -> Address:
        listener = self._listener(5)
        listener.close()
        return address((f"127.0.0.{self._count}", self._free_port()))

    def _free_port(self) -> int:
        with socket.create_server((f"127.0.0.{self._count}", 0)) as listener:
            port: int = listener.getsockname()[1]
            return port

    def hole(self) -> Address:
        """Its queue of connections is full, so it answers to none: Linux drops what comes then."""
        return address(self._full().getsockname())

    def slow(self) -> Address:
        """As a black hole for 0.7 s, so that it is Linux's second try that it answers, a second after the first."""
        listener = self._full()
        over, end = (self._stack.enter_context(sock) for sock in socket.socketpair())
        thread = threading.Thread(target=self._accept_later, args=(listener, over))
        thread.start()
        self._stack.callback(thread.join)
        self._stack.callback(end.send, b"\0")
        return address(listener.getsockname())

    @staticmethod
    def _accept_later(listener: socket.socket, over: socket.socket) -> None:
        time.sleep(0.7)
        with ExitStack() as accepted:
            # Nothing done to a socket on another thread ends accept on every system.
            while over not in (ready := select.select([listener, over], [], [])[0]):
                accepted.enter_context(ready[0].accept()[0])

    def _full(self) -> socket.socket:
        listener = self._listener(0)
        for _ in range(4):
            filler = self._stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        return listener


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with ExitStack() as stack:
        yield Hosts(stack)


def connect(*addresses: Address | Iterator[Address], seconds: float = LIMIT, aborter: Aborter | None = None) -> Address:
    """The winner of these, or of those that an iterator gives."""
    aborter = aborter or Aborter()
    in_order = itertools.chain.from_iterable([one] if isinstance(one, Address) else one for one in addresses)
    sock, winner = happy_eyeballs.connect(in_order, Deadline(clock.now, seconds), aborter, clock.now)
    with sock:
        assert sock.getpeername() == winner.where
        assert sock.gettimeout() is None
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    aborter.release()
    return winner


def test_the_first_that_answers_wins(hosts: Hosts) -> None:
    first = hosts.alive()
    assert connect(first, hosts.alive()) == first


def test_a_black_hole_costs_a_quarter_of_a_second(hosts: Hosts) -> None:
    """Before, it had half of the time there was."""
    holes, alive, begun = [hosts.hole() for _ in range(3)], hosts.alive(), []

    def in_turn() -> Iterator[Address]:
        for one in (*holes, alive):
            begun.append(clock.now())
            yield one

    assert connect(in_turn()) == alive
    assert happy_eyeballs.APART == 0.25
    assert all(later - earlier >= happy_eyeballs.APART for earlier, later in itertools.pairwise(begun)), "not before"


def test_a_slow_one_among_sixteen_is_not_given_up_for_the_others(hosts: Hosts) -> None:
    """It takes a second. Before, each had its share of ten, 0.6 s, and then the next was tried: none ever connected."""
    slow = hosts.slow()
    assert connect(slow, *[hosts.hole() for _ in range(15)]) == slow


def test_one_that_refuses_costs_nothing(hosts: Hosts) -> None:
    alive, began = hosts.alive(), clock.now()
    assert connect(*[hosts.refusing() for _ in range(40)], alive) == alive
    assert clock.now() - began < 40 * happy_eyeballs.APART / 2


@pytest.mark.parametrize("bad", [address(("192.0.2.1", 0)), address(("::1", 1), 9999), address(("127.0.0.1", 99_999))])
def test_one_that_this_machine_cannot_even_try_is_passed_over(hosts: Hosts, bad: Address) -> None:
    alive = hosts.alive()
    assert connect(bad, alive) == alive


def test_where_all_fail_the_most_telling_failure_is_said(hosts: Hosts) -> None:
    with pytest.raises(ConnectionRefusedError):
        connect(hosts.refusing(), address(("127.0.0.1", 99_999)))
    with pytest.raises(OSError, match="no address"):
        connect()


def test_where_none_answers_it_ends_in_time(hosts: Hosts) -> None:
    with pytest.raises(TimeoutError):
        connect(hosts.hole(), hosts.hole(), seconds=0.1)


@pytest.mark.parametrize("end", [Aborter.abort, Aborter.interrupt])
def test_another_thread_ends_the_waiting(hosts: Hosts, end: Any) -> None:
    aborter = Aborter()
    hole = hosts.hole()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(connect, hole, seconds=60.0, aborter=aborter)
        while not aborter._wakes:
            pass
        end(aborter)
        with pytest.raises(NoNetwork):
            waiting.result(LIMIT)


def test_no_socket_is_left(hosts: Hosts, recwarn: pytest.WarningsRecorder) -> None:
    for addresses in ((hosts.hole(), hosts.alive()), (hosts.hole(),), (hosts.refusing(),), ()):
        try:
            connect(*addresses, seconds=0.5)
        except OSError as error:
            assert isinstance(error, TimeoutError) or error.errno in (errno.ECONNREFUSED, None)
    assert not [warning for warning in recwarn if warning.category is ResourceWarning]


# --- the order ------------------------------------------------------------------------------------------------------

SIX, FOUR = socket.AF_INET6, socket.AF_INET


def test_families_take_turns_beginning_with_the_systems_first() -> None:
    six = [address((f"2001:db8::{number}", 443, 0, 0), SIX) for number in range(3)]
    four = [address((f"192.0.2.{number}", 443)) for number in range(2)]
    assert happy_eyeballs.in_order([*six, *four]) == [six[0], four[0], six[1], four[1], six[2]]
    assert happy_eyeballs.in_order([*four, *six]) == [four[0], six[0], four[1], six[1], six[2]]
    assert happy_eyeballs.in_order([*six, *four], first=four[1]) == [four[1], six[0], four[0], six[1], six[2]]
    assert happy_eyeballs.in_order(six, first=four[1]) == six


@given(st.lists(st.tuples(st.sampled_from([SIX, FOUR]), st.integers(0, 20)), unique=True))
def test_each_address_is_tried_once(drawn: list[tuple[int, int]]) -> None:
    addresses = [address(number, family) for family, number in drawn]
    ordered = happy_eyeballs.in_order(addresses)
    assert sorted(ordered) == sorted(addresses)
    for family in (SIX, FOUR):
        kept = [each for each in ordered if each.family == family]
        assert kept == [each for each in addresses if each.family == family]
