"""The log: a rotating file, and standard error on a terminal. No secret ever reaches it.

No code of this program logs a secret. Should one get into a line or a traceback all the same, it is struck out there:
each secret that the program holds, and whatever looks like one. Control characters are written as escapes, so that text
from the network can neither forge a line nor steer a terminal.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from types import TracebackType
from typing import Any

from ..errors import printable
from .streams import is_terminal

MOST_BYTES = 1_000_000
"""Size at which the file is put aside and a new one begun."""
KEPT_FILES = 2
"""Files put aside that are kept, as ``….log.1`` (the newer) and ``….log.2``."""

LONGEST = 10_000
"""Characters of one entry: a server's headers, which a library logs where it cannot read them, may be megabytes."""
_READ = 100_000
"""Characters of an entry that are looked at."""

_FORMAT = "%(asctime)s %(levelname)s [%(threadName)s] %(name)s: %(message)s"
_CHATTY = ("PIL", "websocket")
"""Libraries whose debugging lines say nothing about this program."""
_REMEMBERED = 32
"""How many secrets, at least, are struck out after the program has forgotten them: errors may be logged late."""

_JWT = re.compile(r"eyJ[\w-]{6,}(?:\.[\w-]*){0,2}")
_BEARER = re.compile(r"(?i)(\bbearer\s+)[\w.~+/=-]{8,}")
_NAMED = re.compile(
    r"""(?imx)
    ( (?: password | passwd | (?<![\w-])[\w-]{0,40}token | authorization ) \\*["']? \s* [:=] \s*
      (?: b(?=["']) )? (?: bearer\s+ )? )
    (?: (\\*) (["']) (?: (?!\2\3) (?: \\. | . ) )* (?: \2\3 | $ ) | [^\s,;&})\]]+ )
    """
)
_CODE = re.compile(r"""(["']code\\*["']\s*:\s*\\*["'])\d+""")
"""Of a mailed link, as the login window says it."""
_EMAIL = re.compile(r"(?<![\w.+%'-])([\w.+-])[\w.+%'-]*(@[\w.-]+)")

_handlers: list[logging.Handler] = []


_CREDENTIALS = re.compile(r"//[^\s/\"'@]*@")


def redact(text: str) -> str:
    """Text without whatever looks like a secret, and fit to be shown to anybody: no token, no password, not even that
    of an address, and no whole e-mail address."""
    text = _JWT.sub("…", text[:_READ])
    text = _CODE.sub(r"\1…", _NAMED.sub(r"\1…", text))
    text = _BEARER.sub(r"\1…", text)
    return _EMAIL.sub(r"\1…\2", _CREDENTIALS.sub("//…@", text))


def begin(
    level: str,
    file: str | None,
    secrets: Callable[[], Iterable[str]],
    thread_failed: Callable[[str, str], None] | None = None,
) -> None:
    """Start logging, unexpected errors of all threads included.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        file: Where to; ``None`` for no file. One that cannot be written is no reason not to run.
        secrets: The secrets that the program holds at this moment.
        thread_failed: Gets the thread's name and the error's type where a thread ends by an unexpected error.
    """
    root = logging.getLogger()
    set_level(level)
    logging.raiseExceptions = False  # a full disk is no reason to write to a terminal that nobody asked
    trouble: OSError | None = None
    if file is not None:
        try:
            _handlers.append(RotatingFile(file))
        except OSError as error:
            trouble = error
    if is_terminal(sys.stderr):
        _handlers.append(logging.StreamHandler())
    if not _handlers:
        _handlers.append(logging.NullHandler())
    formatter = RedactingFormatter(secrets)
    for handler in _handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    logging.captureWarnings(True)
    if trouble is not None:
        logging.getLogger(__name__).warning("no log file: %s", trouble)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is None or args.exc_type is SystemExit:
            return
        name = args.thread.name if args.thread is not None else "?"
        _log_error(f"thread {name} ended by an unexpected error", args.exc_value)
        if thread_failed is not None:
            thread_failed(name, args.exc_type.__name__)

    threading.excepthook = in_thread
    sys.excepthook = _crashed
    sys.unraisablehook = _unraisable


def set_level(level: str) -> None:
    """How much is logged from now on; see :func:`begin`."""
    root = logging.getLogger()
    root.setLevel(level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.INFO, root.level))


def end() -> None:
    """Close the file and undo what :func:`begin` did."""
    root = logging.getLogger()
    logging.captureWarnings(False)
    threading.excepthook = threading.__excepthook__
    sys.excepthook = sys.__excepthook__
    sys.unraisablehook = sys.__unraisablehook__
    while _handlers:
        handler = _handlers.pop()
        root.removeHandler(handler)
        with contextlib.suppress(OSError, ValueError):
            handler.close()


