"""The entry of ``telex-start``: picks the command, reads the configuration, and turns errors into exit codes."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from .errors import EXIT_FAILED, ConfigError, TelexStartError
from .process.signals import forbid_core_dumps

if TYPE_CHECKING:
    from argparse import Namespace

    from .config import Config

EXIT_UNUSABLE = 2
"""A bad option or configuration, or no place for an icon."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit code.

    No traceback meets a person: what goes wrong is one line on standard error.
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
            from .doctor import main as doctor

            return doctor(argv[1:])
        case ["login"]:
            from .desktop.tk.login import main as login

            return login()
        case ["preferences"]:
            from .preferences import main as preferences

            return preferences(argv[1:])
        case ["pause"]:
            from .pause_command import main as pause

            return pause(argv[1:])
        case ["autostart"]:
            from .setup.command import start_at_login

            return start_at_login(argv[1:])
        case ["integrate"]:
            from .setup.command import integrate

            return integrate(argv[1:])
        case ["completions"]:
            from .setup.command import completions

            return completions(argv[1:])
        case ["about"]:
            from .desktop.tk.help_windows import about

            return about()
        case ["demo"]:
            from .demo import main as demo

            return demo(argv[1:])
        case ["reload"]:
            from .reload_command import main as reload

            return reload(argv[1:])
        case ["sandbox"]:
            return _sandbox(argv[1:])
    return _agent(argv)


def _sandbox(argv: list[str]) -> int:
    from .process import itself

    if itself.is_frozen():  # it is left out there (packaging/windows/contents.py)
        raise ConfigError("this program comes without the sandbox: pip install 'telex-start[sandbox]' has it.")
    from .sandbox.command import main as sandbox

    return sandbox(argv)


def _agent(argv: list[str]) -> int:
    import signal

    # Until the agent has handlers of its own, SIGTERM is a KeyboardInterrupt: it ends a start without a traceback.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = None
    if argv:
        from .command_line import parse

        options = parse(argv)
    try:
        return _start(options)
    except TelexStartError as error:
        _complain(error.message)
        if options is None or not options.exit:
            from .failed_start import tell

            tell(error, options)
        return EXIT_UNUSABLE


def _start(options: Namespace | None) -> int:
    from . import agent, config_file
    from .process import instance, paths

    if options is not None and options.exit:
        folder, api_url = paths.runtime_folder(), config_file.load_where(options).api_url
        if instance.ask(folder, api_url, None) is None:
            config_file.load(options)  # what is wrong with it may be why none is found
        return agent.end_running(folder, api_url)
    settings = config_file.Settings(options)
    try:
        config = settings.load()
    except ConfigError as error:
        if not _asked_running(options):
            raise
        _complain(error.message)
        return EXIT_UNUSABLE
    password = [] if options is None else _given_password(options.password_stdin, options.password_credential, config)
    code, why = agent.run(
        config,
        settings,
        headless=options is not None and options.headless,
        as_json=options is not None and options.json,
        open_window=options is not None and options.login,
        at_login=options is not None and options.at_login,
        password=password,
    )
    if why:
        _complain(why)
    return code


def _asked_running(options: Namespace | None) -> bool:
    """The configuration is wrong, which keeps nobody from an agent that runs: it is asked all the same, and says
    what is wrong too. Whether one runs."""
    if options is not None and (options.headless or options.at_login):
        return False
    from . import config_file
    from .menu import Request
    from .process import instance, paths

    with contextlib.suppress(ConfigError):
        where = config_file.load_where(options)
        request = Request.LOGIN if options is not None and options.login else Request.OPEN
        folder = paths.runtime_folder()
        if instance.ask(folder, where.api_url, request) is not None:
            instance.ask(folder, where.api_url, Request.RELOAD)
            return True
    return False


def _given_password(piped: bool, credential: str | None, config: Config) -> list[str]:
    """The password that this start was given; empty for none.

    Raises:
        ConfigError: there is none where there should be one, or no e-mail address goes with it.
    """
    if not piped and not credential:
        return []
    if not config.email:
        option = "--password-stdin" if piped else "--password-credential"
        raise ConfigError(f"{option} needs --email.")
    if credential:
        from .process import credentials

        return [credentials.password(credential)]
    return [_password()]


def _password() -> str:
    """The first line of standard input.

    Raises:
        ConfigError: there is none, or it is no text.
    """
    try:
        line = sys.stdin.buffer.readline() if sys.stdin is not None else b""
        password = line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigError("--password-stdin: the password is not in UTF-8.") from None
    if not password:
        raise ConfigError("--password-stdin: standard input holds no password.")
    return password


def _complain(message: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):  # nobody reads it
            print(f"telex-start: {' '.join(message.split())}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
