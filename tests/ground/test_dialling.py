"""Opening a connection: slow or unanswered DNS look-ups, hosts with many addresses, and the TLS context.

On real sockets of this machine, with a resolver of the tests' own, and without TLS.
"""

from __future__ import annotations

import itertools
import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from telex_start import clock
from telex_start.errors import ConfigError, NoNetwork
from telex_start.net import dialling
from telex_start.net.dialling import Address, Dialler
from telex_start.net.sockets import Aborter, Deadline, tls_context
from tests.resolver import LIMIT, NAME, Resolver, resolving

LATE = "not looked up in time"
UNKNOWN = "could not be looked up"


class _NoTls(ssl.SSLContext):
    """Does not encrypt: gives back the socket that it was given."""

    def wrap_socket(self, sock: socket.socket, *_: Any, **__: Any) -> Any:
        return sock


def dialler(now: Callable[[], float] = clock.now, within: float = LIMIT) -> Dialler:
    return Dialler(_NoTls(ssl.PROTOCOL_TLS_CLIENT), now, within)


def dial(by: Dialler, host: str = "telex.test", *, seconds: float = LIMIT, aborter: Aborter | None = None) -> Any:
    """Connect to the host; gives the address that was reached."""
    aborter = aborter or Aborter()
    with by.dial(host, 443, Deadline(clock.now, seconds), aborter) as sock:
        aborter.release()
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        return sock.getpeername()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


# Names.


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    with resolving() as made:
        yield made


def fails(by: Dialler, words: str) -> None:
    with pytest.raises(NoNetwork, match=words):
        by.look_up(NAME, 443, Aborter())


def test_a_look_up_ends_by_its_bound_and_its_answer_is_there_for_the_next_try(resolver: Resolver) -> None:
    by = dialler(within=0.05)
    fails(by, LATE)
    resolver.let_go()
    while threading.active_count() > 1 and "look-up of a name" in {thread.name for thread in threading.enumerate()}:
        time.sleep(0.001)
    assert [address.where for address in by.look_up(NAME, 443, Aborter())] == [("127.0.0.1", 443)]
    assert resolver.asked == 1


def test_one_that_hangs_does_not_keep_another_from_being_begun_and_there_are_never_many(resolver: Resolver) -> None:
    now = 1000.0
    by = dialler(lambda: now, 0.001)
    for expected in (1, 1, 2, 2, 3, 3, 4, 4, 4, 4):
        fails(by, LATE)
        resolver.await_asked(expected)
        now += 0.0006
    assert resolver.asked == 4


def test_an_answer_is_good_for_a_minute(resolver: Resolver) -> None:
    now = 1000.0
    by = dialler(lambda: now)
    resolver.let_go()
    for after, expected in ((0.0, 1), (dialling.DNS_KEPT - 1, 1), (2.0, 2)):
        now += after
        by.look_up(NAME, 443, Aborter())
        assert resolver.asked == expected


@pytest.mark.parametrize("answer", [socket.gaierror(-2, "unknown"), UnicodeError("too long"), []])
def test_a_failure_is_said_at_once_and_not_kept(resolver: Resolver, answer: list[Any] | Exception) -> None:
    by = dialler()
    resolver.let_go()
    resolver.answer = answer
    for expected in (1, 2):
        fails(by, UNKNOWN)
        assert resolver.asked == expected
    resolver.answer = None
    assert by.look_up(NAME, 443, Aborter())


def test_an_address_needs_no_name_server() -> None:
    by = dialler()
    before = threading.active_count()
    assert by.look_up("127.0.0.1", 443, Aborter())[0].where == ("127.0.0.1", 443)
    assert by.look_up("::1", 443, Aborter())[0].where[0] == "::1"
    assert threading.active_count() == before


