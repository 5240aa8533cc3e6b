"""HTTPS requests that end: a total deadline, a bound on size, no redirect, no surprise from the environment.

The owner of requests (and of the urllib3 under it).
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple

# requests guesses encodings with charset_normalizer, which nothing here needs: answers are JSON in UTF-8. Without it
# the process is 2.9 MB smaller; requests says so by a warning.
sys.modules.setdefault("charset_normalizer", None)  # type: ignore[arg-type]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.util import Retry

from ..errors import NoNetwork, TelexFailure, TelexStartError
from .body import Body
from .dialling import Dialler
from .sockets import Aborter, Deadline, DeadlineSocket

MOST_BYTES = 1024 * 1024
"""An answer larger than this is not read, where the caller names no other bound."""
KEPT_OPEN = 20.0
"""Seconds that a connection stays open for the next request."""
_LATE = "Telex did not answer in time."


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes | memoryview
    """Bytes, unless it is larger than :data:`MOST_BYTES`, of which a caller says that it will take it."""


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


class _Connection(HTTPSConnection):
    """A connection that is opened our way, and whose reads all together end in time, the header's lines included.

    So urllib3 neither verifies nor dials: its own time-out is per address, per handshake and per read.
    """

    line: _Line

    def connect(self) -> None:
        line = self.line
        assert line.deadline is not None
        line.opened = True
        opened = line.dialler.dial(self.host, self.port or 443, line.deadline, line.aborter)
        self.sock: Any = DeadlineSocket(opened)
        line.sent_now()
        self.is_verified = True

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        self._arm()
        super().putrequest(*args, **kwargs)

    def getresponse(self) -> Any:
        self._arm()
        return super().getresponse()

    def _arm(self) -> None:
        if isinstance(self.sock, DeadlineSocket):
            self.sock.deadline = self.line.deadline
            if self.line.sock is not self.sock:
                self.line.sock = self.sock
                self.sock.received = 0

    def close(self) -> None:
        super().close()
        self.line.aborter.release()


class _Adapter(HTTPAdapter):
    """Gives our connections to requests."""

    def __init__(self, line: _Line) -> None:
        self._line = line
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=Retry(0, redirect=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        connection = type("Connection", (_Connection,), {"line": self._line})
        pool = type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": connection})
        self.poolmanager.pool_classes_by_scheme = {"https": pool}

    def cert_verify(self, *_: Any) -> None:
        """Our context verifies. requests would look for certifi's authorities, or REQUESTS_CA_BUNDLE's."""


class _Session(requests.Session):
    """requests' session, which follows no redirect and does not look where one leads."""

    def resolve_redirects(self, *_: Any, **__: Any) -> Iterator[Any]:
        # requests (2.34) calls it with allow_redirects=False too, for Response.next, and reads a redirect's whole body.
        return iter(())


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
        self._session = _Session()
        # With it requests reads ~/.netrc, and an entry there would replace our Authorization header.
        self._session.trust_env = False
        self._session.headers.update({"User-Agent": agent, "Accept": "application/json"})
        self._session.headers.pop("Accept-Encoding", None)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # nothing outlives an answer
        self._session.mount("https://", _Adapter(self._line))

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Any,
        deadline: Deadline,
        only_once: bool = False,
        most_bytes: int = MOST_BYTES,
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
            most_bytes: A larger answer is not read.
            interruptible: Whether :meth:`interrupt` ends it; what is to be done ``only_once`` it ends while it is not
                yet sent.

        Raises:
            NoNetwork: no connection, no answer in time, TLS that does not verify, or another thread gave it up.
            TelexFailure: the answer is larger than ``most_bytes``, or no HTTP.
        """
        line = self._line
        line.deadline, line.only_once = deadline, only_once
        if only_once or self._now() - self._used_at > KEPT_OPEN:
            self._session.close()  # the network may have changed under an idle connection: it would only hang
        line.begin(interruptible)
        try:
            if interruptible and self._unwanted():  # an interrupt that came before `begin` was meant for this, too
                raise NoNetwork("The connection was given up.")
            try:
                return self._exchange(method, url, headers, json, most_bytes)
            except NoNetwork:
                if not line.kept_was_closed:
                    raise
            self._session.close()
            return self._exchange(method, url, headers, json, most_bytes)
        finally:
            line.end()
            self._used_at = self._now()

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], json: Any, most_bytes: int) -> Answer:
        line = self._line
        deadline = line.deadline
        assert deadline is not None
        line.opened, line.sock = False, None
        try:
            left = deadline.left()
            with self._session.request(
                method,
                url,
                headers=dict(headers),
                json=json,
                timeout=(left, left),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = Body(most_bytes)
                if not 300 <= response.status_code < 400:
                    for piece in response.raw.stream(16 * 1024, decode_content=True):
                        if not body.add(piece):
                            raise TelexFailure("The answer was far too large to be Telex's.")
                        deadline.left()
                return Answer(response.status_code, response.headers, body.whole())
        except TelexStartError:
            raise
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ReadTimeout, TimeoutError):
            raise NoNetwork(_LATE) from None
        except requests.exceptions.ConnectionError:
            raise NoNetwork(_LATE if deadline.over else "The connection to Telex broke off.") from None
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            raise TelexFailure(f"The answer could not be read ({type(error).__name__}).") from None
        except Exception as error:
            # urllib3's own errors come out of reading the body: a cut connection, a bad chunk, a time-out.
            if type(error).__module__.startswith(("urllib3", "http.client")):
                late = deadline.over or "Timeout" in type(error).__name__
                raise NoNetwork(_LATE if late else f"The answer broke off ({type(error).__name__}).") from None
            raise

    def interrupt(self) -> None:
        """End the request under way in another thread with :class:`NoNetwork`, if nobody wants it any more."""
        self._line.interrupt(self._unwanted)

    def abort(self) -> None:
        """End the request under way in another thread, and every later one, with :class:`NoNetwork`."""
        self._line.aborter.abort()

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()
