"""Protocol dialogues that are played against the sandbox's push server and against real Centrifugos.

Each dialogue has a user and channels of its own, so that all can run at once. What is heard goes into a transcript in
which everything that differs from run to run (client ids, epochs, seconds left) is replaced.
"""

from __future__ import annotations

import json
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
    "long history": ("--rate", "0", "--history", "400"),
}
"""Options of the sandbox by the group of a dialogue."""

Transcript = list[Any]


class Talk:
    """One dialogue being played."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.sandbox = sandbox
        self.name = "".join(character if character.isalnum() else "-" for character in name)
        self.tokens = SignedTokens(sandbox, f"user-of-{self.name}")
        self.channel = f"organisation/{self.tokens.user}"
        self.transcript: Transcript = []
        self._epochs: dict[str, str] = {}
        self._opened: list[RawPushClient] = []
        self._began = time.monotonic()

    # --- saying -----------------------------------------------------------------------------------------------------

    @property
    def peer(self) -> RawPushClient:
        """The connection, opened when first used."""
        return self._opened[-1] if self._opened else self.open()

    def open(self) -> RawPushClient:
        """Open a new connection and go on with that one."""
        self._opened.append(RawPushClient(self.sandbox))
        return self._opened[-1]

    def done(self) -> None:
        """Drop the connections."""
        for peer in self._opened:
            peer.__exit__()

    def say(self, *commands: dict[str, Any]) -> None:
        """Send commands in one frame."""
        self.peer.send(*commands)

    def text(self, text: str) -> None:
        """Send one text frame."""
        self.peer.text(text)

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

    # --- hearing ----------------------------------------------------------------------------------------------------

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
        self.say(*commands)
        self.hear(len(commands))

    def hear_end(self, limit: int = 3) -> None:
        """Hear until the connection ends; at most ``limit`` messages come before."""
        for _ in range(limit + 1):
            self.hear()
            if isinstance(self.transcript[-1], list) and self.transcript[-1][0] == "closed":
                return
        raise AssertionError(f"no end: {self.transcript}")

    def alive(self) -> None:
        """Note that the connection still answers."""
        self.ask({"id": 4000, "unsubscribe": {"channel": "any"}})

    def note(self, value: Any) -> None:
        """Put something else into the transcript."""
        self.transcript.append(value)

    def normal(self, value: Any, key: str = "") -> Any:
        """The value without what differs from run to run."""
        if isinstance(value, dict):
            return {name: self.normal(item, name) for name, item in sorted(value.items())}
        if isinstance(value, list):
            return [self.normal(item) for item in value]
        match key:
            case "client":
                return "CLIENT"
            case "version":
                return "VERSION"
            case "epoch":
                return self._epochs.setdefault(value, f"EPOCH{len(self._epochs) + 1}")
            case "ttl":
                spent = 2 + time.monotonic() - self._began  # rounding on both sides, and the dialogue's own time so far
                return next((about for about in (2, 60, 120, 300) if about - spent <= value <= about), value)
            case _:
                return value


Dialogue = Callable[[Talk], None]
DIALOGUES: dict[str, tuple[str, Dialogue]] = {}
"""Group and function of each dialogue, by name."""


def dialogue(group: str = "plain") -> Callable[[Dialogue], Dialogue]:
    """Register a dialogue under the name of its function."""

    def register(function: Dialogue) -> Dialogue:
        DIALOGUES[function.__name__.replace("_", " ")] = (group, function)
        return function

    return register


def of_group(group: str) -> list[str]:
    """The names of a group's dialogues."""
    return [name for name, (there, _) in DIALOGUES.items() if there == group]


def play(sandbox: Sandbox, names: list[str]) -> dict[str, Transcript]:
    """Play these dialogues at once and give their transcripts by name."""

    def one(name: str) -> Transcript:
        talk = Talk(sandbox, name)
        try:
            DIALOGUES[name][1](talk)
        except (Closed, AssertionError, OSError, websocket.WebSocketException) as error:
            talk.note(["broken off", repr(error)])
        finally:
            talk.done()
        return talk.transcript

    with ThreadPoolExecutor(max_workers=32) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


# --- connect --------------------------------------------------------------------------------------------------------


@dialogue()
def connect(talk: Talk) -> None:
    talk.ask(talk.connect_command(name="notifier", version="1.0"))


@dialogue()
def connect_with_a_token_that_never_expires(talk: Talk) -> None:
    talk.ask(talk.connect_command(talk.tokens.connection(None)))


