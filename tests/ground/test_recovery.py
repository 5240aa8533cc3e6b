"""Recovery against a model of Centrifugo: each publication that the server still holds comes once, and in order."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from telex_start.events import ChannelAnswered, CountsUnknown, PublicationsReceived
from telex_start.push import protocol as push
from telex_start.push.channel import MOST, Backoff, Channel, Phase, Position, Recovery
from telex_start.push.frames import Publication, Subscribed
from telex_start.push.protocol import PushClient
from tests.ground.stream_model import Server

CHANNELS = ("o1/u", "o2/u")
LOST = -1
SEEDS = 400


class Peer:
    """A push client of the model server, driven as a session drives it; notes all that it delivers."""

    def __init__(self, history: int, limit: int = 300) -> None:
        self.server = Server(history, limit)
        self.channels = {name: Channel(name, Backoff(lambda: 0.5)) for name in CHANNELS}
        self.told: dict[str, list[int]] = defaultdict(list)
        """Per channel, the numbers of the delivered publications, with LOST where the client reported a loss."""
        self.watched_after: dict[str, int] = {}
        """Per channel, how many publications are too long ago for the client to know of them."""
        self.now = 0.0
        self.client: PushClient | None = None

    def connect(self) -> None:
        self.now += 60.0
        self.client = PushClient(self.channels, lambda: 0.5)
        self.client.connect("token", {}, self.now)
        self._send()

    def drop(self) -> None:
        """The connection ends."""
        self.server.disconnect()
        self.client = None
        for channel in self.channels.values():
            channel.disconnected()

    def receive(self, count: int, in_one_frame: bool = True) -> None:
        """The next messages of the server arrive."""
        assert self.client is not None
        taken, self.server.messages = self.server.messages[:count], self.server.messages[count:]
        for frame in ["\n".join(taken)] if in_one_frame else taken:
            self._take(self.client.receive(frame.encode(), self.now))
            self._send()

    def _take(self, happenings: list[push.Happening]) -> None:
        for happening in happenings:
            match happening:
                case PublicationsReceived(name, publications):
                    self.told[name] += publications
                case CountsUnknown(name):
                    self.told[name].append(LOST)
                case ChannelAnswered(name):
                    self.watched_after[name] = self._too_long_ago(self.channels[name])
                case push.Ended():
                    raise AssertionError(f"the client gave the connection up: {happening}")
                case _:
                    pass

    def _too_long_ago(self, channel: Channel) -> int:
        if channel.position is None:
            return self.server.subscribed_after[channel.name]
        return self.server.stream(channel.name).began[int(channel.position.epoch[1:])]

    def _send(self) -> None:
        assert self.client is not None
        if self.client.connected:
            for channel in self.channels.values():
                if channel.phase is Phase.IDLE and channel.try_at <= self.now:
                    self.client.subscribe(channel, "token", self.now)
        for frame in self.client.outgoing():
            self.server.receive(frame)

    def settle(self) -> None:
        """Let everything under way come to its end, with nothing new happening."""
        if self.client is None:
            self.connect()
        for _ in range(1000):
            if self.server.commands:
                self.server.handle_one()
            elif self.server.messages:
                self.receive(len(self.server.messages))
            elif all(channel.phase is Phase.LIVE for channel in self.channels.values()):
                return
            else:
                self.now += 1.0  # a backoff
                self._send()
        raise AssertionError("it never settles")

    def numbers(self, name: str) -> list[int]:
        return [number for number in self.told[name] if number != LOST]


WEIGHTS = {
    "publish": 12,
    "handle": 14,
    "receive": 14,
    "connect": 8,
    "trim": 2,
    "unreadable": 1,
    "forget": 1,
    "unsubscribe": 1,
    "drop": 1,
    "invalidate": 1,
    "restart": 1,
    "settle": 1,
}
"""What may happen, and how often: most of all, publications, commands and replies interleave."""


def take(peer: Peer, step: str, chance: random.Random) -> None:
    server = peer.server
    channel = CHANNELS[chance.random() < 0.2]
    match step:
        case "publish":
            for _ in range(chance.randint(1, 4)):
                server.publish(channel)
        case "unreadable":
            server.publish(channel, readable=False)
        case "handle":
            for _ in range(min(chance.randint(1, 3), len(server.commands))):
                server.handle_one()
        case "receive" if server.messages:
            peer.receive(chance.randint(1, 4), chance.random() < 0.5)
        case "connect" if peer.client is None:
            peer.connect()
        case "trim":
            server.trim(channel, chance.randint(1, 4))
        case "forget":
            server.forget(channel)
        case "unsubscribe":
            server.unsubscribe(channel, chance.choice([2500, 2501]))
        case "drop" if peer.client is not None:
            peer.drop()
        case "invalidate" if peer.client is not None:
            peer.drop()
            for name in CHANNELS:
                peer.channels[name].forget_position()
                peer.told[name].append(LOST)
        case "restart":
            server.restart()
            peer.drop()
        case "settle":
            peer.settle()
            check_what_is_held_was_delivered(peer)
            check_what_is_missing_was_told(peer)


def check_what_is_held_was_delivered(peer: Peer) -> None:
    for name in CHANNELS:
        delivered = set(peer.numbers(name))
        reachable = peer.server.stream(name).kept[-peer.server.limit :]
        for index in [index for index, publication in enumerate(reachable) if not publication.readable][-1:]:
            reachable = reachable[index + 1 :]  # an answer that contains an unreadable one cannot be read
        for publication in reachable:
            assert publication.number in delivered, f"{publication} is missing"


def check_what_is_missing_was_told(peer: Peer) -> None:
    """Wherever publications are missing between two delivered ones, the client reported a loss there."""
    for name in CHANNELS:
        before, lost = peer.watched_after[name], False
        for told in [*peer.told[name], peer.server.stream(name).published + 1]:
            if told == LOST:
                lost = True
                continue
            assert told == before + 1 or lost, f"{before + 1} to {told - 1} are missing without a word"
            before, lost = told, False


def check_nothing_came_twice_or_out_of_order(peer: Peer) -> None:
    for name in CHANNELS:
        numbers = peer.numbers(name)
        assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("history", [0, 1, 3, 10, 40])
@pytest.mark.parametrize("limit", [3, 300])
def test_whatever_happens_all_that_is_held_comes_once_and_in_order(history: int, limit: int) -> None:
    # The server's limit for one answer may be smaller than a real server's, so that recoveries often exceed it.
    for seed in range(SEEDS):
        chance = random.Random(seed)
        weights = {step: weight * chance.choice([0, 1, 3]) for step, weight in WEIGHTS.items()} | {"settle": 1}
        peer = Peer(history, limit)
        steps = [*chance.choices([*weights], [*weights.values()], k=150), "settle"]
        try:
            for step in steps:
                take(peer, step, chance)
                check_nothing_came_twice_or_out_of_order(peer)
        except AssertionError as error:
            raise AssertionError(f"with seed {seed}: {error}") from error


def settled(peer: Peer) -> list[int]:
    peer.settle()
    told, peer.told[CHANNELS[0]] = peer.told[CHANNELS[0]], []
    return told


def test_a_second_channel_profits_from_what_the_first_found_out() -> None:
    peer = Peer(history=100)
    settled(peer)
    peer.drop()
    for name in CHANNELS:
        for _ in range(150):
            peer.server.publish(name)
    peer.connect()
    asked = {}
    for name in CHANNELS:
        # The other channel does not subscribe meanwhile, as if its token were not there.
        for other in CHANNELS:
            peer.channels[other].try_at = 0.0 if name == other else float("inf")
        before = peer.server.asked
        for _ in range(100):
            if peer.server.commands:
                peer.server.handle_one()
            peer.receive(len(peer.server.messages))
        asked[name] = peer.server.asked - before
        assert len(peer.numbers(name)) == 100
    assert asked[CHANNELS[1]] <= 4 < asked[CHANNELS[0]]


@pytest.mark.parametrize("known", [None, Position("e1", 3)])
def test_a_stream_that_changes_under_every_question_ends_with_what_there_is(known: Position | None) -> None:
    recovery = Recovery(known)
    for turn in range(100):
        if recovery.done:
            break
        recovery.answered(Subscribed(recoverable=True, was_recovering=True, epoch=f"x{turn}", offset=turn))
    assert recovery.done
    assert not recovery.complete
    assert recovery.position is not None
    assert turn < 60


def test_a_recovery_never_asks_for_more_than_a_server_gives_at_once() -> None:
    recovery = Recovery(Position("e", 10))
    recovery.answered(Subscribed(recoverable=True, was_recovering=True, epoch="e", offset=100_000))
    asked = []
    while not recovery.done:
        asked.append(recovery.ask.offset)
        recovery.answered(Subscribed(recoverable=True, was_recovering=True, epoch="e", offset=100_000))
    assert asked
    assert min(asked) >= 100_000 - MOST


def test_a_subscription_by_the_server_alone_is_asked_for_once_more_with_recovery() -> None:
    recovery = Recovery(Position("e", 10))
    recovery.answered(Subscribed(recoverable=True, epoch="e", offset=12))
    assert not recovery.done
    assert recovery.ask == (True, "e", 10)
    missed = (Publication("a", 11), Publication("b", 12))
    recovery.answered(
        Subscribed(recoverable=True, was_recovering=True, recovered=True, epoch="e", offset=10, publications=missed)
    )
    assert recovery.done and recovery.complete
    assert recovery.pieces() == [missed]
    assert recovery.position == Position("e", 12)
