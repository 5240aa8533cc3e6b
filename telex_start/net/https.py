"""HTTPS requests that end: a total deadline, a bound on size, no redirect, no cookie, nothing from the environment.

By requests, on connections that :mod:`.dialling` has opened and verified, and :mod:`.sockets` bounds. The owner of
requests and urllib3.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from http.client import HTTPException, HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import DecodeError, HTTPError

from ..errors import NoNetwork, TelexFailure
from .dialling import Dialler
from .sockets import Aborter, BoundedSocket, Deadline, TooMuch

MOST_BYTES = 1024 * 1024
"""An answer larger than this is not read, unless somebody takes it as it comes."""
_MOST_TAKEN = 512 * 1024 * 1024
"""Likewise where somebody does: who does that counts what is unzipped of it, too."""
KEPT_OPEN = 20.0
"""Seconds that a connection stays open for the next request."""
_LATE = "Telex did not answer in time."
_PIECE = 16 * 1024
"""Bytes that are read at once."""
_MOST_HEAD = 128 * 1024
"""Bytes of an answer's head, at most, with what is read ahead of the body."""
_MOST_INTERIM = 8
"""Interim answers before the final one, at most."""
_FAILURES = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)
"""What the libraries raise where a call fails."""


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    """By name, in lower case."""
    body: bytes
    """Empty where somebody has taken it as it came."""


class _FinalResponse(HTTPResponse):
    """The final answer to a request; http.client (3.11 to 3.14) passes over no interim one but 100."""

    def begin(self) -> None:
        """Read its head.

        Raises:
            HTTPException: it is no HTTP, or nothing but interim answers comes (RFC 9110, section 15.2).
            TelexFailure: it does not say how long the body is.
        """
        for _ in range(_MOST_INTERIM):
            super().begin()
            if self.status == 101 or self.status >= 200:
                if "Content-Length" in self.headers and self.length is None and not self.chunked:
                    # It is none, and http.client would read up to the connection's end.
                    raise TelexFailure("The answer could not be read (Content-Length).")
                return
            self.headers = None  # type: ignore[assignment]  # for http.client the sign that there is one to be read
        raise HTTPException("nothing but interim answers")


class _Request:
    """The request under way, as its connection and the threads that may end it see it."""

    def __init__(self, dialler: Dialler) -> None:
        self.dialler = dialler
        self.aborter = Aborter()
        self.deadline: Deadline | None = None
        self.most_bytes = MOST_BYTES
        self.only_once = False
        """It does harm to carry it out twice."""
        self.sock: BoundedSocket | None = None
        """What it was sent by."""
        self.opened = False
        """It has opened a connection."""
        self._lock = threading.Lock()
        self._interruptible = False

    def begin(self, interruptible: bool) -> None:
        """From here on :meth:`interrupt` ends it, where it is ``interruptible``."""
        with self._lock:
            self.aborter.begin()
            self._interruptible = interruptible

    def end(self) -> None:
        """From here on :meth:`interrupt` ends nothing."""
        with self._lock:
            self._interruptible = False

    def interrupt(self, unwanted: Callable[[], bool]) -> None:
        """End it, if it may be ended and nobody wants it any more. Any thread."""
        with self._lock:
            if self._interruptible and unwanted():
                self.aborter.interrupt()

    @property
    def late(self) -> bool:
        """Whether its time is up."""
        return self.deadline is not None and self.deadline.over

    @property
    def stale_connection(self) -> bool:
        """It has failed, went to a kept connection and saw its end, before anything of an answer."""
        over = self.late or self.aborter.ended
        return not self.opened and not over and (self.sock is None or self.sock.received == 0)


class _Connection(HTTPSConnection):
    """urllib3's connection, opened and bounded our way."""

    response_class = _FinalResponse

    def __init__(self, *args: Any, request: _Request, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request
        self._bounded: BoundedSocket | None = None

    def connect(self) -> None:
        """Open it, when the first request is sent by it."""
        request = self._request
        assert request.deadline is not None
        request.opened = True
        dialled = request.dialler.dial(self.host, self.port or 443, request.deadline, request.aborter)
        self.sock = self._bounded = BoundedSocket(dialled)
        self.is_verified = True
        if request.only_once:
            request.end()  # what is not to be carried out twice is not to be left in doubt, either

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        """Begin a request."""
        if (bounded := self._bounded) is not None:
            bounded.deadline, bounded.received = self._request.deadline, 0
            bounded.most_bytes = _MOST_HEAD
            self._request.sock = bounded
        super().putrequest(*args, **kwargs)

    def getresponse(self) -> Any:
        """The head of the answer."""
        response = super().getresponse()
        if (bounded := self._request.sock) is not None:
            bounded.most_bytes = bounded.received + self._request.most_bytes
        return response


class _Adapter(HTTPAdapter):
    """requests' adapter, with one connection of ours.

    What it would do about certificates is left out: our dialler has verified, by the system's authorities.
    """

    def __init__(self, request: _Request) -> None:
        super().__init__()
        self._connection = partial(_Connection, request=request)
        self._pool: HTTPSConnectionPool | None = None

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> HTTPSConnectionPool:
        where = urlsplit(request.url)
        host, port = where.hostname or "", where.port or 443
        if self._pool is None or (self._pool.host, self._pool.port) != (host, port):
            self.close()
            self._pool = HTTPSConnectionPool(host, port, maxsize=1)
            self._pool.ConnectionCls = self._connection  # type: ignore[assignment]
        return self._pool

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: requests would want certifi's file, and name its authorities to the pool."""

    def close(self) -> None:
        """Close the idle connection."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
        super().close()


class _Session(requests.Session):
    """requests' session, without what the environment, a server or a file would add to a request."""

    def __init__(self, agent: str, adapter: _Adapter) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.clear()
        self.headers.update({"User-Agent": agent, "Accept": "application/json", "Accept-Encoding": "identity"})
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: Any) -> None:
        """None: to prepare the next request, requests would read the whole body of the redirect."""


