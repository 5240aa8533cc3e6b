"""Sends HTTPS requests that end: with a deadline and a size limit; no redirect or cookie, nothing from the environment.

It uses requests, on connections that :mod:`.dialling` has opened and verified, and :mod:`.sockets` bounds. Only this
module uses requests and urllib3.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
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
from .sockets import AGENT, Aborter, BoundedSocket, Deadline, TooMuch

MOST_BYTES = 1024 * 1024
"""An answer larger than this is not read, unless the caller takes it piece by piece."""
_MOST_TAKEN = 512 * 1024 * 1024
"""The same limit for a caller that takes it piece by piece, who must also limit the unzipped size."""
KEPT_OPEN = 20.0
"""Seconds that a connection stays open for the next request."""
_PIECE = 16 * 1024
"""Bytes that are read at once."""
_MOST_HEAD = 128 * 1024
"""Bytes of an answer's head, at most, including the part of the body that is read with it."""
_MOST_INTERIM = 8
"""Interim answers before the final one, at most."""
_FAILURES = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)
"""What the libraries raise if a call fails."""


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    """By name, in lower case."""
    body: bytes
    """Empty if the caller took it piece by piece, or if it is a redirect's."""


class NoAnswer(NoNetwork):
    """A request that must be carried out only once may be carried out: it was sent, perhaps in part; no answer came."""


class _FinalResponse(HTTPResponse):
    """The final answer to a request; http.client (3.11 to 3.14) skips no interim answer but 100."""

    def begin(self) -> None:
        """Read its head.

        Raises:
            HTTPException: the answer is no HTTP, or only interim answers come (RFC 9110, section 15.2).
            TelexFailure: its ``Content-Length`` is no length.
        """
        for _ in range(_MOST_INTERIM):
            super().begin()
            if self.status == 101 or self.status >= 200:
                if "Content-Length" in self.headers and self.length is None and not self.chunked:
                    # The field is no number, and http.client would read up to the connection's end.
                    raise TelexFailure("The answer could not be read (Content-Length).")
                return
            self.headers = None  # type: ignore[assignment]  # tells http.client that a head is to be read
        raise HTTPException("nothing but interim answers")


class _Connection(HTTPSConnection):
    """urllib3's connection, but opened by our dialler."""

    response_class = _FinalResponse

    def __init__(self, *args: Any, dial: Callable[[str, int], BoundedSocket], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dial = dial

    def connect(self) -> None:
        """Open the connection; called when the first request is sent on it."""
        self.sock = self._dial(self.host, self.port or 443)
        self.is_verified = True


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    """requests' adapter, with one connection of ours.

    It leaves certificates alone: our dialler has verified the server, by the system's authorities.
    """

    def __init__(self, dial: Callable[[str, int], BoundedSocket]) -> None:
        super().__init__()
        self._dial = dial
        self._pool: _Pool | None = None

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> HTTPSConnectionPool:
        where = urlsplit(request.url)
        host, port = where.hostname or "", where.port or 443
        if self._pool is None or (self._pool.host, self._pool.port) != (host, port):
            self.close()
            self._pool = _Pool(host, port, maxsize=1, dial=self._dial)
        return self._pool

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: requests would load certifi's file, and give its authorities to the pool."""

    def close(self) -> None:
        """Close the idle connection."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
        super().close()


class _Session(requests.Session):
    """requests' session, without what the environment, a server or a file would add to a request."""

    def __init__(self, adapter: _Adapter) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.clear()
        self.headers.update({"User-Agent": AGENT, "Accept": "application/json", "Accept-Encoding": "identity"})
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: Any) -> None:
        """Gives none: else requests would read the redirect's whole body, to prepare the next request."""


