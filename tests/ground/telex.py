"""A scripted Telex in the place of a session's HTTPS client: gives prepared answers, and records all requests."""

from __future__ import annotations

import json as encoded
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from telex_start.net.https import Answer
from telex_start.net.sockets import Deadline
from telex_start.session.pace import Pacer, Shared
from telex_start.session.poll_calls import PollCalls
from telex_start.session.telex_api import TelexApi
from telex_start.session.tokens import TokenStore

BASE = "https://telex.test/api/v1"

Reply = Answer | Exception


def envelope(status: int = 200, data: Any = None, message: str = "", inner: Any = ..., **outside: Any) -> Answer:
    body = {"status": "success" if status < 400 else "error", "message": message, "data": data, **outside}
    body["status_code"] = status if inner is ... else inner
    return Answer(status, {"date": "Tue, 24 Nov 2026 10:00:00 GMT"}, encoded.dumps(body).encode())


class Asked(NamedTuple):
    """One request that was made."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    seconds: float
    only_once: bool


class Telex:
    """Answers requests by their path, and holds the parts of a session that make them: :attr:`api` and :attr:`calls`.

    Args:
        answers: By path, or the same for all; an exception is raised.
        piece: Bytes of a body that are handed to ``take`` at once.
    """

    def __init__(self, answers: Mapping[str, Reply] | Callable[[str], Reply] | Reply, piece: int = 1000) -> None:
        self._answers = answers
        self._piece = piece
        self.asked: list[Asked] = []
        self.now = 100.0
        self.took = 0.0
        """Seconds by which each answer moves :attr:`now` forward."""
        self.store = TokenStore()
        self.store.access, self.store.notification = "ACCESS", "NOTIFICATION"
        self.pacer = Pacer(lambda: self.now)
        shared = Shared(self.store, self.pacer, lambda _: None, lambda: self.now, lambda: 0.0)
        self.api = TelexApi(BASE, self, shared)  # type: ignore[arg-type]
        self.calls = PollCalls(BASE, self, shared)  # type: ignore[arg-type]

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Any,
        deadline: Deadline,
        only_once: bool = False,
        take: Callable[[bytes], None] = lambda _: None,
        **_: Any,
    ) -> Answer:
        path = url.removeprefix(BASE)
        self.asked.append(Asked(method, path, headers, json, deadline.left(), only_once))
        self.now += self.took
        answers = self._answers
        reply = answers(path) if callable(answers) else answers[path] if isinstance(answers, Mapping) else answers
        if isinstance(reply, Exception):
            raise reply
        for start in range(0, len(reply.body), self._piece):
            take(reply.body[start : start + self._piece])
        return reply

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]
