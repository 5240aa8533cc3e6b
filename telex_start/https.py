"""HTTPS requests that end: a total deadline, a bound on size, no redirect, no surprise from the environment.

The owner of requests (and of the urllib3 under it).
"""

from __future__ import annotations

import ssl
import sys
import warnings
from collections.abc import Callable, Mapping
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

from . import tls
from .errors import NoNetwork, TelexFailure

MOST_BYTES = 1024 * 1024
"""An answer larger than this is not read."""


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Connection(HTTPSConnection):
    """A connection whose reads together end by the caller's deadline, the header's lines included."""

    clock: Callable[[], float]
    deadline: list[float]

    def connect(self) -> None:
        super().connect()
        self.sock: Any = tls.DeadlineSocket(self.sock, self.clock)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if isinstance(self.sock, tls.DeadlineSocket):
            self.sock.deadline = self.deadline[0]
        super().putrequest(*args, **kwargs)

    def getresponse(self) -> Any:
        if isinstance(self.sock, tls.DeadlineSocket):
            self.sock.deadline = self.deadline[0]
        return super().getresponse()


class _Adapter(HTTPAdapter):
    """Gives our context to every connection, also through a proxy, and never loads another set of authorities."""

    def __init__(self, context: ssl.SSLContext, connection: type[_Connection]) -> None:
        self._context = context
        self._connection = connection
        super().__init__(max_retries=Retry(0, redirect=False))

    def _ours(self, manager: Any) -> Any:
        pool = type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": self._connection})
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": pool}
        return manager

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self._ours(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        return self._ours(super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs))

    def cert_verify(self, *_: Any) -> None:
        """The context verifies. requests would load certifi's authorities into it, or REQUESTS_CA_BUNDLE's."""

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {key: value for key, value in pool.items() if key not in ("ca_certs", "ca_cert_dir", "cert_reqs")}


class Https:
    """Sends requests, one at a time, from one thread."""

    def __init__(self, context: ssl.SSLContext, clock: Callable[[], float], agent: str) -> None:
        self._clock = clock
        self._deadline = [0.0]
        connection = type("Connection", (_Connection,), {"clock": staticmethod(clock), "deadline": self._deadline})
        self._session = requests.Session()
        # With it requests reads ~/.netrc, and an entry there would replace our Authorization header.
        self._session.trust_env = False
        self._session.headers.update({"User-Agent": agent, "Accept": "application/json"})
        self._session.headers.pop("Accept-Encoding", None)
        self._session.mount("https://", _Adapter(context, connection))

    def request(self, method: str, url: str, *, headers: Mapping[str, str], json: Any, seconds: float) -> Answer:
        """One request and its whole answer.

        Args:
            method: ``GET`` or ``POST``.
            url: An ``https`` address.
            headers: Beside the standing ones.
            json: The body, or ``None``.
            seconds: Everything together (but a name look-up, which nothing bounds) takes at most this long.

        Raises:
            NoNetwork: no connection, no answer in time, or TLS that does not verify.
            TelexFailure: the answer is larger than :data:`MOST_BYTES`, or no HTTP.
        """
        end = self._deadline[0] = self._clock() + seconds
        proxy = tls.proxy_for(url)
        try:
            with self._session.request(
                method,
                url,
                headers=dict(headers),
                json=json,
                timeout=(seconds, seconds),
                allow_redirects=False,
                stream=True,
                proxies={"https": proxy} if proxy else {},
            ) as response:
                body = bytearray()
                for piece in response.raw.stream(16 * 1024, decode_content=True):
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise TelexFailure("The answer was far too large to be Telex's.")
                    if self._clock() > end:
                        raise NoNetwork("The answer took too long.")
                return Answer(response.status_code, response.headers, bytes(body))
        except requests.exceptions.SSLError as error:
            raise NoNetwork(_tls_words(error)) from None
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ReadTimeout, TimeoutError):
            raise NoNetwork("Telex did not answer in time.") from None
        except requests.exceptions.ProxyError:
            raise NoNetwork("The proxy that the environment names does not let us through.") from None
        except requests.exceptions.ConnectionError as error:
            raise NoNetwork(_connect_words(error)) from None
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            raise TelexFailure(f"The answer could not be read ({type(error).__name__}).") from None
        except Exception as error:
            # urllib3's own errors come out of reading the body: a cut connection, a bad chunk, a time-out.
            if "Timeout" in type(error).__name__:
                raise NoNetwork("Telex did not answer in time.") from None
            if type(error).__module__.startswith(("urllib3", "http.client")):
                raise NoNetwork(f"The answer broke off ({type(error).__name__}).") from None
            raise

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()


def _tls_words(error: Exception) -> str:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text or "certificate" in text.lower():
        return "Telex's certificate could not be verified: is a proxy in between, or a ca_file missing?"
    return "No secure connection to Telex could be made."


def _connect_words(error: Exception) -> str:
    text = str(error)
    if "NameResolutionError" in text or "Name or service not known" in text or "getaddrinfo" in text:
        return "The name of the Telex server could not be looked up: is there a network?"
    if "refused" in text:
        return "The Telex server refused the connection."
    if "timed out" in text or "took too long" in text:
        return "Telex did not answer in time."
    return "The Telex server could not be reached: is there a network?"
