"""The commands ``pause``, ``reload`` and ``preferences``, each of which asks the running agent, and ``demo``.

Where none is running, a pause is noted for the next one, and the preferences window opens by itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any

from . import clock, config_file
from .command_line import parse_command
from .config import Config
from .errors import ConfigError, TelexStartError
from .menu import Muted, MuteFor, Request
from .process import instance, paths
from .toast import Conversation, Remembered

if TYPE_CHECKING:
    import subprocess
    from argparse import Namespace

    from .desktop.child import Parent
    from .desktop.tk.preferences_model import PreferencesData, SaveActions
    from .desktop.tk.preferences_window import PreferencesWindow
    from .events import Event

_ANNOUNCED_LINES = 5
"""Lines that the sandbox writes once it listens: ``NAME=value``, for the agent's environment and for signing in."""


class Noted:
    """What is paused and muted on this machine, for who is not the agent.

    Args:
        api_url: For which Telex.
    """

    def __init__(self, api_url: str) -> None:
        from .news.quiet import Quiet
        from .news.wall import Wall
        from .process.state_file import Memory

        self._memory = Memory(api_url)
        self._unreadable = ""
        """Why what was noted cannot be read just now; it must not be written over then."""
        try:
            self._kept, self.problem = self._memory.load()
            """What was noted, and what is wrong with it, in a sentence; empty where nothing is."""
        except OSError as error:
            self._kept, self.problem, self._unreadable = Remembered(), "", error.strerror or type(error).__name__
        self.quiet = Quiet(Config(), Wall(time.time, clock.offset), clock.boot())
        self.quiet.remember(self._kept, clock.now())
        self.quiet.tick(clock.now())

    def pause(self, argument: str) -> None:
        """Pause notifications, or resume them; see :meth:`telex_start.news.quiet.Quiet.pause`.

        Raises:
            ValueError: it is no such argument.
            ConfigError: it cannot be noted.
        """
        self.quiet.pause(argument, clock.now())
        self._keep()

    def mute(self, conversation: Conversation, how_long: MuteFor | None) -> None:
        """Mute a conversation, or an organisation; see :meth:`telex_start.news.quiet.Quiet.mute`.

        Raises:
            ConfigError: it cannot be noted.
        """
        self.quiet.mute(conversation, "", how_long, clock.now())
        self._keep()

    def _keep(self) -> None:
        self.quiet.tick(clock.now())
        remembered = self.quiet.remembered(self._kept.email)
        if remembered == self._kept:
            return
        if self._unreadable:
            raise ConfigError(f"{self._memory.path} cannot be read ({self._unreadable}); nothing is changed.")
        try:
            self._memory.save(remembered)
        except OSError as error:
            raise ConfigError(f"{self._memory.path} cannot be written ({error.strerror}).") from None
        self._kept = remembered


def pause(argv: list[str]) -> int:
    """Pause notifications, or resume them.

    Raises:
        ConfigError: an option or the argument is wrong, or it cannot be noted. What is wrong in the configuration keeps
            nobody from pausing an agent that runs.
    """
    options = parse_command("pause", argv)
    config = config_file.load_where(options)
    folder, argument = paths.runtime_folder(), options.how_long
    noted = Noted(config.api_url)
    if noted.problem:  # who starts later finds nothing to say it of
        print(f"telex-start: {noted.problem}", file=sys.stderr)
    kind = instance.ask(folder, config.api_url, None)
    if kind is None:
        config = config_file.load(options)  # what is wrong with it may be why none is found
    try:
        if kind is None:
            noted.pause(argument)
        else:
            noted.quiet.pause(argument, clock.now())  # for its words, and whether it is a pause at all
    except ValueError as error:
        raise ConfigError(f"pause: {argument} is too long or no time: {error}.") from None
    # Asked last, and of an agent that has just started too: it may have read what was noted before this.
    if instance.ask(folder, config.api_url, Request.PAUSE, argument=argument) is None and kind is not None:
        noted.pause(argument)
        kind = None
    words = noted.quiet.silence(clock.now()).words
    print(f"Notifications are {words}." if words else "Notifications are resumed.")
    if kind is None:
        print("Telex Start is not running; its next start will know.")
    return 0


def reload(argv: list[str]) -> int:
    """Ask the running agent to read its configuration; say whether one runs.

    Raises:
        ConfigError: an option or the configuration is wrong. The agent was asked all the same, and says so too.
    """
    options = parse_command("reload", argv)
    wrong: ConfigError | None = None
    api_url = None
    try:
        api_url = config_file.load(options).api_url
    except ConfigError as error:
        wrong = error
        with contextlib.suppress(ConfigError):
            api_url = config_file.load_where(options).api_url
    asked = _ask_to_reload(options, api_url)
    if wrong is not None:
        raise wrong
    print("Telex Start reads its configuration again." if asked else "Telex Start is not running.")
    return 0


def _ask_to_reload(options: object, api_url: str | None) -> bool:
    """Ask the running agent to read its configuration; whether one runs.

    Args:
        options: The parsed command line.
        api_url: The agent's address, by the configuration; ``None`` where that is wrong.
    """
    folder = paths.runtime_folder()
    if api_url is not None and instance.ask(folder, api_url, Request.RELOAD) is not None:
        return True
    # The address may be what has just been changed. The others find that nothing else counts for them.
    return not config_file.names_address(options) and bool(instance.ask_all(folder, Request.RELOAD))


