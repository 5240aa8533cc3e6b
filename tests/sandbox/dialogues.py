"""Dialogues in Centrifugo's protocol, played on the sandbox's push server and on real Centrifugos to compare them.

They contain what the agent sends, or would send if it had a defect. Each dialogue has a user and channels of its own,
so that all can run at once. The answers go into a transcript, in which everything that differs from run to run (client
ids, epochs, seconds left) is replaced.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import websocket

from tests.sandbox.raw_clients import Closed, RawPushClient, SignedTokens
from tests.servers import Sandbox

GROUPS: dict[str, tuple[str, ...]] = {
    "plain": ("--rate", "0", "--history", "10", "--expired-close-delay", "1", "--stale-close-delay", "2"),
    "pings": ("--rate", "0", "--ping", "1"),
    "no history": ("--rate", "0", "--history", "0"),
}
"""The sandbox's options for each group of dialogues."""

Transcript = list[Any]


class Talk:
    """One dialogue being played."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.sandbox = sandbox
        user = "user-of-" + "".join(character if character.isalnum() else "-" for character in name)
        self.tokens = SignedTokens(sandbox, user)
        self.channel = f"organisation/{user}"
        self.transcript: Transcript = []
        self.opened: list[RawPushClient] = []
        self._epochs: dict[str, str] = {}
        self._began = time.monotonic()

    # Sending.

    @property
    def peer(self) -> RawPushClient:
        """The connection, opened when first used."""
        return self.opened[-1] if self.opened else self.open()

    def open(self) -> RawPushClient:
        """Open a new connection and go on with that one."""
        self.opened.append(RawPushClient(self.sandbox))
        return self.opened[-1]

    def connect_command(self, token: str | None = None, **extra: Any) -> dict[str, Any]:
        """A connect command, by default with a good token."""
        return {"connect": {"token": self.tokens.connection() if token is None else token, **extra}}

    def subscribe_command(self, token: str | None = None, channel: str | None = None, **extra: Any) -> dict[str, Any]:
        """A subscribe command for the dialogue's channel, by default with a good token."""
        channel = channel or self.channel
        token = self.tokens.subscription(channel) if token is None else token
        return {"subscribe": {"channel": channel, "token": token, **extra}}

    def connected(self) -> None:
        """Connect with a good token and leave the reply out of the transcript."""
        reply = self.peer.ask(self.connect_command())
        assert "connect" in reply, reply

    def subscribed(self, **extra: Any) -> None:
        """Connect and subscribe; the subscribe reply is in the transcript."""
        self.connected()
        self.ask(self.subscribe_command(**extra))

    def publish(self, data: Any = None, raw: str | None = None, count: int = 1) -> dict[str, Any]:
        """Publish to the dialogue's channel and give the stream's top."""
        payload = {"data": data} if raw is None else {"raw": raw}
        answer = self.sandbox.order("publish", channel=self.channel, count=count, **payload)
        return {"offset": answer["offset"], "epoch": answer["epoch"]}

    # Receiving.

    def hear(self, count: int = 1) -> None:
        """Take the next messages into the transcript, or the end if it comes first."""
        for _ in range(count):
            try:
                self.transcript.append(self.normal(self.peer.receive()))
            except Closed as closed:
                self.transcript.append(["closed", closed.code, closed.reason])
                return

    def ask(self, *commands: dict[str, Any]) -> None:
        """Send commands in one frame and hear as many messages."""
        self.peer.send(*commands)
        self.hear(len(commands))

    def hear_end(self, limit: int = 3) -> None:
        """Hear until the connection ends; at most ``limit`` messages come before."""
        for _ in range(limit + 1):
            self.hear()
            if isinstance(self.transcript[-1], list) and self.transcript[-1][0] == "closed":
                return
        raise AssertionError(f"no end: {self.transcript}")

    def alive(self) -> None:
        """Show that the connection still answers: the answer goes into the transcript."""
        self.ask({"id": 4000, "unsubscribe": {"channel": "any"}})

    def normal(self, value: Any, key: str = "") -> Any:
        """The value with everything replaced that differs from run to run."""
        if isinstance(value, dict):
            return {name: self.normal(item, name) for name, item in sorted(value.items())}
        if isinstance(value, list):
            return [self.normal(item) for item in value]
        match key:
            case "client" | "version":
                return key.upper()
            case "epoch":
                return self._epochs.setdefault(value, f"EPOCH{len(self._epochs) + 1}")
            case "ttl":
                spent = 2 + time.monotonic() - self._began  # rounding on both sides, and the dialogue's own time so far
                return next((about for about in (2, 60, 120, 300) if about - spent <= value <= about), value)
            case _:
                return value