def test_another_thread_ends_the_waiting_for_a_name(resolver: Resolver) -> None:
    by, aborter = dialler(), Aborter()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(by.look_up, NAME, 443, aborter)
        resolver.await_asked(1)
        aborter.abort()
        with pytest.raises(NoNetwork, match="given up"):
            waiting.result(LIMIT / 2)


def test_what_was_given_up_before_is_not_begun(resolver: Resolver) -> None:
    aborter = Aborter()
    aborter.abort()
    with pytest.raises(NoNetwork, match="given up"):
        dialler().look_up(NAME, 443, aborter)
    assert resolver.asked == 0


def test_while_something_else_waits_a_look_up_counts_against_the_call(resolver: Resolver) -> None:
    by = dialler()
    by.hurried = True
    for _ in "ab":
        deadline = Deadline(clock.now, 0.2)
        with pytest.raises(NoNetwork, match=f"{LATE}|did not answer in time"):
            by.dial(NAME, 443, deadline, Aborter())
        assert deadline.over
    assert resolver.asked == 1


# Addresses.


class Hosts:
    """Addresses of this machine that answer, refuse, or swallow what is sent to them; and which of them were tried."""

    def __init__(self, stack: ExitStack, patch: pytest.MonkeyPatch) -> None:
        self._stack = stack
        self._patch = patch
        self._count = 0
        self.tried: list[tuple[Any, float]] = []
        """Each address with the time when it was tried."""
        connect = socket.socket.connect

        def noting(sock: socket.socket, where: Any) -> None:
            if where in self._named:  # on Windows, socketpair() connects, too
                self.tried.append((where, clock.now()))
            connect(sock, where)

        self._noting = noting
        self._named: tuple[Any, ...] = ()

    def name(self, *addresses: Any) -> None:
        """From here on every name has these addresses."""
        self._named = addresses
        self.tried.clear()
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in addresses]
        self._patch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        self._patch.setattr(socket.socket, "connect", self._noting)

    def _listener(self, backlog: int) -> socket.socket:
        self._count += 1
        listener = socket.create_server((f"127.0.0.{self._count}", 0), backlog=backlog)
        return self._stack.enter_context(listener)

    def alive(self) -> Any:
        return self._listener(5).getsockname()

    def refusing(self) -> Any:
        listener = self._listener(5)
        listener.close()
        with socket.create_server((f"127.0.0.{self._count}", 0)) as other:
            return other.getsockname()

    def hole(self) -> Any:
        """An address that never answers: its queue of connections is full, and Linux drops further ones."""
        return self._full().getsockname()

    def slow(self) -> Any:
        """An address that answers after a second: a hole for 0.7 s, and Linux's second try comes after a second."""
        listener = self._full()
        over, end = (self._stack.enter_context(sock) for sock in socket.socketpair())
        thread = threading.Thread(target=self._accept_later, args=(listener, over))
        thread.start()
        self._stack.callback(thread.join)
        self._stack.callback(end.send, b"\0")
        return listener.getsockname()

    @staticmethod
    def _accept_later(listener: socket.socket, over: socket.socket) -> None:
        time.sleep(0.7)
        with ExitStack() as accepted:
            # No call from another thread ends an accept() on every system, so this waits by select().
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
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    with ExitStack() as stack:
        yield Hosts(stack, monkeypatch)


def test_black_holes_cost_a_quarter_of_a_second_each_and_who_answered_goes_first_the_next_time(hosts: Hosts) -> None:
    """The first address was given half of all the time."""
    alive, by = hosts.alive(), dialler()
    hosts.name(*[hosts.hole() for _ in range(3)], alive)
    assert dial(by) == alive
    assert dialling.APART == 0.25
    times = [when for _, when in hosts.tried]
    apart = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(apart) == 3 and min(apart) > 0.9 * dialling.APART, "not before; a try is noted some milliseconds late"
    hosts.tried.clear()
    assert dial(by) == alive
    assert [where for where, _ in hosts.tried] == [alive]