@dialogue()
def connect_without_token(talk: Talk) -> None:
    talk.say({"connect": {}})
    talk.hear_end()


@dialogue()
def connect_with_garbage(talk: Talk) -> None:
    talk.say(talk.connect_command("garbage"))
    talk.hear_end()


@dialogue()
def connect_with_a_bad_signature(talk: Talk) -> None:
    talk.say(talk.connect_command(talk.tokens.connection(secret="wrong")))
    talk.hear_end()


@dialogue()
def connect_with_a_number_as_user(talk: Talk) -> None:
    talk.say(talk.connect_command(talk.tokens.connection(sub=5)))
    talk.hear_end()


@dialogue()
def connect_with_a_subscription_token(talk: Talk) -> None:
    talk.say(talk.connect_command(talk.tokens.subscription(talk.channel)))
    talk.hear_end()


@dialogue("no history")  # where ``stale_close_delay`` is so long that the cut comes first
def connect_with_an_expired_token(talk: Talk) -> None:
    talk.say(talk.connect_command(talk.tokens.connection(-10)), talk.subscribe_command())
    talk.hear()
    asked = time.monotonic()
    talk.hear_end()
    talk.note(["seconds", round(time.monotonic() - asked)])


@dialogue()
def command_after_a_refused_connect(talk: Talk) -> None:
    talk.ask(talk.connect_command(talk.tokens.connection(-10)))
    talk.say(talk.connect_command())
    talk.hear_end()


@dialogue()
def connect_twice(talk: Talk) -> None:
    talk.connected()
    talk.say(talk.connect_command())
    talk.hear_end()


@dialogue()
def connect_too_late(talk: Talk) -> None:
    talk.hear_end()


@dialogue()
def subscribe_before_connect(talk: Talk) -> None:
    talk.say(talk.subscribe_command())
    talk.hear_end()


@dialogue()
def connect_and_subscribe_in_one_frame(talk: Talk) -> None:
    talk.ask(talk.connect_command(), talk.subscribe_command())


@dialogue()
def connect_with_subs(talk: Talk) -> None:
    token = talk.tokens.subscription(talk.channel)
    talk.ask(talk.connect_command(subs={talk.channel: {"token": token}}))
    talk.ask(talk.subscribe_command())


@dialogue()
def connect_with_subs_of_null(talk: Talk) -> None:
    talk.ask(talk.connect_command(subs={talk.channel: None}))


@dialogue()
def connect_with_subs_in_an_unknown_namespace(talk: Talk) -> None:
    talk.say(talk.connect_command(subs={"nowhere:1": {"token": "any"}}))
    talk.hear_end()


# --- what is no command ---------------------------------------------------------------------------------------------


def _text_after_connect(name: str, text: str) -> None:
    def run(talk: Talk) -> None:
        talk.connected()
        talk.text(text)
        talk.alive()

    run.__name__ = f"the text {name}"
    dialogue()(run)


