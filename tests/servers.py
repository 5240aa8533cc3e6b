"""The servers the tests run against: the sandbox in a process of its own, and a real Centrifugo."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shlex
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ANNOUNCED_NAMES = (
    "TELEX_START_API_URL",
    "TELEX_START_PUSH_URL",
    "TELEX_START_CA_FILE",
    "SANDBOX_EMAIL",
    "SANDBOX_PASSWORD",
)
"""The names in the five lines that the sandbox announces itself with, in order."""

HISTORY = ("--history", "100")
"""Options of a sandbox whose personal channels keep a history, as some deployments of Telex may."""

CENTRIFUGO_VERSIONS = {"v6": "v6.9.1", "v5": "v5.4.9"}

Status = dict[str, Any]


class OrderRefused(Exception):
    """The control API answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Sandbox:
    """``python -m telex_start.sandbox`` as a subprocess, with its control orders as methods.

    It ends with the test process, also when that is killed: its standard input is a pipe from here.

    Args:
        options: As on the command line, e.g. ``"--organisations", "2"``. The story is off unless ``story`` is given.
        story: Whether the demo story runs.
    """

    def __init__(self, *options: str, story: bool = False) -> None:
        self.options = [*options, *(() if story else ("--no-story",)), "--until-stdin-closes"]
        self.environ: dict[str, str] = {}
        """The five announced names."""
        self.process: subprocess.Popen[str] | None = None

    @classmethod
    def announced(cls, environ: Mapping[str, str]) -> Self:
        """One that somebody else runs, for orders.

        Args:
            environ: Has the five announced names.
        """
        running = cls()
        running.environ = {name: environ[name] for name in ANNOUNCED_NAMES}
        running._tls = ssl.create_default_context(cafile=running.ca_file)
        return running

    # --- life -------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "telex_start.sandbox", *self.options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        assert self.process.stdout is not None
        for name in ANNOUNCED_NAMES:
            line = self.process.stdout.readline()
            found, equals, value = line.rstrip("\n").partition("=")
            if not equals:
                raise RuntimeError(f"the sandbox ended with {self.process.wait(10)} before it said {name}")
            assert found == name, f"expected {name}, got {line!r}"
            self.environ[name] = shlex.split(value)[0]
        self._tls = ssl.create_default_context(cafile=self.ca_file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        code = self.stop()
        if kind is None:
            assert code == 0, f"the sandbox ended with {code}"
            assert not Path(self.ca_file).exists(), "the sandbox left its directory behind"

    def stop(self, limit: float = 10.0) -> int:
        """End the sandbox with SIGTERM and give its exit status; kill it after ``limit`` seconds."""
        assert self.process is not None
        self.process.terminate()
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        return code

    @property
    def keeps_history(self) -> bool:
        """Whether its push server keeps publications for those who come back."""
        return "--history" in self.options and self.options[self.options.index("--history") + 1] != "0"

    # --- what it announced ------------------------------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        """Base URL of the API, ending in ``/api/v1``."""
        return self.environ["TELEX_START_API_URL"]

    @property
    def push_url(self) -> str:
        """URL of the WebSocket."""
        return self.environ["TELEX_START_PUSH_URL"]

    @property
    def ca_file(self) -> str:
        """PEM of the authority that signed the server's certificate."""
        return self.environ["TELEX_START_CA_FILE"]

    @property
    def email(self) -> str:
        """Email address of the account."""
        return self.environ["SANDBOX_EMAIL"]

    @property
    def password(self) -> str:
        """Password of the account."""
        return self.environ["SANDBOX_PASSWORD"]

    @property
    def tls(self) -> ssl.SSLContext:
        """A client context that trusts the sandbox."""
        return self._tls

    # --- orders -----------------------------------------------------------------------------------------------------

    def order(self, name: str, /, **order: Any) -> dict[str, Any]:
        """Post a control order and give its answer.

        Raises:
            OrderRefused: the sandbox does not know the order or cannot do it.
        """
        url = self.api_url.removesuffix("/api/v1") + "/sandbox/" + name
        body = json.dumps(order).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._tls)
        )
        try:
            with opener.open(request, timeout=30) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise OrderRefused(error.code, error.read().decode()) from None

    def publish(
        self,
        organisation: int | str = 0,
        data: Any = None,
        *,
        raw: str | None = None,
        count: int = 1,
        user: str | None = None,
    ) -> dict[str, Any]:
        """Publish ``data``, or the exact JSON text ``raw``, ``count`` times; give the last offset and the epoch."""
        payload = {"data": data} if raw is None else {"raw": raw}
        return self.order("publish", organisation=organisation, count=count, user=user, **payload)

    def publish_many(
        self, organisation: int | str, data: Sequence[Any], *, user: str | None = None, per_second: float = 0
    ) -> dict[str, Any]:
        """Publish all of ``data`` at once, many in one frame; or at a pace, each in a frame of its own."""
        paced = {"per_second": per_second} if per_second else {}
        return self.order("publish_many", organisation=organisation, data=list(data), user=user, **paced)

    def message(
        self,
        organisation: int | str,
        name: str,
        text: str | None = None,
        *,
        mention: bool = False,
        private: bool | None = None,
        user: str | None = None,
        **writing: Any,
    ) -> dict[str, Any]:
        """One more unread message in a channel; the answer's ``data`` is the publication of the counts.

        ``writing`` are the keys that all messages have: ``by``, ``html``, ``media``, ``new_message``; see
        ``docs/sandbox.md``. All publications are in the answer's ``published``.
        """
        order = {"organisation": organisation, "name": name, "text": text, "mention": mention, "private": private}
        return self.order("message", **order, user=user, **writing)

    def mention(self, organisation: int | str, name: str, text: str | None = None, **writing: Any) -> dict[str, Any]:
        """One more unread message in a channel, which mentions the user."""
        return self.order("mention", organisation=organisation, name=name, text=text, **writing)

    def reply(self, organisation: int | str, text: str | None = None, **order: Any) -> dict[str, Any]:
        """An answer in a thread of the conversation that is named as in ``read``."""
        return self.order("reply", organisation=organisation, text=text, **order)

    def direct(
        self,
        organisation: int | str,
        username: str,
        text: str | None = None,
        *,
        user: str | None = None,
        **writing: Any,
    ) -> dict[str, Any]:
        """One more unread direct message."""
        order = {"organisation": organisation, "username": username, "text": text, "user": user}
        return self.order("direct", **order, **writing)

    def group(
        self, organisation: int | str, members: str | Sequence[str], text: str | None = None, **writing: Any
    ) -> dict[str, Any]:
        """One more unread message in a group of these others and the user; the first one writes it."""
        return self.order("group", organisation=organisation, members=members, text=text, **writing)

    def agent(
        self, organisation: int | str, name: str, text: str | None = None, *, user: str | None = None, **writing: Any
    ) -> dict[str, Any]:
        """One more unread message of an agent."""
        return self.order("agent", organisation=organisation, name=name, text=text, user=user, **writing)

    def read(
        self,
        organisation: int | str,
        name: str | None = None,
        *,
        username: str | None = None,
        members: str | Sequence[str] | None = None,
        agent: str | None = None,
        user: str | None = None,
    ) -> dict[str, Any]:
        """The user read a channel, a person's messages, a group's or an agent's: counts 0."""
        named = {"name": name, "username": username, "members": members, "agent": agent}
        chosen = {key: value for key, value in named.items() if value is not None}
        return self.order("read", organisation=organisation, user=user, **chosen)

    def forget(self) -> None:
        """There were no conversations, and nobody has set anything."""
        self.order("forget")

    def call(self, organisation: int | str, username: str, **order: Any) -> str:
        """Somebody calls, by default the one named; gives the call's id."""
        buzz_id: str = self.order("call", organisation=organisation, username=username, **order)["buzz_id"]
        return buzz_id

    def answer(self, answer: str = "accept", **order: Any) -> dict[str, Any]:
        """The user answers the newest call: ``accept``, ``decline`` or ``timeout``."""
        return self.order("answer", answer=answer, **order)

    def cancel(self, **order: Any) -> dict[str, Any]:
        """The caller of the newest call hangs up."""
        return self.order("cancel", **order)

    def mute(self, organisation: int | str, name: str, on: bool = True, **order: Any) -> None:
        """The user mutes a channel."""
        self.order("mute", organisation=organisation, name=name, on=on, **order)

    def pause(self, on: bool = True, organisation: int | str = 0) -> None:
        """The user does not want to be disturbed in an organisation."""
        self.order("pause", on=on, organisation=organisation)

    def preference(self, organisation: int | str, **order: Any) -> None:
        """What the user wants to be told about in an organisation: ``notify_about``, ``time_range``."""
        self.order("preference", organisation=organisation, **order)

    def look_ups(self, on: bool, **order: Any) -> None:
        """Whether this Telex has look-ups, settings and slugs; without, ``status`` and ``html`` say what it answers."""
        self.order("look_ups", on=on, **order)

    def calls(self, path: str = "", since: float = 0.0) -> list[dict[str, Any]]:
        """The API calls whose path has that in it: ``time``, ``method``, ``path``, ``status``."""
        found: list[dict[str, Any]] = self.order("calls", path=path, since=since)["calls"]
        return found

    def kick(self, code: int, reason: str | None = None, *, user: str | None = None) -> None:
        """Close every connection of the user with that code."""
        extra = {} if reason is None else {"reason": reason}
        self.order("kick", code=code, user=user, **extra)

    def unsubscribe(self, organisation: int | str, code: int = 2000, *, user: str | None = None) -> None:
        """End the subscription with an unsubscribe push."""
        self.order("unsubscribe", organisation=organisation, code=code, user=user)

    def expire_tokens(self, *, connections: bool = True, subscriptions: bool = True) -> None:
        """All push tokens so far are expired; what lives on them ends at once unless switched off."""
        self.order("expire_tokens", connections=connections, subscriptions=subscriptions)

    def revoke_session(self) -> None:
        """Every session so far is 401 ``Session is invalid!``."""
        self.order("revoke_session")

    def refuse_notification_token(self, on: bool = True) -> None:
        """401 by notification token, while Bearer serves."""
        self.order("refuse_notification_token", on=on)

    def refuse_bearer(self, on: bool = True) -> None:
        """401 by Bearer, while the notification token serves."""
        self.order("refuse_bearer", on=on)

    def sign(self, claims: dict[str, Any], secret: str | None = None) -> str:
        """A push token with any claims, by default signed with the right secret."""
        extra = {} if secret is None else {"secret": secret}
        token: str = self.order("sign", claims=claims, **extra)["token"]
        return token

    def rate_limit(self, rate: float, burst: int = 4) -> None:
        """Calls a second and at once; rate 0 turns the limiter off."""
        self.order("rate_limit", rate=rate, burst=burst)

    def fault(self, path: str, **fault: Any) -> None:
        """Make a call of the API go wrong; the keys are those of ``ApiFault`` in the sandbox."""
        self.order("fault", path=path, **fault)

    def clear_faults(self) -> None:
        """End all faults, wrong tokens and refusals."""
        self.order("clear_faults")

    def wrong_token(self, organisation: int | str, kind: str) -> None:
        """Subscription tokens for the organisation are wrong in that way until ``clear_faults``."""
        self.order("wrong_token", organisation=organisation, kind=kind)

    def silent(self, on: bool = True) -> None:
        """The push server stops reading and answering, sockets stay open."""
        self.order("silent", on=on)

    def restart(
        self, down_for: float = 0.0, *, new_epoch: bool = True, kill: bool = False, wait: bool | None = None
    ) -> None:
        """The push server goes away and comes back; see the order ``restart``."""
        extra = {} if wait is None else {"wait": wait}
        self.order("restart", down_for=down_for, new_epoch=new_epoch, kill=kill, **extra)

    def trim_history(self, organisation: int | str = 0, *, user: str | None = None) -> dict[str, Any]:
        """Drop the kept publications of a channel; give its offset and epoch."""
        return self.order("trim_history", organisation=organisation, user=user)

    def add_organisation(self, name: str) -> dict[str, Any]:
        """The users join an organisation; gives its ``id``, ``index`` and ``channel``."""
        return self.order("add_organisation", name=name)

    def remove_organisation(self, organisation: int | str, *, user: str | None = None) -> None:
        """The user leaves an organisation."""
        self.order("remove_organisation", organisation=organisation, user=user)

    def raw_frame(self, text: str) -> None:
        """Send that text frame to every connection."""
        self.order("raw_frame", text=text)

    def refuse_push(self, status: int) -> None:
        """Handshakes are answered with that status; 0 accepts them again."""
        self.order("refuse_push", status=status)

    def ping_now(self) -> None:
        """Send a ping to every connection."""
        self.order("ping_now")

    def status(self, *, user: str | None = None) -> Status:
        """What the sandbox has seen; see ``status`` in ``telex_start/sandbox/orders_service.py``."""
        return self.order("status", user=user)

    def wait_until(self, predicate: Callable[[Status], bool], timeout: float = 10.0) -> Status:
        """Ask for the status until it satisfies ``predicate``, and give that status.

        Raises:
            TimeoutError: it did not within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            status = self.status()
            if predicate(status):
                return status
            if time.monotonic() > deadline:
                raise TimeoutError(f"the sandbox did not get there in {timeout} s: {json.dumps(status)[:2000]}")
            time.sleep(0.02)

    def channel(self, organisation: int = 0) -> str:
        """The push channel of the account in an organisation."""
        found: str = self.status()["organisations"][organisation]["channel"]
        return found


class NoGo(Exception):
    """A Centrifugo would have to be built, and there is no Go to do it."""


@functools.cache
def centrifugo_binary(version: str) -> Path:
    """A Centrifugo binary, built from the pinned module in ``tests/centrifugo`` the first time (about two minutes).

    Args:
        version: ``v6`` or ``v5``.

    Raises:
        NoGo: it is not built yet and there is no Go.
        subprocess.CalledProcessError: the build failed; its output is on stderr.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "telex-start-tests"
    binary = cache / f"centrifugo-{CENTRIFUGO_VERSIONS[version]}"
    if binary.exists():
        return binary
    go = shutil.which("go", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/go/bin"]))
    if go is None:
        raise NoGo(f"there is no Go to build Centrifugo {CENTRIFUGO_VERSIONS[version]} with")
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = binary.with_suffix(f".{os.getpid()}")
    package = f"github.com/centrifugal/centrifugo/{version}"
    subprocess.run(
        [go, "build", "-o", str(unfinished), package],
        cwd=Path(__file__).parent / "centrifugo" / version,
        env={**os.environ, "CGO_ENABLED": "0"},
        check=True,
    )
    unfinished.replace(binary)  # two test processes may build at once; either result will do
    return binary
