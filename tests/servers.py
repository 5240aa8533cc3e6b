"""Starts the servers that tests run against: the sandbox, in a process of its own; also builds real Centrifugos."""

from __future__ import annotations

import functools
import json
import os
import shlex
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from .process import ROOT, end

ANNOUNCED_NAMES = (
    "TELEX_START_API_URL",
    "TELEX_START_PUSH_URL",
    "TELEX_START_CA_FILE",
    "SANDBOX_EMAIL",
    "SANDBOX_PASSWORD",
)
"""The environment variables that the sandbox prints when it has started, one a line, in this order."""

HISTORY = ("--history", "100")
"""Options of a sandbox whose personal channels keep a history, as some deployments of Telex may."""

_BY_POSITION = {
    "add_organisation": ("name",),
    "answer": ("answer",),
    "direct": ("organisation", "username", "text"),
    "fault": ("path",),
    "group": ("organisation", "members", "text"),
    "kick": ("code", "reason"),
    "look_ups": ("on",),
    "mute": ("organisation", "name", "on"),
    "pause": ("on", "organisation"),
    "publish": ("organisation", "data"),
    "publish_many": ("organisation", "data"),
    "rate_limit": ("rate", "burst"),
    "raw_frame": ("text",),
    "refuse_bearer": ("on",),
    "refuse_notification_token": ("on",),
    "refuse_push": ("status",),
    "reply": ("organisation", "text"),
    "restart": ("down_for",),
    "silent": ("on",),
    "unsubscribe": ("organisation", "code"),
    "wrong_token": ("organisation", "kind"),
}
"""The arguments of an order that :class:`Sandbox` also takes by position. An order that is not here takes these:"""
_USUAL = ("organisation", "name", "text")

CENTRIFUGO_VERSIONS = {"v6": "v6.9.1", "v5": "v5.4.9"}

Status = dict[str, Any]