class Https:
    """Sends requests, one at a time, from one thread; any thread may :meth:`interrupt` and :meth:`abort`."""

    def __init__(
        self, dialler: Dialler, now: Callable[[], float], unwanted: Callable[[], bool] = lambda: False
    ) -> None:
        """
        Args:
            dialler: Opens the connections.
            now: A clock, in seconds.
            unwanted: Whether nobody waits for the request under way any more: then :meth:`interrupt` ends it, and no
                other one begins. Any thread may call it.
        """
        self._dialler = dialler
        self._now = now
        self._unwanted = unwanted
        self._adapter = _Adapter(self._dial)
        self._session = _Session(self._adapter)
        self._sock: BoundedSocket | None = None
        """The socket of the connection that was opened last."""
        self._used_at = float("-inf")
        # About the request under way.
        self._deadline = Deadline(now, 0.0)
        self._only_once = False
        self._opened = False
        """Whether it has opened a connection."""
        # Other threads use these.
        self._lock = threading.Lock()
        self._aborter = Aborter()
        self._interruptible = False
        self._ended = False

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
        """Send one request and read its whole answer; of a redirect, the head alone.

        The connection is kept open for the next request. If it turns out to be closed then, that says nothing about the
        network: the request is sent once more, on another connection (RFC 9112, section 9.3.1).

        Args:
            method: ``GET`` or ``POST``.
            url: An ``https`` address.
            headers: In addition to those of every request.
            json: The body, or ``None``.
            deadline: When all of it must be over; as for :meth:`.Dialler.dial`, it may begin after a look-up.
            only_once: It does harm to carry the request out twice. So it is never sent again, and goes out on a new
                connection, which the server has had no time to close.
            take: Gets the answer's body piece by piece, as it comes; an error that it raises ends the request. The body
                may have 512 MiB, and last while bytes come: the ``deadline`` is for the head, and starts again with
                each piece.
            interruptible: Whether :meth:`interrupt` ends it; if ``only_once``, only while it is not sent yet.

        Raises:
            NoNetwork: no connection, no answer in time, TLS that does not verify, or another thread gave it up.
            NoAnswer: likewise, if the request is ``only_once`` and may have been carried out.
            TelexFailure: the answer is too large, or no HTTP.
        """
        self._deadline, self._only_once = deadline, only_once
        if only_once or self._now() - self._used_at > KEPT_OPEN:
            self.close()  # the network may have changed meanwhile: on an idle connection the request would only hang
        with self._lock:
            self._aborter.begin()
            self._interruptible = interruptible
            if self._ended or (interruptible and self._unwanted()):  # an interrupt before this was meant for it, too
                raise NoNetwork("The connection was given up.")
        request = requests.Request(method, url, dict(headers), json=json)
        try:
            try:
                return self._exchange(request, take)
            except NoNetwork:
                unseen = self._sock is None or self._sock.received == 0  # no byte of an answer came
                if self._opened or not unseen or deadline.over or self._aborter.aborted:
                    raise
            return self._exchange(request, take)
        finally:
            self._end()
            self._used_at = self._now()

    def _end(self) -> None:
        """From here on :meth:`interrupt` ends nothing."""
        with self._lock:
            self._interruptible = False

    def _dial(self, host: str, port: int) -> BoundedSocket:
        self._opened, self._sock = True, None
        self._sock = BoundedSocket(self._dialler.dial(host, port, self._deadline, self._aborter))
        self._expect_head(self._sock)
        if self._only_once:
            self._end()  # an interrupt later would leave in doubt whether it was carried out
        return self._sock

    def _expect_head(self, sock: BoundedSocket) -> None:
        sock.deadline, sock.received, sock.most_bytes = self._deadline, 0, _MOST_HEAD

    def _exchange(self, request: requests.Request, take: Callable[[bytes], None] | None) -> Answer:
        self._opened = False
        if self._sock is not None:
            self._expect_head(self._sock)
        try:
            response = self._session.send(self._session.prepare_request(request), stream=True, allow_redirects=False)
            assert self._sock is not None
            self._sock.most_bytes = self._sock.received + (MOST_BYTES if take is None else _MOST_TAKEN)
            fields = {name.lower(): value for name, value in response.headers.items()}
            redirect = 300 <= response.status_code < 400  # its body is not read
            answer = Answer(response.status_code, fields, b"" if redirect else self._body(response, take))
            if redirect or self._sock.fileno() < 0:  # or the server has closed the connection
                self.close()
            return answer
        except BaseException as error:
            self.close()  # the next request must not read the rest of this answer
            if isinstance(error, TooMuch):
                raise TelexFailure("The answer was far too large to be Telex's.") from None
            if not isinstance(error, _FAILURES):
                raise
            failure = NoAnswer if self._only_once and self._opened and self._sock is not None else NoNetwork
            if isinstance(error, TimeoutError) or self._deadline.over:
                raise failure("Telex did not answer in time.") from None
            if isinstance(error, (requests.exceptions.InvalidHeader, DecodeError)):
                raise TelexFailure(f"The answer could not be read ({type(error).__name__}).") from None
            raise failure(f"The connection to Telex broke off ({type(error).__name__}).") from None

    def _body(self, response: requests.Response, take: Callable[[bytes], None] | None) -> bytes:
        body = bytearray()
        # Not iter_content, which waits until a piece is full.
        while piece := response.raw.read1(_PIECE, decode_content=True):
            self._deadline.left()
            if take is not None:
                take(piece)
                self._deadline.restart()
                continue
            body += piece
            if len(body) > MOST_BYTES:
                raise TooMuch
        return bytes(body)

    def interrupt(self) -> None:
        """End the request under way in another thread with :class:`NoNetwork`, if nobody wants it any more."""
        with self._lock:
            if self._interruptible and self._unwanted():
                self._aborter.abort()

    def abort(self) -> None:
        """End the request under way in another thread, and every later one, with :class:`NoNetwork`."""
        with self._lock:
            self._ended = True
            self._aborter.abort()

    def close(self) -> None:
        """Close the idle connection."""
        self._adapter.close()
        self._aborter.release()
