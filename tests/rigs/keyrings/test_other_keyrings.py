"""The keyring of KDE, and KeePassXC, which asks for each entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desktop.test_keyring import EMAIL, PASSWORD, Agent, agent, home, titled, xdotool
from tests.fake_bus import PrivateBus, Xvfb
from tests.process import until

from .other_keyrings import keepassxc, kwallet

__all__ = ["agent", "home"]


@pytest.mark.desktop
def test_kwallet_keeps_it(agent: Agent, private_bus: PrivateBus, xvfb: Xvfb, tmp_path: Path) -> None:
    """What the log-in has opened is locked for the Secret Service until it is asked to open it."""
    with kwallet(private_bus, tmp_path, xvfb.environ):
        agent.reads("nothing")
        agent.keeps("kept")
        agent.reads("found", password=PASSWORD)
    with kwallet(private_bus, tmp_path, xvfb.environ):
        agent.reads("found", password=PASSWORD)
        agent.removes("removed")
        agent.reads("nothing")


@pytest.mark.desktop
def test_keepassxc_keeps_it_and_asks_for_each_access(
    agent: Agent, private_bus: PrivateBus, xvfb: Xvfb, tmp_path: Path
) -> None:
    def allow() -> None:
        until(lambda: titled(xvfb, "Access Request"), "nobody is asked")
        xdotool(xvfb, "key", "Return")

    with keepassxc(private_bus, tmp_path, xvfb.environ):
        agent.reads("nothing")
        agent.keeps("kept")
        agent.reads("locked")
        agent.keyring.read(EMAIL, True)
        agent.hears("read", "locked")
        allow()
        agent.answers("read", "found", password=PASSWORD)
        agent.keyring.remove(EMAIL)
        allow()
        agent.answers("remove", "removed")
        agent.reads("nothing")