for _name, _text in {
    "of nothing": "",
    "of a newline": "\n",
    "of no JSON": "hello",
    "of an array": "[]",
    "of a number": "5",
    "of null": "null",
    "of half an object": '{"id":2',
    "with words behind": '{"id":2,"unsubscribe":{"channel":"c"}} hello',
    "with a second object behind": '{"id":2,"unsubscribe":{"channel":"c"}}{"id":3,"unsubscribe":{"channel":"c"}}',
    "with spaces around": '  {"id":2,"unsubscribe":{"channel":"c"}}  ',
    "with a newline behind": '{"id":2,"unsubscribe":{"channel":"c"}}\n',
    "with an empty line inside": '{"id":2,"unsubscribe":{"channel":"c"}}\n\n{"id":3,"unsubscribe":{"channel":"c"}}',
    "with a carriage return": '{"id":2,"unsubscribe":{"channel":"c"}}\r\n{"id":3,"unsubscribe":{"channel":"c"}}',
    "without id": '{"unsubscribe":{"channel":"c"}}',
    "with an id of 0": '{"id":0,"unsubscribe":{"channel":"c"}}',
    "with an id of null": '{"id":null,"unsubscribe":{"channel":"c"}}',
    "with a negative id": '{"id":-1,"unsubscribe":{"channel":"c"}}',
    "with an id that is too big": '{"id":4294967296,"unsubscribe":{"channel":"c"}}',
    "with the biggest id": '{"id":4294967295,"unsubscribe":{"channel":"c"}}',
    "with a string as id": '{"id":"2","unsubscribe":{"channel":"c"}}',
    "with a fraction as id": '{"id":2.5,"unsubscribe":{"channel":"c"}}',
    "with an unknown method": '{"id":2,"dance":{}}',
    "with NaN": '{"id":2,"unsubscribe":{"channel":"c","x":NaN}}',
    "with an unknown field": '{"id":2,"dance":1,"unsubscribe":{"channel":"c","dance":[1]}}',
    "with a string as request": '{"id":2,"unsubscribe":"c"}',
    "with null as request": '{"id":2,"unsubscribe":null}',
    "with two methods": '{"id":2,"unsubscribe":{"channel":"c"},"history":{"channel":"c"}}',
    "with a number as channel": '{"id":2,"unsubscribe":{"channel":5}}',
    "with null as channel": '{"id":2,"unsubscribe":{"channel":null}}',
    "with a number as token": '{"id":2,"refresh":{"token":5}}',
    "with a negative offset": '{"id":2,"subscribe":{"channel":"c","token":"t","offset":-1}}',
    "with a string as offset": '{"id":2,"subscribe":{"channel":"c","token":"t","offset":"1"}}',
    "with a string as recover": '{"id":2,"subscribe":{"channel":"c","token":"t","recover":"yes"}}',
    "with a number as epoch": '{"id":2,"subscribe":{"channel":"c","token":"t","epoch":5}}',
}.items():
    _text_after_connect(_name, _text)


def _refused_command(method: str, request: dict[str, Any]) -> None:
    def run(talk: Talk) -> None:
        talk.subscribed()
        talk.ask({method: request | ({"channel": talk.channel} if "channel" in request else {})})
        talk.alive()

    run.__name__ = f"the command {method} {'with' if request else 'without'} content"
    dialogue()(run)


for _method, _request in (
    ("publish", {"channel": "", "data": {}}),
    ("publish", {}),
    ("presence", {"channel": ""}),
    ("presence", {}),
    ("presence_stats", {"channel": ""}),
    ("history", {"channel": "", "limit": 10}),
    ("history", {}),
    ("rpc", {"method": "m", "data": {}}),
    ("send", {"data": {}}),
    ("ping", {}),
):
    _refused_command(_method, dict(_request))


@dialogue()
def binary_frame(talk: Talk) -> None:
    talk.connected()
    talk.peer.socket.send_binary(json.dumps({"id": 2, "unsubscribe": {"channel": "c"}}).encode())
    talk.hear()


def _padded(size: int) -> str:
    frame = {"id": 2, "unsubscribe": {"channel": ""}}
    frame["unsubscribe"] = {"channel": "c" * (size - len(json.dumps(frame)))}
    return json.dumps(frame)


@dialogue()
def frame_of_64_kibibytes(talk: Talk) -> None:
    talk.connected()
    talk.text(_padded(65536))
    talk.hear()


@dialogue()
def frame_of_64_kibibytes_and_a_byte(talk: Talk) -> None:
    talk.connected()
    code = None
    try:
        # The server stops reading, so the sending may fail already, and a close frame may or may not get through.
        talk.text(_padded(65537))
        talk.peer.receive()
    except Closed as closed:
        code = closed.code
    except (OSError, websocket.WebSocketConnectionClosedException):
        pass
    talk.note(["ended", code in (1009, None)])


def _handshake(name: str, path: str = "", **options: Any) -> None:
    def run(talk: Talk) -> None:
        url = talk.sandbox.push_url
        try:
            websocket.create_connection(
                url + path, sslopt={"ca_certs": talk.sandbox.ca_file}, timeout=10, **options
            ).close()
            talk.note(["accepted"])
        except websocket.WebSocketBadStatusException as error:
            talk.note(["refused", error.status_code])

    run.__name__ = f"the handshake {name}"
    dialogue()(run)


_handshake("without Origin", suppress_origin=True)
_handshake("with an Origin of its own")
_handshake("with a foreign Origin", origin="https://example.org")
_handshake("with a query", path="?cf_protocol_version=v2", suppress_origin=True)
_handshake("on another path", path="x", suppress_origin=True)


# --- subscribe and unsubscribe --------------------------------------------------------------------------------------


