"""Ours on the wire, without an output: ``python taker.py COUNT``; its environment is that of the agent.

The session thread, and on the main thread the queue and the notifier, whose toasts are dropped. It says ``ready``,
takes so many publications, then says ``done``.
"""

from __future__ import annotations

import os
import random
import sys
from queue import SimpleQueue

from telex_start.config import Config
from telex_start.events import Event, OrganisationsChanged, PublicationsReceived, SignIn, StateChanged
from telex_start.news.notifier import Notifier
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore


def main(count: int) -> None:
    """Sign in, take them, end."""
    api_url, push_url, ca_file = (os.environ[f"TELEX_START_{name}"] for name in ("API_URL", "PUSH_URL", "CA_FILE"))
    config = Config(api_url=api_url, push_url=push_url, ca_file=ca_file)
    queue: SimpleQueue[Event] = SimpleQueue()
    session = Session(config, TokenStore(), queue.put, chance=random.random)
    notifier = Notifier(
        ("unread_thread_change",), lambda _: None, lambda _: None, lambda _: None, second_of_day=lambda _: 0.0
    )
    session.start()
    session.send(SignIn(os.environ["SANDBOX_EMAIL"], os.environ["SANDBOX_PASSWORD"], True))
    ready = False
    now = 0.0
    while count > 0:
        event = queue.get()
        now += 0.0001
        match event:
            case PublicationsReceived():
                notifier.received(event, now)
                count -= len(event.publications)
            case OrganisationsChanged():
                notifier.organisations(event)
            case StateChanged() if event.subscribed and not ready:
                ready = True
                print("ready", flush=True)
        if (due := notifier.deadline()) is not None and due <= now:
            notifier.tick(now)
    print("done", flush=True)
    session.stop(5.0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
