"""The commands ``pause``, ``forget``, ``reload`` and ``preferences``, which ask the running agent, and ``demo``.

If no agent runs, a pause is noted for the next one, and the preferences window opens by itself; ``forget`` needs none.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO, TYPE_CHECKING, Any

from . import clock
from .command_line import parse_command
from .config import Config
from .config_file import ConfigFile, ConfigSource
from .errors import ConfigError, TelexStartError
from .menu import Muted, Request
from .process import instance, paths
from .toast import Conversation

if TYPE_CHECKING:
    import subprocess

    from .app.quiet_controller import QuietController
    from .desktop.tk.preferences_model import PreferencesData, SaveActions
    from .desktop.tk.preferences_window import PreferencesWindow
    from .desktop.tk.process import Parent
    from .events import Event

_ANNOUNCED_LINES = 5
"""Lines that the sandbox writes once it listens: ``NAME=value``, for the agent's environment and for signing in."""


def _noted(api_url: str) -> QuietController:
    """What is paused and muted on this machine for that Telex, for a process that is not the agent.

    Setting something in it raises ConfigError if that cannot be kept.
    """
    from .app.quiet_controller import QuietController
    from .process.state_file import Memory

    memory = Memory(api_url)

    def cannot_keep(why: str) -> None:
        if noted.unreadable:
            raise ConfigError(f"{noted.unreadable}; nothing is changed.")
        raise ConfigError(f"{memory.path} cannot be written ({why}).")

    noted = QuietController(Config(), memory, changed=lambda now: None, cannot_keep=cannot_keep, boot=clock.boot())
    noted.quiet.tick(clock.now())
    if noted.problem and not noted.unreadable:  # the next start cannot say it: the file is set aside by now
        print(f"telex-start: {noted.problem}", file=sys.stderr)
    return noted


def pause(argv: list[str]) -> int:
    """Pause notifications, or resume them.

    Raises:
        ConfigError: an option or the argument is wrong, or it cannot be noted. A running agent can be paused
            although the configuration is wrong.
    """
    options = parse_command("pause", argv)
    source = ConfigSource(options)
    api_url = source.load_where().api_url
    folder, argument = paths.runtime_folder(), options.how_long
    noted = _noted(api_url)
    runs = instance.ask(folder, api_url, None) is not None
    if not runs:
        source.load()  # a mistake in the configuration may be why no agent is found
    try:
        noted.quiet.pause(argument, clock.now())
    except ValueError as error:
        raise ConfigError(f"pause: {argument} is too long or no time: {error}.") from None
    if not runs:
        noted.pause(argument)
    # Asked last, and even if no agent ran above: one that has just started may have read the notes before this one.
    if instance.ask(folder, api_url, Request.PAUSE, argument=argument) is None and runs:
        noted.pause(argument)
        runs = False
    words = noted.quiet.silence(clock.now()).words
    print(f"Notifications are {words}." if words else "Notifications are resumed.")
    if not runs:
        print("Telex Start is not running; its next start will know.")
    return 0


def forget(argv: list[str]) -> int:
    """Take the kept password out of the system's keyring, and say whether that worked.

    Raises:
        ConfigError: an option is wrong, or it cannot be noted.
    """
    source = ConfigSource(parse_command("forget", argv))
    api_url = source.load_where().api_url
    noted = _noted(api_url)
    if noted.unreadable:
        raise ConfigError(f"{noted.unreadable}; nothing is changed.")
    left = [*dict.fromkeys(one for one in (noted.noted.kept, *noted.noted.removing) if one)]
    runs = instance.ask(paths.runtime_folder(), api_url, Request.FORGET) is not None  # the agent notes that itself
    if not left and noted.problem:
        print("If a password was kept, the system's keyring still has it, by the name telex-start: take it out there.")
        return 1
    if not left:
        print("No password is kept.")
        return 0
    if not runs:
        noted.note(kept="", removing=tuple(left))
    from .app.kept_password import why

    for email in [*left]:
        answer = _remove(api_url, email)
        if answer.get("keyring") == "removed":
            left.remove(email)
            print(f"The password of {email} is taken out of the system's keyring.")
        else:
            print(f"The password of {email} is not used any more, but could not be taken out yet. {why(answer)}")
    if not runs:
        noted.note(removing=tuple(left))
    if left:
        print("The next start of Telex Start tries again.")
    return int(bool(left))


def _remove(api_url: str, email: str) -> dict[str, Any]:
    """Take a password out of the system's keyring, if that is open; returns the keyring process's answer."""
    from queue import Empty, SimpleQueue

    from .app.kept_password import ASK_WITHIN
    from .desktop.keyring import Keyring
    from .events import ChildSaid

    answers: SimpleQueue[Event] = SimpleQueue()
    keyring = Keyring(answers.put, None, api_url)
    keyring.remove(email)
    said: dict[str, Any] = {}
    with contextlib.suppress(Empty):
        while isinstance(answer := answers.get(timeout=ASK_WITHIN), ChildSaid):
            said = answer.said
    keyring.end()
    return said


def reload(argv: list[str]) -> int:
    """Ask the running agent to read its configuration; say whether one runs.

    Raises:
        ConfigError: an option or the configuration is wrong. The agent was asked all the same, and says so too.
    """
    source = ConfigSource(parse_command("reload", argv))
    api_url = None
    with contextlib.suppress(ConfigError):
        api_url = source.load_where().api_url
    asked = _ask_to_reload(source, api_url)
    source.load()
    print("Telex Start reads its configuration again." if asked else "Telex Start is not running.")
    return 0