class Https:
    """Sends requests, one at a time, from one thread; any thread may :meth:`interrupt` and :meth:`abort`."""

    def __init__(
        self, dialler: Dialler, now: Callable[[], float], agent: str, unwanted: Callable[[], bool] = lambda: False
    ) -> None:
        """
        Args:
            dialler: Opens the connections.
            now: A clock, in seconds.
            agent: For the header ``User-Agent``.
            unwanted: Whether nobody waits for what is under way any more: then :meth:`interrupt` ends it, and nothing
                else begins. Any thread calls it.
        """
        self._now = now
        self._request = _Request(dialler)
        self._unwanted = unwanted
        self._used_at = float("-inf")
        self._adapter = _Adapter(self._request)
        self._session = _Session(agent, self._adapter)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Any,
        deadline: Deadline,
        only_once: bool = False,
        take: Callable[[bytes], None] | None = None,
        interruptible: bool = True,
    ) -> Answer:
        """One request and its whole answer; of a redirect, its head alone.

        A connection is kept open for the next request. One that turns out closed says nothing about the network: the
        request is sent once more, on another (RFC 9112, section 9.3.1).

        Args:
            method: ``GET`` or ``POST``.
            url: An ``https`` address.
            headers: Beside the standing ones.
            json: The body, or ``None``.
            deadline: When all of it must be over; as for :meth:`.Dialler.dial`, it may begin after a look-up.
            only_once: It does harm to carry it out twice. So it is never sent again, and goes out on a connection of
                its own, which no server has had the time to tire of.
            take: Gets the answer's body piece by piece, as it comes; what it raises ends the request. It may be of 512
                MiB, and last while bytes come: the ``deadline`` is for the head, and begins anew with each piece.
            interruptible: Whether :meth:`interrupt` ends it; what is to be done ``only_once`` it ends while it is not
                yet sent.

        Raises:
            NoNetwork: no connection, no answer in time, TLS that does not verify, or another thread gave it up.
            TelexFailure: the answer is too large, or no HTTP.
        """
        request = self._request
        request.deadline, request.only_once = deadline, only_once
        request.most_bytes = MOST_BYTES if take is None else _MOST_TAKEN
        if only_once or self._now() - self._used_at > KEPT_OPEN:
            self.close()  # the network may have changed under an idle connection: it would only hang
        request.begin(interruptible)
        try:
            if interruptible and self._unwanted():  # an interrupt that came before `begin` was meant for this, too
                raise NoNetwork("The connection was given up.")
            try:
                return self._exchange(method, url, headers, json, take)
            except NoNetwork:
                if not request.stale_connection:
                    raise
            self.close()
            return self._exchange(method, url, headers, json, take)
        finally:
            request.end()
            self._used_at = self._now()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], json: Any, take: Callable[[bytes], None] | None
    ) -> Answer:
        request = self._request
        request.opened, request.sock = False, None
        try:
            response = self._session.request(
                method, url, headers=dict(headers), json=json, allow_redirects=False, stream=True
            )
            fields = {name.lower(): value for name, value in response.headers.items()}
            if 300 <= response.status_code < 400:
                self.close()  # its body is not read
                return Answer(response.status_code, fields, b"")
            answer = Answer(response.status_code, fields, self._body(response, take))
            if request.sock is not None and request.sock.fileno() < 0:
                request.aborter.release()  # the server closes it
            return answer
        except BaseException as error:
            self.close()  # what is left of the answer belongs to nobody
            if isinstance(error, TooMuch):
                raise TelexFailure("The answer was far too large to be Telex's.") from None
            if not isinstance(error, _FAILURES):
                raise
            if isinstance(error, TimeoutError) or request.late:
                raise NoNetwork(_LATE) from None
            if isinstance(error, (requests.exceptions.InvalidHeader, DecodeError)):
                raise TelexFailure(f"The answer could not be read ({type(error).__name__}).") from None
            raise NoNetwork(f"The connection to Telex broke off ({type(error).__name__}).") from None

    def _body(self, response: requests.Response, take: Callable[[bytes], None] | None) -> bytes:
        deadline = self._request.deadline
        assert deadline is not None
        body = bytearray()
        # Not iter_content, which waits until a piece is full.
        while piece := response.raw.read1(_PIECE, decode_content=True):
            deadline.left()
            if take is not None:
                take(piece)
                deadline.restart()
                continue
            body += piece
            if len(body) > MOST_BYTES:
                raise TooMuch
        return bytes(body)

    def interrupt(self) -> None:
        """End the request under way in another thread with :class:`NoNetwork`, if nobody wants it any more."""
        self._request.interrupt(self._unwanted)

    def abort(self) -> None:
        """End the request under way in another thread, and every later one, with :class:`NoNetwork`."""
        self._request.aborter.abort()

    def close(self) -> None:
        """Close the idle connection."""
        self._adapter.close()
        self._request.aborter.release()
