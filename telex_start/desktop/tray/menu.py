"""Builds the tray's menu as a ``pystray.Menu``, and imports pystray (on Linux without a toolkit)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ...menu import MenuItem, MuteFor
from ...tray_view import TrayView

if TYPE_CHECKING:
    from ...events import Event

NOTHING_UNREAD = "Nothing unread"
MORE_MUTED = "More Muted in Preferences…"
_LISTED = 10
"""At most so many mutes are in the menu, the latest: mutes without an end become ever more."""

_PAUSES = (
    MenuItem.PAUSE_HALF_HOUR,
    MenuItem.PAUSE_HOUR,
    MenuItem.PAUSE_FOUR_HOURS,
    MenuItem.PAUSE_UNTIL_TOMORROW,
    MenuItem.PAUSE,
)


def import_pystray() -> Any:
    """Import and return pystray; on Linux without a toolkit.

    pystray 0.19.5 imports a backend at once, which imports GTK, AppIndicator or Xlib if they are installed. During this
    import, pystray's environment variable names the dummy backend instead.
    """
    named = os.environ.get("PYSTRAY_BACKEND")
    if sys.platform.startswith("linux"):
        os.environ["PYSTRAY_BACKEND"] = "dummy"
    try:
        import pystray
    finally:
        os.environ.pop("PYSTRAY_BACKEND", None)
        if named is not None:
            os.environ["PYSTRAY_BACKEND"] = named
    return pystray


def make_menu(view: Callable[[], TrayView], tell: Callable[[Event], object], token: Callable[[], str] = str) -> Any:
    """The tray's menu, a ``pystray.Menu``.

    Args:
        view: Gives the view that is shown now. Called on the tray's thread, whenever the menu is made or updated.
        tell: Gets :class:`MenuClicked`, :class:`IconClicked`, :class:`UnreadClicked` and :class:`MuteChosen`.
        token: Gives the activation token of the click that ``tell`` is called for.
    """
    return _Menu(view, tell, token).made()


class _Menu:
    """Makes the menu. An item that is rebuilt at each reading has a ``key``: the same key means the same entry."""

    # Methods import the events: these import dataclasses, which the icon does not need.

    def __init__(self, view: Callable[[], TrayView], tell: Callable[[Event], object], token: Callable[[], str]) -> None:
        pystray = import_pystray()
        self._menu, self._item = pystray.Menu, pystray.MenuItem
        self._view = view
        self._tell = tell
        self._token = token

    def made(self) -> Any:
        view, menu, entry, choice = self._view, self._menu, self._item, self._choice
        mark_all = choice(MenuItem.MARK_ALL_AS_READ, enabled=lambda _: bool(view().recent))
        nothing = entry(NOTHING_UNREAD, None, enabled=False, visible=lambda _: not view().recent)
        more = entry(MORE_MUTED, lambda: self._chosen(MenuItem.PREFERENCES))
        mute = entry("Mute", menu(lambda: list(self._mutes(view(), more))))
        recent = menu(lambda: [*self._conversations(view()), nothing, menu.SEPARATOR, mark_all, mute])
        pauses = menu(*(choice(pause) for pause in _PAUSES))
        help_ = menu(choice(MenuItem.DOCTOR), choice(MenuItem.OPEN_LOG), menu.SEPARATOR, choice(MenuItem.ABOUT))
        return menu(
            # Invisible: what a click on the icon itself does, if the backend reports such a click.
            entry("", self._icon_clicked, default=True, visible=False),
            entry(lambda _: view().status, None, enabled=False),
            menu.SEPARATOR,
            choice(MenuItem.LOGIN, enabled=lambda _: view().may_log_in),
            choice(MenuItem.RECONNECT_NOW, visible=lambda _: view().reconnecting),
            menu.SEPARATOR,
            choice(MenuItem.OPEN_MAIN_APP),
            choice(MenuItem.CLOSE_MAIN_APP),
            menu.SEPARATOR,
            entry("Recent", recent),
            entry("Pause Notifications", pauses, visible=lambda _: not view().resumable),
            choice(MenuItem.RESUME, visible=lambda _: view().resumable),
            menu.SEPARATOR,
            choice(MenuItem.TEST_NOTIFICATIONS),
            choice(MenuItem.PREFERENCES),
            entry("Help", help_),
            menu.SEPARATOR,
            choice(MenuItem.SIGN_OUT, visible=lambda _: view().signed_in),
            choice(MenuItem.EXIT),
        )

    def _choice(self, which: MenuItem, **when: Callable[[Any], bool]) -> Any:
        return self._item(which.value, lambda: self._chosen(which), **when)

    def _keyed(self, key: object, label: str, action: Any) -> Any:
        item = self._item(label, action)
        item.key = key
        return item

    def _conversations(self, view: TrayView) -> Iterator[Any]:
        for unread in view.recent:
            yield self._keyed(unread.key, unread.label, self._open(unread.key))

    def _mutes(self, view: TrayView, more: Any) -> Iterator[Any]:
        for unread in view.recent:
            yield self._keyed(unread.key, unread.name, self._how_long(unread.key, unread.name))
        yield self._menu.SEPARATOR
        for channel, name in dict((unread.key[0], unread.organisation) for unread in view.recent).items():
            whole = (channel, "", "")
            yield self._keyed(whole, f"All of {name or 'the organisation'}", self._how_long(whole, name))
        yield self._menu.SEPARATOR
        for muted in view.muted[-_LISTED:]:
            until = f" ({muted.until})" if muted.until else ""
            action = self._mute(muted.key, muted.label, None)
            yield self._keyed(("unmute", *muted.key), f"Unmute {muted.label}{until}", action)
        if len(view.muted) > _LISTED:
            yield more

    def _how_long(self, key: tuple[str, str, str], name: str) -> Any:
        return self._menu(*(self._keyed(choice, choice.value, self._mute(key, name, choice)) for choice in MuteFor))

    def _icon_clicked(self) -> None:
        from ...events import IconClicked

        self._tell(IconClicked())

    def _chosen(self, which: MenuItem) -> None:
        from ...events import MenuClicked

        self._tell(MenuClicked(which, self._token()))

    def _open(self, key: tuple[str, str, str]) -> Callable[[], None]:
        def clicked() -> None:
            from ...events import UnreadClicked
            from ...toast import Conversation

            self._tell(UnreadClicked(Conversation(*key), self._token()))

        return clicked

    def _mute(self, key: tuple[str, str, str], name: str, how_long: MuteFor | None) -> Callable[[], None]:
        def clicked() -> None:
            from ...events import MuteChosen
            from ...toast import Conversation

            self._tell(MuteChosen(Conversation(*key), how_long, self._token(), name))

        return clicked
