"""The running sandbox: its parts are put together, started in order and stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from .backend.accounts import Accounts
from .backend.activity import Activity, Position
from .backend.api_server import API_PATH, ApiServer
from .backend.callers import Callers
from .backend.conversations import Conversations
from .backend.dangerous_calls import DangerousCalls
from .backend.faults import ApiFaults
from .backend.look_ups import LookUps
from .backend.profiles import Preferences
from .backend.rate_limit import RateLimiter
from .backend.settings import ServiceSettings
from .backend.sign_in_calls import SignInCalls
from .centrifugo.process import CentrifugoServer
from .certificates import Certificates, make_certificates
from .control.api_orders import ApiOrders
from .control.call_orders import CallOrders
from .control.control_api import ControlApi, Orders
from .control.conversation_orders import ConversationOrders
from .control.preference_orders import PreferenceOrders
from .control.push_orders import PushOrders
from .options import Options
from .push.hub import Hub
from .push.interface import NotPossible, PushServer
from .push.own_server import OwnPushServer
from .push.settings import PUSH_PATH, PushSettings
from .push.streams import StreamPosition, Streams
from .server_clock import ServerClock
from .story import Story
from .token_signer import TokenSigner
from .traffic_log import TrafficLog

_log = logging.getLogger(__name__)


async def serve(options: Options) -> int:
    """Run the sandbox until it is told to end, and give the exit status.

    Raises:
        OSError: a port is taken, or the push server cannot be started.
    """
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no signal handlers on the loop
            loop.add_signal_handler(number, ending.set)
    if options.until_stdin_closes:
        watcher = threading.Thread(target=_wait_for_end_of_input, args=(loop, ending), name="stdin", daemon=True)
        watcher.start()
    with tempfile.TemporaryDirectory(prefix="telex-start-sandbox-") as directory:
        await _serve_until(ending, options, Path(directory))
    return 0


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    # os.read, not sys.stdin: a daemon thread inside a buffered reader aborts the interpreter at its exit.
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(ending.set)


async def _serve_until(ending: asyncio.Event, options: Options, directory: Path) -> None:
    certificates = make_certificates(directory)
    clock = ServerClock(options.clock_offset, options.date_ahead)
    accounts = Accounts(options.organisations)
    signer = TokenSigner(clock, options.connection_ttl, options.subscription_ttl)
    traffic, faults = TrafficLog(), ApiFaults()
    limiter = RateLimiter(options.rate, options.burst, time.monotonic)
    settings = ServiceSettings(options.notification_token, options.slugs, options.new_message, options.one_profile)
    conversations, preferences = Conversations(accounts.new_id), Preferences(settings)
    push_server = _push_server(options, certificates, directory, signer, clock, traffic)
    activity = Activity(conversations, preferences, settings, _Publisher(push_server))
    callers = Callers(accounts, faults, settings)
    api_calls = [
        *SignInCalls(accounts, callers, signer, clock, faults, traffic, settings).calls(),
        *LookUps(accounts, callers, conversations, preferences, settings, clock).calls(),
        *DangerousCalls(accounts, callers, conversations, activity, clock, traffic).calls(),
    ]
    api = ApiServer(api_calls, clock, limiter, faults, traffic)
    conversation_orders = ConversationOrders(activity)
    all_orders: list[Orders] = [
        PushOrders(push_server),
        conversation_orders,
        CallOrders(activity, conversation_orders),
        PreferenceOrders(preferences, conversation_orders, settings, faults, traffic),
        ApiOrders(accounts, faults, limiter, signer),
    ]
    control = ControlApi(accounts, push_server, signer, traffic, all_orders)
    application = web.Application(client_max_size=64 * 2**20)
    application.add_routes(api.routes())
    application.add_routes(control.routes())
    runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=0.5)
    listener = _listen(options.port)
    story: asyncio.Task[None] | None = None
    try:
        await push_server.start()
        await runner.setup()
        await web.SockSite(runner, listener, ssl_context=certificates.server_context()).start()
        _announce(listener.getsockname()[1], push_server.port, certificates, accounts)
        if options.story:
            story = asyncio.create_task(Story(accounts, activity, options.story_interval).tell())
        await ending.wait()
    finally:
        if story is not None:
            story.cancel()
        await push_server.stop()
        await runner.cleanup()
        listener.close()


@dataclass(frozen=True)
class _Publisher:
    """The push server, as the backend sees it: what it cannot take is lost, and nobody hears of it."""

    push_server: PushServer

    async def publish(self, channel: str, texts: Sequence[str]) -> Position:
        try:
            return await self.push_server.publish(channel, texts)
        except NotPossible as reason:
            _log.info("lost %d publications: %s", len(texts), reason)
            return StreamPosition(0, "")


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


def _push_server(
    options: Options,
    certificates: Certificates,
    directory: Path,
    signer: TokenSigner,
    clock: ServerClock,
    traffic: TrafficLog,
) -> PushServer:
    settings = PushSettings(
        ping_interval=options.ping,
        stale_close_delay=options.stale_close_delay,
        expired_close_delay=options.expired_close_delay,
        history_size=options.history,
        history_ttl=options.history_ttl,
        honour_subs=options.honour_subs,
        any_origin=options.any_origin,
    )
    if options.centrifugo is not None:
        return CentrifugoServer(
            options.centrifugo,
            options.centrifugo_config_style,
            signer.secret,
            settings,
            certificates,
            directory,
            options.push_port,
        )
    answering = asyncio.Event()
    answering.set()
    hub = Hub(settings, signer, clock, traffic, Streams(settings.history_size, settings.history_ttl), answering)
    return OwnPushServer(hub, certificates.server_context(), options.push_port)


def _announce(api_port: int, push_port: int, certificates: Certificates, accounts: Accounts) -> None:
    user = accounts.default_user
    lines = {
        "TELEX_START_API_URL": f"https://127.0.0.1:{api_port}{API_PATH}",
        "TELEX_START_PUSH_URL": f"wss://127.0.0.1:{push_port}{PUSH_PATH}",
        "TELEX_START_CA_FILE": str(certificates.ca_file),
        "SANDBOX_EMAIL": user.email,
        "SANDBOX_PASSWORD": user.password,
    }
    for name, value in lines.items():
        print(f"{name}={shlex.quote(value)}")
    sys.stdout.flush()
