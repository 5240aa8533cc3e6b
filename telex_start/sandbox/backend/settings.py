"""How this Telex differs from others: what deployments of the service do in more than one way."""

from __future__ import annotations

from dataclasses import dataclass

SLUGS = ("new", "older", "none")
"""The field of an organisation's slug: ``organisation_slug``, ``current_organisation_slug``, or there is none."""
NEW_MESSAGE = ("before", "after", "never", "only")
"""When ``new_message`` comes: before or after the counts, never, or without them."""


@dataclass
class ServiceSettings:
    """Set at the start, and changed by orders."""

    notification_token: bool = True
    """Whether a login brings a notification token; some backend versions bring none."""
    slugs: str = "new"
    new_message: str = "after"
    one_profile: bool = False
    """A person has one profile for all organisations, and it names none: as older backends have it."""
