"""The bus connection against a real dbus-daemon, and against what is none."""

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
from jeepney import DBusAddress, MatchRule, Message, MessageType, new_method_call, new_method_return, new_signal

from telex_start.desktop.bus import bus as bus_module
from telex_start.desktop.bus.bus import Bus, NoReply, error_of, session_address
from telex_start.desktop.bus.loop import Framer, Loop, NoBus
from tests.fake_desktop import TIMEOUT, BusClient, FakeNotificationDaemon, PrivateBus

NOTIFICATIONS = DBusAddress(
    "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "org.freedesktop.Notifications"
)
DBUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


@contextmanager
def running(address: str, **options: Any) -> Iterator[Bus]:
    bus = Bus(address, **options)
    bus.start()
    try:
        yield bus
    finally:
        assert bus.stop(TIMEOUT)


def ask(bus: Bus, message: Message, timeout: float = 2.0) -> Message | NoReply:
    """Call and wait for what the callback gets."""
    answers: SimpleQueue[Message | NoReply] = SimpleQueue()
    assert bus.call(message, answers.put, timeout)
    return answers.get(timeout=TIMEOUT)


def ping() -> Message:
    return new_method_call(DBUS, "GetId")


def is_answer(reply: Message | NoReply) -> bool:
    return isinstance(reply, Message) and not error_of(reply)


def switches(name: str) -> int:
    """How often the thread of this name has gone to sleep of itself."""
    [thread] = [thread for thread in threading.enumerate() if thread.name == name]
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("voluntary_ctxt")).split()[1])


def test_a_call_is_answered_on_the_buss_thread(private_bus: PrivateBus) -> None:
    with running(private_bus.address, thread_name="toasts") as bus:
        answers: SimpleQueue[tuple[Any, str]] = SimpleQueue()
        bus.call(ping(), lambda reply: answers.put((reply, threading.current_thread().name)))
        reply, thread = answers.get(timeout=TIMEOUT)
        assert len(reply.body[0]) == 32
        assert thread == "toasts"


def test_an_error_is_an_answer(private_bus: PrivateBus) -> None:
    with running(private_bus.address) as bus:
        reply = ask(bus, new_method_call(NOTIFICATIONS, "GetCapabilities"))
        assert isinstance(reply, Message)
        assert error_of(reply) == "org.freedesktop.DBus.Error.ServiceUnknown"


def test_a_message_that_fits_no_signature_is_the_callers_error(private_bus: PrivateBus) -> None:
    with running(private_bus.address) as bus:
        with pytest.raises(ValueError, match="surrogates"):
            bus.call(new_method_call(DBUS, "NameHasOwner", "s", ("\ud800",)), None)
        with pytest.raises(TypeError):
            bus.call(new_method_call(DBUS, "NameHasOwner", "s", (7,)), None)
        assert is_answer(ask(bus, ping()))


def test_a_silent_peer_costs_its_caller_the_time_out_and_nobody_else_anything(private_bus: PrivateBus) -> None:
    with FakeNotificationDaemon(private_bus, mode="silent"), running(private_bus.address) as bus:
        lost: SimpleQueue[Message | NoReply] = SimpleQueue()
        bus.call(new_method_call(NOTIFICATIONS, "GetCapabilities"), lost.put, 0.5)
        assert is_answer(ask(bus, ping()))
        assert lost.empty()
        assert lost.get(timeout=TIMEOUT) is NoReply.NO_ANSWER


def test_a_late_answer_is_nobodys(private_bus: PrivateBus) -> None:
    with running(private_bus.address) as bus, BusClient(private_bus) as peer:
        calls: SimpleQueue[Message] = SimpleQueue()
        peer.answer = lambda call, *_: calls.put(call)  # type: ignore[method-assign]
        address = DBusAddress("/x", peer.unique_name, "x.y")
        assert ask(bus, new_method_call(address, "Slow"), 0.2) is NoReply.NO_ANSWER
        peer.reply(calls.get(timeout=TIMEOUT))
        assert is_answer(ask(bus, ping()))


def test_an_answer_that_has_come_is_read_before_it_is_given_up(private_bus: PrivateBus) -> None:
    """As after the process was stopped for some seconds: nobody was slow but itself."""
    with running(private_bus.address) as bus, BusClient(private_bus) as peer:
        calls: SimpleQueue[Message] = SimpleQueue()
        peer.answer = lambda call, *_: calls.put(call)  # type: ignore[method-assign]
        answers: SimpleQueue[Message | NoReply] = SimpleQueue()
        bus.call(new_method_call(DBusAddress("/x", peer.unique_name, "x.y"), "Slow"), answers.put, 1.0)
        call = calls.get(timeout=TIMEOUT)
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            time.sleep(1.1)

        bus.post(stop)
        assert stopped.wait(TIMEOUT)
        peer.reply(call)
        assert is_answer(answers.get(timeout=TIMEOUT))


