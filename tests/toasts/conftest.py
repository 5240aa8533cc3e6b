"""What the tests of toasts share: a private bus, and a notification daemon on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_desktop import FakeNotificationDaemon, PrivateBus


@pytest.fixture
def private_bus() -> Iterator[PrivateBus]:
    with PrivateBus() as bus:
        yield bus


@pytest.fixture
def daemon(private_bus: PrivateBus) -> Iterator[FakeNotificationDaemon]:
    with FakeNotificationDaemon(private_bus) as daemon:
        yield daemon
