"""What ``--headless`` says and asks on the terminal.

Each toast, state and trouble is one readable line; with ``--json`` it is one JSON object on a line, and nothing else is
written to standard output. Questions go to standard error.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from typing import Any, TextIO

from .app.renewal import SELDOM, view_of
from .errors import NobodyToAsk
from .events import AskForLink, SignIn, SignInByLink, SigningIn, StateChanged, Trouble
from .news import text, wording
from .news.unread import Counts
from .process.streams import Output, is_terminal
from .states import State
from .toast import Toast
from .tray_view import Silence, TrayView

_WRITTEN_WITHIN = 0.5
"""Seconds that a question, or the end, waits for the reader to take what was told before."""


class Console:
    """The terminal as the surface of the program. Used by the main thread alone."""

    def __init__(
        self,
        as_json: bool,
        out: TextIO | None,
        reader_gone: Callable[[], None],
        by_mail: tuple[str, str] | None = None,
    ) -> None:
        """
        Args:
            as_json: One JSON object a line.
            out: Standard output; ``None`` where the program was started without one.
            reader_gone: Called once, on another thread, when nobody reads it any more.
            by_mail: Where the person signs in by mail: the addresses of Telex's API and web app.
        """
        self.blocked = False
        """Whether the terminal blocks the main thread: a person is being asked."""
        self._as_json = as_json
        self._by_mail = by_mail
        # JSON is UTF-8 (RFC 8259, section 8.1), whatever the machine writes else.
        encoding = "utf-8" if as_json else None
        self._out = Output(out, reader_gone, encoding) if out is not None else None
        self._status = ""
        self._quiet_words = ""
        self._session = StateChanged(State.SIGNED_OUT)

    def stop(self) -> None:
        """Nothing is told any more; what was told is written, where somebody reads it."""
        if self._out is not None:
            self._out.stop(_WRITTEN_WITHIN)

    def show(self, view: TrayView) -> None:
        """Tell the status line where its words changed; a new count of unread threads alone is not told."""
        if self._as_json and view.quiet_words != self._quiet_words:
            self._quiet_words = view.quiet_words
            self._object(event="quiet", quiet=view.quiet, status=view.quiet_words)
        told = view_of(self._session, 0, view.paused, Silence(view.quiet_words))
        if not self._as_json and (status := told.words or told.status) != self._status:
            self._status = status
            self._line(text.one_line(status))

    def renew_every(self) -> float:
        """Seconds between two lines that differ in numbers alone."""
        return SELDOM

    opens_windows = False

    def end_startup(self, token: str) -> None:
        """Nothing: a terminal is not clicked."""

    def may_open_unasked(self) -> bool:
        """Nothing is opened, so nothing takes the focus."""
        return True

    def ask(self, email: str, mailed: bool) -> SigningIn:
        """Ask for e-mail and password on the terminal; by mail, first for a link, and then for what was mailed.

        Raises:
            NobodyToAsk: standard input is no terminal.
            KeyboardInterrupt: the input was closed, or a signal came.
        """
        if not is_terminal(sys.stdin):
            raise NobodyToAsk("nobody is signed in: give --email and --password-stdin, or run it on a terminal")
        if self._by_mail is not None and not mailed:
            return AskForLink(email)
        if self._out is not None:
            self._out.wait(_WRITTEN_WITHIN)
        self.blocked = True
        try:
            if self._by_mail is not None:
                code = _ask_code(email, *self._by_mail)
                return SignInByLink(email, code) if code else AskForLink(email)
            return SignIn(_ask_email(email), _ask_password(), persist=True)
        except EOFError:
            raise KeyboardInterrupt from None
        finally:
            self.blocked = False

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
            self._object(event="unread", **counts._asdict())

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
                sender=toast.sender,
                text=toast.text,
                url=toast.url,
                conversation=toast.conversation.ident if toast.conversation is not None else None,
                section=toast.conversation.section if toast.conversation is not None else None,
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
        self._line(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))

    def _line(self, line: str) -> None:
        if self._out is not None:
            self._out.write(line)


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


def _ask_code(email: str, api_url: str, web_url: str) -> str:
    """Ask for the link that was mailed, unseen, until there is one; empty where the person wants another.

    Raises:
        EOFError: the person closed the input.
    """
    import getpass

    from .sign_in_link import code_of

    print(f"Copy the link from the mail to {email} and paste it here; do not open it.", file=sys.stderr)
    while True:
        try:
            pasted = getpass.getpass("Link, or its digits (Return alone: another mail): ", stream=sys.stderr)
            return code_of(pasted, api_url, web_url) if pasted.strip() else ""
        except UnicodeDecodeError:
            continue
        except ValueError as wrong:
            print(wrong, file=sys.stderr)
