"""The doctor's network checks: DNS, TLS, the API, the push server, and whether the clock is right."""

from __future__ import annotations

import email.utils
import ssl
import time
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from .. import clock
from ..config import Config, other_name
from ..errors import ConfigError, NoNetwork, ProxyFailed, TelexStartError
from ..net import proxies
from ..net.dialling import DNS_WITHIN, Dialler
from ..net.sockets import Aborter, Deadline, tls_context
from .findings import LOOK_WITHIN, Finding, Mark, look, missing, note, ok

CLOCK_OFF = 300.0
"""If this machine's clock differs from the server's by more seconds than this, that is mentioned."""
SLOW_NAME = 2.0
"""A look-up of a name that takes more seconds than this is mentioned."""

CALL_WITHIN = LOOK_WITHIN - 0.5
"""Seconds for one call or connection: a call should end by itself, and say why, before its check's time is over."""


def findings(config: Config, call_within: float = CALL_WITHIN) -> Iterator[Finding]:
    """Check all of it; each finding comes as soon as it is known. ``call_within``: seconds for a call or connection."""
    try:
        dialler = Dialler(tls_context(config.ca_file), clock.now)
    except ConfigError as error:
        yield missing("certificates", error.message.rstrip("."), fatal=True)
        return
    if proxies.script_is_set():
        words = "the system names a proxy script (PAC), which is not followed"
        yield note("proxy", words, "name the proxy itself: in the system's settings, or by the variable https_proxy")
    seen: dict[tuple[str, int], bool] = {}
    for subject, url, probe in (("API", config.api_url, _api), ("push server", config.push_url, _push)):
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        if (host, port) not in seen:
            name = look("DNS", partial(_name, host, port, dialler), fatal=True, seconds=DNS_WITHIN + 1)
            yield name
            reached = name.mark is not Mark.MISSING
            if reached:
                secure = look("TLS", partial(_tls, host, port, dialler, call_within), fatal=True)
                yield secure
                reached = secure.mark is not Mark.MISSING
            seen[host, port] = reached
        if not seen[host, port]:
            yield missing(subject, f"not tried, as {host} is not reached", _renamed(config), fatal=True)
            continue
        also_found: list[Finding] = []
        yield look(subject, partial(probe, config, dialler, call_within, also_found), fatal=True)
        yield from also_found


def _renamed(config: Config) -> str:
    """What to do if the configured address is not reached."""
    other = other_name(config.api_url)
    return f"since Telex has been renamed Zedu, try it with --environment {other}" if other is not None else ""


def _name(host: str, port: int, dialler: Dialler) -> Finding:
    try:
        proxy = proxies.proxy_for(host)
    except ProxyFailed as error:
        return missing("proxy", error.message.rstrip("."), fatal=True)
    if proxy is not None:
        return note("DNS", f"{host} is looked up by the proxy {proxy} (by {proxy.variable})")
    began = clock.now()
    try:
        places = dialler.look_up(host, port, Aborter())
    except NoNetwork as error:
        found, _, doubt = error.message.rstrip("?").partition(": ")
        found = found.removeprefix("The name of the Telex server ")
        return missing("DNS", f"{host} {found}", f"{doubt}, and is its address right?", fatal=True)
    took = clock.now() - began
    addresses = ", ".join(dict.fromkeys(str(address.where[0]) for address in places))
    if took > SLOW_NAME:
        remedy = "does this machine's first name server answer?"
        return note("DNS", f"{host} is {addresses}, but that took {took:.1f} s", remedy)
    return ok("DNS", f"{host} is {addresses}")


def _tls(host: str, port: int, dialler: Dialler, call_within: float) -> Finding:
    aborter = Aborter()
    try:
        sock = dialler.dial(host, port, Deadline(clock.now, call_within), aborter)
    except TelexStartError as error:
        cause = error.__context__
        if isinstance(cause, ssl.SSLCertVerificationError):
            return missing("TLS", f"{host}: {cause.verify_message or cause}", _tls_remedy(cause), fatal=True)
        if isinstance(error, ProxyFailed):
            return missing("proxy", error.message.rstrip("."), fatal=True)
        return missing("TLS", f"{host}:{port}: {error.message.rstrip('.')}", fatal=True)
    version = sock.version()
    sock.close()
    aborter.release()
    return ok("TLS", f"{host}:{port}, {version}, certificate verified")


def _tls_remedy(error: ssl.SSLCertVerificationError) -> str:
    words = (error.verify_message or str(error)).lower()
    if "expired" in words or "not yet valid" in words:
        return "is this computer's clock right?"
    if "hostname" in words or "ip address" in words:
        return "is the address right, or does this network ask you to log in first?"
    return "a private authority is trusted by ca_file (--ca-file FILE); a filtering proxy's is to be installed here"


def _api(config: Config, dialler: Dialler, call_within: float, also_found: list[Finding]) -> Finding:
    """Whether the API answers: it must refuse a login without e-mail and password, in Telex's own way."""
    from ..net.https import Https
    from ..push.frames import read_json

    https = Https(dialler, clock.now)
    began = clock.now()
    try:
        deadline = Deadline(clock.now, call_within)
        answer = https.request("POST", f"{config.api_url}/auth/login", headers={}, json={}, deadline=deadline)
    except TelexStartError as error:
        return missing("API", error.message.rstrip("."), fatal=True)
    finally:
        https.close()
    took = clock.now() - began
    if (served := answer.headers.get("date")) is not None:
        also_found.append(_clock(served))
    try:
        envelope = read_json(answer.body)
    except ValueError:
        envelope = None
    if answer.status == 429:
        return note("API", "it answers, and has too many requests just now (429)")
    if not isinstance(envelope, dict) or not envelope.keys() & {"status", "status_code", "message", "error"}:
        return missing(
            "API",
            f"HTTP {answer.status}, and not in Telex's way",
            "is the address right, or is a proxy or a login page in between?",
            fatal=True,
        )
    if answer.status >= 500:
        return note("API", f"Telex has a problem just now (HTTP {answer.status}: {envelope.get('message')})")
    return ok("API", f"it answers, in {took * 1000:.0f} ms")


def _clock(served: str) -> Finding:
    try:
        ahead = time.time() - email.utils.parsedate_to_datetime(served).timestamp()
    except (ValueError, OverflowError):
        return note("clock", "the server's time cannot be read")
    if abs(ahead) <= CLOCK_OFF:
        return ok("clock", "as the server's")
    side = "ahead of" if ahead > 0 else "behind"
    remedy = "set it: certificates may seem invalid (the agent's own deadlines do not mind)"
    return note("clock", f"{abs(ahead) / 60:.0f} minutes {side} the server's", remedy)


def _push(config: Config, dialler: Dialler, call_within: float, also_found: list[Finding]) -> Finding:
    from ..push.websocket import WebSocket

    websocket = WebSocket(config.push_url, dialler, clock.now, open_within=call_within)
    began = clock.now()
    try:
        websocket.open()
    except TelexStartError as error:
        remedy = "is the address right, and does a proxy in between let WebSockets through?"
        return missing("push server", error.message.rstrip("."), remedy, fatal=True)
    finally:
        websocket.close()
    return ok("push server", f"it takes a WebSocket, in {(clock.now() - began) * 1000:.0f} ms")
