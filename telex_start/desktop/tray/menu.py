"""The tray's menu, in pystray's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ...face import Face
from ...menu import MenuItem, MuteFor

if TYPE_CHECKING:
    from ...events import Event

NOTHING_UNREAD = "Nothing unread"
MORE_MUTED = "More Muted in Preferences…"
_LISTED = 10
"""So many of what is muted are in the menu, the latest; whoever mutes for good has ever more of them."""

_PAUSES = (
    MenuItem.PAUSE_HALF_HOUR,
    MenuItem.PAUSE_HOUR,
    MenuItem.PAUSE_FOUR_HOURS,
    MenuItem.PAUSE_UNTIL_TOMORROW,
    MenuItem.PAUSE,
)


def make_menu(
    classes: Any, face: Callable[[], Face], tell: Callable[[Event], object], token: Callable[[], str] = str
) -> Any:
    """The menu.

    Args:
        classes: Has pystray's ``Menu`` and ``MenuItem``.
        face: What is shown now. Called on the tray's thread, whenever the menu is made or brought up to date.
        tell: Gets :class:`MenuClicked`, :class:`IconClicked`, :class:`UnreadClicked` and :class:`MuteChosen`.
        token: Gives the activation token of the click that is being told.
    """

    # The events bring dataclasses, which the icon does not need.
    def clicked(which: MenuItem) -> None:
        from ...events import MenuClicked

        tell(MenuClicked(which, token()))

    def item(which: MenuItem, **when: Callable[[Any], bool]) -> Any:
        return classes.MenuItem(which.value, lambda: clicked(which), **when)

    mark_all = item(MenuItem.MARK_ALL_AS_READ, enabled=lambda _: bool(face().recent))
    recent = _Recent(classes, face, tell, token, mark_all, lambda: clicked(MenuItem.PREFERENCES))
    return classes.Menu(
        # What a click on the icon itself does, where the backend knows that; in no menu.
        classes.MenuItem("", lambda: tell_click(tell), default=True, visible=False),
        classes.MenuItem(lambda _: face().status, None, enabled=False),
        classes.Menu.SEPARATOR,
        item(MenuItem.LOGIN, enabled=lambda _: face().may_log_in),
        item(MenuItem.RECONNECT_NOW, visible=lambda _: face().reconnecting),
        classes.Menu.SEPARATOR,
        item(MenuItem.OPEN_MAIN_APP),
        item(MenuItem.CLOSE_MAIN_APP),
        classes.Menu.SEPARATOR,
        classes.MenuItem("Recent", classes.Menu(recent.items)),
        classes.MenuItem(
            "Pause Notifications",
            classes.Menu(*(item(pause) for pause in _PAUSES)),
            visible=lambda _: not face().resumable,
        ),
        item(MenuItem.RESUME, visible=lambda _: face().resumable),
        classes.Menu.SEPARATOR,
        item(MenuItem.TEST_NOTIFICATIONS),
        item(MenuItem.PREFERENCES),
        classes.MenuItem(
            "Help",
            classes.Menu(item(MenuItem.DOCTOR), item(MenuItem.OPEN_LOG), classes.Menu.SEPARATOR, item(MenuItem.ABOUT)),
        ),
        classes.Menu.SEPARATOR,
        item(MenuItem.SIGN_OUT, visible=lambda _: face().signed_in),
        item(MenuItem.EXIT),
    )


def tell_opened(tell: Callable[[Event], object]) -> None:
    """The person opens the menu."""
    from ...events import MenuOpened

    tell(MenuOpened())


def tell_click(tell: Callable[[Event], object], token: str = "") -> None:
    """The person clicked the icon."""
    from ...events import IconClicked

    tell(IconClicked(token))


def tell_middle_click(tell: Callable[[Event], object], token: str = "") -> None:
    """The person clicked the icon with the middle button."""
    from ...events import IconMiddleClicked

    tell(IconMiddleClicked(token))


class _Recent:
    """The submenu of unread conversations, made anew when they are others; its entries are known by their keys."""

    def __init__(
        self,
        classes: Any,
        face: Callable[[], Face],
        tell: Callable[[Event], object],
        token: Callable[[], str],
        mark_all: Any,
        more: Callable[[], object],
    ) -> None:
        """
        Args:
            mark_all: The entry that marks all as read.
            more: The person wants to see all that is muted.
        """
        self._classes = classes
        self._face = face
        self._tell = tell
        self._token = token
        self._mark_all = mark_all
        self._nothing = classes.MenuItem(NOTHING_UNREAD, None, enabled=False, visible=lambda _: not face().recent)
        self._more = classes.MenuItem(MORE_MUTED, more)
        self._mute = classes.MenuItem("Mute", classes.Menu(lambda: self._up_to_date()[1]))
        self._made_of: tuple[Any, ...] = ()
        self._made: tuple[list[Any], list[Any]] = [], []

    def items(self) -> list[Any]:
        """The entries as they are now."""
        return self._up_to_date()[0]

    def _up_to_date(self) -> tuple[list[Any], list[Any]]:
        """The entries, and those of Mute. A reading asks for them many times."""
        face = self._face()
        if self._made_of != (face.recent, face.muted):
            self._made = list(self._conversations(face)), list(self._mutes(face))
            self._made_of = face.recent, face.muted
        return self._made

    def _conversations(self, face: Face) -> Iterator[Any]:
        for unread in face.recent:
            yield self._keyed(unread.key, unread.label, self._open(unread.key))
        yield self._nothing
        yield self._classes.Menu.SEPARATOR
        yield self._mark_all
        yield self._mute

    def _mutes(self, face: Face) -> Iterator[Any]:
        for unread in face.recent:
            yield self._keyed(unread.key, unread.name, self._how_long(unread.key, unread.name))
        yield self._classes.Menu.SEPARATOR
        for channel, name in dict((unread.key[0], unread.organisation) for unread in face.recent).items():
            whole = (channel, "", "")
            yield self._keyed(whole, f"All of {name or 'the organisation'}", self._how_long(whole, name))
        yield self._classes.Menu.SEPARATOR
        for muted in face.muted[-_LISTED:]:
            until = f" ({muted.until})" if muted.until else ""
            action = self._choose(muted.key, muted.label, None)
            yield self._keyed(("unmute", *muted.key), f"Unmute {muted.label}{until}", action)
        if len(face.muted) > _LISTED:
            yield self._more

    def _how_long(self, key: tuple[str, str, str], name: str) -> Any:
        choices = (self._classes.MenuItem(how_long.value, self._choose(key, name, how_long)) for how_long in MuteFor)
        return self._classes.Menu(*choices)

    def _keyed(self, key: tuple[str, ...], label: str, action: Any) -> Any:
        item = self._classes.MenuItem(label, action)
        item.key = key
        return item

    def _open(self, key: tuple[str, str, str]) -> Callable[[], None]:
        def clicked() -> None:
            from ...events import UnreadClicked
            from ...toast import Conversation

            self._tell(UnreadClicked(Conversation(*key), self._token()))

        return clicked

    def _choose(self, key: tuple[str, str, str], name: str, how_long: MuteFor | None) -> Callable[[], None]:
        def clicked() -> None:
            from ...events import MuteChosen
            from ...toast import Conversation

            self._tell(MuteChosen(Conversation(*key), how_long, self._token(), name))

        return clicked
