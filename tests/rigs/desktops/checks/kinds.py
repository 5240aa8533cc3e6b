"""What people are told: a direct message, a channel's, a mention and a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.servers import Sandbox


class Kind(NamedTuple):
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
    """The key of its first button."""


KINDS = (
    Kind(
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
        "mark-as-read",
    ),
    Kind(
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
        "mark-as-read",
    ),
    Kind(
        "mention",
        lambda telex: telex.order(
            "mention", organisation=0, name="incidents", by="Cy Young", text="@ada the database is slow, can you look?"
        ),
        lambda telex: telex.order("read", organisation=0, name="incidents"),
        "incidents · Northwind Ops",
        ("Cy Young mentioned you: @ada the database is slow, can you look?",),
        "mark-as-read",
    ),
    Kind(
        "call",
        lambda telex: telex.order("call", organisation=0, username="Ben Okri"),
        lambda telex: telex.order("cancel"),
        "Ben Okri is calling",  # the call itself says "ben.okri"
        (),
        "join",
    ),
)