@dialogue()
def subscribe_twice_and_again(talk: Talk) -> None:
    talk.subscribed()
    talk.ask(talk.subscribe_command())
    talk.ask({"unsubscribe": {"channel": talk.channel}})
    talk.ask({"unsubscribe": {"channel": talk.channel}})
    talk.ask(talk.subscribe_command())


@dialogue()
def subscribe_with_a_token_that_never_expires(talk: Talk) -> None:
    talk.subscribed(token=talk.tokens.subscription(talk.channel, None))


@dialogue()
def subscribe_without_channel(talk: Talk) -> None:
    talk.connected()
    talk.say({"subscribe": {"token": "any"}})
    talk.hear_end()


@dialogue()
def unsubscribe_without_channel(talk: Talk) -> None:
    talk.connected()
    talk.say({"unsubscribe": {}})
    talk.hear_end()


def _subscribe(name: str, channel: str | None = None, **token: Any) -> None:
    """A dialogue that subscribes once; ``token`` holds what is odd about the token, or its text."""

    def run(talk: Talk) -> None:
        wanted = channel or talk.channel
        text = token.get("text")
        signed = text if text is not None else talk.tokens.subscription(wanted, **token)
        talk.subscribed(channel=wanted, token=signed)
        talk.alive()

    run.__name__ = f"subscribe {name}"
    dialogue()(run)


_subscribe("without token", text="")
_subscribe("with garbage", text="garbage")
_subscribe("with a bad signature", secret="wrong")
_subscribe("with an expired token", ttl=-10)
_subscribe("with a token of a bad signature that is expired", ttl=-10, secret="wrong")
_subscribe("as another user", sub="somebody-else")
_subscribe("with a number as user", sub=5)
_subscribe("with a stale client claim", client="5e3c4b2a-0000-4000-8000-000000000000")
_subscribe("to a channel with a name of 255 bytes", channel="c" * 255)
_subscribe("to a channel with a name of 256 bytes", channel="c" * 256)
_subscribe("to a channel with a name that is not ASCII", channel="café")
_subscribe("to a channel in an unknown namespace", channel="nowhere:1")
_subscribe("to a channel in an unknown namespace without token", channel="nowhere:1", text="")
_subscribe("to a private channel", channel="$private/1")
_subscribe("to a private channel without token", channel="$private/1", text="")
_subscribe("to a channel with all signs", channel="a/b#c*d&e")


@dialogue()
def subscribe_with_the_token_of_another_channel(talk: Talk) -> None:
    talk.connected()
    talk.say(talk.subscribe_command(talk.tokens.subscription("other")))
    talk.hear_end()


@dialogue()
def subscribe_with_a_connection_token(talk: Talk) -> None:
    talk.connected()
    talk.ask(talk.subscribe_command(talk.tokens.connection()))


@dialogue()
def subscribe_to_129_channels(talk: Talk) -> None:
    talk.connected()
    commands = [talk.subscribe_command(channel=f"{talk.channel}/{number}") for number in range(129)]
    for start in range(0, 129, 43):
        talk.say(*commands[start : start + 43])
    replies = [talk.peer.receive() for _ in range(129)]
    talk.note(["subscribed", sum("subscribe" in reply for reply in replies)])
    talk.note([talk.normal(reply) for reply in replies if "error" in reply])


# --- refresh and sub_refresh ----------------------------------------------------------------------------------------


def _refresh(name: str, make: Callable[[Talk], str]) -> None:
    def run(talk: Talk) -> None:
        talk.connected()
        talk.ask({"refresh": {"token": make(talk)}})
        talk.alive()

    run.__name__ = f"refresh {name}"
    dialogue()(run)


_refresh("with a good token", lambda talk: talk.tokens.connection(60))
_refresh("with a token that never expires", lambda talk: talk.tokens.connection(None))
_refresh("without token", lambda talk: "")
_refresh("with garbage", lambda talk: "garbage")
_refresh("with a bad signature", lambda talk: talk.tokens.connection(secret="wrong"))
_refresh("with an expired token", lambda talk: talk.tokens.connection(-10))
_refresh("as another user", lambda talk: talk.tokens.connection(sub="somebody-else"))
_refresh("with a subscription token", lambda talk: talk.tokens.subscription(talk.channel))


@dialogue()
def refresh_of_a_connection_that_never_expires(talk: Talk) -> None:
    talk.peer.ask(talk.connect_command(talk.tokens.connection(None)))
    talk.ask({"refresh": {"token": talk.tokens.connection(60)}})


