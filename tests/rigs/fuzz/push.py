"""Fuzzes frames of the push server: their decoding, and the client's side of the protocol."""

from __future__ import annotations

import json
import math
import random
from typing import Any, get_args

from telex_start.push import frames
from telex_start.push import protocol as push
from telex_start.push.channel import Backoff, Channel, Phase
from telex_start.push.protocol import PushClient

from .cases import Case, Log, NoCase, Target, joined

CHANNELS = ("o0/u", "o1/u", "o2/u")
CONNECTION_TOKEN = "SECRETconnectionSECRET"
SUBSCRIPTION_TOKEN = "SECRETsubscriptionSECRET"
SECRETS = (CONNECTION_TOKEN, SUBSCRIPTION_TOKEN)
_MOST_STEPS = 60
_MOST_FRAME = 64 * 1024
"""Bytes that a server accepts in one frame."""
_LONGEST_REASON = 200
_MESSAGES: tuple[type, ...] = get_args(frames.Message)


class Push(Target):
    """A case is a list of steps: ``{"frame": parts}`` or ``{"wait": seconds}``.

    In a frame, ``"@0"`` stands for the id of the command that has waited longest for its answer, ``"@1"`` for the
    next one.
    """

    name = "push"
    what = "the push protocol: frames, connect, subscribe, recovery (push/)"

    def run(self, case: Case, log: Log) -> None:
        if not isinstance(case, list) or len(case) > _MOST_STEPS:
            raise NoCase
        driver = Driver()
        for step in case:
            match step:
                case {"frame": parts}:
                    driver.receive(joined(parts))
                case {"wait": int() | float() as seconds} if 0 <= seconds <= 10_000:
                    driver.wait(seconds)
                case _:
                    raise NoCase
        log.hides(*SECRETS)


def look_at(frame: bytes) -> None:
    """Decode a frame, and check the messages in it."""
    messages = list(frames.decode(frame))
    assert all(isinstance(each, _MESSAGES) for each in messages), "something that is no message"
    told = sum(not isinstance(each, frames.Gibberish) for each in messages)
    assert told <= frame.count(b"\n") + 1, "more messages than lines"
    assert len(messages) - told <= 1, "gibberish is said more than once"
    for each in messages:
        if isinstance(each, frames.Reply):
            assert 0 < each.id < 1 << 64, "a reply without a right id"
        elif isinstance(each, frames.PublicationPush):
            assert 0 <= each.publication.offset < 1 << 64, "an offset that is none"


class Driver:
    """Uses the protocol as a connection does: subscribes, refreshes, and begins again after an end."""

    def __init__(self) -> None:
        self._chance = random.Random(7).random
        self._channels = {name: Channel(name, Backoff(self._chance)) for name in CHANNELS}
        self._now = 1000.0
        self._begin()

    def _begin(self) -> None:
        self._unanswered: list[int] = []
        self._client = PushClient(self._channels, self._chance)
        self._client.connect(CONNECTION_TOKEN, dict.fromkeys(CHANNELS, SUBSCRIPTION_TOKEN), self._now)
        self._sent()

    def receive(self, frame: bytes) -> None:
        """Receive a frame, and check what comes of it."""
        for number, ident in enumerate(self._unanswered[:10]):
            frame = frame.replace(f'"@{number}"'.encode(), str(ident).encode())
        look_at(frame)
        happenings = self._client.receive(frame, self._now)
        lines = frame.count(b"\n") + 1
        # A connect reply may name channels, and a subscribe reply may bring publications with gaps between them.
        most = 2 * lines + 4 * len(CHANNELS) + frame.count(b'"')
        assert len(happenings) <= most, f"{len(happenings)} things happened by {lines} lines"
        self._happened(happenings)

    def wait(self, seconds: float) -> None:
        """Let time pass, and do what is due meanwhile."""
        end = self._now + seconds
        for _ in range(50):
            channels = self._channels.values() if self._client.connected else ()
            due = min(
                self._client.deadline(),
                self._client.refresh_at if channels else math.inf,
                *(channel.try_at if channel.phase is Phase.IDLE else channel.refresh_at for channel in channels),
            )
            assert not math.isnan(due), "a deadline that is no time"
            if due > end:
                break
            self._now = max(self._now, due)
            self._happened(self._client.tick(self._now))
        else:
            assert seconds > 10, "something is due over and over"
        self._now = max(self._now, end)

    def _happened(self, happenings: list[push.Happening]) -> None:
        for happening in happenings:
            if isinstance(happening, push.Ended | push.Unsubscribed):
                assert len(happening.why) < _LONGEST_REASON, "a reason without end"
            assert not any(secret in repr(happening) for secret in SECRETS), "a token in what happened"
        if any(isinstance(happening, push.Ended) for happening in happenings):
            for channel in self._channels.values():
                channel.disconnected()
            self._begin()
            return
        if self._client.connected:
            self._upkeep()
        self._sent()

    def _upkeep(self) -> None:
        now = self._now
        for channel in self._channels.values():
            if channel.phase is Phase.IDLE and channel.try_at <= now:
                self._client.subscribe(channel, SUBSCRIPTION_TOKEN, now)
            elif channel.phase is Phase.LIVE and channel.refresh_at <= now:
                refresh = self._client.resubscribe if channel.suspect else self._client.sub_refresh
                refresh(channel, SUBSCRIPTION_TOKEN, now)
        if self._client.refresh_at <= now:
            self._client.refresh(CONNECTION_TOKEN, now)

    def _sent(self) -> None:
        for frame in self._client.outgoing():
            assert len(frame.encode()) < _MOST_FRAME, f"a frame of {len(frame)} bytes"
            for line in frame.split("\n"):
                command: dict[str, Any] = json.loads(line)
                if command:
                    assert isinstance(command.get("id"), int), "a command without an id"
                    self._unanswered.append(command["id"])
        self._unanswered = self._unanswered[-20:]
