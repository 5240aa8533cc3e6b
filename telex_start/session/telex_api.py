"""Makes the session's HTTP calls to Telex (signing in and out, organisations, tokens), and reads their answers.

Every answer is an envelope ``{"status", "status_code", "message", "data", "error"}`` of which any part may be missing;
some carry a 401 inside an answer with another HTTP status, so the stricter of the two counts. A proxy in front may
answer HTML.
"""

from __future__ import annotations

import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, TypeGuard

from ..errors import (
    NoNetwork,
    RateLimited,
    Refused,
    SessionOver,
    SignInRefused,
    TelexFailure,
    Temporary,
    printable,
)
from ..events import Organisation, SignInFailure
from ..net.https import Https, NoAnswer
from ..net.sockets import Deadline
from ..push.frames import read_json
from .pace import Shared
from .tokens import Token

log = logging.getLogger(__name__)

LOGOUT_PAUSE = 0.3
"""Seconds after which a logout is asked again that was one request too many."""
_READ = 10_000
"""Characters of a message that are looked at."""
_SHORT = 5
"""A secret of more characters is struck out inside a word, too."""
_LONGEST_NAME = 200
"""Characters of an organisation's name: it is in the log with whatever happens to it."""
_FAR = 1e15
"""Seconds that nothing lasts: an expiry that is further away counts as none."""
_WRONG_PASSWORD = ("invalid credentials", "invalid email and password supplied")
"""Telex's own sentences for a password that is not this person's. Any other words may mean another trouble of Telex."""
_LOGIN, _ASK, _VERIFY = "/auth/login", "/auth/magick-link", "/auth/magick-link/verify"
_UNKNOWN = "Telex does not know this e-mail address and password. Please check both."
_REFUSALS = {
    _LOGIN: ((400, 401), SignInFailure.CREDENTIALS, _UNKNOWN),
    _ASK: ((404,), SignInFailure.NOBODY, "Nobody at Telex has this e-mail address. Please check it."),
    _VERIFY: ((400, 401), SignInFailure.LINK, "The link is over, or was used already. Ask for another."),
}
"""For each of these calls: the HTTP statuses that mean a refusal for the call's own reason, and that reason."""
_EARLY = 60.0
"""Seconds, at most, by which a session counts as over before its end: over a week two clocks drift apart."""


class Login(NamedTuple):
    """Who signed in. The tokens are in the store."""

    user_id: str
    names: tuple[str, ...] = ()
    """The user name, the full name and the e-mail address, as far as Telex says them."""
    organisation: str | None = None
    """The id of the one organisation whose slug comes with the login."""
    slug: str | None = None
    """What that organisation is called in the web app's addresses."""
    expires_at: float | None = None
    """When the access token's time is up, in seconds on the session's clock; ``None`` if that is not known."""

    def __repr__(self) -> str:
        return "Login(…)"