def test_signals_come_to_who_subscribed(private_bus: PrivateBus) -> None:
    heard: SimpleQueue[Message] = SimpleQueue()
    bus = Bus(private_bus.address)
    bus.subscribe(MatchRule(type="signal", interface="a.b", member="Wanted"), heard.put)
    connected = threading.Event()
    bus.on_connect(connected.set)
    bus.start()
    assert connected.wait(TIMEOUT)
    assert is_answer(ask(bus, ping()))  # answered after the match rule was
    with BusClient(private_bus) as peer:
        peer.emit("/x", "a.b", "Other", "s", "no")
        peer.emit("/x", "a.b", "Wanted", "s", "yes")
        assert heard.get(timeout=TIMEOUT).body == ("yes",)
        assert heard.empty()
    assert bus.stop(TIMEOUT)


def test_who_subscribes_when_there_is_a_connection_gets_the_signals_too(private_bus: PrivateBus) -> None:
    """The agent makes its toasts when the icon has started the bus: clicks on them were not heard."""
    heard: SimpleQueue[Message] = SimpleQueue()
    connected = threading.Event()
    with running(private_bus.address) as bus, BusClient(private_bus) as peer:
        assert is_answer(ask(bus, ping()))
        bus.subscribe(MatchRule(type="signal", interface="a.b"), heard.put)
        bus.on_connect(connected.set)
        assert connected.wait(TIMEOUT)
        assert is_answer(ask(bus, ping()))  # answered after the match rule was
        peer.emit("/x", "a.b", "Wanted")
        assert heard.get(timeout=TIMEOUT)


def test_a_failing_callback_ends_nothing(private_bus: PrivateBus, caplog: pytest.LogCaptureFixture) -> None:
    with running(private_bus.address) as bus:
        bus.post(lambda: 1 / 0)
        bus.call(ping(), lambda reply: 1 / 0)
        assert is_answer(ask(bus, ping()))
    assert caplog.text.count("ZeroDivisionError: division by zero") == 2


def test_a_kept_connection_comes_back_with_its_subscriptions_when_the_bus_restarts(private_bus: PrivateBus) -> None:
    heard: SimpleQueue[Message] = SimpleQueue()
    connections: SimpleQueue[str] = SimpleQueue()
    bus = Bus(private_bus.address, keep=True)
    bus.subscribe(MatchRule(type="signal", interface="a.b"), heard.put)
    bus.on_connect(lambda: connections.put(bus.unique_name))
    bus.start()
    connections.get(timeout=TIMEOUT)
    private_bus.stop()
    private_bus.start()
    connections.get(timeout=TIMEOUT)
    assert is_answer(ask(bus, ping()))
    with BusClient(private_bus) as peer:
        peer.emit("/x", "a.b", "Again", "", *())
        assert heard.get(timeout=TIMEOUT).header.message_type is MessageType.signal
    assert bus.stop(TIMEOUT)


def test_a_call_brings_the_connection_back_where_it_is_not_kept(private_bus: PrivateBus) -> None:
    with running(private_bus.address) as bus:
        assert is_answer(ask(bus, ping()))
        private_bus.stop()
        private_bus.start()
        assert is_answer(ask(bus, ping()))


def test_a_call_waits_for_a_bus_that_is_not_there_yet(private_bus: PrivateBus) -> None:
    private_bus.stop()
    with running(private_bus.address) as bus:
        answers: SimpleQueue[Message | NoReply] = SimpleQueue()
        bus.call(ping(), answers.put, TIMEOUT)
        private_bus.start()
        assert is_answer(answers.get(timeout=TIMEOUT))


