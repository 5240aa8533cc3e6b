"""The opening handshake of a WebSocket."""

from __future__ import annotations

import base64

import pytest

from telex_start.net.http_head import Head
from telex_start.push import handshake

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the example of RFC 6455, section 1.3
GOOD = {
    "upgrade": "WebSocket",
    "connection": "keep-alive, Upgrade",
    "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
}


def test_the_request_has_all_that_a_server_asks_for_and_no_origin() -> None:
    lines = handshake.request("telex.test:8443", "/push?x=1", KEY, "test/1").split(b"\r\n")
    assert lines[0] == b"GET /push?x=1 HTTP/1.1"
    assert lines[-2:] == [b"", b""]
    assert set(lines[1:-2]) == {
        b"Host: telex.test:8443",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: " + KEY.encode(),
        b"Sec-WebSocket-Version: 13",
        b"User-Agent: test/1",
    }


def test_a_key_is_sixteen_bytes() -> None:
    assert base64.b64decode(handshake.new_key(bytes(range(16)))) == bytes(range(16))


def test_the_answer_of_the_specification_opens_a_web_socket() -> None:
    handshake.check(Head(101, GOOD), KEY)


@pytest.mark.parametrize(
    "fields",
    [
        {"upgrade": "h2c"},
        {"connection": "close"},
        {"sec-websocket-accept": "s3pplmbitxaq9kygzzhzrbk+xoo="},
        {"sec-websocket-accept": ""},
        {"sec-websocket-extensions": "permessage-deflate"},
        {"sec-websocket-protocol": "centrifuge-protobuf"},
    ],
)
def test_any_other_answer_opens_none(fields: dict[str, str]) -> None:
    with pytest.raises(handshake.NoWebSocket):
        handshake.check(Head(101, {**GOOD, **fields}), KEY)
