"""``telex-start preferences``: the preferences window, opened by the running agent, or by itself where none runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .errors import TelexStartError
from .menu import Muted, Request
from .process import instance, paths

if TYPE_CHECKING:
    from .desktop.tk.preferences_model import PreferencesData, SaveActions
    from .desktop.tk.preferences_window import PreferencesWindow
    from .events import Event


def main(argv: list[str]) -> int:
    """Have the agent open the window, or open it.

    Raises:
        ConfigError: an option is wrong, or the configuration file is no TOML.
        TelexStartError: there is no Tk, or no display.
    """
    from . import config_file, reload_command
    from .command_line import parse_command
    from .events import Requested

    options = parse_command("preferences", argv)
    if options.child:
        return _for_the_agent()
    path, api_url = config_file.file_of(options), config_file.load_where(options).api_url
    folder = paths.runtime_folder()
    kind = instance.ask(folder, api_url, Request.PREFERENCES)
    if kind == "tray":
        return 0
    # The window has an instance of its own, so that a second command brings it to the front.
    window = f"preferences:{os.path.abspath(path)}"
    lock = instance.claim(folder, window, "window")
    if lock is None:
        instance.ask(folder, window, Request.PREFERENCES)
        return 0
    given = {key: (one.source, one.value) for key, one in config_file.sources(options).items()}
    try:
        made = _by_itself(
            path, api_url, given, lambda: reload_command.ask(options, api_url), has_agent=kind is not None
        )

        def asked(event: Event) -> None:
            if event == Requested(Request.PREFERENCES):
                made.come_forward("")

        lock.serve(asked)
        made.run()
    finally:
        lock.close()
    return 0


def _by_itself(
    path: str, api_url: str, given: Mapping[str, tuple[str, Any]], reload: Callable[[], object], *, has_agent: bool
) -> PreferencesWindow:
    """Make the window in this process.

    Args:
        reload: Has an agent that runs all the same read the file anew.
        has_agent: One without an icon runs, and keeps what is muted to itself.
    """
    from . import clock
    from .desktop.tk.preferences_model import PreferencesData, SaveActions
    from .pause_command import Noted
    from .toast import Conversation

    noted = Noted(api_url)
    muted = None if has_agent else noted.quiet.silence(clock.now()).muted
    shown = PreferencesData(given, (), muted, _starts_at_login())
    return _window(path, shown, SaveActions(reload, lambda key: noted.mute(Conversation(*key), None), _start_at_login))


def _for_the_agent() -> int:
    """Be the window of the agent that has started this process."""
    from .desktop.child import Parent
    from .desktop.tk.preferences_model import PreferencesData, SaveActions, ShownOrganisation

    parent = Parent()
    data = parent.data()
    shown = PreferencesData(
        {key: (source, value) for key, (source, value) in data["given"].items()},
        [ShownOrganisation(*one) for one in data["organisations"]],
        [Muted((channel, section, ident), label, until) for (channel, section, ident), label, until in data["muted"]],
        _starts_at_login(),
    )
    actions = SaveActions(lambda: parent.say(saved=True), lambda key: parent.say(unmute=key), _start_at_login)
    try:
        window = _window(data["path"], shown, actions)
    except TelexStartError as error:
        parent.say(failed=error.message)
        return 2
    parent.listen(window.come_forward, window.close)
    window.run()
    return 0


def _window(path: str, shown: PreferencesData, actions: SaveActions) -> PreferencesWindow:
    from .desktop.starting import own_token
    from .desktop.tk.preferences_model import Model, Saver
    from .desktop.tk.preferences_window import PreferencesWindow
    from .settings_file import SettingsFile

    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        raise TelexStartError(
            "The preferences window needs an X display, which a Wayland desktop has with XWayland: install that, or "
            f"edit {path} by hand.",
            "No preferences window",
        )
    file = SettingsFile(path)
    model = Model(file.values(), shown)
    return PreferencesWindow(model, Saver(model, file, actions), own_token())


def _starts_at_login() -> bool | None:
    """Whether the agent starts at log-in; ``None`` where that cannot be said."""
    from .setup import autostart

    try:
        return autostart.is_on()
    except (OSError, TelexStartError):
        return None


def _start_at_login(wanted: bool) -> str:
    from .setup import autostart

    return " ".join(autostart.turn(wanted))
