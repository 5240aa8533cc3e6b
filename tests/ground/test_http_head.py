"""The head of an HTTP answer: read up to its end, and nothing that comes makes it hang, grow or raise another way."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.net import http_head
from telex_start.net.http_head import Head, NotHttp


def head(text: bytes) -> tuple[Head, bytes]:
    """The head, and what is left unread."""
    source = io.BytesIO(text)
    return http_head.read(source.read), source.read()


def test_nothing_is_read_beyond_its_end() -> None:
    read, rest = head(b"HTTP/1.1 200 Connection established\r\nVia: a\r\nVIA: b\r\n\r\n\x16\x03\x01 TLS")
    assert read == Head(200, {"via": "a, b"})
    assert read.words("via") == {"a", "b"}
    assert read.words("absent") == set()
    assert rest == b"\x16\x03\x01 TLS"


def test_lines_may_end_without_a_carriage_return_and_have_no_reason() -> None:
    assert head(b"HTTP/1.0 407\nProxy-Authenticate: Basic\n\n")[0] == Head(407, {"proxy-authenticate": "Basic"})


def test_interim_answers_are_passed_over() -> None:
    assert (
        head(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")[0].status == 200
    )
    assert head(b"HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")[0].status == 101


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"\x05\xff" + b"SOCKS" * 10,
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_what_is_no_head_is_said_so(text: bytes) -> None:
    with pytest.raises(NotHttp):
        head(text)


def test_what_is_no_http_is_seen_at_its_fifth_byte() -> None:
    asked = []

    def receive(size: int) -> bytes:
        asked.append(size)
        return b"\x15"

    with pytest.raises(NotHttp):
        http_head.read(receive)
    assert asked == [1] * 5


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_make_it_raise_anything_else(text: bytes, begins_well: bool) -> None:
    try:
        read, _ = head((b"HTTP/1.1 " if begins_well else b"") + text)
    except NotHttp:
        return
    assert 100 <= read.status <= 999
