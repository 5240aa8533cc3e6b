"""A sandbox and an agent signed in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.agent import Program, headless
from tests.servers import Sandbox

Start = Callable[..., tuple[Sandbox, Program]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a sandbox with some options and an agent that is online, and has asked what was unread before.

    What is written while it asks may be told with the past, and rightly so: it is in the answer before it is pushed.
    """
    with ExitStack() as stack:

        def begin(*options: str, organisations: int = 2) -> tuple[Sandbox, Program]:
            telex = stack.enter_context(Sandbox("--organisations", str(organisations), *options))
            agent = stack.enter_context(headless(tmp_path, telex))
            agent.event("state", state="online", subscribed=organisations)
            # The last call of an organisation's look-up; it is in the list once it has been answered.
            telex.wait_until(lambda _: len(telex.calls("fetch-bots")) >= organisations, timeout=30.0)
            return telex, agent

        yield begin
