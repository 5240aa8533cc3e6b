"""Runs a real Centrifugo as the push server: starts its process, calls its HTTP API, and never leaves it behind.

v6 has nested keys in its configuration, v5 flat ones; both are documented at centrifugal.dev and were tried on v6.9.1
and v5.4.9.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import aiohttp

from .push_protocol import UNSUBSCRIBED_BY_SERVER, compact
from .push_streams import NOWHERE, PUSH_PATH, NotPossible, PushServerFigures, PushSettings, StreamPosition
from .signing import Certificates

CONFIG_STYLES = ("v5", "v6")

_START_LIMIT = 15.0
"""Seconds until it must be ready, or have answered ``--help``."""
_STOP_LIMIT = 3.0
"""Seconds between SIGTERM and SIGKILL."""
_CALL_LIMIT = 10.0
"""Seconds for one call of its HTTP API."""
_BATCH = 500
"""Publications in one call."""
_NOT_AVAILABLE = 108


class CentrifugoFailed(OSError):
    """The binary cannot be run, is no Centrifugo, or did not become ready."""


@dataclass(eq=False)
class CentrifugoServer:
    """Runs one Centrifugo process."""

    binary: Path
    """The executable, v5 or v6."""
    style: str | None
    """How its configuration is written, ``v5`` or ``v6``; None to find out from its ``--help``."""
    secret: str
    """What tokens are signed with."""
    settings: PushSettings
    certificates: Certificates
    directory: Path
    """Where its configuration goes."""
    port: int = 0
    """0 for any free one, which is then kept over restarts."""
    _process: asyncio.subprocess.Process | None = None
    _session: aiohttp.ClientSession | None = None
    _ready: bool = False
    _silent: bool = False
    _coming_back: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The push server's name in ``status``."""
        return f"centrifugo {self.style}"

    async def start(self) -> None:
        """Start the process and wait until it is ready.

        Raises:
            CentrifugoFailed: it cannot be run, is no Centrifugo, or did not become ready.
        """
        if self.style is None:
            self.style = await self._ask_style()
        if not self.port:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        api_key = secrets.token_hex(16)
        config = centrifugo_config(self.style, self.port, self.secret, api_key, self.certificates, self.settings)
        self._config_file.touch(mode=0o600)
        self._config_file.write_text(json.dumps(config))
        trusting = ssl.create_default_context(cafile=str(self.certificates.ca_file))
        self._session = aiohttp.ClientSession(
            f"https://127.0.0.1:{self.port}",
            connector=aiohttp.TCPConnector(ssl=trusting),
            timeout=aiohttp.ClientTimeout(total=_CALL_LIMIT),
            headers={"X-API-Key": api_key},
        )
        await self._launch()

    @property
    def _config_file(self) -> Path:
        return self.directory / "centrifugo.json"

    async def _run(self, *options: str | Path, output: int | TextIO) -> asyncio.subprocess.Process:
        nothing, prepare = asyncio.subprocess.DEVNULL, _die_with_parent()
        return await asyncio.create_subprocess_exec(
            self.binary.absolute(), *options, stdin=nothing, stdout=output, stderr=output, preexec_fn=prepare
        )

    async def _ask_style(self) -> str:
        try:
            asked = await self._run("--help", output=asyncio.subprocess.PIPE)
        except OSError as error:
            raise CentrifugoFailed(f"cannot run {self.binary}: {error.strerror or error}") from error
        try:
            output, _ = await asyncio.wait_for(asked.communicate(), _START_LIMIT)
        except TimeoutError:
            asked.kill()
            raise CentrifugoFailed(f"{self.binary} does not answer --help") from None
        style = style_from_help(output.decode("utf-8", "replace"))
        if style is None:
            raise CentrifugoFailed(f"{self.binary} is no Centrifugo {' or '.join(CONFIG_STYLES)}")
        return style

    async def _launch(self) -> None:
        process = await self._run("--config", self._config_file, output=sys.stderr)
        self._process = process
        deadline = asyncio.get_running_loop().time() + _START_LIMIT
        while not await self._is_ready():
            if process.returncode is not None:
                self._process = None
                raise CentrifugoFailed(f"{self.binary} ended with {process.returncode} at its start")
            if asyncio.get_running_loop().time() > deadline:
                await self._end(kill=True)
                raise CentrifugoFailed(f"{self.binary} was not ready after {_START_LIMIT:.0f} s")
            await asyncio.sleep(0.02)
        self._ready = True

    async def _is_ready(self) -> bool:
        assert self._session is not None
        try:
            async with self._session.get("/health") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        self._ready = False
        if process is None:
            return
        with suppress(ProcessLookupError):
            (process.kill if kill else process.terminate)()
            if sys.platform != "win32" and self._silent:
                process.send_signal(signal.SIGCONT)  # a stopped process takes no SIGTERM before it goes on
        self._silent = False
        try:
            await asyncio.wait_for(process.wait(), _STOP_LIMIT)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def stop(self) -> None:
        """End the process: SIGTERM, with which it closes its clients with 3001, then SIGKILL."""
        if self._coming_back is not None:
            self._coming_back.cancel()
        await self._end(kill=False)
        if self._session is not None:
            await self._session.close()

    async def _call(self, method: str, body: str) -> dict[str, object]:
        if not self._ready or self._session is None:
            raise NotPossible("the push server is down")
        if self._silent:
            raise NotPossible("a silent Centrifugo is a stopped process, which takes no orders")
        try:
            async with self._session.post(f"/api/{method}", data=body.encode()) as response:
                if response.status != 200:
                    raise NotPossible(f"Centrifugo answers {method} with HTTP {response.status}")
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotPossible(f"Centrifugo does not answer {method}: {error!r}") from error
        return dict(answer)

    async def _result(self, method: str, body: Mapping[str, object]) -> dict[str, object]:
        return _result_of(method, await self._call(method, compact(body)))

    async def publish(self, channel: str, texts: Sequence[str]) -> StreamPosition:
        """Publish JSON texts in order and give the stream's top after the last."""
        last = NOWHERE
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            commands = [f'{{"publish":{{"channel":{compact(channel)},"data":{text}}}}}' for text in batch]
            answer = await self._call("batch", f'{{"commands":[{",".join(commands)}]}}')
            replies = answer.get("replies")
            for reply in replies if isinstance(replies, list) else []:
                last = _position(_result_of("publish", reply, "publish"))
        return last

    async def disconnect(self, user_id: str, code: int, reason: str) -> None:
        """Close the user's connections with a close code."""
        await self._result("disconnect", {"user": user_id, "disconnect": {"code": code, "reason": reason}})

    async def unsubscribe(self, user_id: str, channel: str, code: int, reason: str) -> None:
        """End the user's subscription; Centrifugo's API knows only code 2000."""
        if code != UNSUBSCRIBED_BY_SERVER.number:
            raise NotPossible("Centrifugo's API unsubscribes with code 2000 only")
        await self._result("unsubscribe", {"user": user_id, "channel": channel})

    async def remove_history(self, channel: str) -> None:
        """Drop what is kept of a channel."""
        await self._result("history_remove", {"channel": channel})

    async def position(self, channel: str) -> StreamPosition:
        """The top of a channel's stream."""
        answer = await self._call("history", compact({"channel": channel, "limit": 0}))
        error = answer.get("error")
        if isinstance(error, dict) and error.get("code") == _NOT_AVAILABLE:
            return NOWHERE  # channels have no history
        return _position(_result_of("history", answer))

    async def restart(self, down_for: float, *, new_epoch: bool, kill: bool, wait: bool) -> None:
        """End the process and start another on the same port; see ``OwnPushServer``."""
        if not new_epoch:
            raise NotPossible("Centrifugo's memory engine forgets its history in a restart")
        if self._coming_back is not None:
            self._coming_back.cancel()
        await self._end(kill=kill)
        self._coming_back = asyncio.create_task(self._come_back(down_for))
        if wait:
            await self._coming_back

    async def _come_back(self, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._launch()

    async def set_silent(self, on: bool) -> None:
        """Stop the process with SIGSTOP, or let it go on."""
        if self._process is None:
            raise NotPossible("the push server is down")
        if sys.platform == "win32":
            raise NotPossible("Windows does not stop a process that is to go on later")
        self._silent = on
        if not on:
            self._process.send_signal(signal.SIGCONT)
            return
        self._process.send_signal(signal.SIGSTOP)
        if sys.platform == "darwin":
            return  # macOS stops all threads of a process together, and Python has no waitid there before 3.13
        # Its threads stop one after the other; it is silent only when all have stopped.
        for _ in range(200):
            if os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOHANG) is not None:
                return
            await asyncio.sleep(0.005)

    async def expire_tokens(self, *, connections: bool, subscriptions: bool) -> None:
        """Cannot be done from outside a Centrifugo."""
        raise NotPossible("Centrifugo has a clock of its own: use short --connection-ttl and --subscription-ttl")

    async def raw_frame(self, text: str) -> None:
        """Cannot be done from outside a Centrifugo."""
        raise NotPossible("Centrifugo sends no frames to order")

    async def refuse_push(self, status: int) -> None:
        """Cannot be done from outside a Centrifugo."""
        raise NotPossible("Centrifugo refuses no handshakes to order")

    async def ping_now(self) -> None:
        """Cannot be done from outside a Centrifugo."""
        raise NotPossible("Centrifugo sends no pings to order: use a short --ping")

    async def figures(self) -> PushServerFigures:
        """What its API tells: subscribers by channel, but not how many connections there are at this moment."""
        subscriptions: dict[str, int] = {}
        with suppress(NotPossible):
            channels = (await self._result("channels", {})).get("channels")
            for channel, entry in channels.items() if isinstance(channels, dict) else ():
                subscriptions[channel] = int(entry.get("num_clients", 0))
        listening = self._ready and self._process is not None and self._process.returncode is None
        return PushServerFigures(None, listening, subscriptions, log_known=False)