class TelexApi:
    """Telex's API for one user. Blocking; used by the session thread alone.

    All calls but :meth:`logout` count against the pacer; whoever calls waits for it first.

    Raises (every call):
        Temporary: no network, a rate limit or a failure of the service; again later.
        Refused: a 4xx that concerns just this call.
    """

    def __init__(self, base: str, https: Https, shared: Shared) -> None:
        """``base`` is the API's address, without a slash at its end; ``https`` sends the requests."""
        self._base = base
        self._https = https
        self._store = shared.store
        self._pacer = shared.pacer
        self._now = shared.now
        self._timings = shared.timings
        self._bearer_first = False

    def login(self, email: str, password: str) -> Login:
        """Sign in; on success the store holds the access token and, if Telex gives one, the notification token.

        Raises:
            SignInRefused: the e-mail and password are not accepted, Telex finds one of them malformed, or this person
                may not sign in any more.
        """
        return self._logged_in(*self._sign_in(_LOGIN, {"email": email, "password": password}))

    def ask_for_link(self, email: str, web_url: str) -> None:
        """Have Telex mail a link for signing in; a link that was mailed before becomes invalid.

        Args:
            web_url: The web app's address, without a slash at its end; the link begins with it.

        Raises:
            SignInRefused: nobody has this address, Telex finds it malformed, or this person may not sign in any more.
        """
        # Telex stores addresses in lower case, but looks up this one as it is written.
        self._sign_in(_ASK, {"email": email.lower()}, {"Referer": f"{web_url}/"})

    def login_by_link(self, email: str, code: str, pause: Callable[[float], object]) -> Login:
        """Sign in with the code of a mailed link, as :meth:`login` does; it works once.

        Args:
            email: The person who should own the link. If it is another's, that session is ended at once, and the store
                stays as it is.
            code: The code.
            pause: See :meth:`logout`.

        Raises:
            SignInRefused: the link is over, somebody else's, or may be used up by a call that failed; or this person
                may not sign in any more.
        """
        try:
            data, date = self._sign_in(_VERIFY, {"token": code})
            access, user = data.get("access_token"), data.get("user")
            told = user.get("email") if isinstance(user, dict) else None
            if not _is_token(access) or (isinstance(told, str) and told.casefold() == email.casefold()):
                return self._logged_in(data, date)
        except (NoAnswer, TelexFailure) as error:
            words = f"{error.message} The link may be used up by that: ask for another."
            raise SignInRefused(words, SignInFailure.LINK) from None
        self.logout(pause, access)
        words = "The link was mailed to somebody else, so it signs nobody in here. Ask for your own."
        raise SignInRefused(words, SignInFailure.LINK)

    def _sign_in(self, path: str, body: dict[str, str], headers: dict[str, str] | None = None) -> tuple[Any, str]:
        """Make a call of the sign-in, once only: returns its data, and the answer's ``Date``."""
        statuses, kind, words = _REFUSALS[path]
        try:
            data, date = self._call("POST", path, headers or {}, body, only_once=True)
            return data if isinstance(data, dict) else {}, date
        except Refused as refused:
            if refused.status in statuses:
                its_own = path == _LOGIN and refused.message.rstrip(".").lower() in _WRONG_PASSWORD
                raise (PasswordRefused if its_own else SignInRefused)(words, kind) from None
            if refused.status == 422:
                raise SignInRefused(refused.message, SignInFailure.FORM) from None
            if refused.status == 403:
                raise SignInRefused(f"Telex says: {refused.message.rstrip('.')}.", SignInFailure.REFUSED) from None
            raise

    def _logged_in(self, data: dict[str, Any], date: str) -> Login:
        """Who signed in, from the data of an answer with this ``Date``; the tokens go into the store."""
        access, user = data.get("access_token"), data.get("user")
        if not _is_token(access) or not isinstance(user, dict) or not _is_token(user.get("id")):
            raise TelexFailure("Telex accepted the sign-in but gave no access token.")
        notification = data.get("notification_token")
        self._store.access = access
        self._store.notification = notification if _is_token(notification) else None
        self._bearer_first = False
        life = _life(user.get("expires_in"), date)  # a Unix time, whatever its name says
        return _login(user)._replace(expires_at=life and self._now() + life - min(_EARLY, 1.0 + 0.1 * life))

    def organisations(self, user_id: str) -> tuple[Organisation, ...]:
        """The organisations of the signed-in user."""
        data, _ = self._call("GET", "/users/organisations", self._bearer(), None)
        if data is None:
            return ()
        if not isinstance(data, list):
            raise TelexFailure("Telex's list of organisations could not be read.")
        found: dict[str, Organisation] = {}
        for item in data:
            ident = item.get("id") if isinstance(item, dict) else None
            # A channel's name is ASCII; Centrifugo has no other.
            if _is_token(ident):
                name = item.get("name")
                name = name.strip()[:_LONGEST_NAME] if isinstance(name, str) else ""
                found[ident] = Organisation(ident, name or "Telex", f"{ident}/{user_id}")
        return tuple(found.values())

    def connection_token(self, deadline: Deadline | None = None) -> Token:
        """A token for the push server, by this deadline; ``None``: within :attr:`.Timings.call_within`.

        Raises:
            SessionOver: the notification token and the access token are both refused.
        """
        try:
            return self._token("GET", "connection", None, deadline or Deadline(self._now, self._timings.call_within))
        except Refused as refused:
            if signed_out(refused):
                raise SessionOver("Your Telex session has ended.") from None
            raise

    def subscription_token(self, channel: str, seconds: float) -> Token:
        """A token for one channel, within ``seconds``.

        Raises:
            SessionOver: the notification token and the access token are both refused, here and for a connection token:
                a 401 here alone may mean just this organisation.
        """
        deadline = Deadline(self._now, seconds)
        try:
            return self._token("POST", "subscription", {"channel": channel}, deadline)
        except Refused as refused:
            if signed_out(refused):
                self.connection_token(deadline)
            raise

    def logout(self, pause: Callable[[float], object], access: str | None = None) -> None:
        """Tell Telex that the session ends. A failure is ignored: the tokens are forgotten anyway.

        Args:
            pause: Waits so many seconds, or less if the program ends; called after "too many requests", before a retry.
            access: The access token of the session; ``None``: the one in the store.
        """
        if (access := access or self._store.access) is None:
            return
        bearer = {"Authorization": f"Bearer {access}"}
        deadline = Deadline(self._now, self._timings.logout_within)
        try:
            while True:
                try:
                    self._call("POST", "/auth/logout", bearer, None, deadline, leaving=True)
                    return
                except RateLimited:
                    pause(LOGOUT_PAUSE)
        except (Temporary, Refused) as error:
            log.info("signing out: %s", error.message)

    def _token(self, method: str, kind: str, body: dict[str, str] | None, deadline: Deadline) -> Token:
        """Fetch a token with the notification token or the access token: first with the one that worked last.

        The Bearer middleware also answers 401 for the one organisation named inside the access token, and some
        backends give no notification token at all, so a refusal of one says little. If both are refused, the
        :class:`Refused` that is raised means :func:`signed_out`.
        """
        ways: list[tuple[bool, str, dict[str, str]]] = []
        if self._store.notification is not None:
            ways.append((False, f"/centrifugo/{kind}", {"X-Notification-Token": self._store.notification}))
        if self._store.access is not None:
            ways.append((True, f"/token/{kind}", self._bearer()))
        if self._bearer_first:
            ways.reverse()
        last = Refused("no token to ask with", 401)
        for bearer, path, headers in ways:
            try:
                data, date = self._call(method, path, headers, body, deadline)
            except Refused as refused:
                if not signed_out(refused):
                    raise
                last = refused
                log.info("%s was refused by %s", path, "access token" if bearer else "notification token")
                continue
            value = data.get("token") if isinstance(data, dict) else None
            if not _is_token(value):
                raise TelexFailure("Telex gave no token.")
            self._bearer_first = bearer
            return _received(value, self._now(), date)
        raise last

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._store.access}"}

    def _call(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: dict[str, str] | None,
        deadline: Deadline | None = None,
        *,
        only_once: bool = False,
        leaving: bool = False,
    ) -> tuple[Any, str]:
        """Make one call: returns its data, and the answer's ``Date``.

        Args:
            method, path, headers, body: The request.
            deadline: When it must be over; ``None``: within :attr:`.Timings.call_within`.
            only_once: See :meth:`.Https.request`.
            leaving: It does not count against the pacer, and of all commands only Stop ends it.
        """
        deadline = deadline or Deadline(self._now, self._timings.call_within)
        if deadline.over:
            raise NoNetwork("Telex did not answer in time.")
        if not leaving:
            self._pacer.sent()
        answer = self._https.request(
            method,
            self._base + path,
            headers=headers,
            json=body,
            deadline=deadline,
            only_once=only_once,
            interruptible=not leaving,
        )
        secrets = [value.removeprefix("Bearer ") for value in headers.values()]
        secrets += [(body or {}).get(key, "") for key in ("password", "token")]
        limited = False
        try:
            found = envelope(_json_of(answer.body), answer.status, secrets)
        except RateLimited:
            limited = True
            raise
        finally:
            if not leaving:
                self._pacer.answered(limited=limited)
        return found.get("data"), answer.headers.get("date", "")


