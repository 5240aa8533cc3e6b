"""The people and agents of this Telex; its users (people with an account), their organisations, logins and settings."""

from __future__ import annotations

import random
import re
import secrets
import uuid
from dataclasses import dataclass, field

ORGANISATION_NAMES = (
    *("Northwind Ops", "Blue Harbour Labs", "Fernhill Analytics", "Copper Kettle Studio", "Marigold Health"),
    *("Longmeadow Logistics", "Tidewater Energy", "Quayside Commerce", "Silver Birch Legal", "Foxglove Media"),
)
"""Names of the first organisations; the ones after these are numbered."""
ACCESS_TOKEN_TTL = 7 * 24 * 3600
"""Seconds an access token lives: days, as in the backend."""
LINK_TTL = 15 * 60
"""Seconds that the link of a mail is good for."""
DEFAULT_EMAIL = "ada@example.org"
SECOND_EMAIL = "grace@example.org"
DEFAULT_PASSWORD = "correct horse battery staple"

NOTIFY_ABOUT = ("all_new_messages", "mentions", "nothing")
DEVICE_TYPES = ("web", "mobile", "desktop")
DESKTOP = "desktop"


@dataclass(frozen=True)
class Organisation:
    """An organisation of Telex."""

    id: str
    name: str

    @property
    def slug(self) -> str:
        """Its name in addresses of the web app."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


@dataclass
class Person:
    """Somebody who writes: a person, or an agent."""

    id: str
    username: str
    full_name: str
    email: str
    agent: bool = False


@dataclass
class User(Person):
    """A person with an account."""

    password: str = DEFAULT_PASSWORD
    organisations: list[Organisation] = field(default_factory=list)

    def channel(self, organisation: Organisation) -> str:
        """The push channel of this user in an organisation."""
        return f"{organisation.id}/{self.id}"


@dataclass
class Login:
    """One login, and its tokens."""

    user: User
    access_token: str
    notification_token: str
    organisation: Organisation | None
    """The one that the access token names."""
    expires_at: int
    """When the access token ends, in Unix seconds of the server."""
    revoked: bool = False
    """Its tokens are known and refused."""


@dataclass
class Mail:
    """A mail with the link that signs in whoever has it."""

    email: str
    link: str
    code: str
    expires_at: float
    unused: bool = True
    """Nobody has signed in by it, and no newer one was asked for."""


class Accounts:
    """The users, the organisations they are in, their logins, and all people by their names.

    Args:
        organisations: How many organisations both users are in at the start.
    """

    def __init__(self, organisations: int) -> None:
        # Ids that look like Telex's but are the same in every run make logs of two runs comparable.
        self._ids = random.Random(20241127)
        self._people: dict[str, Person] = {}
        self.by_access_token: dict[str, Login] = {}
        self.by_notification_token: dict[str, Login] = {}
        self.mails: list[Mail] = []
        """All that were sent, the newest last."""
        self.users = [
            User(self.new_id(), "ada", "Ada Okafor", DEFAULT_EMAIL),
            User(self.new_id(), "grace", "Grace Lindqvist", SECOND_EMAIL),
        ]
        for user in self.users:
            self._know(user)
        for number in range(organisations):
            named = number < len(ORGANISATION_NAMES)
            self.add_organisation(ORGANISATION_NAMES[number] if named else f"Organisation {number + 1}")

    def new_id(self) -> str:
        """A UUID of version 4, repeatable from run to run."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    @property
    def default_user(self) -> User:
        """The account that the sandbox announces, to which orders apply unless they name another."""
        return self.users[0]

    def user(self, email: str) -> User | None:
        """The account with that email address, in any letter case."""
        return next((user for user in self.users if user.email.lower() == email.lower()), None)

    def add_organisation(self, name: str) -> Organisation:
        """Make an organisation and take every user in."""
        organisation = Organisation(self.new_id(), name)
        for user in self.users:
            user.organisations.append(organisation)
        return organisation

    def log_in(self, user: User, access_token: str, notification_token: str, expires_at: int) -> None:
        """Remember a login."""
        current = user.organisations[0] if user.organisations else None
        login = Login(user, access_token, notification_token, current, expires_at)
        self.by_access_token[access_token] = self.by_notification_token[notification_token] = login

    def mail_link(self, user: User, site: str, now: float) -> Mail:
        """Send a link; the user's earlier links end.

        Args:
            site: The beginning of the link; the backend takes it from the call's ``Referer``.
        """
        for earlier in self.mails:
            earlier.unused &= earlier.email != user.email
        code = str(secrets.randbelow(10**6))  # without leading zeros, as the backend's
        mail = Mail(user.email, f"{site}auth/login/magic-link?token={code}", code, now + LINK_TTL)
        self.mails.append(mail)
        return mail

    def use_link(self, code: str, now: float) -> User | None:
        """Use up a link's code, and give the user whom it signs in; None if it is unknown, used or too old."""
        for mail in self.mails:
            if mail.unused and mail.code == code and now < mail.expires_at:
                mail.unused = False
                return self.user(mail.email)
        return None

    def person(self, name: str) -> Person:
        """The person with that username, full name or email address, in any letter case; made when first named.

        A name with a space is a full name, one with an ``@`` an email address, any other a username; the rest follows
        from it: ``ben.okri`` is Ben Okri.
        """
        if (known := self._people.get(name.lower())) is not None:
            return known
        username = name.partition("@")[0].lower().replace(" ", ".")
        full_name = name if " " in name else username.replace(".", " ").title()
        email = name if "@" in name else f"{username}@example.org"
        return self._know(Person(self.new_id(), username, full_name, email))

    def agent(self, name: str) -> Person:
        """The agent of that name; made when first named."""
        key = f"agent {name}"
        if key not in self._people:
            self._people[key] = Person(self.new_id(), name, name, "", agent=True)
        return self._people[key]

    def _know(self, person: Person) -> Person:
        for name in (person.username, person.full_name, person.email):
            self._people[name.lower()] = person
        return person


