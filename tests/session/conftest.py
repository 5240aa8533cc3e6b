"""Where the scenarios are played: on the sandbox's own push server, and the same ones on real Centrifugos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from telex_start.pacing import Backoff, Pacer
from tests.servers import NoGo, Sandbox, centrifugo_binary
from tests.session.agent import Agent

Telex = Callable[..., Sandbox]

REAL = [pytest.param(version, marks=pytest.mark.centrifugo) for version in ("v6", "v5")]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backoffs a tenth as long; and as most scenarios have no rate limit, nobody waits for the pacer there."""
    monkeypatch.setattr(Backoff.__init__, "__defaults__", (0.05, 2.0))
    monkeypatch.setattr(Pacer, "FREE", 1000)


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[dict[tuple[str, ...], Sandbox]]:
    """The sandboxes started so far, by their options."""
    with ExitStack() as stack:
        started: dict[tuple[str, ...], Sandbox] = {}
        yield started
        for sandbox in started.values():
            stack.push(sandbox.__exit__)


@pytest.fixture(params=["sandbox", *REAL])
def server(request: pytest.FixtureRequest) -> str:
    """Which push server the scenario is played on."""
    which: str = request.param
    return which


@pytest.fixture
def telex(server: str, sandboxes: dict[tuple[str, ...], Sandbox]) -> Telex:
    """Gives a sandbox with some options, as if it were new; there is no rate limit unless one is asked for."""
    return _telex(server, sandboxes)


@pytest.fixture
def own(sandboxes: dict[tuple[str, ...], Sandbox]) -> Telex:
    """As `telex`, always on the sandbox's own push server: for what no real one can be told to do."""
    return _telex("sandbox", sandboxes)


def _telex(server: str, sandboxes: dict[tuple[str, ...], Sandbox]) -> Telex:
    def give(*options: str) -> Sandbox:
        if "--rate" not in options:
            options = ("--rate", "0", *options)
        if server != "sandbox":
            try:
                options = (*options, "--centrifugo", str(centrifugo_binary(server)))
            except NoGo as reason:
                pytest.skip(str(reason))
        if options not in sandboxes:
            sandboxes[options] = Sandbox(*options).__enter__()
        else:
            renew(sandboxes[options])
        return sandboxes[options]

    return give


def renew(sandbox: Sandbox) -> None:
    """Makes a used sandbox like a new one, but for its counters and its organisations."""
    sandbox.silent(False)
    sandbox.clear_faults()
    rate = sandbox.options[sandbox.options.index("--rate") + 1]
    sandbox.rate_limit(float(rate))
    if "--centrifugo" not in sandbox.options:
        sandbox.refuse_push(0)
    sandbox.restart()  # which forgets the history


@pytest.fixture
def new(server: str) -> Iterator[Telex]:
    """Starts a sandbox of the test's own."""
    with ExitStack() as stack:

        def start(*options: str) -> Sandbox:
            if server != "sandbox":
                try:
                    options = (*options, "--centrifugo", str(centrifugo_binary(server)))
                except NoGo as reason:
                    pytest.skip(str(reason))
            return stack.enter_context(Sandbox(*(() if "--rate" in options else ("--rate", "0")), *options))

        yield start


@pytest.fixture
def own_new() -> Iterator[Telex]:
    """Starts a sandbox of the test's own, with its own push server."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(Sandbox(*(() if "--rate" in options else ("--rate", "0")), *options))


@pytest.fixture
def agent() -> Iterator[Callable[..., Agent]]:
    """Starts agents, and stops them after the test."""
    with ExitStack() as stack:
        yield lambda telex, **config: stack.enter_context(Agent(telex, **config))
