"""The control API: `POST /sandbox/ORDER` with a JSON object; `GET /sandbox/status`, `GET /sandbox/orders` tell.

It makes things happen: publications, reads, closes, faults. It is not rate limited and asks for no login; the sandbox
listens on loopback only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from aiohttp import web

from telex_start.sandbox.accounts import Accounts
from telex_start.sandbox.api_orders import ApiOrders
from telex_start.sandbox.json_text import compact
from telex_start.sandbox.order import BadOrder, Order
from telex_start.sandbox.push_backend import NotOffered, PushBackend
from telex_start.sandbox.push_orders import Answer, Orders, PushOrders
from telex_start.sandbox.record import Record
from telex_start.sandbox.tokens import TokenSigner

CONTROL_PATH = "/sandbox"


@dataclass
class Control:
    """All orders, and the status."""

    accounts: Accounts
    push: PushBackend
    signer: TokenSigner
    record: Record
    push_orders: PushOrders
    api_orders: ApiOrders

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an aiohttp application."""
        return [
            web.get(CONTROL_PATH + "/status", self._get_status),
            web.get(CONTROL_PATH + "/orders", self._get_orders),
            web.post(CONTROL_PATH + "/{order}", self._post),
        ]

    def orders(self) -> Orders:
        """All orders by name."""
        return {**self.push_orders.by_name(), **self.api_orders.by_name(), "status": self.status}

    async def _post(self, request: web.Request) -> web.Response:
        name = request.match_info["order"]
        run = self.orders().get(name)
        if run is None:
            return _answer({"error": f"no order {name!r}; there are: {', '.join(self.orders())}"}, 404)
        try:
            text = await request.text()
            body = json.loads(text) if text.strip() else {}
            if not isinstance(body, dict):
                raise BadOrder("the body is a JSON object")
            return _answer(await run(Order(body, self.accounts)))
        except (BadOrder, json.JSONDecodeError) as error:
            return _answer({"error": str(error)}, 400)
        except NotOffered as error:
            return _answer({"error": str(error)}, 501)

    async def _get_status(self, _request: web.Request) -> web.Response:
        return _answer(await self.status(Order({}, self.accounts)))

    async def _get_orders(self, _request: web.Request) -> web.Response:
        return _answer({name: (order.__doc__ or "").partition("\n")[0] for name, order in self.orders().items()})

    async def status(self, order: Order) -> Answer:
        """`{}`: everything that was counted. Null where a real Centrifugo keeps it to itself.

        Times are seconds since the start of the sandbox. In commands and connects a token is replaced by a mark that
        is the same for the same token.
        """
        record, figures, user = self.record, await self.push.figures(), order.user()
        known = figures.log_known
        organisations = [
            {
                "id": each.id,
                "name": each.name,
                "channel": user.channel(each),
                "subscribers": figures.subscriptions.get(user.channel(each), 0),
            }
            for each in user.organisations
        ]
        return {
            "uptime": record.uptime(),
            "backend": self.push.name,
            "requests": {name: _by_text(row) for name, row in record.requests.items()},
            "request_times": record.request_times,
            "rate_limited": {"count": len(record.rate_limited_times), "times": record.rate_limited_times},
            "logins": record.logins,
            "refused_logins": record.refused_logins,
            "logouts": record.logouts,
            "tokens_issued": self.signer.issued_counts,
            "organisations": organisations,
            "push_listening": figures.listening,
            "push_connections": figures.open_connections,
            "subscriptions": figures.subscriptions,
            "pongs": record.pongs if known else None,
            "connects": list(record.connects) if known else None,
            "commands": list(record.commands) if known else None,
            "closes": _by_text(record.closes) if known else None,
            "handshakes": _by_text(record.handshakes) if known else None,
        }


def _by_text(counts: dict[int, int]) -> dict[str, int]:
    return {str(code): count for code, count in counts.items()}


def _answer(body: Answer, status: int = 200) -> web.Response:
    return web.Response(status=status, text=compact(body), content_type="application/json")
