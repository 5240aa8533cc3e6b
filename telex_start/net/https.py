"""HTTPS requests that end: a total deadline, a bound on size, no redirect, no surprise from the environment.

By ``http.client`` alone (docs/decisions/http-by-the-standard-library.md says why): the connections are ours, opened,
verified and bounded by :mod:`.dialling` and :mod:`.sockets`.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from json import dumps
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..errors import NoNetwork, TelexFailure, TelexStartError
from .dialling import Dialler
from .http_client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from .sockets import Aborter, Deadline, DeadlineSocket

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


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    """By name, in lower case."""
    body: bytes
    """Empty where somebody has taken it as it came."""


class _Line:
    """What the connections of one :class:`Https` share: how to open one, and what the request at hand has come to."""

    def __init__(self, dialler: Dialler) -> None:
        self.dialler = dialler
        self.aborter = Aborter()
        self.deadline: Deadline | None = None
        self.opened = False
        """The request at hand has opened a connection."""
        self.sock: DeadlineSocket | None = None
        """What it was sent by."""
        self.only_once = False
        """It does harm to carry it out twice."""
        self.most = MOST_BYTES
        """A body of more bytes is not read."""
        self._lock = threading.Lock()
        self._interruptible = False

    def begin(self, interruptible: bool) -> None:
        """From here on :meth:`interrupt` ends it, where it is ``interruptible``."""
        with self._lock:
            self.aborter.begin()
            self._interruptible = interruptible

    def sent_now(self) -> None:
        """The connection is open. What is not to be carried out twice is not to be left in doubt, either."""
        if self.only_once:
            self.end()

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
    def kept_was_closed(self) -> bool:
        """A request that has failed went to a kept connection and saw its end, before anything of an answer."""
        over = self.deadline is None or self.deadline.over or self.aborter.ended
        return not self.opened and not over and (self.sock is None or self.sock.received == 0)


class _Response(HTTPResponse):
    """The final answer to a request; http.client (3.11 to 3.14) passes over no interim one but 100."""

    def begin(self) -> None:
        """Read its head.

        Raises:
            HTTPException: it is no HTTP, or nothing but interim answers comes (RFC 9110, section 15.2).
        """
        for _ in range(_MOST_INTERIM):
            super().begin()
            if self.status == 101 or self.status >= 200:
                return
            self.headers = None  # type: ignore[assignment]  # for http.client the sign that there is one to be read
        raise HTTPException("nothing but interim answers")


class _Connection(HTTPConnection):
    """A connection that is opened our way, and whose reads all together end in time, the header's lines included."""

    default_port = 443
    response_class = _Response

    def __init__(self, host: str, port: int | None, line: _Line) -> None:
        super().__init__(host, port)
        self._line = line
        self.sock: Any = None

    def connect(self) -> None:
        """Open it, when the first request is sent by it."""
        line = self._line
        assert line.deadline is not None
        line.opened = True
        self.sock = DeadlineSocket(line.dialler.dial(self.host, self.port, line.deadline, line.aborter))
        line.sent_now()
        self._arm()

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        """Begin a request."""
        self._arm()
        super().putrequest(*args, **kwargs)

    def getresponse(self) -> HTTPResponse:
        """The head of the answer."""
        self._arm()
        sock = self.sock  # an answer that ends the connection takes it away
        sock.most = sock.received + _MOST_HEAD
        response = super().getresponse()
        sock.most = sock.received + self._line.most
        return response

    def _arm(self) -> None:
        if self.sock is not None:
            self.sock.deadline = self._line.deadline
            if self._line.sock is not self.sock:
                self._line.sock = self.sock
                self.sock.received = 0

    def close(self) -> None:
        """Close it; another request opens it again."""
        super().close()
        self._line.aborter.release()


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
        self._line = _Line(dialler)
        self._unwanted = unwanted
        self._used_at = float("-inf")
        self._standing = {"User-Agent": agent, "Accept": "application/json"}
        self._connection: _Connection | None = None

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
        line = self._line
        line.deadline, line.only_once = deadline, only_once
        line.most = MOST_BYTES if take is None else _MOST_TAKEN
        if only_once or self._now() - self._used_at > KEPT_OPEN:
            self.close()  # the network may have changed under an idle connection: it would only hang
        line.begin(interruptible)
        try:
            if interruptible and self._unwanted():  # an interrupt that came before `begin` was meant for this, too
                raise NoNetwork("The connection was given up.")
            try:
                return self._exchange(method, url, headers, json, take)
            except NoNetwork:
                if not line.kept_was_closed:
                    raise
            self.close()
            return self._exchange(method, url, headers, json, take)
        finally:
            line.end()
            self._used_at = self._now()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], json: Any, take: Callable[[bytes], None] | None
    ) -> Answer:
        line = self._line
        assert line.deadline is not None
        line.opened, line.sock = False, None
        try:
            answer = self._answer(self._sent(method, url, headers, json), take)
        except BaseException:
            self.close()  # what is left of the answer belongs to nobody
            raise
        return answer

    def _sent(self, method: str, url: str, headers: Mapping[str, str], json: Any) -> HTTPResponse:
        """Send the request, and read the head of its answer.

        Raises:
            TelexStartError: as :meth:`request` says.
        """
        where = urlsplit(url)
        path = f"{where.path or '/'}?{where.query}" if where.query else where.path or "/"
        fields = self._standing | dict(headers)
        body = None
        if json is not None:
            body = dumps(json, allow_nan=False).encode()
            fields["Content-Type"] = "application/json"
        elif method == "POST":
            fields["Content-Length"] = "0"
        connection = self._connection
        if connection is None or (connection.host, connection.port) != (where.hostname, where.port or 443):
            self.close()
            connection = self._connection = _Connection(where.hostname or "", where.port, self._line)
        try:
            connection.request(method, path, body, fields)
            return connection.getresponse()
        except TelexStartError:
            raise
        except TimeoutError:
            raise NoNetwork(_LATE) from None
        except (HTTPException, OSError):
            late = self._line.deadline is not None and self._line.deadline.over
            raise NoNetwork(_LATE if late else "The connection to Telex broke off.") from None
        except ValueError as error:
            raise TelexFailure(f"The answer could not be read ({type(error).__name__}).") from None

    def _answer(self, response: HTTPResponse, take: Callable[[bytes], None] | None) -> Answer:
        """Read the rest of an answer.

        Raises:
            TelexStartError: as :meth:`request` says.
        """
        deadline = self._line.deadline
        assert deadline is not None
        body = bytearray()
        redirects = 300 <= response.status < 400
        try:
            for piece in () if redirects else _pieces(response):
                deadline.left()
                if take is not None:
                    take(piece)
                    deadline.restart()
                    continue
                body += piece
                if len(body) > MOST_BYTES:
                    raise TelexFailure("The answer was far too large to be Telex's.")
        except TelexStartError:
            raise
        except (HTTPException, OSError, ValueError, zlib.error) as error:
            late = deadline.over or isinstance(error, TimeoutError)
            raise NoNetwork(_LATE if late else f"The answer broke off ({type(error).__name__}).") from None
        if redirects or response.will_close:
            self.close()  # a redirect's body is not read
        fields = dict(response.headers.items())
        return Answer(response.status, fields, bytes(body))

    def interrupt(self) -> None:
        """End the request under way in another thread with :class:`NoNetwork`, if nobody wants it any more."""
        self._line.interrupt(self._unwanted)

    def abort(self) -> None:
        """End the request under way in another thread, and every later one, with :class:`NoNetwork`."""
        self._line.aborter.abort()

    def close(self) -> None:
        """Close the idle connection."""
        if self._connection is not None:
            self._connection.close()


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    """The body as it comes; unzipped where a server has zipped it without being asked to, up to the end of that.

    Raises:
        HTTPException, OSError, ValueError, zlib.error: it broke off, or is not what it is said to be.
    """
    zipped = response.headers.get("Content-Encoding", "identity").strip().lower() in ("gzip", "x-gzip", "deflate")
    unzip = zlib.decompressobj(32 + zlib.MAX_WBITS) if zipped else None
    # Not read: of a chunk that is said to be of -1 bytes that takes all that ever comes (http.client of 3.11 to 3.14).
    while piece := response.read1(_PIECE):
        if unzip is None:
            yield piece
            continue
        while piece and not unzip.eof:
            yield unzip.decompress(piece, _PIECE)
            piece = unzip.unconsumed_tail
    if response.length:
        raise IncompleteRead(b"", response.length)  # http.client says it of a read of the whole alone
    response.close()  # which read1 leaves open where the length is known (Python 3.11)
    if unzip is not None:
        yield unzip.flush()