def _login(user: dict[str, Any]) -> Login:
    """The user's id, names and slug, from ``user`` in the answer to a login."""
    told = (user.get(key) for key in ("username", "fullname", "full_name", "email"))
    names = tuple(dict.fromkeys(name.strip() for name in told if isinstance(name, str) and name.strip()))
    organisation, slug = user.get("current_org"), user.get("current_organisation_slug")
    if not _is_token(organisation) or not isinstance(slug, str) or not slug:
        return Login(user["id"], names)
    return Login(user["id"], names, organisation, slug)


class PasswordRefused(SignInRefused):
    """Telex says itself that the password is wrong: no later try with it can work."""


class NoEnvelope(TelexFailure):
    """The answer is an error page, or something else that is not Telex's."""


def _is_token(value: Any) -> TypeGuard[str]:
    """Whether a value is one printable ASCII word: a token or an id, fit for a header and for a channel's name."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value and value != ""


def signed_out(refused: Refused) -> bool:
    """Whether a refusal means to sign in again: a 401, or a 400 that names an invalid token (both spellings)."""
    words = refused.message.lower()
    return refused.status == 401 or (refused.status == 400 and "invalid" in words and "token" in words)


def _json_of(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError:
        return None


def envelope(found: Any, http_status: int, secrets: list[str]) -> dict[str, Any]:
    """An answer's envelope, if the call went well.

    Args:
        found: The answer's body; ``None`` if it is no JSON.
        http_status: Its HTTP status.
        secrets: Secret values of the request. A server may repeat one in its message, as validators do. There it is
            struck out: messages go to the log, the status line and standard output.

    Raises:
        RateLimited, TelexFailure, Refused: the call failed, by the stricter of the two status codes.
    """
    status = _stricter(http_status, found.get("status_code") if isinstance(found, dict) else None)
    if status == 429:
        raise RateLimited("Telex is answering too many requests; it is tried again in a moment.")
    if 300 <= status < 400:
        raise TelexFailure("A redirect came instead of Telex's answer: does this network ask you to log in first?")
    if not isinstance(found, dict):
        raise NoEnvelope(f"Telex's server answered with an error page (HTTP {http_status}).")
    message = _one_line(found.get("message"), secrets) or f"HTTP {status}"
    if status >= 500:
        raise TelexFailure(f"Telex's server says: {message.rstrip('.')}.")
    if status >= 400:
        raise Refused(message, status)
    if found.get("status") == "error":
        raise TelexFailure(f"Telex's server says: {message.rstrip('.')}.")
    return found


def _stricter(status: int, inner: Any) -> int:
    """The stricter of an answer's HTTP status and the ``status_code`` in its envelope (of any type)."""
    if isinstance(inner, int) and not isinstance(inner, bool) and 100 <= inner <= 599:
        return 401 if 401 in (inner, status) else max(inner, status)
    return status