Step = Callable[[Talk], object]
DIALOGUES: dict[str, tuple[str, tuple[Step, ...]]] = {}
"""Group and steps of each dialogue, by name."""
END, ALIVE, HEAR, CONNECTED, SUBSCRIBED = Talk.hear_end, Talk.alive, Talk.hear, Talk.connected, Talk.subscribed


def _(name: str, *steps: Step, group: str = "plain") -> None:
    """Define a dialogue that consists of these steps."""
    DIALOGUES[name] = (group, steps)


def dialogue(group: str = "plain") -> Callable[[Step], Step]:
    """Define a dialogue by a function, under the function's name: for one that needs more than a line."""

    def register(step: Step) -> Step:
        _(step.__name__.replace("_", " "), step, group=group)
        return step

    return register


def ask(make: Callable[[Talk], dict[str, Any]]) -> Step:
    """A step: send a command, and hear its answer or the end of the connection."""
    return lambda talk: talk.ask(make(talk))


def text(frame: str) -> Step:
    """A step: send one text frame."""
    return lambda talk: talk.peer.text(frame)


def play(sandbox: Sandbox, names: list[str]) -> dict[str, Transcript]:
    """Play these dialogues at once and give their transcripts by name."""

    def one(name: str) -> Transcript:
        talk = Talk(sandbox, name)
        try:
            for step in DIALOGUES[name][1]:
                step(talk)
        except (Closed, AssertionError, OSError, websocket.WebSocketException) as error:
            talk.transcript.append(["broken off", repr(error)])
        finally:
            for peer in talk.opened:
                peer.__exit__()
        return talk.transcript

    with ThreadPoolExecutor(max_workers=32) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


# Connect.

_("connect", ask(lambda talk: talk.connect_command(name="notifier", version="1.0")))
_("connect with a token that never expires", ask(lambda talk: talk.connect_command(talk.tokens.connection(None))))
_("connect without token", ask(lambda talk: {"connect": {}}))
_("connect with garbage", ask(lambda talk: talk.connect_command("garbage")))
_("connect with a bad signature", ask(lambda talk: talk.connect_command(talk.tokens.connection(secret="wrong"))))
_("connect with a subscription token", ask(lambda talk: talk.connect_command(talk.tokens.subscription(talk.channel))))
_("connect twice", CONNECTED, ask(Talk.connect_command))
_("connect too late", END)
_("subscribe before connect", ask(Talk.subscribe_command))
_("connect and subscribe in one frame", lambda talk: talk.ask(talk.connect_command(), talk.subscribe_command()))
_(
    "connect with subs",
    ask(lambda talk: talk.connect_command(subs={talk.channel: {"token": talk.tokens.subscription(talk.channel)}})),
    ask(Talk.subscribe_command),
)


@dialogue("no history")  # where ``stale_close_delay`` is so long that the cut comes first
def connect_with_an_expired_token(talk: Talk) -> None:
    talk.peer.send(talk.connect_command(talk.tokens.connection(-10)), talk.subscribe_command())
    talk.hear()
    asked = time.monotonic()
    talk.hear_end()
    talk.transcript.append(["seconds", round(time.monotonic() - asked)])


# What is no command.

for _name, _text in {
    "of nothing": "",
    "of no JSON": "hello",
    "of half an object": '{"id":2',
    "with a newline behind": '{"id":2,"unsubscribe":{"channel":"c"}}\n',
    "with an empty line inside": '{"id":2,"unsubscribe":{"channel":"c"}}\n\n{"id":3,"unsubscribe":{"channel":"c"}}',
    "without id": '{"unsubscribe":{"channel":"c"}}',
    "with an id that is too big": '{"id":4294967296,"unsubscribe":{"channel":"c"}}',
    "with the biggest id": '{"id":4294967295,"unsubscribe":{"channel":"c"}}',
    "with a string as id": '{"id":"2","unsubscribe":{"channel":"c"}}',
    "with an unknown method": '{"id":2,"dance":{}}',
    "with an unknown field": '{"id":2,"dance":1,"unsubscribe":{"channel":"c","dance":[1]}}',
    "with a number as channel": '{"id":2,"unsubscribe":{"channel":5}}',
    "with a negative offset": '{"id":2,"subscribe":{"channel":"c","token":"t","offset":-1}}',
    "with a string as recover": '{"id":2,"subscribe":{"channel":"c","token":"t","recover":"yes"}}',
}.items():
    _(f"the text {_name}", CONNECTED, text(_text), ALIVE)

