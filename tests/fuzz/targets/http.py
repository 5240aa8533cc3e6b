"""HTTP answers, over a real connection."""

from __future__ import annotations

import gzip
import time

from hypothesis import strategies as st

from telex_start.errors import Refused, Temporary
from telex_start.net.https import Https
from telex_start.net.pacing import Pacer
from telex_start.session.shared_pacer import SharedPacer
from telex_start.session.telex_api import TelexApi
from telex_start.session.timings import Timings
from telex_start.session.tokens import TokenStore

from ..material import many, texts
from ..over_tls import OverTls, answers
from ..target import Case, require

TOKEN = "SECRETtokenSECRET"
_HELD = 0.15
"""Seconds that are waited for a server that holds the connection, and says no more."""

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


class Http(OverTls):
    """See :class:`.over_tls.OverTls` for what a case is."""

    name = "http"
    what = "HTTP answers, over TLS (net/https.py)"
    cases = answers(_answer)
    library = "http.client"

    def run(self, case: Case) -> None:
        hold = self.serve(case)
        timings = Timings(call_within=_HELD if hold else 5.0)
        store = TokenStore()
        store.access = TOKEN
        https = Https(self._dialler, time.monotonic, "fuzz")
        base = f"https://127.0.0.1:{self._server.port}/api/v1"
        api = TelexApi(base, https, store, SharedPacer(Pacer(), time.monotonic), time.monotonic, timings)
        with self._recorder.recording([TOKEN]):
            try:
                api.organisations("u1")
            except (Temporary, Refused) as error:
                require(error.message.isprintable() and len(error.message) < 300, f"odd words: {error.message[:400]!r}")
                require(TOKEN not in error.message, "a token in an error")
            finally:
                https.close()