def _result_of(method: str, answer: Mapping[str, object], key: str = "result") -> dict[str, object]:
    """The result in an answer; Centrifugo answers failures with HTTP 200 and an ``error``."""
    if error := answer.get("error"):
        raise NotPossible(f"Centrifugo refuses {method}: {compact(error)}")
    result = answer.get(key)
    return dict(result) if isinstance(result, Mapping) else {}


def _position(result: Mapping[str, object]) -> StreamPosition:
    offset, epoch = result.get("offset", 0), result.get("epoch", "")
    return StreamPosition(offset if isinstance(offset, int) else 0, epoch if isinstance(epoch, str) else "")


def _die_with_parent() -> Callable[[], None] | None:
    """Gives the function that a child runs before it becomes Centrifugo; None if the system is not Linux.

    It asks Linux to kill the child when the sandbox dies, so that even a sandbox that was killed leaves no server
    behind (prctl(2), PR_SET_PDEATHSIG).
    """
    if sys.platform != "linux":
        return None
    library, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def prepare() -> None:
        library.prctl(1, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # the sandbox died in between

    return prepare


def style_from_help(text: str) -> str | None:
    """The configuration style of a binary, from its answer to ``--help``; None if it is no Centrifugo.

    Asking for its ``version`` is not enough: a plain Go build says 0.0.0, whatever its version.
    """
    if "--http_server.port" in text:
        return "v6"
    if "--sockjs" in text or "--grpc_api_port" in text:
        return "v5"
    return None


def centrifugo_config(
    style: str, port: int, secret: str, api_key: str, certificates: Certificates, settings: PushSettings
) -> dict[str, object]:
    """The configuration as an object, to be written as JSON."""
    history: dict[str, object] = {"history_size": settings.history_size, "history_ttl": _duration(settings.history_ttl)}
    history = history | {"force_recovery": True} if settings.history_size else {}
    client: dict[str, object] = {
        "stale_close_delay": _duration(settings.stale_close_delay),
        "expired_close_delay": _duration(settings.expired_close_delay),
        "expired_sub_close_delay": _duration(settings.expired_close_delay),
        "presence_update_interval": _duration(settings.presence_interval),
    }
    # Negative values switch pings off, and even then the interval must be above the time-out.
    interval, timeout = (settings.ping_interval, settings.pong_timeout) if settings.ping_interval else (-1, -2)
    pings = {"ping_interval": _duration(interval), "pong_timeout": _duration(timeout)}
    chain, key = str(certificates.chain_file), str(certificates.key_file)
    listening = {"address": "127.0.0.1", "port": port}
    if style == "v5":
        tls: dict[str, object] = {"tls": True, "tls_cert": chain, "tls_key": key}
        keys: dict[str, object] = {"token_hmac_secret_key": secret, "api_key": api_key, "allowed_origins": []}
        own: dict[str, object] = {"health": True, "usage_stats_disable": True, "log_level": "error"}
        own |= {"websocket_handler_prefix": PUSH_PATH, "shutdown_timeout": "2s"}
        clients = {f"client_{name}": value for name, value in client.items()}
        return {**listening, **tls, **keys, **own, **pings, **clients, **history}
    return {
        "http_server": {**listening, "tls": {"enabled": True, "cert_pem": chain, "key_pem": key}},
        "http_api": {"key": api_key},
        "websocket": {"handler_prefix": PUSH_PATH},
        "health": {"enabled": True},
        "usage_stats": {"disabled": True},
        "log": {"level": "error"},
        "shutdown": {"timeout": "2s"},
        "client": {"token": {"hmac_secret_key": secret}, "allowed_origins": [], **pings, **client},
        "channel": {"without_namespace": history},
    }


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
