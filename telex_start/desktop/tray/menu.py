"""The tray's menu, in pystray's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...face import Face
from ...menu import MenuItem

if TYPE_CHECKING:
    from ...events import Event


def make_menu(
    classes: Any, face: Callable[[], Face], tell: Callable[[Event], object], token: Callable[[], str] = str
) -> Any:
    """The menu.

    Args:
        classes: Has pystray's ``Menu`` and ``MenuItem``.
        face: What is shown now. Called on the tray's thread, whenever the menu is made or brought up to date.
        tell: Gets :class:`MenuClicked` and :class:`IconClicked`.
        token: Gives the activation token of the click that is being told.
    """

    # The events bring msgspec, which the icon does not need.
    def clicked(which: MenuItem | None) -> None:
        from ...events import IconClicked, MenuClicked

        tell(MenuClicked(which, token()) if which else IconClicked(token()))

    def item(which: MenuItem, **when: Callable[[Any], bool]) -> Any:
        return classes.MenuItem(which.value, lambda: clicked(which), **when)

    return classes.Menu(
        # What a click on the icon itself does, where the backend knows that; in no menu.
        classes.MenuItem("", lambda: clicked(None), default=True, visible=False),
        classes.MenuItem(lambda _: face().status, None, enabled=False),
        classes.Menu.SEPARATOR,
        item(MenuItem.LOGIN, enabled=lambda _: face().may_log_in),
        item(MenuItem.RECONNECT_NOW, visible=lambda _: face().reconnecting),
        classes.Menu.SEPARATOR,
        item(MenuItem.OPEN_MAIN_APP),
        item(MenuItem.CLOSE_MAIN_APP),
        classes.Menu.SEPARATOR,
        item(MenuItem.TEST_NOTIFICATIONS),
        classes.Menu.SEPARATOR,
        item(MenuItem.SIGN_OUT, visible=lambda _: face().signed_in),
        item(MenuItem.EXIT),
    )
