"""``telex-start``: which command, with which configuration."""

from __future__ import annotations

import contextlib
import os
import sys

from .config import Config, resolve
from .errors import ConfigError, TelexStartError

EXIT_UNUSABLE = 2
"""A bad option or configuration, or no place for an icon."""
_OPTIONS = ("email", "environment", "api_url", "push_url", "ca_file", "log_level")
"""Those that are settings too."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit code.

    No traceback meets a person: what goes wrong is one line on standard error.
    """
    argv = sys.argv[1:] if argv is None else argv
    _no_core_dumps()
    try:
        return _command(argv)
    except TelexStartError as error:
        _complain(error.message)
        return EXIT_UNUSABLE
    except KeyboardInterrupt:
        return 0


def _command(argv: list[str]) -> int:
    match argv[:1]:
        case ["doctor"]:
            from .doctor import main as doctor

            return doctor(argv[1:])
        case ["demo"]:
            from .demo import main as demo

            return demo(argv[1:])
        case ["sandbox"]:
            from .sandbox.command import main as sandbox

            return sandbox(argv[1:])
    return _agent(argv)


def _agent(argv: list[str]) -> int:
    import signal

    # Until the agent has handlers of its own: a start that is ended at once ends in order too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = None
    if argv:
        from .command_line import parse

        options = parse(argv)
    config = load_config(options)
    from . import agent, paths

    if options is not None and options.exit:
        return agent.end_running(paths.runtime_folder(), config.api_url)
    password = _password() if options is not None and options.password_stdin else None
    if password is not None and not config.email:
        raise ConfigError("--password-stdin needs --email.")
    code, why = agent.run(
        config,
        headless=options is not None and options.headless,
        as_json=options is not None and options.json,
        open_window=options is not None and options.login,
        password=password,
    )
    if why:
        _complain(why)
    return code


def load_config(options: object) -> Config:
    """The configuration from its file, the environment and the options.

    Raises:
        ConfigError: names the source, the key and what is allowed.
    """
    from . import paths

    given = getattr(options, "config", None)
    path = os.fspath(given or paths.config_file())
    file: dict[str, object] = {}
    try:
        with open(path, encoding="utf-8-sig") as stream:  # Notepad begins a file with a mark
            text = stream.read()
        if text:
            import tomllib

            file = tomllib.loads(text)
    except FileNotFoundError:
        if given:
            raise ConfigError(f"there is no file {path}.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:  # tomllib.TOMLDecodeError and UnicodeDecodeError
        raise ConfigError(f"{path} is no TOML: {error}.") from None
    config = resolve(file, path, os.environ, {key: getattr(options, key, None) for key in _OPTIONS})
    return config._replace(ca_file=_at_home(config.ca_file), main_app_command=_at_home(config.main_app_command))


def _at_home(path: str | None) -> str | None:
    """A path as people write it: no shell has looked at what stands in the file."""
    return None if path is None else os.path.expanduser(path)


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


def _no_core_dumps() -> None:
    """A core dump would hold the password and the tokens."""
    if sys.platform != "win32":
        import resource

        # The hard limit stays: the Telex client that is started from here has its own reasons.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


if __name__ == "__main__":
    sys.exit(main())
