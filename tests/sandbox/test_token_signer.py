"""Signing and checking, with the server's own clock."""

from __future__ import annotations

import jwt
import pytest

from telex_start.sandbox.signing import ExpiredToken, InvalidToken, ServerClock, TokenSigner


@pytest.mark.parametrize("offset", [-86400.0, 0.0, 86400.0])
def test_a_wrong_clock_does_not_matter_to_the_server_itself(offset: float) -> None:
    signer = TokenSigner(ServerClock(offset), 120, 300)
    assert signer.check_connection(signer.connection_token("u")).user_id == "u"
    token = signer.check_subscription(signer.subscription_token("u", "c"))
    assert (token.user_id, token.channel) == ("u", "c")
    assert abs(token.expires_at - ServerClock(offset).unix() - 300) <= 1


def test_expired_at_once() -> None:
    signer = TokenSigner(ServerClock(), 120, 300)
    old = signer.connection_token("u")
    signer.expire_all()
    with pytest.raises(ExpiredToken):
        signer.check_connection(old)
    signer.check_connection(signer.connection_token("u"))


def test_an_unsigned_token_is_invalid() -> None:
    signer = TokenSigner(ServerClock(), 120, 300)
    with pytest.raises(InvalidToken):
        signer.check_connection(jwt.encode({"sub": "u"}, "", algorithm="none"))


def test_an_access_token_is_no_push_token() -> None:
    signer = TokenSigner(ServerClock(), 120, 300)
    with pytest.raises(InvalidToken):
        signer.check_connection(signer.access_token("u", 2**31))
