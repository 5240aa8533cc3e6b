"""Serves the control API: orders that make things happen in the sandbox, and the status. ``Order`` reads their keys.

``POST /sandbox/ORDER`` with a JSON object carries out an order; ``GET /sandbox/orders`` lists them and
``GET /sandbox/status`` tells what was counted. There is no rate limit and no login: the sandbox listens on loopback
only.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from aiohttp import web

from .accounts import DESKTOP, DEVICE_TYPES, Organisation, Person, User
from .conversations import Conversation
from .push_protocol import compact
from .push_streams import NotPossible
from .telex import Telex

CONTROL_PATH = "/sandbox"

OrderAnswer = dict[str, object]
"""The JSON object that answers an order."""


class BadOrder(Exception):
    """An order makes no sense; the message says why."""


class Order:
    """The JSON object of an order.

    Args:
        body: The object; a key that is null counts as absent, except ``data``.
        telex: The Telex in which it makes things happen.

    Raises (every method):
        BadOrder: a value is missing or of the wrong type.
    """

    def __init__(self, body: Mapping[str, object], telex: Telex) -> None:
        self._body = {key: value for key, value in body.items() if value is not None or key == "data"}
        self.telex = telex

    def __contains__(self, key: str) -> bool:
        return key in self._body

    def value(self, key: str) -> object:
        """Any JSON value; it must be there."""
        if key not in self._body:
            raise BadOrder(f"{key} is missing")
        return self._body[key]

    def _good(self, key: str, default: object, is_good: Callable[[Any], bool], what: str) -> Any:
        value = self._body.get(key, default)
        if not is_good(value):
            raise BadOrder(f"{key} is {what}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A string; must be there unless there is a default."""
        return str(self._good(key, default, lambda value: isinstance(value, str), "a string"))

    def one_of(self, key: str, known: Sequence[str], default: str | None = None) -> str:
        """One of these strings."""
        return str(self._good(key, default, lambda value: value in known, f"one of {', '.join(known)}"))

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number from 0 on; must be there unless there is a default."""
        return int(self._good(key, default, lambda value: type(value) is int and value >= 0, "a whole number"))

    def optional_number(self, key: str) -> int | None:
        """A whole number from 0 on, or None when absent."""
        return self.number(key) if key in self else None

    def quantity(self, key: str, default: float) -> float:
        """A number from 0 on, such as seconds or calls a second."""
        what = "a number from 0 on"
        return float(self._good(key, default, lambda value: type(value) in (int, float) and 0 <= value < 1e9, what))

    def flag(self, key: str, default: bool) -> bool:
        """A boolean."""
        return bool(self._good(key, default, lambda value: isinstance(value, bool), "true or false"))

    def names(self, key: str, default: Sequence[str] | None = None) -> list[str]:
        """A list of names, or one text with commas between them; must be there unless there is a default."""
        value = self._body.get(key, default)
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
            raise BadOrder(f"{key} is a list of names")
        if not value and default is None:
            raise BadOrder(f"{key} names nobody")
        return [str(name) for name in value]

    def user(self) -> User:
        """The account that ``user`` names by its email address, else the announced one."""
        if "user" not in self:
            return self.telex.accounts.default_user
        user = self.telex.accounts.user(self.text("user"))
        if user is None:
            raise BadOrder("user is the email address of an account")
        return user

    def organisation(self) -> Organisation:
        """The organisation that ``organisation`` names by index, id or name; the first one if it is absent."""
        wanted, organisations = self._body.get("organisation", 0), self.user().organisations
        for index, organisation in enumerate(organisations):
            if wanted in (organisation.id, organisation.name) or (wanted == index and not isinstance(wanted, bool)):
                return organisation
        raise BadOrder(f"organisation is an index below {len(organisations)}, an id or a name")

    def channel(self) -> str:
        """The push channel that ``channel`` spells out, else that of the user in the organisation."""
        return self.text("channel") if "channel" in self else self.user().channel(self.organisation())

    def by(self, default: Person) -> Person:
        """The person that ``by`` names, else the default: who does it."""
        return self.telex.accounts.person(self.text("by")) if "by" in self else default

    def device(self) -> str:
        """The kind of device that a preference is for."""
        return self.one_of("device_type", DEVICE_TYPES, DESKTOP)

    def conversation(self) -> Conversation:
        """The conversation that the order names by one of ``username``, ``members``, ``agent`` and ``name``."""
        user, organisation = self.user(), self.organisation()
        conversations, person = self.telex.conversations, self.telex.accounts.person
        if "username" in self:
            other = person(self.text("username"))
            if other.id == user.id:
                raise BadOrder("username is somebody else's")
            return conversations.direct(user, organisation, other)
        if "members" in self:
            others = [member for name in self.names("members") if (member := person(name)).id != user.id]
            if not others:
                raise BadOrder("members names others than the user")
            return conversations.group(user, organisation, others)
        if "agent" in self:
            return self.agent("agent")
        return conversations.channel(user, organisation, self.text("name"))

    def agent(self, key: str) -> Conversation:
        """The conversation with the agent that a key names."""
        agent = self.telex.accounts.agent(self.text(key))
        return self.telex.conversations.agent(self.user(), self.organisation(), agent)


Orders = Mapping[str, Callable[[Order], Awaitable[OrderAnswer | None]]]
"""The function that carries out each order, by the order's name. Its docstring begins with the order's keys;
``GET /sandbox/orders`` shows that line."""


def orders_of(*modules: ModuleType) -> Orders:
    """The orders of these modules: each of their public coroutine functions."""
    functions = [each for module in modules for each in inspect.getmembers(module, inspect.iscoroutinefunction)]
    return {name: function for name, function in functions if not name.startswith("_")}


def routes(telex: Telex, orders: Orders) -> list[web.RouteDef]:
    """The routes, for an aiohttp application."""

    async def post(request: web.Request) -> web.Response:
        name = request.match_info["order"]
        if name not in orders:
            return _answer({"error": f"no order {name!r}; there are: {', '.join(orders)}"}, 404)
        try:
            text = await request.text()
            body = json.loads(text) if text.strip() else {}
            if not isinstance(body, dict):
                raise BadOrder("the body is a JSON object")
            return _answer(await orders[name](Order(body, telex)))
        except (BadOrder, json.JSONDecodeError) as error:
            return _answer({"error": str(error)}, 400)
        except NotPossible as error:
            return _answer({"error": str(error)}, 501)

    async def get_status(_request: web.Request) -> web.Response:
        return _answer(await orders["status"](Order({}, telex)))

    async def get_orders(_request: web.Request) -> web.Response:
        first_lines = {name: (carry.__doc__ or "").partition("\n")[0] for name, carry in orders.items()}
        # Nothing renders them: single backticks read better.
        return _answer({name: line.replace("``", "`") for name, line in first_lines.items()})

    return [
        web.get(CONTROL_PATH + "/status", get_status),
        web.get(CONTROL_PATH + "/orders", get_orders),
        web.post(CONTROL_PATH + "/{order}", post),
    ]


def _answer(body: OrderAnswer | None, status: int = 200) -> web.Response:
    return web.Response(status=status, text=compact(body or {}), content_type="application/json")
