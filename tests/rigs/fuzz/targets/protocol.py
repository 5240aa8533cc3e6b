"""The client side of the push protocol, against a server that says anything."""

from __future__ import annotations

import json
import math
import random
from typing import Any

from hypothesis import strategies as st

from telex_start.push import protocol as push
from telex_start.push.channel import Backoff, Channel, Phase
from telex_start.push.protocol import PushClient

from ..material import dumped, fields, joined, many, nearly, texts, values
from ..target import Case, NoCase, Recorder, Target, require
from .frames import connected, error, publication, refreshed, subscribed

CHANNELS = ("o0/u", "o1/u", "o2/u")
CONNECTION_TOKEN = "SECRETconnectionSECRET"
SUBSCRIPTION_TOKEN = "SECRETsubscriptionSECRET"
SECRETS = (CONNECTION_TOKEN, SUBSCRIPTION_TOKEN)
_MOST_STEPS = 60
_MOST_FRAME = 64 * 1024
"""Bytes that a server takes in one frame."""

_ID = st.sampled_from([f"@{number}" for number in range(4)])
"""Stands for the id of the n-th command that has no answer yet."""
_channel = st.sampled_from([*CHANNELS, "o9/u"])
_code = st.sampled_from([0, 2000, 2500, 2501, 2502, 3000, 3005, 3014, 3500, 3503, 4500])
_push = st.one_of(
    st.fixed_dictionaries({"channel": _channel, "pub": nearly(publication)}),
    st.fixed_dictionaries({"channel": _channel, "subscribe": nearly(subscribed)}),
    st.fixed_dictionaries({"channel": _channel, "unsubscribe": fields(code=_code)}),
    st.fixed_dictionaries({"refresh": nearly(refreshed)}),
    st.fixed_dictionaries({"disconnect": fields(code=_code)}),
)
_message = st.one_of(
    st.fixed_dictionaries({"id": _ID, "connect": nearly(connected)}),
    st.fixed_dictionaries({"id": _ID, "subscribe": nearly(subscribed)}),
    st.fixed_dictionaries({"id": _ID, "subscribe": nearly(subscribed)}),
    st.fixed_dictionaries({"id": _ID, "error": nearly(error)}),
    st.fixed_dictionaries({"id": _ID, "refresh": nearly(refreshed)}),
    st.fixed_dictionaries({"id": _ID}),
    st.fixed_dictionaries({"push": nearly(_push)}),
    st.just({}),
    values,
)
_frame = st.lists(_message.map(dumped), min_size=1, max_size=3).map(lambda lines: ["\n".join(lines)])
_broken = st.tuples(_message.map(dumped), many, texts).map(list)
_step = st.one_of(
    st.fixed_dictionaries({"frame": _frame}),
    st.fixed_dictionaries({"frame": _frame}),
    st.fixed_dictionaries({"frame": _frame}),
    st.fixed_dictionaries({"wait": st.sampled_from([0, 1, 6, 30, 400])}),
    st.fixed_dictionaries({"frame": st.one_of(_frame, _broken)}),
)
_GREETING = [{"frame": ['{"id":"@0","connect":{"client":"c","ping":25,"pong":true,"expires":true,"ttl":120}}']}]


class Protocol(Target):
    """A case is a list of steps: ``{"frame": parts}`` or ``{"wait": seconds}``.

    In a frame ``"@0"`` stands for the id of the command that waits longest for its answer, ``"@1"`` for the next.
    """

    name = "protocol"
    what = "the push protocol: connect, subscribe, recovery (push/protocol.py)"
    cases = st.lists(_step, min_size=1, max_size=8).map(lambda steps: [*_GREETING, *steps])

    def __init__(self) -> None:
        self._recorder = Recorder("telex_start")

    def __enter__(self) -> Protocol:
        self._recorder.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._recorder.end()

    def run(self, case: Case) -> None:
        if not isinstance(case, list) or len(case) > _MOST_STEPS:
            raise NoCase
        with self._recorder.recording(SECRETS):
            driver = Driver()
            for step in case:
                match step:
                    case {"frame": parts}:
                        driver.receive(joined(parts))
                    case {"wait": int() | float() as seconds} if 0 <= seconds <= 10_000:
                        driver.wait(seconds)
                    case _:
                        raise NoCase


class Driver:
    """Does with the protocol what a connection does: subscribes, refreshes, and begins anew after an end."""

    def __init__(self) -> None:
        self._chance = random.Random(7).random
        self._channels = {name: Channel(name, Backoff(self._chance)) for name in CHANNELS}
        self._now = 1000.0
        self._begin()

    def _begin(self) -> None:
        self._unanswered: list[int] = []
        self._client = PushClient(self._channels, self._chance, "1.0")
        self._client.connect(CONNECTION_TOKEN, dict.fromkeys(CHANNELS, SUBSCRIPTION_TOKEN), self._now)
        self._sent()

    def receive(self, frame: bytes) -> None:
        """A frame comes."""
        for number, ident in enumerate(self._unanswered[:10]):
            frame = frame.replace(f'"@{number}"'.encode(), str(ident).encode())
        happenings = self._client.receive(frame, self._now)
        lines = frame.count(b"\n") + 1
        # A connect reply names channels, and a subscribe reply brings publications with holes between them.
        most = 2 * lines + 4 * len(CHANNELS) + frame.count(b'"')
        require(len(happenings) <= most, f"{len(happenings)} things happened by {lines} lines")
        self._happened(happenings)

    def wait(self, seconds: float) -> None:
        """Time goes by, and what is due meanwhile is done."""
        end = self._now + seconds
        for _ in range(50):
            due = min([self._client.deadline(), *self._upkeep_due()])
            require(not math.isnan(due), "a deadline that is no time")
            if due > end:
                break
            self._now = max(self._now, due)
            self._happened(self._client.tick(self._now))
        else:
            require(seconds > 10, "something is due over and over")
        self._now = max(self._now, end)

    def _upkeep_due(self) -> list[float]:
        if not self._client.connected:
            return []
        channels = self._channels.values()
        due = [channel.try_at if channel.phase is Phase.IDLE else channel.refresh_at for channel in channels]
        return [self._client.refresh_at, *due]

    def _happened(self, happenings: list[push.Happening]) -> None:
        ended = False
        for happening in happenings:
            match happening:
                case push.Ended():
                    require(len(happening.why) < 200, "a reason without end")
                    ended = True
                case push.Unsubscribed():
                    require(len(happening.why) < 200, "a reason without end")
                case _:
                    pass
            require(not any(secret in repr(happening) for secret in SECRETS), "a token in what happened")
        if ended:
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
            require(len(frame.encode()) < _MOST_FRAME, f"a frame of {len(frame)} bytes")
            for line in frame.split("\n"):
                command: dict[str, Any] = json.loads(line)
                if command:
                    require(isinstance(command.get("id"), int), "a command without an id")
                    self._unanswered.append(command["id"])
        self._unanswered = self._unanswered[-20:]
