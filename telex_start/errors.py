"""The errors of the program, each with a ``title`` and a ``message`` that a person can act on; and :func:`printable`.

::

    TelexStartError
    ├── ConfigError            a bad option, variable or configuration file      exit code 2
    ├── ChangedMeanwhile       the configuration file was changed by somebody else too
    ├── NoPlaceForIcon         no display, no bus, or no tray with a menu         exit code 2
    ├── NobodyToAsk            credentials are needed, and there is no terminal    exit code 3; 4 after a session
    ├── SignInRefused          Telex does not take these credentials: somebody has to look at them
    ├── SessionOver            notification token and access token are both refused
    ├── Refused                a 4xx that concerns one call (one organisation)
    └── Temporary              passes by itself: retried with backoff, never a reason to ask for a password
        ├── NoNetwork          DNS, connection refused, time-out, TLS
        │   └── ProxyFailed    the proxy that is set cannot be used, or does not let the program through
        ├── RateLimited        429
        └── TelexFailure       5xx, a redirect, HTML instead of JSON

No text of an error ever holds a token or a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .events import SignInFailure

NO_THREAD = "This computer starts no more threads just now. Close a program, or try again in a minute."
"""What a person is told if :meth:`threading.Thread.start` raises RuntimeError: the shortage passes by itself."""
NO_ROOM = "no room on the connection for"
ROOM_FOR_ALL = "there is room on the connection for all organisations again"
"""What the session says in the log, where ``telex-start doctor`` finds it."""
EXIT_FAILED = 1
"""The exit code after an error that nobody expected."""


class TelexStartError(Exception):
    """Base of all errors of this program.

    Attributes:
        title: A few words, fit for a toast's title.
        message: One or two sentences: what is wrong, where, and what to do.
    """

    title = "Something went wrong"

    def __init__(self, message: str, title: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if title is not None:
            self.title = title


class ConfigError(TelexStartError):
    """An option, an environment variable or a key of the configuration file cannot be used."""

    title = "Telex Start cannot start"


class ChangedMeanwhile(TelexStartError):
    """The configuration file was changed by hand, in keys that the preferences change too. Nothing was written.

    Attributes:
        keys: Those keys, with dots.
    """

    title = "The configuration was changed meanwhile"

    def __init__(self, message: str, keys: tuple[str, ...]) -> None:
        super().__init__(message)
        self.keys = keys


class NoPlaceForIcon(TelexStartError):
    """There is nowhere to put an icon with a menu."""

    title = "No place for an icon"


class NobodyToAsk(TelexStartError):
    """Credentials are needed, and there is neither a window nor a terminal to ask at."""

    title = "Sign in needed"


class SignInRefused(TelexStartError):
    """A sign-in failed, and would fail again with the same e-mail and password: the next try needs a person.

    Attributes:
        kind: Why it failed.
    """

    title = "Sign-in refused"

    def __init__(self, message: str, kind: SignInFailure) -> None:
        super().__init__(message)
        self.kind = kind


class SessionOver(TelexStartError):
    """The session has ended: neither the notification token nor the access token is accepted any more."""

    title = "Please sign in again"


class Refused(TelexStartError):
    """A call was refused for good (4xx), for a reason that concerns only what it asked for.

    Attributes:
        status: The stricter of the HTTP status and the envelope's ``status_code``.
    """

    title = "Telex refused a request"

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Temporary(TelexStartError):
    """A failure that passes by itself."""

    title = "Telex cannot be reached"


class NoNetwork(Temporary):
    """The server could not be reached or did not answer in time."""

    title = "No connection to Telex"


class ProxyFailed(NoNetwork):
    """The proxy that the environment or the system names cannot be used, or does not let the program through."""

    title = "The proxy does not work"


class RateLimited(Temporary):
    """Telex answered 429: too many requests."""

    title = "Telex is busy"


class TelexFailure(Temporary):
    """The server, or a proxy in front of it, failed."""

    title = "Telex has a problem"


def printable(text: str, instead: str | Callable[[str], str] = "\N{REPLACEMENT CHARACTER}", keep: str = "") -> str:
    """Text of unknown origin on one line, unable to steer a terminal: for logs, and for messages of one line.

    Every character is replaced that Python does not call printable (:meth:`str.isprintable`): line breaks, control
    characters, characters that turn the reading direction around, lone surrogates. What a toast shows is cleaned by
    :mod:`.news.text`, which keeps the invisible characters that emoji and many scripts are written with.

    Args:
        text: Any text.
        instead: What replaces such a character, or a function that makes the replacement from it.
        keep: Characters that stay although they are not printable.
    """
    if text.isprintable():
        return text
    replacement = instead if callable(instead) else lambda character: instead
    return "".join(
        character if character.isprintable() or character in keep else replacement(character) for character in text
    )