def _sub_refresh(name: str, make: Callable[[Talk], str]) -> None:
    def run(talk: Talk) -> None:
        talk.subscribed()
        talk.ask({"sub_refresh": {"channel": talk.channel, "token": make(talk)}})
        talk.alive()

    run.__name__ = f"sub refresh {name}"
    dialogue()(run)


_sub_refresh("with a good token", lambda talk: talk.tokens.subscription(talk.channel, 60))
_sub_refresh("with a token that never expires", lambda talk: talk.tokens.subscription(talk.channel, None))
_sub_refresh("without token", lambda talk: "")
_sub_refresh("with garbage", lambda talk: "garbage")
_sub_refresh("with a bad signature", lambda talk: talk.tokens.subscription(talk.channel, secret="wrong"))
_sub_refresh("with an expired token", lambda talk: talk.tokens.subscription(talk.channel, -10))
_sub_refresh("with the token of another channel", lambda talk: talk.tokens.subscription("other"))
_sub_refresh("as another user", lambda talk: talk.tokens.subscription(talk.channel, sub="somebody-else"))
_sub_refresh("with a connection token", lambda talk: talk.tokens.connection())


@dialogue()
def sub_refresh_without_channel(talk: Talk) -> None:
    talk.subscribed()
    talk.say({"sub_refresh": {"token": talk.tokens.subscription(talk.channel)}})
    talk.hear_end()


@dialogue()
def sub_refresh_of_what_is_not_subscribed(talk: Talk) -> None:
    talk.connected()
    talk.ask({"sub_refresh": {"channel": talk.channel, "token": talk.tokens.subscription(talk.channel)}})
    talk.alive()


# --- publications ---------------------------------------------------------------------------------------------------


def _publication(name: str, raw: str) -> None:
    def run(talk: Talk) -> None:
        talk.subscribed()
        talk.publish(raw=raw)
        talk.hear()

    run.__name__ = f"a publication of {name}"
    dialogue()(run)


_publication("an object", '{"a":{"b":[1,2.50,1e3,true,null]},"empty":{}}')
_publication("a string", '"text"')
_publication("a number", "12345678901234567890")
_publication("an array", "[]")
_publication("words in many scripts", '{"preview":"naïve 日本 🙂"}')
_publication("a lone surrogate", '{"preview":"cut \\ud83d"}')
_publication("JSON on several lines", '{\n  "a": 1,\r\n  "b": "x\\ny"\n}')
_publication("the same key twice", '{"a":1,"a":2}')


@dialogue()
def publications_in_a_row(talk: Talk) -> None:
    talk.subscribed()
    talk.sandbox.order("publish_many", channel=talk.channel, data=[{"n": number} for number in range(40)])
    talk.hear(40)


@dialogue()
def no_publications_after_unsubscribe(talk: Talk) -> None:
    talk.subscribed()
    talk.ask({"unsubscribe": {"channel": talk.channel}})
    talk.publish({"n": 1})
    talk.alive()


@dialogue("no history")
def publications_without_history(talk: Talk) -> None:
    talk.subscribed()
    talk.note(talk.publish({"n": 1}))
    talk.hear()
    talk.ask({"unsubscribe": {"channel": talk.channel}})
    talk.ask(talk.subscribe_command(recover=True))
    talk.ask({"unsubscribe": {"channel": talk.channel}})
    talk.ask(talk.subscribe_command(recover=True, offset=1, epoch="abcd"))


# --- recovery -------------------------------------------------------------------------------------------------------


