"""The demo story: a day of two teams' chat, published over and over in the payloads of Telex."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

from .accounts import Organisation, User
from .conversations import AGENTS, CHANNELS, DIRECT, Conversation
from .publications import as_html, attachment, noise
from .telex import Telex, Writing


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

    telex: Telex
    interval: float
    """Seconds between two scenes."""

    async def tell(self) -> None:
        """Publish scene after scene until it is cancelled."""
        for scene in itertools.cycle(STORY):
            is_noise = scene.kind not in SECTIONS and scene.kind not in _OTHERS
            await asyncio.sleep(self.interval / 10 if is_noise else self.interval)
            user = self.telex.accounts.default_user
            if not user.organisations:
                continue
            organisation = user.organisations[scene.organisation % len(user.organisations)]
            if is_noise:
                await self.telex.publish(user, organisation, noise(scene.kind, organisation, user))
            else:
                await self._play(scene, user, organisation)

    async def _play(self, scene: Scene, user: User, organisation: Organisation) -> None:
        telex = self.telex
        if scene.kind == "cancel":
            if telex.calls:
                await telex.cancel(telex.calls[next(reversed(telex.calls))])
            return
        conversation = self._conversation(scene, user, organisation)
        match scene.kind:
            case "read":
                await telex.read(conversation)
            case "call":
                await telex.call(conversation, conversation.others[0])
            case "reply":
                await telex.reply(conversation, self._writing(scene, conversation))
            case _:
                await telex.write(conversation, self._writing(scene, conversation))

    def _conversation(self, scene: Scene, user: User, organisation: Organisation) -> Conversation:
        conversations, accounts = self.telex.conversations, self.telex.accounts
        section = DIRECT if scene.kind == "call" else SECTIONS.get(scene.kind, scene.section)
        if section == CHANNELS:
            return conversations.channel(user, organisation, scene.name)
        if section == AGENTS:
            return conversations.agent(user, organisation, accounts.agent(scene.name))
        others = [accounts.person(each) for each in scene.name.split(", ")]
        if len(others) == 1:
            return conversations.direct(user, organisation, others[0])
        return conversations.group(user, organisation, others)

    def _writing(self, scene: Scene, conversation: Conversation) -> Writing:
        author = self.telex.accounts.person(scene.by) if scene.by else conversation.others[0]
        media = (attachment(scene.media),) if scene.media else ()
        html = scene.html or as_html(scene.text)
        return Writing(author, html, media, scene.kind == "mention", new_message=scene.new_message)
