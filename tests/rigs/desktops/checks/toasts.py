"""Toasts: what is to be read of them, and that they come and go as they should."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from PIL import Image

from tests.servers import Sandbox

from ..check import Checks, so
from ..pictures import Box, alike, difference, is_read, likeness, read
from ..screen import A_MENU, AN_ICON, APPEARS_WITHIN, VIOLET
from ..session import Told
from ..stage import Stage

# --- what people are told ---------------------------------------------------------------------------------------------


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


# --- the checks -------------------------------------------------------------------------------------------------------


CHECKS = Checks()
_WHO = "Grace Hopper"
_CLOSED_BY_CALL = 3
"""The daemon's reason."""
LITERAL = "<b>bold</b> &amp; <i>more</i>"
"""What somebody wrote, and is to be read just so."""
_ESCAPED_TWICE = "&lt;b&gt;bold&lt;/b&gt; &amp;amp; &lt;i&gt;more&lt;/i&gt;"


def _comes(stage: Stage, text: str, empty: Image.Image) -> tuple[Told, Box, Image.Image]:
    """A direct message comes; how its toast was told, where it is, and how it looks."""
    notified = len(stage.told.told)
    stage.direct(0, _WHO, text)
    return _shown(stage, text, empty, notified)


def _shown(stage: Stage, text: str, empty: Image.Image, notified: int) -> tuple[Told, Box, Image.Image]:
    word = max(re.findall(r"\w+", text), key=len)  # markup in it is escaped on the bus
    told = stage.told.wait_for(lambda told: word in told.title + told.body, APPEARS_WITHIN, notified)
    so(told is not None, f"no notification with {text!r}")
    assert told is not None
    screen, box, count = stage.session.wait_for_still(empty)
    so(box is not None and count >= A_MENU, f"nothing pops up: {count} pixels in {box}")
    assert box is not None
    return told, box, screen.crop(box)


def _gone(stage: Stage, empty: Image.Image, within: float = APPEARS_WITHIN) -> bool:
    return stage.session.wait_until(lambda: stage.session.change(empty)[1] < A_MENU, within)


@CHECKS.add("toast", "A message pops up with the program's icon, who wrote, and what")
def toast(stage: Stage) -> str:
    empty = stage.calm()
    _, box, look = _comes(stage, "the build is green again", empty)
    stage.session.picture("toast")
    stage.telex.read(0, username=_WHO)
    seen = read(look)
    violet = sum(alike(pixel, VIOLET) for pixel in list(look.getdata()))
    so(violet >= AN_ICON, f"no icon: {violet} violet pixels")
    for text in (_WHO, "the build is green again"):
        so(is_read(text, seen), f"{text!r} is not to be read; read: {seen}")
    _gone(stage, empty)
    return f"in {box}, {violet} pixels of the icon; read: {seen}"


@CHECKS.add("toast: kinds", "A direct message, a channel's, a mention and a call, each in its words; gone when over")
def kinds(stage: Stage) -> str:
    for kind in KINDS:
        empty, notified = stage.calm(), len(stage.told.told)
        stage.pace()
        kind.happens(stage.telex)
        told, _, _ = _shown(stage, kind.title, empty, notified)
        stage.session.picture(f"toast-{kind.name}")
        kind.is_over(stage.telex)
        for text in (kind.title, *kind.lines):
            so(text in told.title + "\n" + told.body, f"{kind.name}: told {told.title!r}, {told.body!r}")
        so(kind.button in told.actions, f"{kind.name}: no button {kind.button} in {told.actions}")
        so(_gone(stage, empty), f"{kind.name}: it stays when it is over")
    return ", ".join(kind.name for kind in KINDS)


@CHECKS.add("toast: escaping", f"What looks like markup is read as it was written: `{LITERAL}`")
def escaping(stage: Stage) -> str:
    empty = stage.calm()
    _, _, look = _comes(stage, LITERAL, empty)
    stage.session.picture("toast-escaping")
    stage.telex.read(0, username=_WHO)
    seen = read(look)
    # Whether it is that, or one of the two that go wrong.
    best = likeness(LITERAL, seen)
    twice = likeness(_ESCAPED_TWICE, seen)
    so(best >= 0.75 and best > twice, f"{best:.2f} as it should be, {twice:.2f} escaped twice; read: {seen}")
    _gone(stage, empty)
    return f"read: {seen}"


