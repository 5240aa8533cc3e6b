"""The demo story: a day of two teams' chat, published over and over in the payloads of Telex."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from .backend.accounts import Accounts, StoredOrganisation, User
from .backend.activity import Activity, Writing
from .backend.conversations import AGENTS, CHANNELS, DIRECT, Conversation
from .backend.messages import noise
from .backend.previews import as_html, attachment


@dataclass(frozen=True)
class Scene:
    """One thing that happens."""

    organisation: int
    """Index; counts around where there are fewer organisations."""
    kind: str
    """``message``, ``mention``, ``reply``, ``direct``, ``group``, ``agent``, ``read``, ``call``, ``cancel``, or the
    type of other notifications."""
    name: str = ""
    """The channel's or agent's name, or the username of the other person, of all the others in a group."""
    text: str = ""
    by: str = ""
    """Who writes it; by default the other person, the first of a group, the agent."""
    section: str = CHANNELS
    """Where a read happens."""
    html: str = ""
    """In the place of a text."""
    media: str = ""
    """A file that comes with it."""
    new_message: str | None = None
    """When its text comes, where not as usual."""


def _read(organisation: int, name: str, section: str = CHANNELS) -> Scene:
    return Scene(organisation, "read", name, section=section)


_MAYA, _TOMASZ, _LIN, _BEN = "maya.ibrahim", "tomasz.k", "lin.wei", "Ben Okri"

STORY = (
    Scene(0, "user_presence_changed"),
    Scene(0, "message", "deployments", "The build is green, 4 of 9 hosts are on it.", _BEN, new_message="before"),
    Scene(0, "agent", "Pipeline Sentinel", "Stage 2 took 14 minutes, usually 6."),
    Scene(0, "agent_processing_started"),
    Scene(0, "message", "deployments", "All 9 now.", _BEN),
    Scene(0, "reaction_event"),
    Scene(1, "message", "general", "Lunch & learn is at noon <in the big room>.", "Cy Young"),
    Scene(0, "direct", _MAYA, "The canary is at 10 %, latency looks odd.\nHave a look?"),
    _read(0, "deployments"),
    Scene(1, "user_presence_changed"),
    Scene(
        *(0, "mention", "incidents"),
        by=_MAYA,
        html="<p><strong>@ada</strong> can you take <a href='https://status.example/4711'>the checkout alert</a>?</p>",
        new_message="before",
    ),
    Scene(0, "status_update"),
    Scene(0, "message", "incidents", "Paging the database people too.", _BEN),
    Scene(0, "reply", "incidents", "They are on it.", "Cy Young"),
    Scene(1, "direct", _TOMASZ, "Can we move the review to three o'clock?"),
    Scene(0, "direct", _MAYA, "Rolled back, p99 is at 180 ms again 🎉"),
    Scene(0, "reaction_event"),
    _read(0, _MAYA, DIRECT),
    Scene(0, "agent", "Uptime Watch", "checkout.example answers again, after 4 minutes."),
    _read(0, "incidents"),
    Scene(1, "message", "experiments", by=_LIN, html="<p>Run 12:</p><ul><li>loss 0.31</li><li>2 h 40 min</li></ul>"),
    Scene(1, "reply_count_change"),
    Scene(1, "message", "experiments", "Looks like noise to me.", _TOMASZ, new_message="never"),
    Scene(2, "message", "random", by="Cy Young", media="image"),
    Scene(1, "mention", "experiments", "@ada which seed was that?", _LIN),
    Scene(1, "group", f"{_TOMASZ}, {_LIN}", "Numbers from the night run are in."),
    _read(1, _TOMASZ, DIRECT),
    Scene(0, "user_presence_changed"),
    _read(1, "experiments"),
    Scene(0, "call", _MAYA),
    Scene(0, "cancel"),
    Scene(0, "message", "post-mortems", "Draft is up, comments until Friday please.", _MAYA),
    _read(0, "Pipeline Sentinel", AGENTS),
    Scene(2, "buzz_started"),
    Scene(0, "pinned_message_event"),
    _read(1, "general"),
    _read(2, "random"),
    _read(1, f"{_TOMASZ}, {_LIN}", DIRECT),
    _read(0, "Uptime Watch", AGENTS),
    _read(0, "post-mortems"),
)
"""Everything unread is read before it begins again; of an agent's reading nobody is told."""

SECTIONS = {"message": CHANNELS, "mention": CHANNELS, "direct": DIRECT, "group": DIRECT, "agent": AGENTS}
"""Where the scenes happen after which something is unread, by their kind."""
_OTHERS = ("read", "reply", "call", "cancel")


@dataclass
class Story:
    """Tells the story to the announced account.

    What is no news follows the scene before it after a tenth of the interval, as a busy organisation's noise does.
    """

    accounts: Accounts
    activity: Activity
    interval: float
    """Seconds between two scenes."""

    async def tell(self) -> None:
        """Publish scene after scene until it is cancelled."""
        scenes: Iterator[Scene] = itertools.cycle(STORY)
        while True:
            scene = next(scenes)
            is_noise = scene.kind not in SECTIONS and scene.kind not in _OTHERS
            await asyncio.sleep(self.interval / 10 if is_noise else self.interval)
            user = self.accounts.default_user
            if user.organisations:
                await self._play(scene, user, user.organisations[scene.organisation % len(user.organisations)])

    async def _play(self, scene: Scene, user: User, organisation: StoredOrganisation) -> None:
        activity, section = self.activity, SECTIONS.get(scene.kind, scene.section)
        if scene.kind == "cancel":
            if activity.calls:
                await activity.cancel(activity.calls[next(reversed(activity.calls))])
            return
        if scene.kind not in SECTIONS and scene.kind not in _OTHERS:
            await activity.publish(user, organisation, noise(scene.kind, organisation, user))
            return
        if scene.kind == "call":
            section = DIRECT
        conversation = self._conversation(user, organisation, section, scene.name)
        match scene.kind:
            case "read":
                await activity.read(user, organisation, conversation)
            case "call":
                await activity.call(user, organisation, conversation, conversation.others[0])
            case "reply":
                await activity.reply(user, organisation, conversation, self._writing(scene, conversation))
            case _:
                await activity.write(user, organisation, conversation, self._writing(scene, conversation))

    def _conversation(self, user: User, organisation: StoredOrganisation, section: str, name: str) -> Conversation:
        conversations, people = self.activity.conversations, self.accounts.people
        if section == CHANNELS:
            return conversations.channel(user, organisation, name)
        if section == AGENTS:
            return conversations.agent(user, organisation, people.agent(name))
        others = [people.named(each) for each in name.split(", ")]
        if len(others) == 1:
            return conversations.direct(user, organisation, others[0])
        return conversations.group(user, organisation, others)

    def _writing(self, scene: Scene, conversation: Conversation) -> Writing:
        author = self.accounts.people.named(scene.by) if scene.by else conversation.others[0]
        media = (attachment(scene.media),) if scene.media else ()
        html = scene.html or as_html(scene.text)
        return Writing(author, html, media, scene.kind == "mention", new_message=scene.new_message)
