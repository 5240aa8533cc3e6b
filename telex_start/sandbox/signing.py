"""Makes the sandbox's certificates, signs and checks its tokens, and keeps the clock by which tokens expire.

Tokens are checked as Centrifugo does, ``internal/jwtverify`` (v5.4.9, v6.9.1): signature first, then the claims, then
``exp``.
"""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

import jwt
import trustme

ALGORITHM = "HS256"


@dataclass(frozen=True)
class Certificates:
    """The files of one throw-away authority and the one server certificate it signed."""

    ca_file: Path
    """PEM of the authority; this is what ``TELEX_START_CA_FILE`` names."""
    chain_file: Path
    """PEM of the server certificate, for a push server in another process."""
    key_file: Path
    """PEM of the server's private key, for a push server in another process."""

    def server_context(self) -> ssl.SSLContext:
        """A context for the sandbox's own listeners."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain_file, self.key_file)
        return context


def make_certificates(directory: Path) -> Certificates:
    """Write a new authority and a certificate for 127.0.0.1, ::1 and localhost into ``directory``.

    The authority's own key is never written down: nothing else can be signed with it later.

    Raises:
        OSError: the directory cannot be written.
    """
    authority = trustme.CA(organization_name="Telex Start sandbox")
    certificate = authority.issue_cert("127.0.0.1", "localhost", "::1")
    files = Certificates(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    authority.cert_pem.write_to_path(str(files.ca_file))
    for position, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(str(files.chain_file), append=position > 0)
    files.key_file.touch(mode=0o600)
    certificate.private_key_pem.write_to_path(str(files.key_file))
    return files


@dataclass
class ServerClock:
    """The server's idea of the time."""

    offset: float = 0.0
    """Seconds added to this machine's wall clock, so that the server's clock and the laptop's disagree: ``exp``,
    ``iat``, ``expires_in`` and the ``Date`` header all move together."""
    date_ahead: float = 0.0
    """Seconds that the ``Date`` header alone is ahead, as if one machine answered and another signed, and their clocks
    disagreed."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time() + self.offset

    def unix(self) -> int:
        """Whole Unix seconds, which is what tokens carry and what Centrifugo compares."""
        return int(self.now())

    def http_date(self) -> str:
        """The value of a ``Date`` header."""
        return formatdate(self.now() + self.date_ahead, usegmt=True)


class InvalidToken(Exception):
    """The token is malformed, badly signed or of the wrong kind."""


class ExpiredToken(Exception):
    """The token is a good one, but its time is over, or an order let it expire."""


@dataclass(frozen=True)
class CheckedToken:
    """The claims of a good token."""

    user_id: str
    channel: str
    """Empty in a connection token."""
    client: str
    """The one connection it is for; empty for any."""
    expires_at: int
    """Unix seconds; 0 for never."""


class TokenSigner:
    """Signs and checks the tokens of the sandbox.

    Args:
        clock: The server's wall clock.
        connection_ttl: Seconds a connection token lives.
        subscription_ttl: Seconds a subscription token lives.
    """

    def __init__(self, clock: ServerClock, connection_ttl: int, subscription_ttl: int) -> None:
        self.secret = secrets.token_hex(32)
        self._clock = clock
        self._connection_ttl = connection_ttl
        self._subscription_ttl = subscription_ttl
        self._issued: set[str] = set()
        self._expired: set[str] = set()
        self.issued_counts: dict[str, int] = {"access": 0, "notification": 0, "connection": 0, "subscription": 0}

    def sign(self, claims: Mapping[str, object], secret: str | None = None) -> str:
        """Sign any claims, by default with the right secret."""
        return jwt.encode(dict(claims), secret or self.secret, algorithm=ALGORITHM)

    def access_token(self, user_id: str, expires_at: int) -> str:
        """A Bearer token for the API. No push server takes it."""
        self.issued_counts["access"] += 1
        claims = {"user_id": user_id, "exp": expires_at, "jti": secrets.token_hex(8), "authorised": True}
        return self.sign(claims, self.secret + "access")

    def notification_token(self) -> str:
        """A token for ``X-Notification-Token``: opaque."""
        self.issued_counts["notification"] += 1
        return secrets.token_urlsafe(32)

    def connection_token(self, user_id: str) -> str:
        """A token for the connect command."""
        self.issued_counts["connection"] += 1
        return self._remember(self.sign(self._timed({"sub": user_id}, self._connection_ttl)))

    def subscription_token(self, user_id: str, channel: str, wrong: str | None = None) -> str:
        """A token for the subscribe command of one channel.

        Args:
            wrong: How it is to be wrong: one of ``WRONG_TOKENS`` in ``deployment.py``.
        """
        self.issued_counts["subscription"] += 1
        if wrong == "garbage":
            return "not-a-token"
        now = self._clock.unix()
        odd: dict[str | None, dict[str, object]] = {
            "other_channel": {"channel": f"{channel}-of-somebody-else"},
            "other_user": {"sub": "somebody-else"},
            "expired": {"iat": now - 120, "exp": now - 60},
        }
        claims = self._timed({"sub": user_id, "channel": channel}, self._subscription_ttl) | odd.get(wrong, {})
        return self._remember(self.sign(claims, self.secret + "wrong" if wrong == "bad_signature" else None))

    def _timed(self, claims: dict[str, object], ttl: int) -> dict[str, object]:
        now = self._clock.unix()
        # The jti tells two tokens of the same second apart, so that one can be expired without the other.
        return {**claims, "iat": now, "exp": now + ttl, "jti": secrets.token_hex(4)}

    def _remember(self, token: str) -> str:
        self._issued.add(token)
        return token

    def expire_all(self) -> None:
        """From now on every push token issued so far counts as expired."""
        self._expired |= self._issued
        self._issued.clear()

    def check_connection(self, token: str) -> CheckedToken:
        """Check the token of a connect or refresh command.

        Raises:
            InvalidToken: malformed, badly signed, or with a ``channel`` claim.
            ExpiredToken: its ``exp`` has passed.
        """
        claims = self._verified(token)
        if claims.get("channel"):
            raise InvalidToken("a connection token has no channel claim")
        return self._unexpired(token, claims)

    def check_subscription(self, token: str) -> CheckedToken:
        """Check the token of a subscribe or sub_refresh command.

        Raises:
            InvalidToken: malformed, badly signed, or without a ``channel`` claim.
            ExpiredToken: its ``exp`` has passed.
        """
        checked = self._unexpired(token, self._verified(token))
        if not checked.channel:
            raise InvalidToken("a subscription token has a channel claim")
        return checked

    def _verified(self, token: str) -> dict[str, object]:
        # Centrifugo compares exp with its own clock. Here that is ``ServerClock``, so PyJWT must not check exp itself.
        unchecked: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
        try:
            claims: dict[str, object] = jwt.decode(token, self.secret, algorithms=[ALGORITHM], options=unchecked)
        except jwt.InvalidTokenError as error:
            raise InvalidToken(str(error)) from error
        if not isinstance(claims.get("sub", ""), str) or not isinstance(claims.get("channel", ""), str):
            raise InvalidToken("sub and channel are strings")
        if not isinstance(claims.get("exp", 0), int | float):
            raise InvalidToken("exp is a number")
        return claims

    def _unexpired(self, token: str, claims: Mapping[str, object]) -> CheckedToken:
        expires_at = claims.get("exp")
        if token in self._expired or (isinstance(expires_at, int | float) and expires_at <= self._clock.now()):
            raise ExpiredToken
        user_id, channel, client = (str(claims.get(name, "")) for name in ("sub", "channel", "client"))
        return CheckedToken(user_id, channel, client, int(expires_at) if isinstance(expires_at, int | float) else 0)