@dataclass
class Profile:
    """A person's profile in an organisation, as far as notifications go."""

    pause_notification: bool = False
    """Do not disturb."""
    status_timeout: str = ""
    timezone: str = "UTC"


@dataclass
class OrganisationPreference:
    """What somebody wants to be told about in an organisation on one kind of device."""

    notify_about: str = "all_new_messages"
    time_range: str = "12:00 AM - 11:59 PM"
    send_mail: bool = False


@dataclass
class ChannelPreference:
    """The settings for one channel on one kind of device."""

    muted: bool = False
    at_mentions: bool = True
    at_channel: bool = True


@dataclass
class Preferences:
    """The settings of all users. Those never touched are Telex's defaults."""

    one_profile: bool = False
    """Whether a person has one profile for all organisations, which names no organisation, as in older backends."""
    _profiles: dict[tuple[str, str], Profile] = field(default_factory=dict)
    _organisations: dict[tuple[str, str, str], OrganisationPreference] = field(default_factory=dict)
    _channels: dict[tuple[str, str, str], ChannelPreference] = field(default_factory=dict)

    def profile(self, user: User, organisation: Organisation | None) -> Profile:
        """A user's profile in an organisation; ``None`` for a user who is in none."""
        of = "" if organisation is None or self.one_profile else organisation.id
        return self._profiles.setdefault((user.id, of), Profile())

    def organisation(self, user: User, organisation: Organisation, device: str = DESKTOP) -> OrganisationPreference:
        """A user's settings for an organisation."""
        return self._organisations.setdefault((user.id, organisation.id, device), OrganisationPreference())

    def channel(self, user: User, channel_id: str, device: str = DESKTOP) -> ChannelPreference:
        """A user's settings for a channel."""
        return self._channels.setdefault((user.id, channel_id, device), ChannelPreference())

    def forget(self) -> None:
        """Go back to Telex's defaults."""
        for settings in (self._profiles, self._organisations, self._channels):
            settings.clear()
