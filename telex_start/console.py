"""What ``--headless`` says and asks on the terminal.

Each toast, state and trouble is one readable line; with ``--json`` it is one JSON object on a line, and nothing else is
written to standard output. Questions go to standard error.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

import msgspec

from .app.renewal import SELDOM
from .errors import NobodyToAsk
from .events import SignIn, StateChanged, Trouble
from .face import Face, face_of
from .news import text, wording
from .news.toast import Toast
from .news.unread import Counts
from .states import State

log = logging.getLogger(__name__)

_WRITE_SECONDS = 0.2
"""How long a line may take to be written: one that takes longer has no reader."""
_PASSING_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EAGAIN) if sys.platform != "win32" else (errno.ENOSPC,)
"""A full disk or a slow reader: lines are lost, and the program runs on for its toasts."""


class Console:
    """The terminal as the surface of the program. Used by the main thread alone."""

    def __init__(self, as_json: bool, out: TextIO | None, reader_gone: Callable[[], None]) -> None:
        """
        Args:
            as_json: One JSON object a line.
            out: Standard output; ``None`` where the program was started without one.
            reader_gone: Called once when nobody reads it any more.
        """
        self._asking = False
        self._writing_since: float | None = None
        self._failing = False
        self._as_json = as_json
        self._out = out
        self._reader_gone = reader_gone
        self._status = ""
        self._session = StateChanged(State.SIGNED_OUT)

    @property
    def blocked(self) -> bool:
        """Whether the terminal blocks the main thread: a person is being asked, or a line finds no reader."""
        since = self._writing_since
        return self._asking or (since is not None and time.monotonic() - since > _WRITE_SECONDS)

    def stop(self) -> None:
        """Nothing is written any more."""
        out, self._out = self._out, None
        if out is not None:
            try:
                out.flush()
            except (OSError, ValueError):
                _discard_unwritten(out)

    def face(self, face: Face) -> None:
        """Tell the status line where its words changed; a new count of unread threads alone is not told."""
        if not self._as_json and (status := face_of(self._session, 0).status) != self._status:
            self._status = status
            self._line(text.one_line(status))

    def renew_every(self) -> float:
        """Seconds between two lines that differ in numbers alone."""
        return SELDOM

    def may_open_unasked(self) -> bool:
        """Nothing is opened, so nothing takes the focus."""
        return True

    def open_window(self, email: str, take_focus: bool, message: str) -> None:
        """There are no windows here."""

    def ask(self, email: str) -> SignIn:
        """Ask for e-mail and password on the terminal.

        Raises:
            NobodyToAsk: standard input is no terminal.
            KeyboardInterrupt: the input was closed, or a signal came.
        """
        if sys.stdin is None or not sys.stdin.isatty():
            raise NobodyToAsk("nobody is signed in: give --email and --password-stdin, or run it on a terminal")
        self._asking = True
        try:
            return SignIn(_ask_email(email), _ask_password(), persist=True)
        except EOFError:
            raise KeyboardInterrupt from None
        finally:
            self._asking = False

    def state(self, event: StateChanged) -> None:
        """The session's state, or one of its numbers, changed."""
        self._session = event
        if self._as_json:
            self._object(
                event="state",
                state=event.state.value,
                organisations=event.organisations,
                subscribed=event.subscribed,
            )

    def unread(self, counts: Counts) -> None:
        """The counts changed."""
        if self._as_json:
            self._object(
                event="unread", unread=counts.unread, mentions=counts.mentions, conversations=counts.conversations
            )

    def toast(self, toast: Toast) -> None:
        """A toast is shown."""
        if self._as_json:
            self._object(
                event="notification",
                title=toast.title,
                body=toast.body,
                organisation=toast.organisation,
                channel=toast.channel,
                unread=toast.unread,
                summary=toast.summary,
            )
        else:
            self._line(wording.console_line(toast))

    def trouble(self, trouble: Trouble) -> None:
        """Something does not work, or the program itself has something to say."""
        title, message = text.one_line(trouble.title), text.one_line(trouble.message)
        if self._as_json:
            self._object(event="error", title=title, message=message)
        else:
            self._line(f"! {title}: {message}" if message else f"! {title}")

    def _object(self, **fields: Any) -> None:
        self._line(msgspec.json.encode(fields).decode())

    def _line(self, line: str) -> None:
        out = self._out
        if out is None:
            return
        encoding = out.encoding or "utf-8"
        self._writing_since = time.monotonic()
        try:
            out.write(line.encode(encoding, "replace").decode(encoding) + "\n")
            out.flush()
            self._failing = False
        except (OSError, ValueError, KeyboardInterrupt) as error:
            if getattr(error, "errno", None) in _PASSING_ERRORS:
                if not self._failing:
                    log.warning("standard output takes nothing: %s", error)
                self._failing = True
                return
            # Nobody reads any more, as in `telex-start --headless | head`, or nobody has read for long.
            self._out = None
            _discard_unwritten(out)
            self._reader_gone()
        finally:
            self._writing_since = None


def _discard_unwritten(out: TextIO) -> None:
    """Let what could not be written go nowhere: Python would try it again at its end, and complain."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())
        os.close(nowhere)


def _ask_email(known: str) -> str:
    """Ask for the e-mail address; Return takes the known one.

    Raises:
        EOFError: the person closed the input.
    """
    while True:
        sys.stderr.write(f"Telex e-mail [{known}]: " if known else "Telex e-mail: ")
        sys.stderr.flush()
        try:
            line = sys.stdin.readline()
        except UnicodeDecodeError:
            continue  # the terminal's encoding is another than the locale's
        if not line:
            raise EOFError
        if email := line.strip() or known:
            return email


def _ask_password() -> str:
    """Ask for the password, unseen.

    Raises:
        EOFError: the person closed the input.
    """
    import getpass

    while True:
        with contextlib.suppress(UnicodeDecodeError):
            if password := getpass.getpass("Password: ", stream=sys.stderr):
                return password
