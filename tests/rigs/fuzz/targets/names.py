"""Names, as far as they go: from the bytes that bring them to what is told, written and remembered."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from hypothesis import strategies as st

from telex_start.config import NEWS_TYPES, Config, organisation_key
from telex_start.config_file import ConfigFile
from telex_start.console import Console
from telex_start.events import OrganisationsChanged, PublicationsReceived, SignedIn
from telex_start.menu import MuteFor
from telex_start.news.notifier import Notifier
from telex_start.news.quiet import Quiet
from telex_start.news.wall import Wall
from telex_start.process.state_file import Memory
from telex_start.push.channel import Backoff, Channel
from telex_start.push.protocol import PushClient
from telex_start.session.pace import Pacer
from telex_start.session.telex_api import TelexApi
from telex_start.session.tokens import TokenStore
from telex_start.toast import Conversation, Toast

from ..material import dumped, fields, mostly, texts
from ..target import Case, NoCase, Target, require
from .scripted import ACCESS, Script, good

_MOST = 2
"""Publications before the last: together no more than the flood rule lets through at once."""
_URL = "https://telex.test"

_name = mostly(st.sampled_from(["\ud83d", "General \ud83d", "\ude00\ud83d", "\U0001f600", "General", ""]), texts, 3)
_publication = st.fixed_dictionaries(
    {
        "section": st.sampled_from(["channels_section", "dm_channels_section", "agent_channels_section"]),
        "data": fields(channels_id=_name, channel_id=_name, id=_name, name=_name, username=_name, description=_name),
    }
)
_LAST = {"section": "channels_section", "data": {"channels_id": "last", "name": "last", "thread_count": 1}}


class Names(Target):
    """A case has the name of an ``organisation``, and a ``batch`` of publications that come together."""

    name = "names"
    what = "names, from the wire to what is told, written and remembered"
    cases = st.fixed_dictionaries({"organisation": _name, "batch": st.lists(_publication, max_size=_MOST)})

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-")))
            stack.enter_context(patch.dict(os.environ, XDG_STATE_HOME=str(self._folder)))
            # Its thread, which writes the lines, starts with the first.
            self._console = Console(True, stack.enter_context(open(os.devnull, "w")), lambda: None)
            stack.callback(self._console.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, case: Case) -> None:
        match case:
            case {"organisation": str() as name, "batch": list() as batch} if len(batch) <= _MOST:
                self._live(name, [*batch, _LAST])
            case _:
                raise NoCase

    def _live(self, name: str, batch: list[Any]) -> None:
        """All of the batch is told, in lines of JSON; then all is muted."""
        script = Script([good([{"id": "o1", "name": name}])])
        store = TokenStore()
        store.access = ACCESS
        api = TelexApi(_URL, script, store, Pacer(lambda: script.now), lambda: script.now)  # type: ignore[arg-type]
        organisations = (*api.organisations("u1"),)
        toasts: list[Toast] = []

        def show(toast: Toast) -> None:
            self._console.toast(toast)
            toasts.append(toast)

        quiet = Quiet(Config(), Wall(lambda: 0.0, lambda at: 0.0))
        notifier = Notifier(
            NEWS_TYPES,
            show,
            self._console.unread,
            lambda handle: None,
            second_of_day=lambda zone: 0.0,
            quiet=quiet,
        )
        notifier.signed_in(SignedIn("u1", ("ada",)))
        notifier.organisations(OrganisationsChanged(organisations))
        for event in received(organisations[0].channel, batch):
            notifier.received(event, 1000.0)
        notifier.tick(1000.0 + 60.0)
        require(any(toast.title.startswith("last") for toast in toasts), "the last of them is not told")
        whole = Conversation(organisations[0].channel, "", "")
        for each in (whole, *(toast.conversation for toast in toasts if toast.conversation is not None)):
            quiet.mute(each, notifier.name_of(each), MuteFor.UNTIL_UNMUTED, 1000.0)
        self._remember(quiet)
        self._prefer([json.loads(json.dumps(each.name)) for each in notifier.known_organisations()])

    def _remember(self, quiet: Quiet) -> None:
        memory = Memory(_URL)
        memory.save(quiet.remembered("ada@example.org"))
        require(memory.load() == (quiet.remembered("ada@example.org"), ""), "what is remembered is another")

    def _prefer(self, names: list[str]) -> None:
        """As the preferences window does."""
        file = self._folder / "config.toml"
        file.unlink(missing_ok=True)
        for name in filter(None, names):
            changes = {organisation_key(name): "mentions"}
            ConfigFile(str(file)).write(changes, {})
            require(ConfigFile(str(file)).values() == changes, f"the file has {file.read_text()!r}")


def received(channel: str, batch: list[Any]) -> list[PublicationsReceived]:
    """What a connection makes of a frame with these publications."""
    client = PushClient({channel: Channel(channel, Backoff(lambda: 0.5))}, lambda: 0.5, "1.0")
    client.connect("CT", {channel: "ST"}, 1000.0)
    (sent,) = (json.loads(line) for frame in client.outgoing() for line in frame.split("\n"))
    reply = {"id": sent["id"], "connect": {"client": "c", "ping": 25, "pong": True, "subs": {channel: {}}}}
    client.receive(dumped(reply).encode(), 1000.0)
    pushes = [
        {"push": {"channel": channel, "pub": {"data": {"notification_type": NEWS_TYPES[0], **each}}}}
        for each in batch
        if isinstance(each, dict)
    ]
    happenings = client.receive("\n".join(map(dumped, pushes)).encode(), 1000.0)
    return [each for each in happenings if isinstance(each, PublicationsReceived)]