def _one_line(message: Any, secrets: list[str]) -> str:
    """Telex's message, made fit for a log and a status line; without these secrets."""
    if not isinstance(message, str):
        return ""
    for secret in filter(None, secrets):
        # A short password may be a part of many words: it is struck out only as a word of its own.
        before, after = ("", "") if len(secret) > _SHORT else (r"(?<!\w)", r"(?!\w)")
        message = re.sub(before + re.escape(secret) + after, "…", message[:_READ])
    return printable(message, " ").strip()[:200]


def claims(token: str) -> dict[str, Any] | None:
    """The payload of a JSON Web Token (RFC 7519), unverified; ``None`` if it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = read_json(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:  # binascii.Error is a ValueError, too
        return None
    return payload if isinstance(payload, dict) else None


def _received(value: str, now: float, date: str) -> Token:
    """A token as it came in an answer with this ``Date`` (RFC 9110, section 6.6.1), if any.

    Its life is ``exp`` less the *server's* time, counted from its arrival: the wall clock of this machine may be wrong
    by hours, so ``exp`` is never compared with it. If no life is left by that reckoning, two clocks at Telex disagree
    (the machine that signs tokens may be another than the one that answers). Telex has just given the token, so it is
    good, and the push server will say how long.
    """
    life = _life((claims(value) or {}).get("exp"), date)
    return Token(value) if life is None else Token(value, now + life, life)


def _life(expiry: Any, date: str) -> float | None:
    """Seconds from an answer's ``Date`` to an expiry in Unix seconds; ``None`` if there is none, or it is past."""
    if isinstance(expiry, bool) or not isinstance(expiry, str | int | float):
        return None
    try:
        ends, served = float(expiry), parsedate_to_datetime(date)
        life = ends - served.replace(tzinfo=served.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None
    return life if 0 < life < _FAR else None


def why_unusable(subscription: str, channel: str, connection: str) -> str | None:
    """Why a subscription token must not be sent, or ``None``.

    A token for another channel or user does not fail alone: Centrifugo closes the *whole* connection with 3500. A token
    that cannot be decoded counts as usable.
    """
    payload = claims(subscription)
    if payload is None:
        return None
    if payload.get("channel") != channel:
        return "it is for another channel"
    owner = claims(connection)
    if owner is not None and payload.get("sub") != owner.get("sub"):
        return "it is for another user"
    return None