# Subscribe and unsubscribe.


def _unsubscribe(talk: Talk) -> None:
    talk.ask({"unsubscribe": {"channel": talk.channel}})


_SUBSCRIBE = ask(Talk.subscribe_command)
_("subscribe twice and again", SUBSCRIBED, _SUBSCRIBE, _unsubscribe, _unsubscribe, _SUBSCRIBE)
_("subscribe without channel", CONNECTED, ask(lambda talk: {"subscribe": {"token": "any"}}))
_("unsubscribe without channel", CONNECTED, ask(lambda talk: {"unsubscribe": {}}))
_(
    "subscribe with the token of another channel",
    CONNECTED,
    ask(lambda talk: talk.subscribe_command(talk.tokens.subscription("other"))),
)
_("subscribe with a connection token", CONNECTED, ask(lambda talk: talk.subscribe_command(talk.tokens.connection())))
_(
    "subscribe with a token that never expires",
    lambda talk: talk.subscribed(token=talk.tokens.subscription(talk.channel, None)),
)


def _subscribe(name: str, channel: str | None = None, **token: Any) -> None:
    """Define a dialogue that subscribes once; ``token`` holds unusual claims of the token, or its whole ``text``."""

    def run(talk: Talk) -> None:
        wanted, odd = channel or talk.channel, dict(token)
        text = odd.pop("text", None)
        talk.subscribed(channel=wanted, token=text if text is not None else talk.tokens.subscription(wanted, **odd))

    _(f"subscribe {name}", run, ALIVE)


_subscribe("without token", text="")
_subscribe("with garbage", text="garbage")
_subscribe("with a bad signature", secret="wrong")
_subscribe("with an expired token", ttl=-10)
_subscribe("as another user", sub="somebody-else")
_subscribe("to a channel with a name of 255 bytes", channel="c" * 255)
_subscribe("to a channel with a name of 256 bytes", channel="c" * 256)
_subscribe("to a channel in an unknown namespace", channel="nowhere:1")


@dialogue()
def subscribe_to_129_channels(talk: Talk) -> None:
    talk.connected()
    commands = [talk.subscribe_command(channel=f"{talk.channel}/{number}") for number in range(129)]
    for start in range(0, 129, 43):
        talk.peer.send(*commands[start : start + 43])
    replies = [talk.peer.receive() for _ in range(129)]
    talk.transcript.append(["subscribed", sum("subscribe" in reply for reply in replies)])
    talk.transcript.append([talk.normal(reply) for reply in replies if "error" in reply])


# Refresh and sub_refresh.

_TOKENS: dict[str, dict[str, Any]] = {
    "with a good token": {"ttl": 60},
    "with a token that never expires": {"ttl": None},
    "with a bad signature": {"secret": "wrong"},
    "with an expired token": {"ttl": -10},
    "as another user": {"sub": "somebody-else"},
}


def _refresh(name: str, token: Callable[[Talk], str]) -> None:
    _(f"refresh {name}", CONNECTED, ask(lambda talk: {"refresh": {"token": token(talk)}}), ALIVE)


def _sub_refresh(name: str, token: Callable[[Talk], str], before: Step = SUBSCRIBED) -> None:
    answered = ask(lambda talk: {"sub_refresh": {"channel": talk.channel, "token": token(talk)}})
    _(f"sub refresh {name}", before, answered, ALIVE)


for _name, _odd in _TOKENS.items():
    _refresh(_name, lambda talk, odd=_odd: talk.tokens.connection(**odd))  # type: ignore[misc]
    _sub_refresh(_name, lambda talk, odd=_odd: talk.tokens.subscription(talk.channel, **odd))  # type: ignore[misc]
for _each in (_refresh, _sub_refresh):
    _each("without token", lambda talk: "")
    _each("with garbage", lambda talk: "garbage")
_sub_refresh("with the token of another channel", lambda talk: talk.tokens.subscription("other"))
_sub_refresh("of what is not subscribed", lambda talk: talk.tokens.subscription(talk.channel), CONNECTED)

# Publications.

