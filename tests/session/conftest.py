"""Fixtures that run each scenario on the sandbox's own push server and, if asked for, on real Centrifugos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.sandbox.conftest import PUSH_SERVERS, push_server_options
from tests.servers import HISTORY, Sandbox
from tests.session.agent import Agent
from tests.session.by_hand import Certificate

Telex = Callable[..., Sandbox]
Start = Callable[..., Agent]

KEPT = int(HISTORY[1])
"""How many publications a personal channel keeps in a scenario that is marked ``history``."""


@pytest.fixture(scope="session", params=PUSH_SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    """The push server that the scenario runs on."""
    which: str = request.param
    return which


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With ``--both-histories``, run each scenario that is not marked ``history`` both without and with a history."""
    marked = metafunc.definition.get_closest_marker("history")
    if "history" in metafunc.fixturenames and not marked and metafunc.config.getoption("both_histories"):
        metafunc.parametrize("history", [0, KEPT], indirect=True, ids=["no history", "history"])


@pytest.fixture
def history(request: pytest.FixtureRequest) -> int:
    """How many publications the personal channels keep: none, as at Telex, unless a mark or parameter says so."""
    return int(getattr(request, "param", KEPT if request.node.get_closest_marker("history") else 0))


def _options_for(server: str, history: int, options: tuple[str, ...]) -> tuple[str, ...]:
    """The sandbox's options for a push server; there is no rate limit unless one is asked for."""
    if "--rate" not in options:
        options = ("--rate", "0", *options)
    if "--history" not in options:
        options = (*options, "--history", str(history))
    return (*options, *push_server_options(server))


# The scenarios run one after the other, on sandboxes that are reused.


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[dict[tuple[str, ...], Sandbox]]:
    """The sandboxes started so far, by their options."""
    started: dict[tuple[str, ...], Sandbox] = {}
    yield started
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda sandbox: sandbox.__exit__(None, None, None), started.values()))


@pytest.fixture
def telex(server: str, history: int, sandboxes: dict[tuple[str, ...], Sandbox]) -> Telex:
    """A function that gives a sandbox with these options, like a new one."""
    return lambda *options: _used_again(sandboxes, _options_for(server, history, options))


@pytest.fixture
def own(history: int, sandboxes: dict[tuple[str, ...], Sandbox]) -> Telex:
    """As `telex`, but always on the sandbox's own push server: for faults that no real one can be told to make."""
    return lambda *options: _used_again(sandboxes, _options_for("own", history, options))


def _used_again(sandboxes: dict[tuple[str, ...], Sandbox], options: tuple[str, ...]) -> Sandbox:
    if options in sandboxes:
        _renew(sandboxes[options])
    else:
        sandboxes[options] = Sandbox(*options).__enter__()
    return sandboxes[options]


def _renew(sandbox: Sandbox) -> None:
    """Make a used sandbox like a new one, except for its counters and its organisations."""
    sandbox.silent(False)
    sandbox.clear_faults()
    sandbox.forget()
    sandbox.rate_limit(float(sandbox.options[sandbox.options.index("--rate") + 1]))
    if "--centrifugo" not in sandbox.options:
        sandbox.refuse_push(0)
    sandbox.restart()  # which forgets the history


@pytest.fixture
def agent() -> Iterator[Start]:
    """A function that starts agents; they are stopped after the test."""
    with ExitStack() as stack:
        yield lambda telex, **options: stack.enter_context(Agent(telex, **options))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for the servers of :mod:`tests.session.by_hand`."""
    return Certificate(tmp_path_factory.mktemp("certificate"))
