"""Runs the sandbox: builds its parts, starts them in order, and stops them at the end."""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import signal
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from . import api, control_api, orders_people, orders_service
from .accounts import Accounts, Preferences, User
from .api_calls import CALLS
from .centrifugo import CentrifugoServer
from .conversations import Conversations
from .deployment import RateLimiter, ServiceSettings
from .push_hub import Hub
from .push_server import OwnPushServer, listen
from .push_streams import PUSH_PATH, PushSettings, Streams
from .signing import Certificates, ServerClock, TokenSigner, make_certificates
from .story import Story
from .telex import PushServer, Telex
from .traffic_log import TrafficLog


async def serve(options: argparse.Namespace) -> int:
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


async def _serve_until(ending: asyncio.Event, options: argparse.Namespace, directory: Path) -> None:
    certificates = make_certificates(directory)
    telex = _telex(options, certificates, directory)
    orders = control_api.orders_of(orders_service, orders_people)
    application = web.Application(client_max_size=64 * 2**20)
    application.add_routes([*api.routes(telex, CALLS), *control_api.routes(telex, orders)])
    runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=0.5)
    listener = listen(options.port)
    story: asyncio.Task[None] | None = None
    try:
        await telex.push_server.start()
        await runner.setup()
        await web.SockSite(runner, listener, ssl_context=certificates.server_context()).start()
        _announce(listener.getsockname()[1], telex.push_server.port, certificates, telex.accounts.default_user)
        if options.story:
            story = asyncio.create_task(Story(telex, options.story_interval).tell())
        await ending.wait()
    finally:
        if story is not None:
            story.cancel()
        await telex.push_server.stop()
        await runner.cleanup()
        listener.close()


def _telex(options: argparse.Namespace, certificates: Certificates, directory: Path) -> Telex:
    clock, traffic = ServerClock(options.clock_offset, options.date_ahead), TrafficLog()
    signer = TokenSigner(clock, options.connection_ttl, options.subscription_ttl)
    push_settings = PushSettings(
        options.ping,
        options.stale_close_delay,
        options.expired_close_delay,
        options.history,
        options.history_ttl,
        honour_subs=options.honour_subs,
        any_origin=options.any_origin,
    )
    push_server: PushServer
    if options.centrifugo is not None:
        style, port = options.centrifugo_config_style, options.push_port
        push_server = CentrifugoServer(
            options.centrifugo, style, signer.secret, push_settings, certificates, directory, port
        )
    else:
        hub = Hub(push_settings, signer, clock, traffic, Streams(options.history, options.history_ttl))
        push_server = OwnPushServer(hub, certificates.server_context(), options.push_port)
    accounts = Accounts(options.organisations)
    settings = ServiceSettings(options.notification_token, options.slugs, options.new_message)
    limiter = RateLimiter(options.rate, options.burst, time.monotonic)
    conversations, preferences = Conversations(accounts.new_id), Preferences(options.one_profile)
    return Telex(clock, signer, accounts, conversations, preferences, settings, limiter, push_server, traffic)


def _announce(api_port: int, push_port: int, certificates: Certificates, user: User) -> None:
    lines = {
        "TELEX_START_API_URL": f"https://127.0.0.1:{api_port}{api.API_PATH}",
        "TELEX_START_PUSH_URL": f"wss://127.0.0.1:{push_port}{PUSH_PATH}",
        "TELEX_START_CA_FILE": str(certificates.ca_file),
        "SANDBOX_EMAIL": user.email,
        "SANDBOX_PASSWORD": user.password,
    }
    print("".join(f"{name}={shlex.quote(value)}\n" for name, value in lines.items()), end="", flush=True)