@CHECKS.add("toast: click", "A click on it opens the conversation in the browser")
def click(stage: Stage) -> str:
    empty, before = stage.calm(), len(stage.opened())
    _, box, _ = _comes(stage, "click on this", empty)
    stage.person.click_on(_WHO, box)  # in MATE a click on the body is not for the program
    address = stage.wait_for_opened(before)
    stage.session.withdraw_pointer()
    stage.telex.read(0, username=_WHO)
    so(address.startswith("https://"), f"to be opened: {address!r}")
    so(_gone(stage, empty), "it stays")
    return address.partition("://")[2].partition("/")[2]


@CHECKS.add("toast: replaced", "The next message of a conversation takes the place of the first: one toast, not two")
def replaced(stage: Stage) -> str:
    empty = stage.calm()
    first, one, look = _comes(stage, "the first of two", empty)
    notified = len(stage.told.told)
    stage.direct(0, _WHO, "and now the second")
    second = stage.told.wait_for(lambda told: "the second" in told.body, APPEARS_WITHIN, notified)
    so(second is not None, "the second was not sent")
    assert second is not None
    session = stage.session
    session.wait_until(lambda: difference(look, session.screen().crop(one))[1] >= AN_ICON, APPEARS_WITHIN)
    screen, box, _ = session.wait_for_still(empty)
    session.picture("toast-replaced")
    seen = read(screen.crop(box))
    stage.telex.read(0, username=_WHO)
    so(second.replaces == first.ident, f"it is to replace {second.replaces}, the first has {first.ident}")
    so(is_read("and now the second", seen) and not is_read("the first of two", seen), f"read: {seen}")
    _gone(stage, empty)
    return f"read: {seen}"


@CHECKS.add("toast: read", "Once the conversation is read elsewhere its toast goes, before its time")
def closed_when_read(stage: Stage) -> str:
    empty = stage.calm()
    told, _, _ = _comes(stage, "read on the phone", empty)
    stage.telex.read(0, username=_WHO)
    asked = stage.told.heard(lambda: told.ident in stage.told.closing, APPEARS_WITHIN)
    so(asked, f"the daemon was not asked to close {told.ident}")
    so(_gone(stage, empty), "it stays")
    by_call = (told.ident, _CLOSED_BY_CALL) in stage.told.closed
    return f"closed by the call: {by_call}"


@CHECKS.add("toast: urgent", "A call pops up, stays past the time of others, and goes when the caller hangs up")
def urgent(stage: Stage) -> str:
    empty, notified = stage.calm(), len(stage.told.told)
    stage.pace()
    stage.telex.call(0, "Ben Okri")
    told, box, _ = _shown(stage, "Ben Okri is calling", empty, notified)
    stage.session.picture("toast-urgent")
    so(told.hints.get("urgency") == 2, f"urgency {told.hints.get('urgency')}")
    so(not _gone(stage, empty, 12.0), "it has gone by itself")  # others go after 10 s
    stage.telex.cancel()
    so(_gone(stage, empty), "it stays when the caller has hung up")
    return f"in {box}, there for 12 s, gone when cancelled"


@contextmanager
def _undisturbed(stage: Stage) -> Iterator[None]:
    """The desktop's do-not-disturb is on."""
    if stage.desktop.disturb is None:
        with stage.person.bus() as client:
            name, path = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
            client.call(name, path, name, "Inhibit", "ssa{sv}", "org.kde.presenting", "a talk", {})
            yield
        return
    on, off = stage.desktop.disturb
    stage.session.run(*on)
    try:
        yield
    finally:
        stage.session.run(*off)


@CHECKS.add("do not disturb", "With the desktop's do-not-disturb nothing pops up; without, the next does")
def do_not_disturb(stage: Stage) -> str:
    session = stage.session
    with _undisturbed(stage):
        empty, notified = stage.calm(), len(stage.told.told)
        stage.direct(0, _WHO, "not to be shown")
        told = stage.told.wait_for(lambda told: "not to be shown" in told.body, APPEARS_WITHIN, notified)
        so(told is not None, "the daemon was not told")
        shown = session.wait_until(lambda: session.change(empty)[1] >= A_MENU, 3.0)  # else it takes less than one
        session.picture("do-not-disturb")
        stage.telex.read(0, username=_WHO)
        so(not shown, f"it pops up: {session.change(empty)}")
    session.settle()
    empty = session.screen()
    _comes(stage, "to be shown again", empty)
    stage.telex.read(0, username=_WHO)
    _gone(stage, empty)
    return "nothing while on, a toast when off again"
