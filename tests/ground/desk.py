"""Runs a notifier alone and records its toasts and counts; also makes publications as Telex sends them."""

from __future__ import annotations

from typing import Any

from telex_start import events
from telex_start.config import Config
from telex_start.news.notifier import Notifier
from telex_start.news.quiet import Quiet
from telex_start.news.unread import Counts
from telex_start.news.wall import Wall
from telex_start.toast import Conversation, Handle, Toast

ME = {"id": "u-ada", "username": "ada", "full_name": "Ada Lovelace", "email": "ada@example.org"}


class Desk:
    """A notifier, and all that a person would have seen of it."""

    def __init__(self, organisations: int = 1, *types: str, quiet: Quiet | None = None, **config: Any) -> None:
        self.toasts: list[Toast] = []
        self.counts: list[Counts] = []
        self.gone: list[Handle] = []
        self.agents: list[frozenset[str]] = []
        self.time = 0.0
        self.hour = 12.0
        """The local time of day, in hours, in every time zone."""
        self.notifier = Notifier(
            Config(notification_types=(*types, "unread_thread_change"), **config),
            quiet or Quiet(Config(), Wall(lambda: 0.0, lambda at: 0.0)),
            show=self.toasts.append,
            counts_changed=self.counts.append,
            read=self.gone.append,
            watch_agents=self.agents.append,
            second_of_day=lambda zone: self.hour * 3600,
        )
        self.know(organisations)

    def know(self, organisations: int) -> None:
        found = tuple(events.Organisation(f"o{n}", f"Org {n}", f"o{n}/u") for n in range(organisations))
        self.notifier.organisations(events.OrganisationsChanged(found))

    def sign_in(self) -> None:
        self.notifier.signed_in(events.SignedIn(ME["id"], (ME["username"], ME["full_name"], ME["email"])))

    def receive(
        self, *data: dict[str, Any], how: events.How = events.How.LIVE, now: float = 0.0, organisation: int = 0
    ) -> None:
        self.notifier.received(events.PublicationsReceived(f"o{organisation}/u", data, how), now)

    def rows(
        self,
        *rows: dict[str, Any],
        section: str = "channels_section",
        whole: bool = True,
        now: float = 0.0,
        organisation: int = 0,
    ) -> None:
        """Tell the notifier a poll's rows for one section."""
        self.notifier.polled(events.UnreadSection(f"o{organisation}/u", section, rows, whole), now)

    def asks(self, *rows: dict[str, Any], now: float = 0.0, organisation: int = 0, **more: Any) -> None:
        """Tell the notifier a whole poll, from beginning to end, that finds these rows in one section."""
        self.notifier.poll_began(f"o{organisation}/u")
        self.rows(*rows, now=now, organisation=organisation, **more)
        self.notifier.poll_ended(f"o{organisation}/u", now)

    def news(self, *data: dict[str, Any], organisation: int = 0) -> list[bool]:
        """Receive these one by one, a minute apart; for each, whether a toast popped up."""
        popped = []
        for one in data:
            self.time += 60.0
            before = len(self.toasts)
            self.receive(one, now=self.time, organisation=organisation)
            popped.append(len(self.toasts) > before)
        return popped

    def tells(self, *types: str) -> None:
        """From here on only these types are news."""
        self.notifier.configure(Config(notification_types=types), self.time)

    def settings(self, *, now: float = 0.0, organisation: int = 0, **settings: Any) -> None:
        self.notifier.settings(events.SettingsPolled(f"o{organisation}/u", **settings), now)

    def pause(self, paused: bool, *, now: float = 0.0, timezone: str = "", organisation_id: str = "") -> None:
        self.notifier.profile(events.ProfilePolled(paused, timezone, organisation_id), now)

    def until(self, now: float) -> None:
        """Let time pass up to ``now``: each deadline of the notifier is kept."""
        while (deadline := self.notifier.deadline()) is not None and deadline <= now:
            self.notifier.tick(deadline)

    @property
    def read(self) -> list[str]:
        """What was taken off the screen because it was read, by its id."""
        return [one.ident if isinstance(one, Conversation) else one for one in self.gone]

    @property
    def titles(self) -> list[str]:
        return [toast.title for toast in self.toasts]

    @property
    def bodies(self) -> list[str]:
        return [toast.body for toast in self.toasts]


def change(ident: str, threads: Any, mentions: Any = 0, **more: Any) -> dict[str, Any]:
    """A publication with a channel's unread counts (``unread_thread_change``)."""
    data = {"channels_id": ident, "name": ident, "description": f"about {ident}", **more}
    return {
        "notification_type": "unread_thread_change",
        "section": "channels_section",
        "data": {**data, "thread_count": threads, "mention_count": mentions},
    }


def row(ident: str, threads: Any, mentions: Any = 0, **more: Any) -> dict[str, Any]:
    """A channel's row in a poll's answer."""
    return {"channels_id": ident, "name": ident, "thread_count": threads, "mention_count": mentions, **more}


def message(
    text: str = "<p>the build is green</p>",
    *,
    kind: str = "new_message",
    channel: str = "a",
    thread: str = "t1",
    by: tuple[str, str] = ("u-ben", "Ben Okri"),
    reply: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """A publication that carries a message."""
    user_id, full_name = by
    data = {
        "channel_id": channel,
        "channel_name": channel,
        "channel_type": "public",
        "thread_id": thread,
        "user_id": user_id,
        "username": full_name.split()[0].lower(),
        "full_name": full_name,
        "message": text,
        **more,
    }
    section = "reply_message" if reply else "thread_message"
    return {"notification_type": kind, "section": section, "data": data}


def direct(threads: int = 1, **more: Any) -> dict[str, Any]:
    """A new direct message as Telex sends it: ``preview_thread`` names the sender, all else the recipient."""
    data = {
        "channel_id": "d1",
        "channel_type": "dm",
        "username": ME["username"],
        "participants": [{"id": ME["id"], "username": ME["username"]}],
        "participant_id": "u-ben",
        "thread_count": threads,
        "last_thread_id": "t1",
        "preview_message": "<p>are you there?</p>",
        "preview_thread": [
            {"user_id": "u-ben", "full_name": "Ben Okri", "username": "ben", "message": "<p>are you there?</p>"}
        ],
        **more,
    }
    return {"notification_type": "unread_thread_change", "section": "dm_channels_section", "data": data}


def group(**more: Any) -> dict[str, Any]:
    """A new message in a group of three."""
    data = {"channel_id": "g1", "channel_type": "group_dm", "username": "ada, Ben Okri, Cy Young", "participants": []}
    return direct(**{**data, **more})


def call(kind: str = "direct_call_initiated", buzz: str = "b1", **more: Any) -> dict[str, Any]:
    """A call; its section is ``channels_section``, as that of many other publications."""
    data = {"buzz_id": buzz, "channel_id": "d1", "caller_id": "u-ben", "caller_name": "Ben Okri", **more}
    return {"notification_type": kind, "section": "channels_section", "data": data}


def agent(threads: int = 1, ident: str = "a1", **more: Any) -> dict[str, Any]:
    """The publication of an agent's message."""
    data = {"id": ident, "name": "Robo", "description": "watches the build", "thread_count": threads, **more}
    return {"notification_type": "unread_thread_change", "section": "agent_channels_section", "data": data}