def preferences(argv: list[str]) -> int:
    """Have the agent open the preferences window, or open it.

    Raises:
        ConfigError: an option is wrong, or the configuration file is no TOML.
        TelexStartError: there is no Tk, or no display.
    """
    from .events import Requested

    options = parse_command("preferences", argv)
    if options.child:
        from .desktop.child import show

        return show(_for_the_agent)
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
        made = _by_itself(path, api_url, given, lambda: _ask_to_reload(options, api_url), has_agent=kind is not None)

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
    from .desktop.tk.preferences_model import PreferencesData, SaveActions

    noted = Noted(api_url)
    muted = None if has_agent else noted.quiet.silence(clock.now()).muted
    shown = PreferencesData(given, (), muted, _starts_at_login())
    return _window(path, shown, SaveActions(reload, lambda key: noted.mute(Conversation(*key), None), _start_at_login))


def _for_the_agent(parent: Parent) -> PreferencesWindow:
    """The window of the agent that has started this process."""
    from .desktop.tk.preferences_model import PreferencesData, SaveActions

    data = parent.data
    muted = [Muted((channel, section, ident), *words) for (channel, section, ident), *words in data["muted"]]
    shown = PreferencesData(data["given"], data["organisations"], muted, _starts_at_login())
    actions = SaveActions(lambda: parent.say(saved=True), lambda key: parent.say(unmute=key), _start_at_login)
    return _window(data["path"], shown, actions)


def _window(path: str, shown: PreferencesData, actions: SaveActions) -> PreferencesWindow:
    from .desktop.starting import own_token
    from .desktop.tk import check

    check("The preferences window", f"edit {path} by hand")
    from .desktop.tk.preferences_model import Model
    from .desktop.tk.preferences_window import PreferencesWindow

    return PreferencesWindow(Model(config_file.ConfigFile(path), shown, actions), own_token())


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


def demo(argv: list[str]) -> int:
    """Run the sandbox, and the agent with it, until the agent ends.

    Raises:
        ConfigError: an option is wrong, or the sandbox's extra is not installed.
    """
    import subprocess

    from .process import itself

    options = parse_command("demo", argv)
    display = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")) or sys.platform in (
        "win32",
        "darwin",
    )
    headless = options.headless or not display
    if options.toasts and not headless:
        raise ConfigError("demo: --toasts needs --headless.")
    sandbox = subprocess.Popen(
        [*itself.command(), "sandbox", "--until-stdin-closes", "--story-interval", options.story_interval],
        env={**os.environ, **itself.environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        return _with_sandbox(sandbox, options, headless)
    finally:
        sandbox.terminate()
        sandbox.wait(10)


def _with_sandbox(sandbox: subprocess.Popen[str], options: Namespace, headless: bool) -> int:
    import shlex
    import signal
    import subprocess
    import tempfile

    from .process import itself

    assert sandbox.stdout is not None
    announced: dict[str, str] = {}
    for _ in range(_ANNOUNCED_LINES):
        name, equals, value = sandbox.stdout.readline().rstrip("\n").partition("=")
        if not equals:
            raise ConfigError("demo: the sandbox did not start; what it said is above.")
        announced[name] = shlex.split(value)[0]
    email, password = announced.pop("SANDBOX_EMAIL"), announced.pop("SANDBOX_PASSWORD")
    with tempfile.TemporaryDirectory(prefix="telex-start-demo-") as folder:
        # Apart from the user's own agent: its configuration is not read, and one that runs is not in the way.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TELEX_START_")}
        config = os.path.join(folder, "config.toml")
        with open(config, "w", encoding="utf-8") as stream:
            stream.write("# the demo's\n")
        command = [*itself.command(), "--config", config, "--email", email]
        print(f"Signing in to the sandbox as {email}; its password is {password}. Ctrl-C ends the demo.", flush=True)
        command += ["--login"] if options.login and not headless else ["--password-stdin"]
        command += ["--headless"] if headless else []
        agent = subprocess.Popen(
            command,
            env=inherited | announced | itself.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if headless else None,
            text=True,
            encoding="utf-8",
        )
        signal.signal(signal.SIGTERM, lambda *_: agent.terminate())
        assert agent.stdin is not None
        agent.stdin.write(password + "\n")
        agent.stdin.close()
        try:
            if agent.stdout is not None:
                _echo(agent, agent.stdout, options.toasts)
            return agent.wait()
        except KeyboardInterrupt:
            # Ctrl-C reached the agent too: it ends by itself.
            return agent.wait()


def _echo(agent: subprocess.Popen[str], lines: IO[str], toasts: int) -> None:
    """Pass the agent's lines on, and end it after that many toasts; 0 for never."""
    import threading

    seen = 0
    for line in lines:
        print(line, end="", flush=True)
        if " · " in line or "more in" in line:
            seen += 1
        if toasts and seen == toasts:
            print(f"{seen} toasts: the demo ends.", flush=True)
            threading.Thread(target=agent.terminate, daemon=True).start()
