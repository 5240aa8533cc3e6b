"""The icon outlasts panels that come late, go, come back, do not answer or refuse, and a bus that restarts."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from jeepney import Message

from telex_start.desktop.statusnotifier import watcher
from tests.fake_desktop import FakePanel, PrivateBus
from tests.statusnotifier.tray import VIEW, MenuReader, Tray


def test_everything_comes_back_after_the_bus_restarted(private_bus: PrivateBus) -> None:
    with Tray(private_bus.address) as tray:
        assert tray.host() is False
        with FakePanel(private_bus) as panel:
            panel.wait_for_item()
            assert tray.host() is True
            private_bus.stop()
        tray.item.show(VIEW._replace(status="while the bus was gone"))
        private_bus.start()
        assert tray.host() is False
        with FakePanel(private_bus) as panel:
            shown = panel.wait_for_item()
            assert shown.property("Title") == "Telex: while the bus was gone"
            MenuReader(panel, shown).event("Exit")
            assert tray.clicked() == "Exit"
            assert tray.host() is True


class OddPanel(FakePanel):
    """A watcher that answers as it is told.

    Args:
        replies: What its methods answer: an error's name, nothing at all for ``None``, a body of another kind.
    """

    def __init__(self, bus: PrivateBus, **replies: Any) -> None:
        super().__init__(bus)
        self.replies = replies
        self.calls: list[str] = []

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        self.calls.append(member)
        good = super().answer(call, interface, member)
        return self.replies.get(member, good)


FAILED = "org.freedesktop.DBus.Error.Failed"
UNKNOWN = "org.freedesktop.DBus.Error.UnknownMethod"


def test_a_watcher_that_never_answers_keeps_nobody_waiting(private_bus: PrivateBus) -> None:
    # The end is timed by Tray itself.
    with OddPanel(private_bus, RegisterStatusNotifierItem=None, Get=None) as panel, Tray(private_bus.address) as tray:
        shown = panel.wait_for_item()
        MenuReader(panel, shown).event("Exit")
        assert tray.clicked() == "Exit"
        assert tray.hosts.empty()
        panel.replies.clear()
        panel.leave()
        assert tray.host() is False
        panel.come_back()
        assert tray.host() is True


def test_a_watcher_that_refuses_is_asked_again_a_few_times_and_told_of_once(
    private_bus: PrivateBus, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "RETRIES", (0.05, 0.05))
    with OddPanel(private_bus, RegisterStatusNotifierItem=FAILED) as panel, Tray(private_bus.address):
        panel.wait_until(lambda: panel.calls.count("RegisterStatusNotifierItem") == 3, "two more tries")
        panel.wait_for_item().property("Status")  # answered after the last refusal was seen
        panel.replies.clear()
        panel.leave()
        panel.come_back()
        panel.wait_until(lambda: panel.calls.count("RegisterStatusNotifierItem") == 4, "a new panel gets its own tries")
    assert [line for line in caplog.messages if "take the icon" in line] == [
        "the desktop's tray does not take the icon: Failed"
    ]


def test_a_watcher_that_is_not_ready_when_it_comes_is_no_trouble(
    private_bus: PrivateBus, caplog: pytest.LogCaptureFixture
) -> None:
    # As xfce4-panel is: it owns its name before it serves the object.
    early = {"RegisterStatusNotifierItem": UNKNOWN, "Get": UNKNOWN}
    with OddPanel(private_bus, **early) as panel, Tray(private_bus.address) as tray:
        panel.wait_until(lambda: len(panel.calls) >= 2, "the first calls")
        panel.replies.clear()
        panel.wait_for_item()
        assert tray.host() is True
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG] == []


@pytest.mark.parametrize("reply", [FAILED, ("v", (("s", "yes"),)), ("", ()), ("ai", ([1],)), ("b", (True,))])
def test_a_watcher_that_answers_nonsense_has_no_host(private_bus: PrivateBus, reply: Any) -> None:
    with OddPanel(private_bus, Get=reply) as panel, Tray(private_bus.address) as tray:
        panel.wait_for_item()
        assert tray.host() is False


def test_a_storm_of_host_signals_is_one_question_of_each_kind_at_a_time(private_bus: PrivateBus) -> None:
    with OddPanel(private_bus) as panel, Tray(private_bus.address) as tray:
        assert tray.host() is True
        asked = panel.calls.count("Get")
        panel.replies["Get"] = None
        for _ in range(200):
            panel.tell("StatusNotifierHostRegistered")
        panel.wait_until(lambda: panel.calls.count("Get") > asked, "a question")
        panel.wait_for_item().property("Status")  # answered after all the signals were seen
        tray.settle()
        assert panel.calls.count("Get") == asked + 2  # is there a host, and has it our icon?
        panel.leave()
        assert tray.host() is False
        panel.replies.clear()
        panel.come_back()
        assert tray.host() is True


def test_an_icon_that_is_dropped_before_its_registration_is_answered_is_registered_again(
    private_bus: PrivateBus,
) -> None:
    class Hasty(OddPanel):
        def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
            answer = super().answer(call, interface, member)
            if member == "RegisterStatusNotifierItem" and self.calls.count(member) == 1:
                self.drop()
            return answer

    with Hasty(private_bus) as panel, Tray(private_bus.address):
        panel.wait_until(lambda: panel.calls.count("RegisterStatusNotifierItem") == 2, "another registration")
        panel.wait_for_item()


def test_an_icon_that_is_missing_when_a_host_comes_is_registered_again(
    private_bus: PrivateBus, panel: FakePanel
) -> None:
    with Tray(private_bus.address) as tray:
        panel.wait_for_item()
        assert tray.host() is True
        panel.unhost()
        assert tray.host() is False
        panel.items.clear()  # without a word
        panel.host()
        assert tray.host() is True
        panel.wait_for_item()


def test_an_icon_that_is_dropped_again_and_again_is_not_offered_for_ever(
    private_bus: PrivateBus, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GNOME's extension destroys an icon after having taken it, when two of its own questions cross."""
    monkeypatch.setattr(watcher, "RETRIES", (0.01, 0.01))
    with OddPanel(private_bus) as panel, Tray(private_bus.address):
        for _ in range(4):
            shown = panel.wait_for_item()
            looks = panel.calls.count("Get")
            panel.drop()
            panel.wait_until(lambda looks=looks: panel.calls.count("Get") > looks, "a look")  # type: ignore[misc]
        shown.property("Status")  # answered after the last look's answer was seen
        assert any("again and again" in line for line in caplog.messages)
        assert panel.items == []
        assert panel.calls.count("RegisterStatusNotifierItem") == 4
        panel.leave()
        panel.come_back()
        panel.wait_for_item()


def test_a_signal_about_another_icon_or_a_false_one_is_not_acted_on(private_bus: PrivateBus) -> None:
    with OddPanel(private_bus) as panel, Tray(private_bus.address) as tray:
        name = panel.wait_for_item().name
        assert tray.host() is True
        asked = panel.calls.count("Get")
        for other in (f"{name}7/StatusNotifierItem", ":1.9999/StatusNotifierItem", "org.example.Other", ""):
            panel.tell("StatusNotifierItemUnregistered", other)
        panel.emit("/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher", "StatusNotifierItemUnregistered", "u", 7)
        panel.tell("StatusNotifierItemUnregistered", name)  # it is still there
        panel.wait_until(lambda: panel.calls.count("Get") > asked, "a look")
        panel.wait_for_item().property("Status")
        tray.settle()
        assert panel.calls.count("Get") == asked + 1
        assert panel.calls.count("RegisterStatusNotifierItem") == 1
