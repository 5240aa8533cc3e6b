"""The demo story: a day of two teams' chat, published over and over in the payloads of Telex."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from .backend.accounts import Accounts
from .backend.notifications import AGENTS, CHANNELS, DIRECT, Conversations, noise
from .json_writer import compact
from .push.interface import NotPossible, PushServer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scene:
    """One thing that happens."""

    organisation: int
    """Index; counts around where there are fewer organisations."""
    kind: str
    """``message``, ``mention``, ``direct``, ``group``, ``agent``, ``read``, or the type of other notifications."""
    name: str = ""
    """The channel's or agent's name, or the other person's username."""
    preview: str = ""
    section: str = CHANNELS
    """Where a read happens."""


def _read(organisation: int, name: str, section: str = CHANNELS) -> Scene:
    return Scene(organisation, "read", name, section=section)


STORY = (
    Scene(0, "user_presence_changed"),
    Scene(0, "message", "deployments"),
    Scene(0, "agent", "Pipeline Sentinel"),
    Scene(0, "agent_processing_started"),
    Scene(0, "message", "deployments"),
    Scene(0, "reaction_event"),
    Scene(1, "message", "general"),
    Scene(0, "direct", "maya.ibrahim", "The canary is at 10 %, latency looks odd. Have a look?"),
    _read(0, "deployments"),
    Scene(1, "user_presence_changed"),
    Scene(0, "mention", "incidents"),
    Scene(0, "status_update"),
    Scene(0, "message", "incidents"),
    Scene(1, "direct", "tomasz.k", "Can we move the review to three o'clock?"),
    Scene(0, "direct", "maya.ibrahim", "Rolled back, p99 is at 180 ms again 🎉"),
    Scene(0, "reaction_event"),
    _read(0, "maya.ibrahim", DIRECT),
    Scene(0, "agent", "Uptime Watch"),
    _read(0, "incidents"),
    Scene(1, "message", "experiments"),
    Scene(1, "reply_count_change"),
    Scene(1, "message", "experiments"),
    Scene(2, "message", "random"),
    Scene(1, "mention", "experiments"),
    Scene(1, "group", "tomasz.k, lin.wei", "Numbers from the night run are in"),
    _read(1, "tomasz.k", DIRECT),
    Scene(0, "user_presence_changed"),
    _read(1, "experiments"),
    Scene(0, "message", "post-mortems"),
    _read(0, "Pipeline Sentinel", AGENTS),
    Scene(2, "channel_mention", "random"),
    Scene(0, "pinned_message_event"),
    _read(1, "general"),
    _read(2, "random"),
    _read(1, "tomasz.k, lin.wei", DIRECT),
    _read(0, "Uptime Watch", AGENTS),
    _read(0, "post-mortems"),
)
"""Everything unread is read before it begins again."""

_SECTIONS = {"message": CHANNELS, "mention": CHANNELS, "direct": DIRECT, "group": DIRECT, "agent": AGENTS}


@dataclass
class Story:
    """Tells the story to the announced account.

    What is no news follows the scene before it after a tenth of the interval, as a busy organisation's noise does.
    """

    accounts: Accounts
    push_server: PushServer
    conversations: Conversations
    interval: float
    """Seconds between two scenes."""

    async def tell(self) -> None:
        """Publish scene after scene until it is cancelled."""
        scenes: Iterator[Scene] = itertools.cycle(STORY)
        while True:
            scene = next(scenes)
            is_noise = scene.kind not in _SECTIONS and scene.kind != "read"
            await asyncio.sleep(self.interval / 10 if is_noise else self.interval)
            try:
                await self._publish(scene)
            except NotPossible as error:
                _log.info("the story goes on without one scene: %s", error)

    async def _publish(self, scene: Scene) -> None:
        user = self.accounts.default_user
        if not user.organisations:
            return
        organisation = user.organisations[scene.organisation % len(user.organisations)]
        if scene.kind == "read":
            payload = self.conversations.read(user, organisation, scene.section, scene.name)
        elif scene.kind in _SECTIONS:
            payload = self.conversations.message(
                user,
                organisation,
                _SECTIONS[scene.kind],
                scene.name,
                preview=scene.preview,
                mention=scene.kind == "mention",
                group=scene.kind == "group",
            )
        else:
            payload = noise(scene.kind, organisation, user)
        await self.push_server.publish(user.channel(organisation), [compact(payload)])
