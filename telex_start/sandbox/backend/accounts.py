"""The accounts: users, the organisations they are in, and their logins."""

from __future__ import annotations

import random
import re
import uuid
from dataclasses import dataclass, field

from .people import People, Person

ORGANISATION_NAMES = (
    "Northwind Ops",
    "Blue Harbour Labs",
    "Fernhill Analytics",
    "Copper Kettle Studio",
    "Marigold Health",
    "Longmeadow Logistics",
    "Tidewater Energy",
    "Quayside Commerce",
    "Silver Birch Legal",
    "Foxglove Media",
)
"""Names of the first organisations; the ones after these are numbered."""

ACCESS_TOKEN_TTL = 7 * 24 * 3600
"""Seconds an access token lives: days, as in the backend."""

DEFAULT_EMAIL = "ada@example.org"
SECOND_EMAIL = "grace@example.org"
DEFAULT_PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class StoredOrganisation:
    """An organisation of Telex, as its server stores it."""

    id: str
    name: str

    @property
    def slug(self) -> str:
        """Its name in addresses of the web app."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


@dataclass
class User:
    """A person with an account."""

    id: str
    email: str
    password: str
    username: str
    fullname: str
    organisations: list[StoredOrganisation] = field(default_factory=list)

    @property
    def person(self) -> Person:
        """The user among the people who write."""
        return Person(self.id, self.username, self.fullname, self.email)

    def channel(self, organisation: StoredOrganisation) -> str:
        """The push channel of this user in an organisation."""
        return f"{organisation.id}/{self.id}"


@dataclass
class LoginSession:
    """One login."""

    user: User
    access_token: str
    notification_token: str
    organisation: StoredOrganisation | None
    """The one that the access token names."""


class Accounts:
    """Users, the organisations they are in, and logins.

    Args:
        organisations: How many organisations both accounts are in at the start.
    """

    def __init__(self, organisations: int) -> None:
        # Ids that look like Telex's but are the same in every run make logs of two runs comparable.
        self._ids = random.Random(20241127)
        self._by_access_token: dict[str, LoginSession] = {}
        self._by_notification_token: dict[str, LoginSession] = {}
        self._revoked: set[str] = set()
        self.users = [
            User(self.new_id(), DEFAULT_EMAIL, DEFAULT_PASSWORD, "ada", "Ada Okafor"),
            User(self.new_id(), SECOND_EMAIL, DEFAULT_PASSWORD, "grace", "Grace Lindqvist"),
        ]
        self.people = People(self.new_id)
        for user in self.users:
            self.people.add(user.person)
        for number in range(organisations):
            self.add_organisation(self._name(number))

    def new_id(self) -> str:
        """A UUID of version 4, repeatable from run to run."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    @staticmethod
    def _name(number: int) -> str:
        return ORGANISATION_NAMES[number] if number < len(ORGANISATION_NAMES) else f"Organisation {number + 1}"

    @property
    def default_user(self) -> User:
        """The account that the sandbox announces, to which orders apply unless they name another."""
        return self.users[0]

    def user(self, email: str) -> User | None:
        """The account with that email address, in any letter case."""
        return next((user for user in self.users if user.email.lower() == email.lower()), None)

    def add_organisation(self, name: str) -> StoredOrganisation:
        """Make an organisation and take every user in."""
        organisation = StoredOrganisation(self.new_id(), name)
        for user in self.users:
            user.organisations.append(organisation)
        return organisation

    def open_session(self, user: User, access_token: str, notification_token: str) -> LoginSession:
        """Remember a login."""
        current = user.organisations[0] if user.organisations else None
        session = LoginSession(user, access_token, notification_token, current)
        self._by_access_token[access_token] = session
        self._by_notification_token[notification_token] = session
        return session

    def revoke(self, session: LoginSession) -> None:
        """End a session: its tokens are known and refused from now on."""
        self._revoked |= {session.access_token, session.notification_token}

    def revoke_all(self) -> None:
        """End every session so far."""
        for session in list(self._by_access_token.values()):
            self.revoke(session)

    def by_access_token(self, token: str) -> LoginSession | None:
        """The session of a Bearer token, revoked ones too."""
        return self._by_access_token.get(token)

    def by_notification_token(self, token: str) -> LoginSession | None:
        """The session of an ``X-Notification-Token``, revoked ones too."""
        return self._by_notification_token.get(token)

    def is_revoked(self, token: str) -> bool:
        """Whether the token's session was ended."""
        return token in self._revoked
