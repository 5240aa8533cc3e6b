"""Signing the tokens of Telex, and checking them as Centrifugo does.

The check follows centrifugo ``internal/jwtverify`` (v5.4.9, v6.9.1): signature first, then the claims, then ``exp``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import jwt

from .server_clock import ServerClock

ALGORITHM = "HS256"


class InvalidToken(Exception):
    """The token is malformed, badly signed or of the wrong kind."""


class ExpiredToken(Exception):
    """The token was good once."""


@dataclass(frozen=True)
class CheckedToken:
    """What a good token says."""

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
            wrong: How it is to be wrong: one of ``WRONG_TOKENS`` in ``backend/faults.py``.
        """
        self.issued_counts["subscription"] += 1
        claims = self._timed({"sub": user_id, "channel": channel}, self._subscription_ttl)
        match wrong:
            case "other_channel":
                claims["channel"] = f"{channel}-of-somebody-else"
            case "other_user":
                claims["sub"] = "somebody-else"
            case "bad_signature":
                return self.sign(claims, self.secret + "wrong")
            case "garbage":
                return "not-a-token"
            case "expired":
                claims["iat"] = self._clock.unix() - 120
                claims["exp"] = self._clock.unix() - 60
            case _:
                pass
        return self._remember(self.sign(claims))

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
        self._check_expiry(token, claims)
        return self._checked(claims)

    def check_subscription(self, token: str) -> CheckedToken:
        """Check the token of a subscribe or sub_refresh command.

        Raises:
            InvalidToken: malformed, badly signed, or without a ``channel`` claim.
            ExpiredToken: its ``exp`` has passed.
        """
        claims = self._verified(token)
        self._check_expiry(token, claims)
        if not claims.get("channel"):
            raise InvalidToken("a subscription token has a channel claim")
        return self._checked(claims)

    def _verified(self, token: str) -> dict[str, object]:
        # Centrifugo compares exp with its own clock; here that is the sandbox's, so PyJWT must not.
        try:
            claims: dict[str, object] = jwt.decode(
                token,
                self.secret,
                algorithms=[ALGORITHM],
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise InvalidToken(str(error)) from error
        if not isinstance(claims.get("sub", ""), str) or not isinstance(claims.get("channel", ""), str):
            raise InvalidToken("sub and channel are strings")
        if not isinstance(claims.get("exp", 0), int | float):
            raise InvalidToken("exp is a number")
        return claims

    def _check_expiry(self, token: str, claims: Mapping[str, object]) -> None:
        expires_at = claims.get("exp")
        if token in self._expired or (isinstance(expires_at, int | float) and expires_at <= self._clock.now()):
            raise ExpiredToken

    @staticmethod
    def _checked(claims: Mapping[str, object]) -> CheckedToken:
        expires_at = claims.get("exp", 0)
        return CheckedToken(
            user_id=str(claims.get("sub", "")),
            channel=str(claims.get("channel", "")),
            client=str(claims.get("client", "")),
            expires_at=int(expires_at) if isinstance(expires_at, int | float) else 0,
        )
