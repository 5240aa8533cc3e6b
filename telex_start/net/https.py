"""HTTPS requests that end: a total deadline, a bound on size, no redirect, no surprise from the environment.

The owner of requests (and of the urllib3 under it).
"""

from __future__ import annotations

import ssl
import sys
import warnings
from collections.abc import Callable, Mapping
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
from . import tls

MOST_BYTES = 1024 * 1024
"""An answer larger than this is not read, where the caller names no other bound."""
KEPT_OPEN = 20.0
"""Seconds that a connection stays open for the next request."""


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Line:
    """What the connections of one :class:`Https` share: how to open one, and when the call at hand must be over."""

    def __init__(self, context: ssl.SSLContext, now: Callable[[], float]) -> None:
        self.context = context
        self.now = now
        self.aborter = tls.Aborter()
        self.end = 0.0


class _Connection(HTTPSConnection):
    """A connection that is opened our way, and whose reads all together end in time, the header's lines included.

    So urllib3 neither verifies nor dials: its own time-out is per address, per handshake and per read.
    """

    line: _Line

    def connect(self) -> None:
        line = self.line
        opened = tls.dial(self.host, self.port or 443, line.context, line.now, line.end, line.aborter)
        self.sock: Any = tls.DeadlineSocket(opened, line.now)
        self.is_verified = True

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        self._arm()
        super().putrequest(*args, **kwargs)

    def getresponse(self) -> Any:
        self._arm()
        return super().getresponse()

    def _arm(self) -> None:
        if isinstance(self.sock, tls.DeadlineSocket):
            self.sock.deadline = self.line.end

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


class Https:
    """Sends requests, one at a time, from one thread; any thread may :meth:`abort`."""

    def __init__(self, context: ssl.SSLContext, now: Callable[[], float], agent: str) -> None:
        self._now = now
        self._line = _Line(context, now)
        self._used_at = float("-inf")
        self._session = requests.Session()
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
        seconds: float,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """One request and its whole answer.

        Args:
            method: ``GET`` or ``POST``.
            url: An ``https`` address.
            headers: Beside the standing ones.
            json: The body, or ``None``.
            seconds: Everything together (but a name look-up, which nothing bounds) takes at most this long.
            most_bytes: A larger answer is not read.

        Raises:
            NoNetwork: no connection, no answer in time, or TLS that does not verify.
            TelexFailure: the answer is larger than ``most_bytes``, or no HTTP.
        """
        start = self._now()
        if start - self._used_at > KEPT_OPEN:
            self._session.close()  # the network may have changed under an idle connection: it would only hang
        end = self._line.end = start + seconds
        try:
            with self._session.request(
                method,
                url,
                headers=dict(headers),
                json=json,
                timeout=(seconds, seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = bytearray()
                for piece in response.raw.stream(16 * 1024, decode_content=True):
                    body += piece
                    if len(body) > most_bytes:
                        raise TelexFailure("The answer was far too large to be Telex's.")
                    if self._now() > end:
                        raise NoNetwork("The answer took too long.")
                return Answer(response.status_code, response.headers, bytes(body))
        except TelexStartError:
            raise
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ReadTimeout, TimeoutError):
            raise NoNetwork("Telex did not answer in time.") from None
        except requests.exceptions.ConnectionError as error:
            if "took too long" in str(error) or "timed out" in str(error):
                raise NoNetwork("Telex did not answer in time.") from None
            raise NoNetwork("The connection to Telex broke off.") from None
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            raise TelexFailure(f"The answer could not be read ({type(error).__name__}).") from None
        except Exception as error:
            # urllib3's own errors come out of reading the body: a cut connection, a bad chunk, a time-out.
            if "Timeout" in type(error).__name__:
                raise NoNetwork("Telex did not answer in time.") from None
            if type(error).__module__.startswith(("urllib3", "http.client")):
                raise NoNetwork(f"The answer broke off ({type(error).__name__}).") from None
            raise
        finally:
            self._used_at = self._now()

    def abort(self) -> None:
        """End the request under way in another thread, and every later one, with :class:`NoNetwork`."""
        self._line.aborter.abort()

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()
