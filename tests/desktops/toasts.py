"""Pictures of what people are told: a direct message, a channel's, a mention and a call, each alone on the screen.

What is sent to the desktop is checked; what it makes of it is for somebody's eyes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from tests.servers import Sandbox

from .session import A_MENU, APPEARS_WITHIN, Session

TYPES = "unread_thread_change,channel_mention,direct_call_initiated"
"""What the agent must be told of for all of :data:`TOLD`."""


class Told(NamedTuple):
    """One thing that happens at Telex, and what is to be read of it."""

    name: str
    """Of the picture."""
    happens: Callable[[Sandbox], object]
    is_over: Callable[[Sandbox], object]
    """It has been read or has ended elsewhere, and its toast goes."""
    title: str
    lines: tuple[str, ...]
    """Of the body, as a notification has them on the bus: its markup escaped."""
    button: str


TOLD = (
    Told(
        "direct",
        lambda telex: telex.order(
            "direct",
            organisation=0,
            username="Grace Hopper",
            html='<p><b>The build is green</b> again &amp; deployed. Shall we <a href="https://example.org">ship</a>?</p>',
        ),
        lambda telex: telex.order("read", organisation=0, username="Grace Hopper"),
        "Grace Hopper · Northwind Ops",
        ("The build is green again &amp; deployed. Shall we ship?",),
        "Mark as read",
    ),
    Told(
        "channel",
        lambda telex: telex.order(
            "message",
            organisation=0,
            name="deployments",
            by="Ben Okri",
            html="<p>Rolling out 4.2:</p><ul><li>the <code>api</code></li><li>workers, if &lt; 3 fail</li></ul>",
        ),
        lambda telex: telex.order("read", organisation=0, name="deployments"),
        "deployments · Northwind Ops",
        ("Ben Okri: Rolling out 4.2:",),
        "Mark as read",
    ),
    Told(
        "mention",
        lambda telex: telex.order(
            "mention", organisation=0, name="incidents", by="Cy Young", text="@ada the database is slow, can you look?"
        ),
        lambda telex: telex.order("read", organisation=0, name="incidents"),
        "incidents · Northwind Ops",
        ("Cy Young mentioned you: @ada the database is slow, can you look?",),
        "Mark as read",
    ),
    Told(
        "call",
        lambda telex: telex.order("call", organisation=0, username="Ben Okri"),
        lambda telex: telex.order("cancel"),
        "Ben Okri is calling",  # the call itself says "ben.okri"
        (),
        "Join",
    ),
)


def wrong_toasts(session: Session) -> list[str]:
    """Let each of them happen, and take its picture; what was not as it should be."""
    wrong = []
    telex = Sandbox.announced(os.environ)
    email, password = os.environ["SANDBOX_EMAIL"], os.environ["SANDBOX_PASSWORD"]
    more = {"TELEX_START_NOTIFICATION_TYPES": TYPES}
    with session.agent("--email", email, "--password-stdin", given=password + "\n", more=more) as agent:
        assert session.wait_for_online_icon() is not None, "no icon"
        for told in TOLD:
            session.settle()
            empty = session.screen()
            told.happens(telex)
            missing = [text for text in (told.title, *told.lines, told.button) if not session.notified(text)]
            box, count = session.wait_for_change(empty)
            session.picture(f"toast-{told.name}")
            told.is_over(telex)
            gone = session.wait_until(lambda empty=empty: session.change(empty)[1] < A_MENU, APPEARS_WITHIN)  # type: ignore[misc]
            print(f"{told.name}: {count} pixels in {box}; not sent: {missing}; gone when over: {gone}", flush=True)
            if missing or count < A_MENU or not gone:
                wrong.append(f"{told.name}: not sent: {missing}, {count} pixels, gone when over: {gone}")
        agent.process.terminate()
        assert agent.ended() == 0 and not agent.errors, agent.errors
    return wrong
