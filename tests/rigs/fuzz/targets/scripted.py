"""Answers of Telex from a script, in the place of what sends requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from telex_start.errors import NoNetwork
from telex_start.net.https import Answer

from ..material import dumped, fields, integers, joined, many, mostly, texts, values
from ..target import NoCase, require

ACCESS = "SECRETaccessSECRET"
_MOST_CALLS = 12
_MOST_REQUESTS = 100

_WORDS = ("invalid credentials", "invalid or exipired token", "Limit exceed", "{} is unknown", "Password '{}' is short")
_words = st.one_of(texts, st.sampled_from(_WORDS))
_status = st.sampled_from([200, 200, 200, 200, 201, 204, 301, 302, 400, 401, 403, 404, 422, 429, 500, 502, 503, 0, 999])
_date = st.sampled_from(
    [
        *["Tue, 24 Nov 2026 10:00:00 GMT"] * 3,
        *("Mon, 01 Jan 0001 00:00:00 +2300", "Fri, 31 Dec 9999 23:59:59 -2300", "Tue, 24 Nov 2026 99:00:00 GMT"),
        *("x", "", "1e999"),
    ]
)


def call(data: st.SearchStrategy[Any], **outside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One answer, with this in its envelope."""
    envelope = fields(
        status=st.sampled_from(["success", "success", "error"]),
        status_code=st.one_of(_status, integers),
        message=_words,
        data=data,
        error=values,
        **outside,
    )
    return mostly(
        st.fixed_dictionaries(
            {
                "status": _status,
                "headers": st.one_of(st.just({}), st.fixed_dictionaries({"date": _date})),
                "body": envelope.map(lambda value: [dumped(value)]),
            }
        ),
        st.one_of(
            st.fixed_dictionaries(
                {"status": _status, "headers": st.just({}), "body": st.tuples(texts, many).map(list)}
            ),
            st.just({"fails": True}),
        ),
        4,
    )


def good(data: Any, **outside: Any) -> Any:
    """An answer in which all is well."""
    body = {"status": "success", "status_code": 200, "message": "ok", "data": data, **outside}
    return {"status": 200, "headers": {"date": "Tue, 24 Nov 2026 10:00:00 GMT"}, "body": [dumped(body)]}


class Script:
    """Gives one answer after the other, and the last one over and over.

    Args:
        case: A list of answers: ``status``, ``headers`` and ``body`` as parts. ``{"fails": true}`` stands for none,
            and ``{}`` in a body for what the request carried: the password or the token.

    Raises:
        NoCase: it is no such list.
    """

    def __init__(self, case: Any) -> None:
        if not isinstance(case, list) or not 0 < len(case) <= _MOST_CALLS:
            raise NoCase
        self._answers = [_answer(each) for each in case]
        self._next = 0
        self.now = 1000.0
        """Seconds; a request takes a tenth of one."""

    def request(self, method: str, url: str, *, headers: Mapping[str, str], json: Any, **more: Any) -> Answer:
        """As :meth:`telex_start.net.https.Https.request`."""
        require(all(value.isascii() and value.isprintable() for value in headers.values()), "a header that is none")
        require(url.isascii() and url.isprintable() and " " not in url, "an address that is none")
        answer = self._answers[min(self._next, len(self._answers) - 1)]
        self._next += 1
        self.now += 0.1
        require(self._next < _MOST_REQUESTS, "calls without end")
        if answer is None:
            raise NoNetwork("Telex did not answer in time.")
        carried = json.get("password") if isinstance(json, dict) else None
        carried = carried or next(iter(headers.values()), "").removeprefix("Bearer ")
        answer = answer._replace(body=answer.body.replace(b"{}", carried.encode()))
        if (take := more.get("take")) is not None:
            take(answer.body)
        return answer


def _answer(told: Any) -> Answer | None:
    match told:
        case {"fails": True}:
            return None
        case {"status": int() as status, "headers": dict() as headers, "body": parts} if not isinstance(status, bool):
            if not all(isinstance(each, str) for each in headers.values()) or not 0 <= status <= 999:
                raise NoCase
            return Answer(status, headers, joined(parts))
        case _:
            raise NoCase
