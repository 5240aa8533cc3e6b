"""The entry of ``telex-start``: picks the command, reads the configuration, and turns errors into exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .errors import EXIT_FAILED, ConfigError, TelexStartError
from .process.signals import forbid_core_dumps

if TYPE_CHECKING:
    from .config import Config
    from .config_file import ConfigSource

EXIT_UNUSABLE = 2
"""A bad option or configuration, or no place for an icon."""
_NOT_STARTED = "Telex Start has not started"
_SHOWN_WITHIN, _AT_LOGIN_WITHIN = 5.0, 40.0
"""Seconds to wait for the notification daemon, which may come well after the programs that are started at log-in."""

_NO_OPTIONS = SimpleNamespace(
    **dict.fromkeys(("login", "exit", "headless", "json", "at_login", "by_mail"), False),
    **dict.fromkeys(("password_stdin", "password_credential"), False),
)
"""A command line without options, as the parser would give it: such a start does without the parser."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit code.

    A person sees no traceback: an error is one line on standard error.
    """
    argv = sys.argv[1:] if argv is None else argv
    forbid_core_dumps()
    if sys.platform == "win32":
        from .process.streams import speak_utf8

        speak_utf8()
    try:
        return _command(argv)
    except TelexStartError as error:
        _complain(error.message)
        return EXIT_UNUSABLE
    except KeyboardInterrupt:
        return 0
    except Exception as error:
        from .process.lazylog import Log

        Log("telex_start").critical("unexpected error", exc_info=error)
        _complain(f"an unexpected error ended the program ({type(error).__name__}); the log has it.")
        return EXIT_FAILED


def _command(argv: list[str]) -> int:
    match argv[:1]:
        case ["doctor"]:
            from .doctor import main as command
        case ["login"]:
            from .desktop.tk.login import main as login

            return login()
        case ["keyring"]:
            from .desktop.keyring_process import main as keyring

            return keyring()
        case ["preferences"]:
            from .commands import preferences as command
        case ["pause"]:
            from .commands import pause as command
        case ["reload"]:
            from .commands import reload as command
        case ["forget"]:
            from .commands import forget as command
        case ["demo"]:
            from .commands import demo as command
        case ["autostart"]:
            from .setup.command import start_at_login as command
        case ["integrate"]:
            from .setup.command import integrate as command
        case ["completions"]:
            from .setup.command import completions as command
        case ["about"]:
            from .desktop.tk.about import main as about

            return about()
        case ["sandbox"]:
            command = _sandbox
        case _:
            return _agent(argv)
    return command(argv[1:])


def _sandbox(argv: list[str]) -> int:
    from .process import itself

    if itself.is_frozen():  # the sandbox is left out there (packaging/windows/contents.py)
        raise ConfigError("this program comes without the sandbox: pip install 'telex-start[sandbox]' has it.")
    from .sandbox.command import main as sandbox

    return sandbox(argv)


def _agent(argv: list[str]) -> int:
    import signal

    # Until the agent has handlers of its own, SIGTERM is a KeyboardInterrupt: it ends a start without a traceback.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options: Any = _NO_OPTIONS
    if argv:
        from .command_line import parse

        options = parse(argv)
    try:
        return _start(options)
    except TelexStartError as error:
        _complain(error.message)
        if not options.exit:
            _tell_elsewhere(error, options)
        return EXIT_UNUSABLE


def _start(options: Any) -> int:
    from . import agent
    from .config_file import ConfigSource
    from .process import instance, paths

    source = ConfigSource(options)
    if options.exit:
        folder, api_url = paths.runtime_folder(), source.load_where().api_url
        if instance.ask(folder, api_url, None) is None:
            source.load()  # a mistake in the configuration may be why no agent is found
        return agent.end_running(folder, api_url)
    try:
        config = source.load()
    except ConfigError as error:
        if not _asked_running(source, options):
            raise
        _complain(error.message)
        return EXIT_UNUSABLE
    if options.by_mail:
        from .process.streams import is_terminal

        if not config.email:
            raise ConfigError("--by-mail needs --email.")
        if not is_terminal(sys.stdin):
            raise ConfigError("--by-mail asks for the link on a terminal, and there is none.")
    code, why = agent.run(config, source, options, _given_password(options, config))
    if why:
        _complain(why)
    return code


def _asked_running(source: ConfigSource, options: Any) -> bool:
    """Ask the running agent although the configuration is wrong: the agent says what is wrong, too.

    Returns:
        Whether an agent runs.
    """
    if options.headless or options.at_login:
        return False
    from .menu import Request
    from .process import instance, paths

    with contextlib.suppress(ConfigError):
        folder, api_url = paths.runtime_folder(), source.load_where().api_url
        if instance.ask(folder, api_url, Request.LOGIN if options.login else Request.OPEN) is not None:
            instance.ask(folder, api_url, Request.RELOAD)
            return True
    return False


def _given_password(options: Any, config: Config) -> list[str]:
    """The password that was given to this start, in a list; empty for none.

    Raises:
        ConfigError: an option announces a password and none comes, or no e-mail address goes with it.
    """
    if not options.password_stdin and not options.password_credential:
        return []
    if not config.email:
        option = "--password-stdin" if options.password_stdin else "--password-credential"
        raise ConfigError(f"{option} needs --email.")
    from .process import credentials

    name = options.password_credential
    return [credentials.from_systemd(name) if name else credentials.from_standard_input()]


def _complain(message: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):  # nobody reads it
            print(f"telex-start: {' '.join(message.split())}", file=sys.stderr, flush=True)


def _tell_elsewhere(error: TelexStartError, options: Any) -> None:
    """Say why the program has not started: with ``--json`` by an ``error`` event; by a toast if nobody reads standard
    error, as at log-in or from a menu. Only Linux has that toast: elsewhere a toast needs the icon."""
    if options.headless:
        if options.json and sys.stdout is not None:
            from .console import Console
            from .events import Trouble

            console = Console(True, sys.stdout, lambda: None)
            console.trouble(Trouble(_NOT_STARTED, error.message))
            console.stop()
        return
    read = sys.stderr is not None and sys.stderr.isatty()
    on_a_desktop = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and (options.at_login or (on_a_desktop and not read)):
        _show_toast(error.message, _AT_LOGIN_WITHIN if options.at_login else _SHOWN_WITHIN)


def _show_toast(message: str, within: float) -> None:
    import logging
    import threading

    from .desktop.bus.bus import Bus, Loop, session_address
    from .desktop.toasts.dbus_backend import DBusToasts
    from .news import wording

    if not (address := session_address(os.environ)):
        return
    # An unusable bus may be why the program has not started: that is not said a second time on standard error.
    logging.getLogger(__package__).addHandler(logging.NullHandler())
    over = threading.Event()
    loop = Loop("toasts")
    # Without clicks, the only event that is dispatched says that the toast cannot be shown.
    toasts = DBusToasts(lambda _: over.set(), Bus(address, loop), clickable=False, on_shown=lambda _: over.set())
    toasts.show(wording.said(_NOT_STARTED, f"{message} telex-start doctor tells more.", key=""))
    loop.start()
    over.wait(within)
    toasts.stop(0.2)
    loop.stop(0.2)


def frozen_main() -> int:
    """The entry of the program that PyInstaller makes. Like an interpreter, that program also runs its own modules
    (``-m MODULE …``, see :mod:`.process.itself`)."""
    _leave_nothing_to_others()
    if sys.argv[1:2] == ["-m"] and len(sys.argv) > 2 and sys.argv[2].partition(".")[0] == __package__:
        del sys.argv[1]
        module = sys.argv.pop(1)
        if module != __package__:
            import runpy

            runpy.run_module(module, run_name="__main__", alter_sys=True)
            return 0
    return main()


def _leave_nothing_to_others() -> None:
    """Undo what a program started from here (the Telex client, a viewer of the log) would inherit.

    PyInstaller 6 has Windows look for libraries in this program's folder (``SetDllDirectory``). It also sets variables
    for its own processes; a program that lies in a folder with its files, as this one does, does not need them.
    """
    for name in [name for name in os.environ if name.startswith("_PYI_")]:
        del os.environ[name]
    if sys.platform == "win32":
        import ctypes

        os.add_dll_directory(sys._MEIPASS)  # type: ignore[attr-defined]
        ctypes.windll.kernel32.SetDllDirectoryW(None)


if __name__ == "__main__":
    sys.exit(main())
