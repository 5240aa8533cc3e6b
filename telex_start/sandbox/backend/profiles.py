"""What a person set at Telex: do not disturb, muted channels, what to be told about and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from .accounts import StoredOrganisation, User
from .conversations import Conversation, Kind
from .settings import ServiceSettings

NOTIFY_ABOUT = ("all_new_messages", "mentions", "nothing")
DEVICE_TYPES = ("web", "mobile", "desktop")
DESKTOP = "desktop"


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

    _settings: ServiceSettings
    _profiles: dict[tuple[str, str], Profile] = field(default_factory=dict)
    _organisations: dict[tuple[str, str, str], OrganisationPreference] = field(default_factory=dict)
    _channels: dict[tuple[str, str, str], ChannelPreference] = field(default_factory=dict)

    def profile(self, user: User, organisation: StoredOrganisation | None) -> Profile:
        """A user's profile in an organisation; ``None`` for who is in none."""
        of = "" if organisation is None or self._settings.one_profile else organisation.id
        return self._profiles.setdefault((user.id, of), Profile())

    def organisation(
        self, user: User, organisation: StoredOrganisation, device: str = DESKTOP
    ) -> OrganisationPreference:
        """A user's settings for an organisation."""
        return self._organisations.setdefault((user.id, organisation.id, device), OrganisationPreference())

    def channel(self, user: User, channel_id: str, device: str = DESKTOP) -> ChannelPreference:
        """A user's settings for a channel."""
        return self._channels.setdefault((user.id, channel_id, device), ChannelPreference())

    def forget(self) -> None:
        """All are Telex's defaults."""
        for settings in (self._profiles, self._organisations, self._channels):
            settings.clear()

    def lets_through(
        self, user: User, organisation: StoredOrganisation, conversation: Conversation, *, mention: bool
    ) -> bool:
        """Whether the backend publishes a ``new_message``; counts are published whatever is set."""
        preference, profile = self.organisation(user, organisation), self.profile(user, organisation)
        if profile.pause_notification or self.channel(user, conversation.channel_id).muted:
            return False
        if preference.notify_about == "nothing":
            return False
        if preference.notify_about == "mentions" and conversation.kind is Kind.CHANNEL and not mention:
            return False
        return within(preference.time_range, datetime.now(_zone(profile.timezone)))


def within(time_range: str, moment: datetime) -> bool:
    """Whether a moment is in a range such as ``09:00 AM - 06:00 PM``.

    Its last minute is in it, it may go over midnight, and one that cannot be read is always.
    """
    try:
        first, last = (datetime.strptime(part.strip(), "%I:%M %p").time() for part in time_range.split("-"))
    except ValueError:
        return True
    minute = moment.time().replace(second=0, microsecond=0)
    return first <= minute <= last if first <= last else minute >= first or minute <= last


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
