"""HTTP answers, over a real connection."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from telex_start.errors import Refused, Temporary
from telex_start.net.https import Https
from telex_start.net.sockets import Deadline
from telex_start.session.pace import Pacer, Timings
from telex_start.session.telex_api import TelexApi
from telex_start.session.tokens import TokenStore

from ..material import dumped, many, mostly, texts
from ..over_tls import OverTls, answers
from ..target import Case, NoCase, require

TOKEN = "SECRETtokenSECRET"
_CALL_WITHIN = 5.0
"""Seconds."""
_HELD = 0.15
"""Seconds that are waited for a server that holds the connection, and says no more."""

_MOST_MEMORY = 8 << 20
"""Bytes that an answer may take: eight times what is read of it."""
_ZIPPED = gzip.compress(b"\0" * (8 << 20)).decode("utf-8", "surrogateescape")
"""8 MiB in 8 KiB."""

_STATUS = """
HTTP/1.1 302 Found
HTTP/1.1 401 No
HTTP/1.1 429 Busy
HTTP/1.1 502 Bad
HTTP/1.1 100 Go on
HTTP/1.0 200 OK
HTTP/1.1 204 None
HTTP/1.1 304 Same
HTTP/1.1 999 x
HTTP/1.1 -1 x
HTTP/1.1 abc
HTTP/2 200
SSH-2.0-x
""".strip("\n").split("\n")
_HEADERS = """
Content-Type: application/json
Content-Length: 0
Content-Length: 2
Content-Length: 999
Content-Length: -5
Content-Length: x
Content-Length: 2, 3
Transfer-Encoding: chunked
Transfer-Encoding: gzip, chunked
Content-Encoding: gzip
Content-Encoding: deflate
Content-Encoding: br
Content-Encoding: gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip
Location: https://127.0.0.1:1/
Location: http://[
Location: file:///etc/passwd
Date: x
Connection: close
Set-Cookie: a=b; expires=Fri, 99 Jan; domain=..; max-age=x
Retry-After: x
:
no colon
 folded