for _name, _raw in {
    "an object": '{"a":{"b":[1,2.50,1e3,true,null]},"empty":{}}',
    "words in many scripts": '{"preview":"naïve 日本 🙂"}',
    "a lone surrogate": '{"preview":"cut \\ud83d"}',
    "JSON on several lines": '{\n  "a": 1,\r\n  "b": "x\\ny"\n}',
    "the same key twice": '{"a":1,"a":2}',
}.items():
    _(f"a publication of {_name}", SUBSCRIBED, lambda talk, raw=_raw: talk.publish(raw=raw), HEAR)  # type: ignore[misc]
_("no publications after unsubscribe", SUBSCRIBED, _unsubscribe, lambda talk: talk.publish({"n": 1}), ALIVE)


@dialogue("no history")
def publications_without_history(talk: Talk) -> None:
    talk.subscribed()
    talk.transcript.append(talk.publish({"n": 1}))
    talk.hear()
    _unsubscribe(talk)
    talk.ask(talk.subscribe_command(recover=True))
    _unsubscribe(talk)
    talk.ask(talk.subscribe_command(recover=True, offset=1, epoch="abcd"))


# Recovery.


def _recovery(name: str, *rounds: dict[str, Any] | Step) -> None:
    """Define a dialogue of recoveries from these positions, and steps between; epoch ``None`` is the first one."""

    def run(talk: Talk) -> None:
        talk.connected()
        epoch = talk.peer.ask(talk.subscribe_command())["subscribe"]["epoch"]
        talk.peer.ask({"unsubscribe": {"channel": talk.channel}})
        talk.transcript.append(talk.normal(epoch, "epoch"))
        for each in rounds:
            if callable(each):
                each(talk)
            else:
                position = {key: epoch if value is None else value for key, value in each.items()}
                talk.ask({"unsubscribe": {"channel": talk.channel}}, talk.subscribe_command(recover=True, **position))

    _(name, run)


def _published(data: Any, count: int = 1) -> Step:
    return lambda talk: talk.publish(data, count=count)


def _own(offset: int | None = None) -> dict[str, Any]:
    return {"epoch": None, **({} if offset is None else {"offset": offset})}


_recovery("recovery of nothing", _own(), _own(0), _own(3), {"epoch": "other"}, {})
_recovery(
    "recovery of some",
    _published({"n": 1}, 5),
    *(_own(2), _own(5), _own(), _own(6)),
    *({"epoch": "other", "offset": 2}, {"epoch": "other", "offset": 5}, {"offset": 2}, {"offset": 5}, {}),
    *(_published({"n": 2}), HEAR),
)
_recovery("recovery of a trimmed history", _published({"n": 1}, 15), _own(4), _own(5), _own(14), _own(), {})
_recovery(
    "recovery of a removed history",
    _published({"n": 1}, 3),
    lambda talk: talk.sandbox.order("trim_history", channel=talk.channel),
    *(_own(1), _own(3), {}),
    *(_published({"n": 2}), HEAR, _own(3)),
)


# What ends without a command.


@dialogue()
def connection_that_expires(talk: Talk) -> None:
    talk.ask(talk.connect_command(talk.tokens.connection(2)))
    started = time.monotonic()
    talk.hear_end()
    # exp is a whole second, so 2 s of life are 1 to 2 s, and 1 s of grace follows.
    talk.transcript.append(["in time", 1.8 <= time.monotonic() - started <= 3.5])


@dialogue()
def subscription_that_expires(talk: Talk) -> None:
    talk.subscribed(token=talk.tokens.subscription(talk.channel, 2))
    talk.hear()
    talk.ask({"sub_refresh": {"channel": talk.channel, "token": talk.tokens.subscription(talk.channel)}})
    talk.alive()


@dialogue()
def kicked(talk: Talk) -> None:
    for code, reason in ((3000, "a"), (3001, "shutdown"), (3503, "force disconnect"), (4000, "come back"), (4500, "x")):
        talk.open()
        talk.subscribed()
        # v5 answers the order only when the client has answered the close frame.
        order = {"user_id": talk.tokens.user, "code": code, "reason": reason}
        ordering = threading.Thread(target=talk.sandbox.order, args=("kick",), kwargs=order)
        ordering.start()
        talk.hear_end()
        ordering.join()


# Pings.

_PONG = text("{}")
_("pings that are answered", ask(Talk.connect_command), *(HEAR, _PONG) * 3, ALIVE, group="pings")
_("ping that is not answered", CONNECTED, END, group="pings")
_("pong before the first ping", CONNECTED, _PONG, END, group="pings")
