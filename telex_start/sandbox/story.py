"""The demo story: a day of two teams' chat, told again and again, in the payloads that Telex publishes."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from telex_start.sandbox.accounts import Accounts
from telex_start.sandbox.json_text import compact
from telex_start.sandbox.payloads import AGENTS, CHANNELS, DIRECT, Conversations, noise
from telex_start.sandbox.push_backend import NotOffered, PushBackend

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Beat:
    """One thing that happens."""

    organisation: int
    """Index; counts around where there are fewer organisations."""
    what: str
    """`message`, `mention`, `direct`, `group`, `agent`, `read` with the section in `section`, or a noise type."""
    where: str = ""
    """The channel's or agent's name, or the other person's username."""
    preview: str = ""
    section: str = CHANNELS
    """Where a read happens."""


def _read(organisation: int, where: str, section: str = CHANNELS) -> Beat:
    return Beat(organisation, "read", where, section=section)


STORY = (
    Beat(0, "user_presence_changed"),
    Beat(0, "message", "deployments"),
    Beat(0, "agent", "Pipeline Sentinel"),
    Beat(0, "agent_processing_started"),
    Beat(0, "message", "deployments"),
    Beat(0, "reaction_event"),
    Beat(1, "message", "general"),
    Beat(0, "direct", "maya.ibrahim", "The canary is at 10 %, latency looks odd. Have a look?"),
    _read(0, "deployments"),
    Beat(1, "user_presence_changed"),
    Beat(0, "mention", "incidents"),
    Beat(0, "status_update"),
    Beat(0, "message", "incidents"),
    Beat(1, "direct", "tomasz.k", "Can we move the review to three o'clock?"),
    Beat(0, "direct", "maya.ibrahim", "Rolled back, p99 is at 180 ms again 🎉"),
    Beat(0, "reaction_event"),
    _read(0, "maya.ibrahim", DIRECT),
    Beat(0, "agent", "Uptime Watch"),
    _read(0, "incidents"),
    Beat(1, "message", "experiments"),
    Beat(1, "reply_count_change"),
    Beat(1, "message", "experiments"),
    Beat(2, "message", "random"),
    Beat(1, "mention", "experiments"),
    Beat(1, "group", "tomasz.k, lin.wei", "Numbers from the night run are in"),
    _read(1, "tomasz.k", DIRECT),
    Beat(0, "user_presence_changed"),
    _read(1, "experiments"),
    Beat(0, "message", "post-mortems"),
    _read(0, "Pipeline Sentinel", AGENTS),
    Beat(2, "channel_mention", "random"),
    Beat(0, "pinned_message_event"),
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

    What is no news follows the beat before it after a tenth of the interval, as a busy organisation's noise does.
    """

    accounts: Accounts
    push: PushBackend
    conversations: Conversations
    interval: float
    """Seconds between two beats."""

    async def tell(self) -> None:
        """Publishes beat after beat until it is cancelled."""
        beats: Iterator[Beat] = itertools.cycle(STORY)
        while True:
            beat = next(beats)
            is_noise = beat.what not in _SECTIONS and beat.what != "read"
            await asyncio.sleep(self.interval / 10 if is_noise else self.interval)
            try:
                await self._publish(beat)
            except NotOffered as error:
                _log.info("the story goes on without one beat: %s", error)

    async def _publish(self, beat: Beat) -> None:
        user = self.accounts.default_user
        if not user.organisations:
            return
        organisation = user.organisations[beat.organisation % len(user.organisations)]
        if beat.what == "read":
            payload = self.conversations.read(user, organisation, beat.section, beat.where)
        elif beat.what in _SECTIONS:
            payload = self.conversations.message(
                user,
                organisation,
                _SECTIONS[beat.what],
                beat.where,
                preview=beat.preview,
                mention=beat.what == "mention",
                group=beat.what == "group",
            )
        else:
            payload = noise(beat.what, organisation, user)
        await self.push.publish(user.channel(organisation), [compact(payload)])