\xe9: \xff
""".strip("\n").split("\n")
_status = st.sampled_from([*["HTTP/1.1 200 OK"] * 6, *_STATUS, "", "\0"])
_header = st.sampled_from(_HEADERS)
_CHUNKS = (
    *("2\r\n{}\r\n", "0\r\n\r\n", "ffffffffffff\r\n", "-1\r\n{}\r\n", "x\r\n", "2;a=b\r\n{}\r\n", "\r\n"),
    "1\r\n",
)
_chunk = st.sampled_from(_CHUNKS)
_body = st.one_of(st.just("{}"), texts, st.lists(_chunk, max_size=4).map("".join), st.just(_ZIPPED))
_head = st.tuples(_status, st.lists(_header, max_size=4)).map(lambda both: "\r\n".join([both[0], *both[1], "", ""]))

_answer = st.tuples(_head, _body, st.lists(many, max_size=1)).map(lambda all: [*all[:2], *all[2]])
_size = st.sampled_from(["-1", "-0", "+2", "0x2", "2 ", "1_0", "", "f" * 17, "\u0662", "2;a=" + "b" * 300, "2"])
_GZIP = gzip.compress(b"{}", mtime=0).decode("utf-8", "surrogateescape")
_without_end = st.one_of(
    _size.map(lambda size: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", f"{size}\r\n"]),
    st.just(["HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", _GZIP]),
    _answer,
)
"""What the server goes on after without end."""
_poured = st.fixed_dictionaries(
    {"answer": _without_end, "pour": st.sampled_from(["x", "0\n", "2\r\n{}\r\n", "{}\r\n"])}
)

# --- well-formed answers on a kept connection -----------------------------------------------------------------------

_INTERIM = {100: "Continue", 102: "Processing", 103: "Early Hints"}
_LINES = ("Link: </a>; rel=preload", "Link: </b>", "Set-Cookie: a=b", "Date: x", "X-Empty:")
_FRAMINGS = ("length", "length twice", "chunked", "until it closes")
_MOST_CALLS = 6
_kept = st.lists(
    st.fixed_dictionaries(
        {
            "interim": mostly(st.lists(st.sampled_from([*_INTERIM]), max_size=3), st.just([]), 2),
            "lines": st.lists(st.sampled_from(_LINES), max_size=2),
            "framing": st.sampled_from(_FRAMINGS),
            "zipped": st.booleans(),
            "cuts": st.one_of(st.just([]), st.lists(st.integers(0, 400), max_size=4)),
        }
    ),
    min_size=1,
    max_size=4,
).map(lambda calls: {"calls": calls})


def _well_formed(number: int, call: Any) -> list[bytes]:
    """The answer to the call with this number, as :class:`.over_tls.RawServer` takes it.

    Raises:
        NoCase: that is no call.
    """
    match call:
        case {
            "interim": list() as interim,
            "lines": list() as lines,
            "framing": str() as framing,
            "zipped": bool() as zipped,
            "cuts": list() as cuts,
        } if framing in _FRAMINGS and len(interim) <= 3 and all(isinstance(cut, int) for cut in cuts):
            if not (
                all(isinstance(each, int) and each in _INTERIM for each in interim)
                and all(each in _LINES for each in lines)
            ):
                raise NoCase
        case _:
            raise NoCase
    body = _own(number)
    fields = [*lines]
    if zipped:
        body = gzip.compress(body, mtime=0)
        fields.append("Content-Encoding: gzip")
    if framing.startswith("length"):
        fields += [f"Content-Length: {len(body)}"] * (2 if "twice" in framing else 1)
    elif framing == "chunked":
        fields.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    heads = [[f"HTTP/1.1 {status} {_INTERIM[status]}", *lines] for status in interim]
    head = "".join("\r\n".join([*each, "", ""]) for each in [*heads, ["HTTP/1.1 200 OK", *fields]])
    whole = head.encode() + body
    places = [0, *sorted({cut % len(whole) for cut in cuts} - {0}), len(whole)]
    pieces = [whole[start:end] for start, end in pairwise(places)]
    return [*pieces, b""] if framing == "until it closes" else pieces


def _own(number: int) -> bytes:
    return dumped({"status": "success", "status_code": 200, "message": "ok", "data": f"call {number}"}).encode()


class Http(OverTls):
    """See :class:`.over_tls.OverTls` for what a case is; or it has the ``calls`` that a kept connection answers."""

    name = "http"
    what = "HTTP answers, over TLS (net/https.py)"
    cases = mostly(answers(_answer), mostly(_kept, _poured, 2), 2)
    library = "http.client"

    def run(self, case: Case) -> None:
        match case:
            case {"calls": list() as calls}:
                self._call_on_kept(calls)
            case _:
                self._look_up(case)

    def _call_on_kept(self, calls: list[Any]) -> None:
        """Every call gets its own answer, all of which is there."""
        if len(calls) > _MOST_CALLS:
            raise NoCase
        self._server.kept = [_well_formed(number, call) for number, call in enumerate(calls)]
        https = Https(self._dialler, time.monotonic, "fuzz")
        try:
            for number, call in enumerate(calls):
                deadline = Deadline(time.monotonic, _CALL_WITHIN)
                url = f"https://127.0.0.1:{self._server.port}/{number}"
                try:
                    answer = https.request("GET", url, headers={}, json=None, deadline=deadline)
                except (Temporary, Refused) as error:
                    require(not deadline.over, f"call {number} waits for more than its whole answer")
                    # RFC 9112, section 6.3: that much may be refused.
                    require(call["framing"] == "length twice", f"call {number} does not work: {error.message}")
                else:
                    right = answer.status == 200 and bytes(answer.body) == _own(number)
                    require(right, f"call {number} has got: {answer.status}, {bytes(answer.body[:99])!r}")
        finally:
            https.close()

    def _look_up(self, case: Case) -> None:
        hold = self.serve(case)
        timings = Timings(call_within=_HELD if hold else _CALL_WITHIN)
        store = TokenStore()
        store.access = TOKEN
        https = Https(self._dialler, time.monotonic, "fuzz")
        base = f"https://127.0.0.1:{self._server.port}/api/v1"
        api = TelexApi(base, https, store, Pacer(time.monotonic), time.monotonic, timings)
        tracemalloc.start()  # here alone, as it slows hypothesis down by far
        with self._recorder.recording([TOKEN]):
            try:
                api.organisations("u1")
            except (Temporary, Refused) as error:
                require(error.message.isprintable() and len(error.message) < 300, f"odd words: {error.message[:400]!r}")
                require(TOKEN not in error.message, "a token in an error")
            finally:
                https.close()
                took = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
        require(took < _MOST_MEMORY, f"an answer takes {took >> 20} MiB of memory")
