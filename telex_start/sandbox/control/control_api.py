"""The HTTP side of the control API.

``POST /sandbox/ORDER`` with a JSON object carries out an order; ``GET /sandbox/orders`` lists them and
``GET /sandbox/status`` tells what was counted. There is no rate limit and no login: the sandbox listens on loopback
only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from ..backend.accounts import Accounts
from ..json_writer import compact
from ..push.interface import NotPossible, PushServer
from ..token_signer import TokenSigner
from ..traffic_log import TrafficLog
from .order import BadOrder, Order, OrderAnswer, OrdersByName

CONTROL_PATH = "/sandbox"


class Orders(Protocol):
    """Some of the orders."""

    def by_name(self) -> OrdersByName:
        """The orders by the name under which they are posted."""


@dataclass
class ControlApi:
    """All orders, and the status."""

    accounts: Accounts
    push_server: PushServer
    signer: TokenSigner
    traffic: TrafficLog
    all_orders: Sequence[Orders]

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an aiohttp application."""
        return [
            web.get(CONTROL_PATH + "/status", self._get_status),
            web.get(CONTROL_PATH + "/orders", self._get_orders),
            web.post(CONTROL_PATH + "/{order}", self._post),
        ]

    def orders(self) -> OrdersByName:
        """All orders by name."""
        orders: OrdersByName = {}
        for each in self.all_orders:
            orders |= each.by_name()
        return {**orders, "status": self.status}

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
        except NotPossible as error:
            return _answer({"error": str(error)}, 501)

    async def _get_status(self, _request: web.Request) -> web.Response:
        return _answer(await self.status(Order({}, self.accounts)))

    async def _get_orders(self, _request: web.Request) -> web.Response:
        first_lines = {name: (order.__doc__ or "").partition("\n")[0] for name, order in self.orders().items()}
        # Nothing renders them: single backticks read better.
        return _answer({name: line.replace("``", "`") for name, line in first_lines.items()})

    async def status(self, order: Order) -> OrderAnswer:
        """``{}``: everything that was counted. Null where a real Centrifugo keeps it to itself.

        Times are seconds since the start of the sandbox. In commands and connects a token is replaced by a mark that
        is the same for the same token.
        """
        traffic, figures, user = self.traffic, await self.push_server.figures(), order.user()
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
            "uptime": traffic.uptime(),
            "backend": self.push_server.name,
            "requests": {name: _by_text(row) for name, row in traffic.requests.items()},
            "request_times": traffic.request_times,
            "under_way": traffic.under_way,
            "rate_limited": {"count": len(traffic.rate_limited_times), "times": traffic.rate_limited_times},
            "logins": traffic.logins,
            "refused_logins": traffic.refused_logins,
            "logouts": traffic.logouts,
            "readings": traffic.readings,
            "switched_organisations": traffic.switched_organisations,
            "tokens_issued": self.signer.issued_counts,
            "organisations": organisations,
            "push_listening": figures.listening,
            "push_connections": figures.open_connections,
            "subscriptions": figures.subscriptions,
            "pongs": traffic.pongs if known else None,
            "connects": list(traffic.connects) if known else None,
            "commands": list(traffic.commands) if known else None,
            "closes": _by_text(traffic.closes) if known else None,
            "handshakes": _by_text(traffic.handshakes) if known else None,
        }


def _by_text(counts: dict[int, int]) -> dict[str, int]:
    return {str(code): count for code, count in counts.items()}


def _answer(body: OrderAnswer, status: int = 200) -> web.Response:
    return web.Response(status=status, text=compact(body), content_type="application/json")