class Recoveries:
    """A channel that is left, published to, and subscribed again."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        talk.connected()
        self.epoch = talk.peer.ask(talk.subscribe_command())["subscribe"]["epoch"]
        talk.peer.ask({"unsubscribe": {"channel": talk.channel}})
        talk.note(talk.normal(self.epoch, "epoch"))

    def recover(self, **position: Any) -> None:
        """Subscribe with ``recover``, and unsubscribe again."""
        self.talk.ask(
            {"unsubscribe": {"channel": self.talk.channel}}, self.talk.subscribe_command(recover=True, **position)
        )


@dialogue()
def recovery_of_nothing(talk: Talk) -> None:
    channel = Recoveries(talk)
    channel.recover(epoch=channel.epoch)
    channel.recover(epoch=channel.epoch, offset=0)
    channel.recover(epoch=channel.epoch, offset=3)
    channel.recover(epoch="other")
    channel.recover()


@dialogue()
def recovery_of_some(talk: Talk) -> None:
    channel = Recoveries(talk)
    talk.publish({"n": 1}, count=5)
    channel.recover(epoch=channel.epoch, offset=2)
    channel.recover(epoch=channel.epoch, offset=5)
    channel.recover(epoch=channel.epoch)
    channel.recover(epoch=channel.epoch, offset=6)
    channel.recover(epoch="other", offset=2)
    channel.recover(epoch="other", offset=5)
    channel.recover(offset=2)
    channel.recover(offset=5)
    channel.recover()
    talk.publish({"n": 2})
    talk.hear()


@dialogue()
def recovery_of_a_trimmed_history(talk: Talk) -> None:
    channel = Recoveries(talk)
    talk.publish({"n": 1}, count=15)
    channel.recover(epoch=channel.epoch, offset=4)
    channel.recover(epoch=channel.epoch, offset=5)
    channel.recover(epoch=channel.epoch, offset=14)
    channel.recover(epoch=channel.epoch)
    channel.recover()


@dialogue()
def recovery_of_a_removed_history(talk: Talk) -> None:
    channel = Recoveries(talk)
    talk.publish({"n": 1}, count=3)
    talk.sandbox.order("trim_history", channel=talk.channel)
    channel.recover(epoch=channel.epoch, offset=1)
    channel.recover(epoch=channel.epoch, offset=3)
    channel.recover()
    talk.publish({"n": 2})
    talk.hear()
    channel.recover(epoch=channel.epoch, offset=3)


@dialogue("long history")
def recovery_of_more_than_300(talk: Talk) -> None:
    channel = Recoveries(talk)
    talk.publish({"n": 1}, count=301)
    for offset in (0, 1):
        talk.say(
            {"unsubscribe": {"channel": talk.channel}},
            talk.subscribe_command(recover=True, epoch=channel.epoch, offset=offset),
        )
        talk.hear()
        reply = talk.peer.receive()["subscribe"]
        publications = [publication["offset"] for publication in reply.pop("publications", [])]
        talk.note([talk.normal(reply), len(publications), publications[:1], publications[-1:]])


# --- what ends without a command ------------------------------------------------------------------------------------


@dialogue()
def connection_that_expires(talk: Talk) -> None:
    talk.ask(talk.connect_command(talk.tokens.connection(2)))
    started = time.monotonic()
    talk.hear_end()
    # exp is a whole second, so 2 s of life are 1 to 2 s, and 1 s of grace follows.
    talk.note(["in time", 1.8 <= time.monotonic() - started <= 3.5])


@dialogue()
def connection_that_is_refreshed(talk: Talk) -> None:
    talk.ask(talk.connect_command(talk.tokens.connection(2)))
    talk.ask({"refresh": {"token": talk.tokens.connection(60)}})
    time.sleep(4)
    talk.alive()


@dialogue()
def subscription_that_expires(talk: Talk) -> None:
    talk.subscribed(token=talk.tokens.subscription(talk.channel, 2))
    talk.hear()
    talk.ask({"sub_refresh": {"channel": talk.channel, "token": talk.tokens.subscription(talk.channel)}})
    talk.alive()


@dialogue()
def subscription_that_is_refreshed_with_an_expired_token(talk: Talk) -> None:
    talk.subscribed(token=talk.tokens.subscription(talk.channel, 2))
    talk.ask({"sub_refresh": {"channel": talk.channel, "token": talk.tokens.subscription(talk.channel, -10)}})
    time.sleep(5)
    talk.publish({"n": 1})
    talk.hear()


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


# --- pings ----------------------------------------------------------------------------------------------------------


@dialogue("pings")
def pings_that_are_answered(talk: Talk) -> None:
    talk.ask(talk.connect_command())
    for _ in range(3):
        talk.hear()
        talk.text("{}")
    talk.alive()


@dialogue("pings")
def ping_that_is_not_answered(talk: Talk) -> None:
    talk.connected()
    talk.hear_end()


@dialogue("pings")
def ping_that_is_answered_twice(talk: Talk) -> None:
    talk.connected()
    talk.hear()
    talk.text("{}\n{}")
    talk.hear_end()


@dialogue("pings")
def pong_before_the_first_ping(talk: Talk) -> None:
    talk.connected()
    talk.text("{}")
    talk.hear_end()


@dialogue("pings")
def pong_before_connect(talk: Talk) -> None:
    talk.text("{}")
    talk.hear_end()
