"""When the organisations are looked up: soon after a reconnect, but not by all agents at once, nor again and again."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest

from telex_start.errors import NoNetwork, RateLimited, Refused, TelexStartError
from telex_start.events import Event, Organisation
from telex_start.net.pacing import Pacer
from telex_start.push.protocol import PushClient
from telex_start.session.collaborators import Collaborators
from telex_start.session.organisations import Organisations
from telex_start.session.shared_pacer import SharedPacer
from telex_start.session.timings import USUAL
from telex_start.session.token_fetcher import TokenFetcher
from telex_start.session.tokens import TokenStore
from telex_start.session.upkeep import Upkeep
from tests.ground.look_ups_fakes import NoLookUps


class Memberships:
    """The API, as far as the look-up of organisations goes."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def organisations(self, user_id: str) -> tuple[Organisation, ...]:
        if self._scene.answer is not None:
            raise self._scene.answer
        return ()


class Scene:
    """A user in no organisation, and a look-up that ends as the test wants it."""

    def __init__(self, chance: float) -> None:
        self.now = 1000.0
        self.answer: TelexStartError | None = None
        self.events: list[Event] = []
        self.changes = 0
        self.organisations = Organisations("u", lambda: chance, self.events.append)
        self.parts = Collaborators(
            api=Memberships(self),  # type: ignore[arg-type]
            store=TokenStore(),
            pacer=SharedPacer(Pacer(), lambda: self.now),
            organisations=self.organisations,
            look_ups=NoLookUps(),  # type: ignore[arg-type]
            timings=USUAL,
            now=lambda: self.now,
            chance=lambda: chance,
            hurrying=contextlib.nullcontext,
            wait_interruptibly=lambda _: None,
            dispatch=self.events.append,
            figures_changed=self.changed,
        )

    def changed(self) -> None:
        self.changes += 1

    def connected(self, *, just_looked_up: bool = False) -> Upkeep:
        client = PushClient(self.organisations.channels, self.parts.chance, "1")
        return Upkeep(self.parts, client, TokenFetcher(self.parts), just_looked_up=just_looked_up)

    def looks_up(self, upkeep: Upkeep) -> float:
        """Wait for the look-up that is due and make it; how long the wait was."""
        began = self.now
        while True:
            call, due = upkeep.due(self.now)
            if call is not None:
                call()
                return self.now - began
            self.now = due


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.999])
@pytest.mark.parametrize(
    ("answer", "every"),
    [
        (None, USUAL.look_up_every),
        (NoNetwork("x"), USUAL.look_up_again),
        (Refused("no", 401), USUAL.look_up_every),
    ],
)
def test_look_ups_that_began_together_do_not_stay_together(
    chance: float, answer: TelexStartError | None, every: float
) -> None:
    scene = Scene(chance)
    upkeep = scene.connected(just_looked_up=True)
    assert scene.looks_up(upkeep) == pytest.approx(USUAL.look_up_every * (0.5 + chance))
    scene.answer = answer
    scene.looks_up(upkeep)
    assert scene.looks_up(upkeep) == pytest.approx(every * (0.5 + chance))


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.999])
def test_after_a_reconnect_it_looks_up_within_ten_seconds(chance: float) -> None:
    scene = Scene(chance)
    assert scene.looks_up(scene.connected()) == pytest.approx(10.0 * chance)


def test_in_ten_seconds_there_is_one_look_up_however_often_it_reconnects() -> None:
    scene = Scene(0.0)
    looked_up = []
    for _ in range(4):
        scene.looks_up(scene.connected())
        looked_up.append(scene.now)
    assert [after - before for before, after in pairwise(looked_up)] == [10.0] * 3


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 10.0), (0.5, 15.0)])
def test_a_look_up_that_meets_a_rate_limit_is_none_of_a_storm(chance: float, seconds: float) -> None:
    scene = Scene(chance)
    upkeep = scene.connected()
    scene.answer = RateLimited("429")
    scene.looks_up(upkeep)
    assert scene.looks_up(upkeep) == pytest.approx(seconds)
