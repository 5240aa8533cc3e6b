"""Plays the demo story, again and again: a day of two teams' chat, by the orders of ``orders_people``."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from . import orders_people
from .control_api import BadOrder, Order
from .publications import noise
from .telex import Telex


class Scene(NamedTuple):
    """One thing that happens."""

    organisation: int
    """Index; it starts again at 0 if the user has fewer organisations."""
    order: str
    """The order's name, or the type of a publication that is no news."""
    keys: dict[str, str]
    """The order's keys, without the organisation."""


def _scene(organisation: int, order: str, **keys: str) -> Scene:
    return Scene(organisation, order, keys)


_MAYA, _TOMASZ, _LIN, _BEN, _CY = "maya.ibrahim", "tomasz.k", "lin.wei", "Ben Okri", "Cy Young"
_ALERT = "<p><strong>@ada</strong> can you take <a href='https://status.example/4711'>the checkout alert</a>?</p>"
_RUN = "<p>Run 12:</p><ul><li>loss 0.31</li><li>2 h 40 min</li></ul>"
_GREEN = "The build is green, 4 of 9 hosts are on it."
_CANARY = "The canary is at 10 %, latency looks odd.\nHave a look?"

STORY = (
    _scene(0, "user_presence_changed"),
    _scene(0, "message", name="deployments", text=_GREEN, by=_BEN, new_message="before"),
    _scene(0, "agent", name="Pipeline Sentinel", text="Stage 2 took 14 minutes, usually 6."),
    _scene(0, "agent_processing_started"),
    _scene(0, "message", name="deployments", text="All 9 now.", by=_BEN),
    _scene(0, "reaction_event"),
    _scene(1, "message", name="general", text="Lunch & learn is at noon <in the big room>.", by=_CY),
    _scene(0, "direct", username=_MAYA, text=_CANARY),
    _scene(0, "read", name="deployments"),
    _scene(1, "user_presence_changed"),
    _scene(0, "mention", name="incidents", html=_ALERT, by=_MAYA, new_message="before"),
    _scene(0, "status_update"),
    _scene(0, "message", name="incidents", text="Paging the database people too.", by=_BEN),
    _scene(0, "reply", name="incidents", text="They are on it.", by=_CY),
    _scene(1, "direct", username=_TOMASZ, text="Can we move the review to three o'clock?"),
    _scene(0, "direct", username=_MAYA, text="Rolled back, p99 is at 180 ms again 🎉"),
    _scene(0, "reaction_event"),
    _scene(0, "read", username=_MAYA),
    _scene(0, "agent", name="Uptime Watch", text="checkout.example answers again, after 4 minutes."),
    _scene(0, "read", name="incidents"),
    _scene(1, "message", name="experiments", html=_RUN, by=_LIN),
    _scene(1, "reply_count_change"),
    _scene(1, "message", name="experiments", text="Looks like noise to me.", by=_TOMASZ, new_message="never"),
    _scene(2, "message", name="random", media="image", by=_CY),
    _scene(1, "mention", name="experiments", text="@ada which seed was that?", by=_LIN),
    _scene(1, "group", members=f"{_TOMASZ}, {_LIN}", text="Numbers from the night run are in."),
    _scene(1, "read", username=_TOMASZ),
    _scene(0, "user_presence_changed"),
    _scene(1, "read", name="experiments"),
    _scene(0, "call", username=_MAYA),
    _scene(0, "cancel"),
    _scene(0, "message", name="post-mortems", text="Draft is up, comments until Friday please.", by=_MAYA),
    _scene(0, "read", agent="Pipeline Sentinel"),
    _scene(2, "buzz_started"),
    _scene(0, "pinned_message_event"),
    _scene(1, "read", name="general"),
    _scene(2, "read", name="random"),
    _scene(1, "read", members=f"{_TOMASZ}, {_LIN}"),
    _scene(0, "read", agent="Uptime Watch"),
    _scene(0, "read", name="post-mortems"),
)
"""Everything unread is read before the story begins again; reading an agent's messages publishes nothing."""


@dataclass
class Story:
    """Tells the story to the announced account.

    A publication that is no news comes a tenth of the interval after the scene before it, as a busy organisation's
    noise does.
    """

    telex: Telex
    interval: float
    """Seconds between two scenes."""

    async def tell(self) -> None:
        """Publish scene after scene until it is cancelled."""
        user = self.telex.accounts.default_user
        for scene in itertools.cycle(STORY):
            carry_out = getattr(orders_people, scene.order, None)
            await asyncio.sleep(self.interval / 10 if carry_out is None else self.interval)
            if not user.organisations:
                continue
            index = scene.organisation % len(user.organisations)
            if carry_out is None:
                organisation = user.organisations[index]
                await self.telex.publish(user, organisation, noise(scene.order, organisation, user))
            else:
                with suppress(BadOrder):  # the call was forgotten meanwhile
                    await carry_out(Order({"organisation": index, **scene.keys}, self.telex))
