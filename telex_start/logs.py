"""The log: a rotating file, and standard error on a terminal. No secret ever reaches it.

Two nets hold secrets back: nothing here is written to log one, and whatever looks like one, or is one that the program
holds now, is struck out of every line, tracebacks included.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

_FORMAT = "%(asctime)s %(levelname)s [%(threadName)s] %(name)s: %(message)s"
_JWT = re.compile(r"eyJ[\w-]{4,}\.[\w-]*\.?[\w-]*")
_CREDENTIAL = re.compile(r"(?i)(bearer\s+|x-notification-token['\":\s]+|password['\"]?\s*[:=]\s*)[^\s,'\"}]+")
_EMAIL = re.compile(r"\b([\w.+-])[\w.+-]*(@[\w.-]+\.\w+)")


def masked(email: str) -> str:
    """An e-mail address of which a log may tell: ``a…@example.org``."""
    return _EMAIL.sub(r"\1…\2", email)


class _Struck(logging.Formatter):
    """A formatter that strikes secrets out of the finished text."""

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        super().__init__(_FORMAT)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in self._secrets():
            text = text.replace(secret, "…")
        text = _JWT.sub("…", text)
        text = _CREDENTIAL.sub(r"\1…", text)
        return _EMAIL.sub(r"\1…\2", text)


def begin(level: str, file: Path | None, secrets: Callable[[], Iterable[str]]) -> None:
    """Start logging.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        file: Where to; ``None`` for no file (it cannot be written, which is no reason not to run).
        secrets: The secrets that the program holds at this moment.
    """
    formatter = _Struck(secrets)
    root = logging.getLogger()
    root.setLevel(level.upper())
    handlers: list[logging.Handler] = []
    trouble: OSError | None = None
    if file is not None:
        try:
            handlers.append(RotatingFileHandler(file, maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=False))
        except OSError as error:
            trouble = error
    if sys.stderr is not None and sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    for handler in handlers or [logging.NullHandler()]:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    logging.raiseExceptions = False
    if trouble is not None:
        logging.getLogger(__name__).warning("no log file: %s", trouble)
    for chatty in ("PIL", "urllib3", "websocket"):
        logging.getLogger(chatty).setLevel(max(logging.INFO, root.level))
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed


def end() -> None:
    """Close the log's files."""
    logging.shutdown()


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("telex_start").critical("unexpected error", exc_info=(kind, error, trace))
    if sys.stderr is not None:
        print(f"telex-start: an unexpected error ended the program ({kind.__name__}); the log has it.", file=sys.stderr)


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        logging.getLogger("telex_start").critical(
            "thread %s ended by an unexpected error",
            args.thread.name if args.thread else "?",
            exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
        )
