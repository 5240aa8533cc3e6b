"""The sandbox as a running service: its parts put together, started and stopped in order."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from telex_start.sandbox.accounts import Accounts
from telex_start.sandbox.api import API_PATH, TelexApi
from telex_start.sandbox.api_orders import ApiOrders
from telex_start.sandbox.centrifugo import Centrifugo
from telex_start.sandbox.certificates import Certificates, make_certificates
from telex_start.sandbox.clock import Clock
from telex_start.sandbox.control import Control
from telex_start.sandbox.faults import Faults
from telex_start.sandbox.hub import Hub
from telex_start.sandbox.options import Options
from telex_start.sandbox.payloads import Conversations
from telex_start.sandbox.push_backend import PushBackend
from telex_start.sandbox.push_orders import PushOrders
from telex_start.sandbox.push_server import PushServer
from telex_start.sandbox.push_settings import PUSH_PATH, PushSettings
from telex_start.sandbox.rate_limit import RateLimiter
from telex_start.sandbox.record import Record
from telex_start.sandbox.story import Story
from telex_start.sandbox.streams import Streams
from telex_start.sandbox.tokens import TokenSigner


async def serve(options: Options) -> int:
    """Runs the sandbox until it is told to end, and gives the exit status.

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
    clock = Clock(options.clock_offset)
    accounts = Accounts(options.organisations)
    signer = TokenSigner(clock, options.connection_ttl, options.subscription_ttl)
    record, faults = Record(), Faults()
    limiter = RateLimiter(options.rate, options.burst, time.monotonic)
    conversations = Conversations(accounts.new_id)
    push = _push_backend(options, certificates, directory, signer, clock, record)
    api = TelexApi(accounts, signer, clock, limiter, faults, record, options.notification_token)
    control = Control(
        accounts,
        push,
        signer,
        record,
        PushOrders(push, conversations),
        ApiOrders(accounts, faults, limiter, signer),
    )
    application = web.Application(client_max_size=64 * 2**20)
    application.add_routes(api.routes())
    application.add_routes(control.routes())
    runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=0.5)
    listener = _listen(options.port)
    story: asyncio.Task[None] | None = None
    try:
        await push.start()
        await runner.setup()
        await web.SockSite(runner, listener, ssl_context=certificates.server_context()).start()
        _announce(listener.getsockname()[1], push.port, certificates, accounts)
        if options.story:
            story = asyncio.create_task(Story(accounts, push, conversations, options.story_interval).tell())
        await ending.wait()
    finally:
        if story is not None:
            story.cancel()
        await push.stop()
        await runner.cleanup()
        listener.close()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


def _push_backend(
    options: Options, certificates: Certificates, directory: Path, signer: TokenSigner, clock: Clock, record: Record
) -> PushBackend:
    settings = PushSettings(
        ping_interval=options.ping,
        stale_close_delay=options.stale_close_delay,
        expired_close_delay=options.expired_close_delay,
        history_size=options.history,
        history_ttl=options.history_ttl,
        honour_subs=options.honour_subs,
    )
    if options.centrifugo is not None:
        return Centrifugo(
            options.centrifugo,
            options.centrifugo_config_style,
            signer.secret,
            settings,
            certificates,
            directory,
            options.push_port,
        )
    gate = asyncio.Event()
    gate.set()
    hub = Hub(settings, signer, clock, record, Streams(settings.history_size, settings.history_ttl), gate)
    return PushServer(hub, certificates.server_context(), options.push_port)


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
