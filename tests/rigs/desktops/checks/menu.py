"""Checks of the icon's menu, with mouse and keyboard: the entries that open no window of the program's own."""

from __future__ import annotations

from telex_start.menu import MenuItem, MuteFor

from ..check import Checks
from ..screen import A_MENU, APPEARS_WITHIN, difference, is_read, read
from ..stage import Stage

CHECKS = Checks()
_PAUSE = "Pause Notifications"


def _starting(stage: Stage, label: str, *into: str) -> list[str]:
    """The labels of a submenu's entries that begin with ``label``."""
    return [entry.label for entry in stage.entries(*into) if entry.label.startswith(label)]


def _listed(stage: Stage, label: str, *into: str) -> str:
    """Wait until a submenu has an entry that begins with ``label``; gives its whole label."""
    stage.comes(lambda: bool(_starting(stage, label, *into)), f"{label} is not in {' > '.join(into)}")
    return _starting(stage, label, *into)[0]


def _unread(stage: Stage, text: str) -> None:
    """Make something unread, and wait until its toast, which would cover the menu, has come and gone."""
    empty, notified = stage.calm(), len(stage.told.told)
    stage.direct(1, "Ben Okri", text)
    stage.told.wait_for(text, notified, "no notification")
    stage.wait_for_still(empty)
    stage.outlast_toast(empty)


@CHECKS.add("menu", "The right mouse button opens the menu, and every entry is to be read")
def menu(stage: Stage) -> str:
    stage.signed_in()
    box = stage.open_menu()
    stage.picture("menu")
    seen = read(stage.screen().crop(box))
    labels = [entry.label for entry in stage.entries()]
    stage.close_menu()
    unread = [label for label in labels if not is_read(label, seen)]
    assert not unread, f"not to be read: {unread}; read: {seen}"
    return f"{len(labels)} entries, all read in {box}"


@CHECKS.add("menu stays", "The menu stays open while a count changes, and what is chosen then is what was meant")
def menu_stays(stage: Stage) -> str:
    stage.signed_in()
    box = stage.open_menu()
    opened = stage.screen().crop(box)
    icon = stage.tray()
    stage.direct(1, "Ben Okri", "while the menu is open", new_message="never")
    changed = stage.wait_until(lambda: difference(icon, stage.tray())[1] >= 8, APPEARS_WITHIN)
    stage.settle(3.0)
    still = difference(opened, stage.screen().crop(box))[1]
    stage.picture("menu-stays")
    before = len(stage.told.told)
    stage.choose_in_open_menu(MenuItem.TEST_NOTIFICATIONS.value, box)
    otherwise = f"Test Notifications was not what was chosen; {still} pixels of the menu had changed"
    stage.told.wait_for("what a notification from Telex looks like", before, otherwise)
    stage.telex.read(1, username="Ben Okri")
    assert changed, "the icon did not change"
    return f"{still} pixels of the menu changed; chosen: {MenuItem.TEST_NOTIFICATIONS.value}"


@CHECKS.add("menu: Recent", "Recent lists what is unread; a conversation in it opens in the browser")
def recent(stage: Stage) -> str:
    stage.signed_in()
    before = len(stage.opened())
    _unread(stage, "are you there?")
    label = _listed(stage, "@ Ben Okri", "Recent")
    how = stage.choose("Recent", label)
    address = stage.wait_for_opened(before)
    assert address.startswith("https://"), f"to be opened: {address!r}"
    stage.telex.read(1, username="Ben Okri")
    return f"{label}, {how}: {address.partition('://')[2].partition('/')[2]}"


@CHECKS.add("menu: Mark All as Read", "Mark All as Read marks it at Telex")
def mark_all(stage: Stage) -> str:
    stage.signed_in()
    read_before = len(stage.telex.status()["readings"])
    _unread(stage, "to be marked")
    how = stage.choose("Recent", MenuItem.MARK_ALL_AS_READ.value)
    stage.telex.wait_until(lambda status: len(status["readings"]) > read_before, APPEARS_WITHIN)
    return how


@CHECKS.add("menu: Mute", "Mute lists the conversations; one that is muted tells nothing, until it is unmuted")
def mute(stage: Stage) -> str:
    stage.signed_in()
    _unread(stage, "not yet muted")
    name = _listed(stage, "@ Ben Okri", "Recent", "Mute")
    how = stage.choose("Recent", "Mute", name, MuteFor.HOUR.value)

    label = _listed(stage, "Unmute", "Recent", "Mute")
    stage.telex.read(1, username="Ben Okri")
    how_undone = stage.choose("Recent", "Mute", label)
    stage.comes(lambda: not _starting(stage, "Unmute", "Recent", "Mute"), "it is still muted")
    return f"muted {how}, unmuted {how_undone}"


@CHECKS.add("menu: Pause", "A pause is chosen, the icon shows it, nothing pops up; Resume ends it")
def pause(stage: Stage) -> str:
    stage.signed_in()
    telex = stage.telex
    how = stage.choose(_PAUSE, MenuItem.PAUSE_HOUR.value)
    stage.withdraw_pointer()
    resume = MenuItem.RESUME.value
    stage.menu_comes(resume, f"no {resume} in the menu")
    stage.picture("paused")
    empty, notified, icon = stage.screen(), len(stage.told.told), stage.tray()
    stage.direct(1, "Ben Okri", "not now")
    stage.comes(lambda: difference(icon, stage.tray())[1] >= 8, "no badge")
    stage.settle()
    assert len(stage.told.told) == notified and stage.change(empty)[1] < A_MENU, "it pops up all the same"
    telex.read(1, username="Ben Okri")
    how_resumed = stage.choose(resume)
    stage.menu_comes(_PAUSE, f"no {_PAUSE} in the menu after {resume}")
    return f"paused {how}, resumed {how_resumed}"


@CHECKS.add("menu: Reconnect Now", "While it reconnects, Reconnect Now has it try at once, and it comes back")
def reconnect(stage: Stage) -> str:
    stage.signed_in()
    telex, label = stage.telex, MenuItem.RECONNECT_NOW.value

    def tries() -> int:
        return sum(telex.status()["handshakes"].values())

    telex.refuse_push(503)
    try:
        telex.kick(3000)
        stage.menu_comes(label, f"no {label} in the menu")
        stage.settle(3.0)
        before = tries()
        how = stage.choose(label)
        stage.comes(lambda: tries() > before, "it does not try")
    finally:
        telex.refuse_push(0)
    # The second try is accepted; the agent makes it by itself.
    assert stage.wait_for_online_icon(2 * APPEARS_WITHIN) is not None, "it is not online again"
    return how