@pytest.mark.parametrize("address", ["", "unix:path=/nonexistent", "tcp:host=x;rubbish;unix:;;", "unix:path=%00%"])
def test_without_a_bus_a_call_was_never_sent(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with running(address) as bus:
        for _ in range(2):
            assert ask(bus, ping(), 0.3) is NoReply.NEVER_SENT
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
        assert is_answer(ask(bus, ping()))
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
        assert is_answer(ask(bus, ping(), TIMEOUT))


@contextmanager
def not_a_bus(directory: Path, answer: bytes) -> Iterator[str]:
    """A socket that sends this to whoever connects, and nothing more."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(directory / "socket"))
        server.listen()
        clients: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                clients.append(client)
                with suppress(BrokenPipeError):
                    client.send(answer)

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
    with not_a_bus(tmp_path, answer) as address:
        bus = Bus(address)
        bus.start()
        assert ask(bus, ping(), 0.3) is NoReply.NEVER_SENT
        monkeypatch.setattr(bus_module, "CONNECT_TIMEOUT", 3 * TIMEOUT)
        for _ in range(5):  # stopped during another greeting, which other work has interrupted
            bus.call(ping(), None)
        assert bus.stop(TIMEOUT)


def test_objects_are_served(private_bus: PrivateBus) -> None:
    bus = Bus(private_bus.address)

    def answer(call: Message) -> Message | None:
        member = BusClient.member(call)
        if member == "Fail":
            raise RuntimeError("secret")
        reply = new_method_return(call, "s", (call.body[0].upper(),))
        if member == "Later":
            bus.later(0.0, lambda: bus.call(reply, None))
            return None
        return reply

    bus.export("/thing", answer)
    names: SimpleQueue[str] = SimpleQueue()
    bus.on_connect(lambda: names.put(bus.unique_name))
    bus.start()
    name = names.get(timeout=TIMEOUT)
    with BusClient(private_bus) as peer:
        assert peer.call(name, "/thing", "a.b", "Upper", "s", "abc") == ("ABC",)
        assert peer.call(name, "/thing", "a.b", "Later", "s", "abc") == ("ABC",)
        with pytest.raises(AssertionError, match="UnknownMethod"):
            peer.call(name, "/other", "a.b", "Upper")
        with pytest.raises(AssertionError, match="Failed") as failure:
            peer.call(name, "/thing", "a.b", "Fail")
        assert "secret" not in str(failure.value)
    assert bus.stop(TIMEOUT)


def test_later_is_later_and_on_the_thread(private_bus: PrivateBus) -> None:
    with running(private_bus.address) as bus:
        done: SimpleQueue[tuple[str, float]] = SimpleQueue()
        began = time.monotonic()
        for name, delay in (("second", 0.2), ("first", 0.1)):
            bus.later(delay, lambda name=name: done.put((name, time.monotonic() - began)))  # type: ignore[misc]
        first, second = done.get(timeout=TIMEOUT), done.get(timeout=TIMEOUT)
        assert (first[0], second[0]) == ("first", "second")
        assert first[1] >= 0.1
        assert second[1] >= 0.2


@pytest.mark.parametrize("alive", [True, False], ids=["connected", "bus gone"])
def test_an_idle_connection_never_wakes_up(private_bus: PrivateBus, alive: bool) -> None:
    with running(private_bus.address, thread_name="idle") as bus:
        assert is_answer(ask(bus, ping()))
        never = threading.Event()
        if not alive:
            private_bus.stop()
            assert ask(bus, ping(), 0.3) is NoReply.NEVER_SENT
            private_bus.start()
        before = -1
        while before != (before := switches("idle")):
            never.wait(0.3)  # on a busy machine it may still be on its way to sleep
        never.wait(1.5)
        assert switches("idle") == before


def test_nothing_is_left_behind(private_bus: PrivateBus) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    before, threads = descriptors(), threading.active_count()
    for _ in range(3):
        with running(private_bus.address) as bus:
            assert is_answer(ask(bus, ping()))
            private_bus.stop()
            assert ask(bus, ping(), 0.2) is NoReply.NEVER_SENT
            private_bus.start()
            assert is_answer(ask(bus, ping()))
        assert not bus.call(ping(), None)
        assert bus.stop()
    assert threading.active_count() == threads
    assert descriptors() == before


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
            assert is_answer(ask(bus, ping()))


def test_the_address_is_the_environments_or_the_runtime_directorys(tmp_path: Path) -> None:
    assert session_address({}) == ""
    assert session_address({"XDG_RUNTIME_DIR": str(tmp_path)}) == ""
    (tmp_path / "bus").touch()
    assert session_address({"XDG_RUNTIME_DIR": str(tmp_path)}) == f"unix:path={tmp_path}/bus"
    both = {"XDG_RUNTIME_DIR": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}
    assert session_address(both) == "unix:path=/x"


def message(text: str, serial: int = 1) -> bytes:
    data: bytes = new_signal(DBusAddress("/a", interface="a.b"), "C", "s", (text,)).serialise(serial)
    return data


def with_unknown_header_field() -> bytes:
    raw = message("lost")
    assert raw[16:17] == b"\x01"  # the first field is the path
    return raw[:16] + b"\x63" + raw[17:]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))), st.data())
def test_messages_come_whole_however_the_bytes_are_cut(texts: list[str], data: st.DataObject) -> None:
    stream = b"".join(map(message, texts))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    framer, got = Framer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += [read.body[0] for read in framer.feed(stream[start:end])]
    assert got == texts


def test_an_unreadable_message_costs_no_other() -> None:
    framer = Framer()
    stream = message("before") + with_unknown_header_field() + message("after")
    assert [read.body[0] for read in framer.feed(stream)] == ["before", "after"]


def test_a_giant_message_is_thrown_away() -> None:
    framer = Framer()
    stream = message("before") + message("x" * 5_000_000) + message("after")
    got = []
    for start in range(0, len(stream), 65536):
        got += [read.body[0] for read in framer.feed(stream[start : start + 65536])]
    assert got == ["before", "after"]


def test_a_stream_that_is_none_is_the_end() -> None:
    with pytest.raises(NoBus):
        list(Framer().feed(b"HTTP/1.1 400 Bad Request\r\n"))
    size = struct.pack("<I", 2**32 - 1)
    assert list(Framer().feed(b"l\4\0\1" + size + b"\1\0\0\0" + size + b"\0" * 100)) == []


def test_what_belongs_to_the_loops_thread_refuses_another(private_bus: PrivateBus) -> None:
    loop = Loop("desktop")
    bus = Bus(private_bus.address, loop=loop)
    loop.start()
    for work in (bus.close, lambda: loop.add(bus)):
        with pytest.raises(AssertionError, match="the loop's thread alone"):
            work()
    assert is_answer(ask(bus, ping())), "and nothing has changed"
    assert loop.stop(TIMEOUT)