def test_a_slow_one_among_sixteen_is_not_given_up_for_the_others(hosts: Hosts) -> None:
    """The slow one takes a second. Each address had only its share of ten seconds, 0.6 s: none ever connected."""
    slow = hosts.slow()
    hosts.name(slow, *[hosts.hole() for _ in range(15)])
    assert dial(dialler()) == slow


def test_one_that_refuses_costs_nothing(hosts: Hosts) -> None:
    alive = hosts.alive()
    hosts.name(*[hosts.refusing() for _ in range(40)], alive)
    assert dial(dialler()) == alive
    assert hosts.tried[-1][1] - hosts.tried[0][1] < 40 * dialling.APART / 2


@pytest.mark.parametrize("bad", [("::1", 1), ("127.0.0.1", 99_999), ("no address", 1)])
def test_one_that_this_machine_cannot_even_try_is_passed_over(hosts: Hosts, bad: Any) -> None:
    alive = hosts.alive()
    hosts.name(bad, alive)
    assert dial(dialler()) == alive


def test_where_all_fail_the_most_telling_is_said_and_the_look_up_forgotten(hosts: Hosts, resolver: Resolver) -> None:
    by = dialler()
    resolver.let_go()
    resolver.answer = [(9999, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]  # a family that this machine does not have
    for expected in (1, 2):
        with pytest.raises(NoNetwork, match="could not be reached"):
            dial(by, NAME)
        assert resolver.asked == expected
    hosts.name(hosts.refusing(), ("127.0.0.1", 99_999))
    with pytest.raises(NoNetwork, match="refused the connection"):
        dial(dialler())


def test_where_none_answers_it_ends_in_time(hosts: Hosts) -> None:
    hosts.name(hosts.hole(), hosts.hole())
    with pytest.raises(NoNetwork, match="did not answer in time"):
        dial(dialler(), seconds=0.1)


def test_another_thread_ends_the_waiting_for_an_address(hosts: Hosts) -> None:
    aborter = Aborter()
    hosts.name(hosts.hole())
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(lambda: dial(dialler(), seconds=60.0, aborter=aborter))
        while not hosts.tried:
            pass
        aborter.abort()
        with pytest.raises(NoNetwork, match="given up"):
            waiting.result(LIMIT)


def test_no_socket_is_left(hosts: Hosts, recwarn: pytest.WarningsRecorder) -> None:
    for addresses in ((hosts.hole(), hosts.alive()), (hosts.hole(),), (hosts.refusing(),)):
        hosts.name(*addresses)
        try:
            dial(dialler(), seconds=0.5)
        except NoNetwork as error:
            assert "in time" in error.message or "refused" in error.message
    assert not [warning for warning in recwarn if warning.category is ResourceWarning]


SIX, FOUR = socket.AF_INET6, socket.AF_INET


def _address(number: int, family: int) -> Address:
    return Address(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, (f"{family}.{number}", 443))


def test_families_take_turns_beginning_with_the_systems_first() -> None:
    six, four = ([_address(number, family) for number in range(3)] for family in (SIX, FOUR))
    four.pop()
    assert dialling.in_order([*six, *four]) == [six[0], four[0], six[1], four[1], six[2]]
    assert dialling.in_order([*four, *six]) == [four[0], six[0], four[1], six[1], six[2]]
    assert dialling.in_order([*six, *four], first=four[1]) == [four[1], six[0], four[0], six[1], six[2]]
    assert dialling.in_order(six, first=four[1]) == six


# TLS.


def test_the_context_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a company's authority without key identifiers, which Python 3.13 and newer refuse."""
    strict = ssl.create_default_context()
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: strict)
    context = tls_context(None)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert sys.platform in ("win32", "darwin") or not context.verify_flags & ssl.VERIFY_X509_STRICT


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_ca_file_that_cannot_be_used_names_itself(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=r"ca\.pem"):
        tls_context(str(file))
