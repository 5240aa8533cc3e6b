"""The people and agents that write messages: accounts of the sandbox, and others whom an order names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Somebody who writes: a person, or an agent."""

    id: str
    username: str
    full_name: str
    email: str
    agent: bool = False

    @property
    def user_type(self) -> str:
        """What messages call it."""
        return "bot" if self.agent else "user"


class People:
    """All people by their names. Whoever is named for the first time joins.

    Args:
        new_id: Gives ids.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._known: dict[str, Person] = {}

    def add(self, person: Person) -> Person:
        """Make a person known by username, full name and email address."""
        for name in (person.username, person.full_name, person.email):
            self._known[name.lower()] = person
        return person

    def named(self, name: str) -> Person:
        """The person with that username, full name or email address, in any letter case.

        A name with a space is a full name, one with an ``@`` an email address, any other a username; the rest follows
        from it: ``ben.okri`` is Ben Okri.
        """
        if (known := self._known.get(name.lower())) is not None:
            return known
        username = name.partition("@")[0].lower().replace(" ", ".")
        full_name = name if " " in name else username.replace(".", " ").title()
        email = name if "@" in name else f"{username}@example.org"
        return self.add(Person(self._new_id(), username, full_name, email))

    def agent(self, name: str) -> Person:
        """The agent of that name."""
        key = f"agent {name}"
        if key not in self._known:
            self._known[key] = Person(self._new_id(), name, name, "", agent=True)
        return self._known[key]