class OrderRefused(Exception):
    """The control API answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Sandbox:
    """``python -m telex_start.sandbox`` as a subprocess, with its control orders as methods.

    It ends with the test process, even if that is killed: it ends when its standard input, a pipe from here, closes.

    Args:
        options: As on the command line, e.g. ``"--organisations", "2"``. The story is off unless ``story`` is given.
        story: Whether the demo story runs.

    Attributes:
        environ: The five announced names.
        api_url: Base URL of the API, ending in ``/api/v1``.
        push_url: URL of the WebSocket.
        ca_file: PEM of the authority that signed the server's certificate.
        tls: A client context that trusts the sandbox.
    """

    def __init__(self, *options: str, story: bool = False) -> None:
        self.options = [*options, *(() if story else ("--no-story",)), "--until-stdin-closes"]
        self.environ: dict[str, str] = {}
        self.process: subprocess.Popen[str] | None = None

    @classmethod
    def announced(cls, environ: Mapping[str, str]) -> Self:
        """Give orders to a sandbox that another process runs.

        Args:
            environ: Has the five variables that it announced.
        """
        running = cls()
        running.environ = {name: environ[name] for name in ANNOUNCED_NAMES}
        running._take()
        return running

    # Life.

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "telex_start.sandbox", *self.options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        for name in ANNOUNCED_NAMES:
            line = self.process.stdout.readline()
            found, equals, value = line.rstrip("\n").partition("=")
            if not equals:
                raise RuntimeError(f"the sandbox ended with {self.process.wait(10)} before it said {name}")
            assert found == name, f"expected {name}, got {line!r}"
            self.environ[name] = shlex.split(value)[0]
        self._take()
        return self

    def _take(self) -> None:
        """Keep the announced values as attributes."""
        self.api_url, self.push_url, self.ca_file, self.email, self.password = self.environ.values()
        self.tls = ssl.create_default_context(cafile=self.ca_file)

    def __exit__(self, kind: object, *_: object) -> None:
        code = self.stop()
        if kind is None:
            assert code == 0, f"the sandbox ended with {code}"
            assert not Path(self.ca_file).exists(), "the sandbox left its directory behind"

    def stop(self) -> int:
        """End the sandbox with SIGTERM and give its exit status."""
        assert self.process is not None
        end(self.process)
        return int(self.process.returncode)

    @property
    def keeps_history(self) -> bool:
        """Whether its push server keeps a history, from which a client can recover."""
        return "--history" in self.options and self.options[self.options.index("--history") + 1] != "0"

    # Orders.

    def order(self, name: str, /, **order: Any) -> dict[str, Any]:
        """Post a control order and give its answer.

        Raises:
            OrderRefused: the sandbox does not know the order or cannot do it.
        """
        url = self.api_url.removesuffix("/api/v1") + "/sandbox/" + name
        body = json.dumps(order).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.tls)
        )
        try:
            with opener.open(request, timeout=30) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise OrderRefused(error.code, error.read().decode()) from None

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        """Any order of ``docs/sandbox.md`` as a method: ``sandbox.message(0, "General", "Hi", mention=True)``."""
        if name.startswith("_"):
            raise AttributeError(name)

        def give(*given: Any, **order: Any) -> dict[str, Any]:
            keys = _BY_POSITION.get(name, _USUAL)[: len(given)]
            return self.order(name, **dict(zip(keys, given, strict=True)), **order)

        return give

    def call(self, organisation: int | str, username: str, **order: Any) -> str:
        """Somebody calls, ``username`` unless ``by`` names another; gives the call's id."""
        return str(self.order("call", organisation=organisation, username=username, **order)["buzz_id"])

    def calls(self, path: str = "", since: float = 0.0) -> list[dict[str, Any]]:
        """The API calls so far whose path contains ``path``, each with ``time``, ``method``, ``path``, ``status``."""
        found: list[dict[str, Any]] = self.order("calls", path=path, since=since)["calls"]
        return found

    def status(self, *, user: str | None = None) -> Status:
        """What the sandbox has seen so far; see ``status`` in ``telex_start/sandbox/orders_service.py``."""
        return self.order("status", user=user)

    def wait_until(self, predicate: Callable[[Status], bool], timeout: float = 10.0) -> Status:
        """Ask for the status until it satisfies ``predicate``, and give that status.

        Raises:
            TimeoutError: it did not within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            status = self.status()
            if predicate(status):
                return status
            if time.monotonic() > deadline:
                raise TimeoutError(f"the sandbox did not get there in {timeout} s: {json.dumps(status)[:2000]}")
            time.sleep(0.02)

    def channel(self, organisation: int = 0) -> str:
        """The push channel of the account in an organisation."""
        found: str = self.status()["organisations"][organisation]["channel"]
        return found


class NoGo(Exception):
    """A Centrifugo is not built yet, and there is no Go to build it with."""


@functools.cache
def centrifugo_binary(version: str) -> Path:
    """A Centrifugo binary, built from the pinned module in ``tests/centrifugo`` the first time (about two minutes).

    Args:
        version: ``v6`` or ``v5``.

    Raises:
        NoGo: it is not built yet and there is no Go.
        subprocess.CalledProcessError: the build failed; its output is on stderr.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "telex-start-tests"
    binary = cache / f"centrifugo-{CENTRIFUGO_VERSIONS[version]}"
    if binary.exists():
        return binary
    go = shutil.which("go", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/go/bin"]))
    if go is None:
        raise NoGo(f"there is no Go to build Centrifugo {CENTRIFUGO_VERSIONS[version]} with")
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = binary.with_suffix(f".{os.getpid()}")
    package = f"github.com/centrifugal/centrifugo/{version}"
    subprocess.run(
        [go, "build", "-o", str(unfinished), package],
        cwd=Path(__file__).parent / "centrifugo" / version,
        env={**os.environ, "CGO_ENABLED": "0"},
        check=True,
    )
    unfinished.replace(binary)  # two test processes may build at once; either result will do
    return binary