def _ask_to_reload(source: ConfigSource, api_url: str | None) -> bool:
    """Ask the running agent to read its configuration; returns whether one runs.

    Args:
        api_url: The agent's address, by the configuration; ``None`` if the configuration is wrong.
    """
    folder = paths.runtime_folder()
    if api_url is not None and instance.ask(folder, api_url, Request.RELOAD) is not None:
        return True
    # The address may be what has just been changed, so all agents are asked. The others find nothing new.
    return not source.names_address() and bool(instance.ask_all(folder, Request.RELOAD))


def preferences(argv: list[str]) -> int:
    """Have the agent open the preferences window, or open it.

    Raises:
        ConfigError: an option is wrong, or the configuration file is no TOML.
        TelexStartError: there is no Tk, or no display.
    """
    from .desktop.tk.preferences_model import PreferencesData, SaveActions
    from .events import Requested

    options = parse_command("preferences", argv)
    if options.child:
        from .desktop.tk.process import show

        return show(_for_the_agent)
    source = ConfigSource(options)
    api_url = source.load_where().api_url
    folder = paths.runtime_folder()
    kind = instance.ask(folder, api_url, Request.PREFERENCES)
    if kind == "tray":
        return 0
    # The window has an instance of its own, so that a second command brings it to the front.
    name = f"preferences:{os.path.abspath(source.path)}"
    lock = instance.claim(folder, name, "window")
    if lock is None:
        instance.ask(folder, name, Request.PREFERENCES)
        return 0
    noted = _noted(api_url)
    # A running agent without an icon does not say what is muted, so the window cannot show it.
    muted = None if kind is not None else noted.quiet.silence(clock.now()).muted
    actions = SaveActions(
        lambda: _ask_to_reload(source, api_url),
        lambda key: noted.mute(Conversation(*key), None, ""),
        _start_at_login,
    )
    try:
        window = _window(source.path, PreferencesData(source.given(), (), muted, _starts_at_login()), actions)

        def asked(event: Event) -> None:
            if event == Requested(Request.PREFERENCES):
                window.come_forward("")

        lock.serve(asked)
        window.run()
    finally:
        lock.close()
    return 0


def _for_the_agent(parent: Parent) -> PreferencesWindow:
    """The preferences window, for the agent that has started this process."""
    from .desktop.tk.preferences_model import PreferencesData, SaveActions

    data = parent.data
    muted = [Muted((channel, section, ident), *words) for (channel, section, ident), *words in data["muted"]]
    shown = PreferencesData(data["given"], data["organisations"], muted, _starts_at_login())
    actions = SaveActions(lambda: parent.say(saved=True), lambda key: parent.say(unmute=key), _start_at_login)
    return _window(data["path"], shown, actions)


def _window(path: str, shown: PreferencesData, actions: SaveActions) -> PreferencesWindow:
    from .desktop.keyring_process import why_none
    from .desktop.starting import own_token
    from .desktop.tk.process import check

    check("The preferences window", f"edit {path} by hand")
    from .desktop.tk.preferences_model import Model
    from .desktop.tk.preferences_window import PreferencesWindow

    return PreferencesWindow(Model(ConfigFile(path), shown, actions), why_none, own_token())


def _starts_at_login() -> bool | None:
    """Whether the agent starts at log-in; ``None`` if that cannot be said."""
    from .setup import autostart

    try:
        return bool(autostart.platform().autostart().on)
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
    import shlex
    import signal
    import subprocess
    import tempfile

    from .process import itself

    options = parse_command("demo", argv)
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("win32", "darwin")
    headless = options.headless or not has_display
    if options.toasts and not headless:
        raise ConfigError("demo: --toasts needs --headless.")
    sandbox = subprocess.Popen(
        [*itself.command(), "sandbox", "--until-stdin-closes", "--story-interval", options.story_interval],
        env={**os.environ, **itself.environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with contextlib.ExitStack() as stack:
        stack.callback(sandbox.wait, 10)
        stack.callback(sandbox.terminate)
        assert sandbox.stdout is not None
        announced: dict[str, str] = {}
        for _ in range(_ANNOUNCED_LINES):
            name, equals, value = sandbox.stdout.readline().rstrip("\n").partition("=")
            if not equals:
                raise ConfigError("demo: the sandbox did not start; what it said is above.")
            announced[name] = shlex.split(value)[0]
        email, password = announced.pop("SANDBOX_EMAIL"), announced.pop("SANDBOX_PASSWORD")
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="telex-start-demo-"))
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
        with contextlib.suppress(KeyboardInterrupt):  # it reached the agent too, which ends by itself
            if agent.stdout is not None:
                _echo(agent, agent.stdout, options.toasts)
            agent.wait()
        return agent.wait()


def _echo(agent: subprocess.Popen[str], lines: IO[str], toasts: int) -> None:
    """Pass the agent's lines on, and end it after that many toasts; 0 for never."""
    seen = 0
    for line in lines:
        print(line, end="", flush=True)
        if " · " in line or "more in" in line:
            seen += 1
        if toasts and seen == toasts:
            print(f"{seen} toasts: the demo ends.", flush=True)
            agent.terminate()
