"""One order of the control API: its values are read and checked here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from ..backend.accounts import Accounts, StoredOrganisation, User


class BadOrder(Exception):
    """An order makes no sense; the message says why."""


class Order:
    """The JSON object of an order.

    Args:
        body: The object; a key that is null counts as absent.
        accounts: Where users and organisations are looked up.

    Raises (every method):
        BadOrder: a value is missing or of the wrong type.
    """

    def __init__(self, body: Mapping[str, object], accounts: Accounts) -> None:
        self._body = {key: value for key, value in body.items() if value is not None or key == "data"}
        self.accounts = accounts

    def __contains__(self, key: str) -> bool:
        return key in self._body

    def value(self, key: str) -> object:
        """Any JSON value, which must be there, if only as null."""
        if key not in self._body:
            raise BadOrder(f"{key} is missing")
        return self._body[key]

    def text(self, key: str, default: str | None = None) -> str:
        """A string; must be there unless there is a default."""
        value = self._body.get(key, default)
        if not isinstance(value, str):
            raise BadOrder(f"{key} is a string")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number from 0 on; must be there unless there is a default."""
        value = self._body.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise BadOrder(f"{key} is a whole number")
        return value

    def optional_number(self, key: str) -> int | None:
        """A whole number from 0 on, or None when absent."""
        return self.number(key) if key in self else None

    def quantity(self, key: str, default: float) -> float:
        """A number from 0 on, such as seconds or calls a second."""
        value = self._body.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e9:
            raise BadOrder(f"{key} is a number from 0 on")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """A boolean."""
        value = self._body.get(key, default)
        if not isinstance(value, bool):
            raise BadOrder(f"{key} is true or false")
        return value

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
            return self.accounts.default_user
        user = self.accounts.user(self.text("user"))
        if user is None:
            raise BadOrder("user is the email address of an account")
        return user

    def organisation(self) -> StoredOrganisation:
        """The organisation that ``organisation`` names by index, id or name; the first one if it is absent."""
        wanted, organisations = self._body.get("organisation", 0), self.user().organisations
        for index, organisation in enumerate(organisations):
            if wanted in (organisation.id, organisation.name) or (wanted == index and not isinstance(wanted, bool)):
                return organisation
        raise BadOrder(f"organisation is an index below {len(organisations)}, an id or a name")

    def channel(self) -> str:
        """The push channel that ``channel`` spells out, else that of the user in the organisation."""
        return self.text("channel") if "channel" in self else self.user().channel(self.organisation())


OrderAnswer = dict[str, object]
"""The JSON object that answers an order."""
OrdersByName = dict[str, Callable[[Order], Awaitable[OrderAnswer]]]
"""What carries out each order, by the name under which it is posted."""
