"""The D-Bus connection with a real dbus-daemon, and with sockets that are no bus."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import DBusAddress, Message, MessageType, new_method_call, new_signal

from telex_start.desktop.bus import bus as bus_module
from telex_start.desktop.bus.bus import Bus, Loop, NoReply, error_of, session_address
from telex_start.desktop.bus.loop import Framer, NoBus
from telex_start.desktop.bus.served import LogOnce, ServedObject
from tests.fake_desktop import TIMEOUT, BusClient, FakeNotificationDaemon, PrivateBus

NOTIFICATIONS = DBusAddress(
    "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "org.freedesktop.Notifications"
)
DBUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


@contextmanager
def running(address: str, thread: str = "bus") -> Iterator[Bus]:
    loop = Loop(thread)
    bus = Bus(address, loop)
    loop.start()
    try:
        yield bus
    finally:
        assert loop.stop(TIMEOUT)


def ping() -> Message:
    return new_method_call(DBUS, "GetId")


def reply_to(bus: Bus, message: Message, timeout: float = 2.0) -> Message | NoReply:
    """Call and wait for what the callback gets."""
    answers: SimpleQueue[Message | NoReply] = SimpleQueue()
    assert bus.call(message, answers.put, timeout)
    return answers.get(timeout=TIMEOUT)


def is_answer(reply: Message | NoReply) -> bool:
    return isinstance(reply, Message) and not error_of(reply)


def slow(peer: BusClient) -> tuple[Message, SimpleQueue[Message]]:
    """A call to the peer, which does not answer it by itself, and the queue where the call arrives."""
    calls: SimpleQueue[Message] = SimpleQueue()
    peer.answer = lambda call, *_: calls.put(call)  # type: ignore[method-assign]
    return new_method_call(DBusAddress("/x", peer.unique_name, "x.y"), "Slow"), calls


def test_a_call_is_answered_on_the_loops_thread_and_an_error_is_an_answer(private_bus: PrivateBus) -> None:
    with running(private_bus.address, "desktop") as bus:
        threads: SimpleQueue[str] = SimpleQueue()
        bus.call(ping(), lambda _: threads.put(threading.current_thread().name))
        assert threads.get(timeout=TIMEOUT) == "desktop"
        [ident] = bus.ask(ping(), TIMEOUT) or [""]
        assert len(ident) == 32
        nobody = new_method_call(NOTIFICATIONS, "GetCapabilities")
        assert bus.ask(nobody, TIMEOUT) is None
        reply = reply_to(bus, nobody)
        assert isinstance(reply, Message)
        assert error_of(reply) == "org.freedesktop.DBus.Error.ServiceUnknown"
        with pytest.raises(ValueError, match="surrogates"):
            bus.call(new_method_call(DBUS, "NameHasOwner", "s", ("\ud800",)), None)
        assert is_answer(reply_to(bus, ping())), "what fits no signature is the caller's error"


def test_a_silent_peer_costs_its_caller_the_time_out_and_nobody_else_anything(private_bus: PrivateBus) -> None:
    with running(private_bus.address) as bus, BusClient(private_bus) as peer:
        message, calls = slow(peer)
        lost: SimpleQueue[Message | NoReply] = SimpleQueue()
        bus.call(message, lost.put, 0.5)
        assert is_answer(reply_to(bus, ping()))
        assert lost.empty()
        assert lost.get(timeout=TIMEOUT) is NoReply.NO_ANSWER
        assert bus.ask(message, 0.1) is None
        peer.reply(calls.get(timeout=TIMEOUT))
        assert is_answer(reply_to(bus, ping()))
        assert lost.empty(), "a late answer is nobody's"


def test_an_answer_that_has_come_is_read_before_it_is_given_up(private_bus: PrivateBus) -> None:
    """As after this process was stopped for some seconds: it was slow, and nobody else."""
    with running(private_bus.address) as bus, BusClient(private_bus) as peer:
        message, calls = slow(peer)
        answers: SimpleQueue[Message | NoReply] = SimpleQueue()
        bus.call(message, answers.put, 1.0)
        call = calls.get(timeout=TIMEOUT)
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            time.sleep(1.1)

        bus.post(stop)
        assert stopped.wait(TIMEOUT)
        peer.reply(call)
        assert is_answer(answers.get(timeout=TIMEOUT))


@pytest.mark.parametrize("started", [False, True])
def test_signals_come_to_who_subscribed_before_or_after_the_connection(private_bus: PrivateBus, started: bool) -> None:
    """The agent makes its toasts after the icon has started the bus; clicks on the toasts were not heard."""
    heard: SimpleQueue[Message] = SimpleQueue()
    connected = threading.Event()
    loop = Loop("bus")
    bus = Bus(private_bus.address, loop)
    if started:
        loop.start()
        assert is_answer(reply_to(bus, ping()))
    bus.subscribe(heard.put, interface="a.b", member="Wanted")
    bus.on_connect(connected.set)
    if not started:
        loop.start()
    assert connected.wait(TIMEOUT)
    assert is_answer(reply_to(bus, ping()))  # answered after the match rule was
    with BusClient(private_bus) as peer:
        peer.emit("/x", "a.b", "Other", "s", "no")
        peer.emit("/x", "a.b", "Wanted", "s", "yes")
        assert heard.get(timeout=TIMEOUT).body == ("yes",)
        assert heard.empty()
    assert loop.stop(TIMEOUT)


def test_a_failing_callback_ends_nothing(private_bus: PrivateBus, caplog: pytest.LogCaptureFixture) -> None:
    with running(private_bus.address) as bus:
        bus.post(lambda: 1 / 0)
        bus.call(ping(), lambda reply: 1 / 0)
        assert is_answer(reply_to(bus, ping()))
    assert caplog.text.count("ZeroDivisionError: division by zero") == 2


def test_a_method_that_fails_is_an_error_without_its_text_and_logged_once(
    private_bus: PrivateBus, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> tuple[Any, ...]:
        raise KeyError("secret")

    with running(private_bus.address) as bus, BusClient(private_bus) as peer:
        served = ServedObject(bus, "/thing", "a.b", {"Fail": ("", "", fail)}, {}, {}, LogOnce())
        bus.export("/thing", served.answer)
        assert is_answer(reply_to(bus, ping()))
        for _ in range(2):
            with pytest.raises(AssertionError, match=r"Failed: ..KeyError"):
                peer.call(bus.unique_name, "/thing", "a.b", "Fail")
    assert caplog.messages == ["the method call Fail could not be served"]


def test_the_connection_comes_back_with_its_subscriptions_when_the_bus_restarts(private_bus: PrivateBus) -> None:
    heard: SimpleQueue[Message] = SimpleQueue()
    connections: SimpleQueue[str] = SimpleQueue()
    with running(private_bus.address) as bus:
        bus.subscribe(heard.put, interface="a.b")
        bus.on_connect(lambda: connections.put(bus.unique_name))
        connections.get(timeout=TIMEOUT)
        private_bus.stop()
        answers: SimpleQueue[Message | NoReply] = SimpleQueue()
        bus.call(ping(), answers.put, TIMEOUT)
        private_bus.start()
        connections.get(timeout=TIMEOUT)
        assert is_answer(answers.get(timeout=TIMEOUT)), "a call waits for it"
        with BusClient(private_bus) as peer:
            peer.emit("/x", "a.b", "Again")
            assert heard.get(timeout=TIMEOUT).header.message_type is MessageType.signal


@pytest.mark.parametrize("address", ["", "unix:path=/nonexistent", "tcp:host=x;rubbish;unix:;;", "unix:path=%00%"])
def test_without_a_bus_a_call_was_never_sent(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with running(address) as bus:
        for _ in range(2):
            assert reply_to(bus, ping(), 0.3) is NoReply.NEVER_SENT
    assert len([line for line in caplog.messages if "session bus cannot be used" in line]) == 1


def test_what_was_sent_when_the_bus_dies_has_no_answer(private_bus: PrivateBus) -> None:
    with FakeNotificationDaemon(private_bus, mode="silent") as daemon, running(private_bus.address) as bus:
        answers: SimpleQueue[Message | NoReply] = SimpleQueue()
        notify: tuple[Any, ...] = ("", 0, "", "title", "", [], {}, 1)
        bus.call(new_method_call(NOTIFICATIONS, "Notify", "susssasa{sv}i", notify), answers.put, TIMEOUT)
        daemon.wait_for(1)
        private_bus.stop()
        assert answers.get(timeout=TIMEOUT) is NoReply.NO_ANSWER
        private_bus.start()


def test_a_bus_that_does_not_read_is_survived(private_bus: PrivateBus) -> None:
    with running(private_bus.address) as bus:
        assert is_answer(reply_to(bus, ping()))
        with private_bus.hanging():
            large = new_method_call(DBUS, "NameHasOwner", "s", ("x" * 100_000,))
            answers: SimpleQueue[Message | NoReply] = SimpleQueue()
            # None may be given up while the others are handed over: that would make room for more.
            taken = sum(bus.call(large, answers.put, 2.5) for _ in range(1500))
            assert taken < 1500
            results = [answers.get(timeout=TIMEOUT) for _ in range(taken)]
            assert {NoReply.NEVER_SENT, NoReply.NO_ANSWER} == set(results)
            # The first bytes are in the kernel's buffer; what never left is not sent late.
            assert results.count(NoReply.NO_ANSWER) < 20
        assert is_answer(reply_to(bus, ping(), TIMEOUT))


@contextmanager
def not_a_bus(directory: Path, answer: bytes) -> Iterator[str]:
    """A socket that sends this to whoever connects, and nothing more."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(directory / "socket"))
        server.listen()
        clients: list[socket.socket] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    clients.append(server.accept()[0])
                    with suppress(BrokenPipeError):
                        clients[-1].send(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"unix:path={directory}/socket"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(TIMEOUT)
        for client in clients:
            client.close()


@pytest.mark.parametrize(
    "answer",
    [b"", b"REJECTED EXTERNAL\r\n", b"OK 1234\r\nrubbish", b"x" * 70_000],
    ids=["silence", "rejected", "early", "long"],
)
def test_what_is_no_bus_is_given_up_and_stopping_does_not_wait_for_it(
    tmp_path: Path, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "CONNECT_TIMEOUT", 0.5)
    with not_a_bus(tmp_path, answer) as address, running(address) as bus:
        assert reply_to(bus, ping(), 0.3) is NoReply.NEVER_SENT
        monkeypatch.setattr(bus_module, "CONNECT_TIMEOUT", 3 * TIMEOUT)
        for _ in range(5):  # stopped during another greeting, which other work has interrupted
            bus.call(ping(), None)


def test_an_address_may_name_several_sockets_with_escaped_bytes(tmp_path: Path) -> None:
    directory = tmp_path / "geräte, 100%"
    directory.mkdir()
    with not_a_bus(directory, b"REJECTED\r\n"), PrivateBus() as private_bus:
        good = private_bus.address.removeprefix("unix:path=")
        odd = directory / "bus"
        odd.symlink_to(good)
        escaped = "".join(f"%{byte:02x}" for byte in str(odd).encode())
        address = f"tcp:host=localhost,port=1;unix:abstract=nobody-{os.getpid()};unix:path={escaped},guid=1234"
        with running(address) as bus:
            assert is_answer(reply_to(bus, ping()))


def test_the_address_is_the_environments_or_the_runtime_directorys(tmp_path: Path) -> None:
    assert session_address({}) == ""
    assert session_address({"XDG_RUNTIME_DIR": str(tmp_path)}) == ""
    (tmp_path / "bus").touch()
    assert session_address({"XDG_RUNTIME_DIR": str(tmp_path)}) == f"unix:path={tmp_path}/bus"
    both = {"XDG_RUNTIME_DIR": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}
    assert session_address(both) == "unix:path=/x"


# Bytes in, messages out.


def message(text: str) -> bytes:
    data: bytes = new_signal(DBusAddress("/a", interface="a.b"), "C", "s", (text,)).serialise(1)
    return data


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))), st.data())
def test_messages_come_whole_however_the_bytes_are_cut(texts: list[str], data: st.DataObject) -> None:
    stream = b"".join(map(message, texts))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    framer, got = Framer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += [read.body[0] for read in framer.feed(stream[start:end])]
    assert got == texts


def test_an_unreadable_message_and_a_giant_cost_no_other() -> None:
    lost = message("lost")
    assert lost[16:17] == b"\x01"  # the first field of its head is the path
    stream = message("before") + lost[:16] + b"\x63" + lost[17:] + message("x" * 5_000_000) + message("after")
    framer, got = Framer(), []
    for start in range(0, len(stream), 65536):
        got += [read.body[0] for read in framer.feed(stream[start : start + 65536])]
    assert got == ["before", "after"]


def test_a_stream_that_is_none_is_the_end() -> None:
    with pytest.raises(NoBus):
        list(Framer().feed(b"HTTP/1.1 400 Bad Request\r\n"))
    size = struct.pack("<I", 2**32 - 1)
    assert list(Framer().feed(b"l\4\0\1" + size + b"\1\0\0\0" + size + b"\0" * 100)) == []