class RedactingFormatter(logging.Formatter):
    """Replaces every secret in the finished text by ``…``, and writes control characters as escapes."""

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        super().__init__(_FORMAT)
        self._secrets = secrets
        self._current: dict[str, None] = {}
        self._forgotten: dict[str, None] = {}
        self._room = _REMEMBERED
        self._struck: tuple[str, ...] = ()

    def formatException(self, ei: Any) -> str:
        return "  " + super().formatException(ei).replace("\n", "\n  ")

    def formatMessage(self, record: logging.LogRecord) -> str:
        return printable(super().formatMessage(record), _escape)

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another formatter's
        text = printable(super().format(record), _escape, keep="\n")
        for secret in self._to_strike():
            text = text.replace(secret, "…")
        return _cut(redact(text))  # not before: half a secret would stay

    def _to_strike(self) -> tuple[str, ...]:
        """Every secret that is held now, and as many forgotten ones as were ever held at a time; longest first.

        Two threads may be here, each for a handler of its own: what one holds is replaced, never changed.
        """
        current = dict.fromkeys(self._secrets())
        before = self._current
        if current != before:
            forgotten = {secret: None for secret in (*self._forgotten, *before) if secret not in current}
            self._room = max(self._room, len(current))
            forgotten = dict.fromkeys(list(forgotten)[-self._room :])
            self._struck = tuple(sorted({**forgotten, **current}, key=len, reverse=True))
            self._current, self._forgotten = current, forgotten
        return self._struck


def _cut(text: str) -> str:
    """At most :data:`LONGEST` characters. The end stays: in a traceback it says what the error is."""
    if len(text) <= LONGEST:
        return text
    end = LONGEST // 4
    left_out = f" … ({len(text) - LONGEST:,} characters left out) … "
    return text[: LONGEST - end - len(left_out)] + left_out + text[-end:]


def _escape(character: str) -> str:
    """The character as Python writes it in a string."""
    return repr(character)[1:-1]


class RotatingFile(RotatingFileHandler):
    """A log file that is put aside when it is full; other instances may write it too, and put it aside."""

    def __init__(self, path: str) -> None:
        super().__init__(path, maxBytes=MOST_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="backslashreplace")

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or drop it where that cannot be done."""
        if self.stream is not None and not self._is_in_place(self.stream.fileno()):
            with contextlib.suppress(OSError):
                self.stream.close()
            self.stream = None  # it is opened anew, as one of which the opening was delayed
        super().emit(record)

    def doRollover(self) -> None:
        """Put it aside, or empty it where that cannot be done: it must not fill the disk.

        Raises:
            OSError: neither can be done.
        """
        try:
            _make_room(f"{self.baseFilename}.1", f"{self.baseFilename}.{KEPT_FILES}")
            super().doRollover()
        except OSError:
            os.truncate(self.baseFilename, 0)

    def _is_in_place(self, descriptor: int) -> bool:
        """Nobody has deleted the open file, or put it aside."""
        try:
            return os.path.samestat(os.stat(self.baseFilename), os.fstat(descriptor))
        except OSError:
            return False

    def _open(self) -> TextIOWrapper:
        with contextlib.suppress(OSError):  # what cannot be made cannot be opened either, and that says why
            os.makedirs(os.path.dirname(self.baseFilename), mode=0o700, exist_ok=True)
        return open(self.baseFilename, "a", encoding=self.encoding, errors=self.errors, opener=_append)


if sys.platform == "win32":
    _APPEND = 0x4 | 0x80 | 0x100000
    """``FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE``."""
    _SHARE_ALL = 0x1 | 0x2 | 0x4
    _OPEN_ALWAYS = 4

    def _append(path: str, flags: int) -> int:
        """For ``open(path, "a", opener=_append)``, of a file that may be renamed while somebody has it open.

        Windows allows that where each has allowed it at opening, which Python's ``open`` does not; and a file that may
        only be appended to is there the one whose writers never overwrite each other's lines.
        """
        import _winapi
        import msvcrt

        handle = _winapi.CreateFile(path, _APPEND, _SHARE_ALL, 0, _OPEN_ALWAYS, 0, 0)
        return msvcrt.open_osfhandle(handle, os.O_APPEND | os.O_NOINHERIT)

    def _make_room(newer: str, oldest: str) -> None:
        """Remove the oldest file, where a newer one is to have its name; others may have it open."""
        if os.path.exists(newer) and os.path.exists(oldest):
            # A name that is held open is free once what has it is called otherwise.
            old = f"{oldest}.{os.getpid()}"
            os.rename(oldest, old)
            os.unlink(old)

else:

    def _append(path: str, flags: int) -> int:
        """For ``open(path, "a", opener=_append)``. It is for its owner alone."""
        return os.open(path, flags, 0o600)

    def _make_room(newer: str, oldest: str) -> None:
        """Nothing is to be done: a name is free once a file is removed."""


def _log_error(what: str, error: BaseException) -> None:
    logging.getLogger("telex_start").critical(what, exc_info=error)


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log_error("unexpected error", error)
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(f"telex-start: an unexpected error ({kind.__name__}) ended it; the log has more.", file=sys.stderr)


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    """An error in a finaliser, which Python would print with all that it holds."""
    if args.exc_value is not None:
        logging.getLogger("telex_start").error("error in a finaliser", exc_info=args.exc_value)
