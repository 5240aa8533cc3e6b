"""Checks of toasts: that their text can be read, and that they come and go as they should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from ..check import Checks
from ..known import NOTIFICATIONS
from ..screen import A_MENU, AN_ICON, APPEARS_WITHIN, VIOLET, Box, alike, difference, is_read, likeness, read
from ..session import Told
from ..stage import Stage

CHECKS = Checks()
_WHO = "Grace Hopper"
LITERAL = "<b>bold</b> &amp; <i>more</i>"
"""A message's text, which the toast must show exactly like this."""
_ESCAPED_TWICE = "&lt;b&gt;bold&lt;/b&gt; &amp;amp; &lt;i&gt;more&lt;/i&gt;"


def _comes(stage: Stage, text: str, empty: Image.Image) -> tuple[Told, Box, Image.Image]:
    """Have a direct message come; gives its notification, and the box and picture of its toast."""
    notified = len(stage.told.told)
    stage.direct(0, _WHO, text)
    return _shown(stage, text, empty, notified)


def _shown(stage: Stage, text: str, empty: Image.Image, notified: int) -> tuple[Told, Box, Image.Image]:
    word = max(re.findall(r"\w+", text), key=len)  # one word, as markup in the text is escaped on the bus
    told = stage.told.wait_for(word, notified, f"no notification with {text!r}")
    screen, box, count = stage.wait_for_still(empty)
    assert box is not None and count >= A_MENU, f"nothing pops up: {count} pixels in {box}"
    return told, box, screen.crop(box)


def _gone(stage: Stage, empty: Image.Image, within: float = APPEARS_WITHIN) -> bool:
    return stage.wait_until(lambda: stage.change(empty)[1] < A_MENU, within)


@CHECKS.add("toast", "A message pops up with the program's icon, who wrote, and what")
def toast(stage: Stage) -> str:
    empty = stage.calm()
    _, box, look = _comes(stage, "the build is green again", empty)
    stage.picture("toast")
    stage.telex.read(0, username=_WHO)
    seen = read(look)
    violet = sum(alike(pixel, VIOLET) for pixel in list(look.getdata()))
    assert violet >= AN_ICON, f"no icon: {violet} violet pixels"
    for text in (_WHO, "the build is green again"):
        assert is_read(text, seen), f"{text!r} is not to be read; read: {seen}"
    _gone(stage, empty)
    return f"in {box}, {violet} pixels of the icon; read: {seen}"


@CHECKS.add("toast: escaping", f"What looks like markup is read as it was written: `{LITERAL}`")
def escaping(stage: Stage) -> str:
    empty = stage.calm()
    _, _, look = _comes(stage, LITERAL, empty)
    stage.picture("toast-escaping")
    stage.telex.read(0, username=_WHO)
    seen = read(look)
    # Whether it reads as written, and not as escaped twice.
    best = likeness(LITERAL, seen)
    twice = likeness(_ESCAPED_TWICE, seen)
    assert best >= 0.75 and best > twice, f"{best:.2f} as it should be, {twice:.2f} escaped twice; read: {seen}"
    _gone(stage, empty)
    return f"read: {seen}"


@CHECKS.add("toast: click", "A click on it opens the conversation in the browser")
def click(stage: Stage) -> str:
    empty, before = stage.calm(), len(stage.opened())
    _, box, _ = _comes(stage, "click on this", empty)
    stage.click_on(_WHO, box)  # in MATE a click on the body does not reach the program
    address = stage.wait_for_opened(before)
    stage.withdraw_pointer()
    stage.telex.read(0, username=_WHO)
    assert address.startswith("https://"), f"to be opened: {address!r}"
    assert _gone(stage, empty), "it stays"
    return address.partition("://")[2].partition("/")[2]


@CHECKS.add("toast: replaced", "The next message of a conversation takes the place of the first: one toast, not two")
def replaced(stage: Stage) -> str:
    empty = stage.calm()
    first, one, look = _comes(stage, "the first of two", empty)
    notified = len(stage.told.told)
    stage.direct(0, _WHO, "and now the second")
    second = stage.told.wait_for("the second", notified, "the second was not sent")
    stage.wait_until(lambda: difference(look, stage.screen().crop(one))[1] >= AN_ICON, APPEARS_WITHIN)
    screen, box, _ = stage.wait_for_still(empty)
    stage.picture("toast-replaced")
    seen = read(screen.crop(box))
    stage.telex.read(0, username=_WHO)
    assert second.replaces == first.ident, f"it is to replace {second.replaces}, the first has {first.ident}"
    assert is_read("and now the second", seen) and not is_read("the first of two", seen), f"read: {seen}"
    _gone(stage, empty)
    return f"read: {seen}"


@CHECKS.add("toast: read", "Once the conversation is read elsewhere its toast goes, before its time")
def closed_when_read(stage: Stage) -> str:
    empty = stage.calm()
    told, _, _ = _comes(stage, "read on the phone", empty)
    stage.telex.read(0, username=_WHO)
    asked = stage.told.heard(lambda: told.ident in stage.told.closing, APPEARS_WITHIN)
    assert asked, f"the daemon was not asked to close {told.ident}"
    assert _gone(stage, empty), "it stays"
    return "closed by a call"


@CHECKS.add("toast: urgent", "A call pops up, stays past the time of others, and goes when the caller hangs up")
def urgent(stage: Stage) -> str:
    empty, notified = stage.calm(), len(stage.told.told)
    stage.pace()
    stage.telex.call(0, "Ben Okri")
    told, box, _ = _shown(stage, "Ben Okri is calling", empty, notified)
    stage.picture("toast-urgent")
    assert told.hints.get("urgency") == 2, f"urgency {told.hints.get('urgency')}"
    assert not _gone(stage, empty, 12.0), "it has gone by itself"  # other toasts go after 10 s
    stage.telex.cancel()
    assert _gone(stage, empty), "it stays when the caller has hung up"
    return f"in {box}, there for 12 s, gone when cancelled"


@contextmanager
def _undisturbed(stage: Stage) -> Iterator[None]:
    """Switches the desktop's do-not-disturb on while this lasts."""
    if stage.desktop.disturb is None:
        with stage.bus() as client:
            path = "/org/freedesktop/Notifications"
            client.call(NOTIFICATIONS, path, NOTIFICATIONS, "Inhibit", "ssa{sv}", "org.kde.presenting", "a talk", {})
            yield
        return
    on, off = stage.desktop.disturb
    stage.run(*on)
    try:
        yield
    finally:
        stage.run(*off)


@CHECKS.add("do not disturb", "With the desktop's do-not-disturb nothing pops up; without, the next does")
def do_not_disturb(stage: Stage) -> str:
    with _undisturbed(stage):
        empty, notified = stage.calm(), len(stage.told.told)
        stage.direct(0, _WHO, "not to be shown")
        stage.told.wait_for("not to be shown", notified, "the daemon was not told")
        shown = stage.wait_until(lambda: stage.change(empty)[1] >= A_MENU, 3.0)  # it would take less than one
        stage.picture("do-not-disturb")
        stage.telex.read(0, username=_WHO)
        assert not shown, f"it pops up: {stage.change(empty)}"
    stage.settle()
    empty = stage.screen()
    _comes(stage, "to be shown again", empty)
    stage.telex.read(0, username=_WHO)
    _gone(stage, empty)
    return "nothing while on, a toast when off again"
