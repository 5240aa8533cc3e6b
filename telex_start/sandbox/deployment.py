"""Settings in which one Telex differs from another, faults put on API calls, and the API's rate limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .accounts import ACCESS_TOKEN_TTL

SLUGS = ("new", "older", "none")
"""The field that holds an organisation's slug: ``organisation_slug``, ``current_organisation_slug``, or no field."""
NEW_MESSAGE = ("before", "after", "never", "only")
"""When ``new_message`` comes: before or after the counts, never, or without them."""

LOOK_UPS = (
    *("organisation", "user_channels", "dms", "fetch_bots"),
    *("muted", "preference", "channel_preference", "profile"),
)
"""The calls for what the service knows (slugs, unread, settings, profile); a deployment may lack them."""
FAULT_PATHS = (
    *("login", "ask_link", "verify_link", "organisations", "connection", "subscription", "logout"),
    *LOOK_UPS,
    *("reading", "respond", "switch_org"),
)
"""The calls that a fault can be put on; ``connection`` and ``subscription`` include the variants below ``/token/``."""
WRONG_TOKENS = ("other_channel", "other_user", "bad_signature", "garbage", "expired")
"""How a subscription token can be wrong."""


@dataclass
class ServiceSettings:
    """The settings of this Telex; orders change most of them."""

    notification_token: bool = True
    """Whether a login brings a notification token; some backend versions bring none."""
    slugs: str = "new"
    new_message: str = "after"
    access_ttl: int = ACCESS_TOKEN_TTL
    """Seconds that the access token of a login lives."""
    notification_token_stays: bool = False
    """Whether the notification token is still accepted after the access token has ended."""


@dataclass
class ApiFault:
    """One way in which an API call goes wrong."""

    path: str = ""
    organisation_id: str | None = None
    """Only calls for that organisation, when given."""
    times: int | None = None
    """How often it will still happen; None until cleared."""
    status: int | None = None
    """HTTP status of a wrong answer; None keeps the right one, if late, slow or cut (but see ``redirect``)."""
    html: bool = False
    """A proxy's HTML page instead of the envelope."""
    body_status: int | None = None
    """``status_code`` inside the envelope, when it differs from the HTTP status."""
    delay: float = 0.0
    """Seconds before the answer begins."""
    stale: bool = False
    """The answer shows the state from before the delay, not from after it."""
    drip: bool = False
    """The body comes one byte a second."""
    redirect: bool = False
    """302 to a captive portal."""
    message: str = ""
    truncate: bool = False
    """The connection is cut in the middle of the body."""


@dataclass
class ApiFaults:
    """The faults that are set, and the tokens that are refused or made wrong on purpose."""

    faults: list[ApiFault] = field(default_factory=list)
    """If several fit a call, it meets the first one."""
    wrong_tokens: dict[str, str] = field(default_factory=dict)
    """Kind of wrong subscription token by organisation id."""
    refuse_notification_token: bool = False
    refuse_bearer: bool = False
    no_look_ups: ApiFault | None = None
    """The fault that every look-up meets while the deployment has no look-ups; None if it has them."""

    def clear(self) -> None:
        """End all faults, wrong tokens and refusals."""
        self.faults.clear()
        self.wrong_tokens.clear()
        self.no_look_ups = None
        self.refuse_notification_token = self.refuse_bearer = False

    def take(self, path: str, organisation_id: str | None = None) -> ApiFault | None:
        """The fault that this call meets, if any; counts it."""
        for fault in self.faults:
            if fault.path == path and fault.organisation_id in (None, organisation_id):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                return fault
        return self.no_look_ups if path in LOOK_UPS else None


class RateLimiter:
    """Lets ``burst`` calls through at once and ``rate`` a second after that, for each client: a token bucket.

    Args:
        rate: Calls a second; 0 lets every call through.
        burst: How many calls may come at once, at least 1.
        monotonic: The clock, in seconds.
    """

    def __init__(self, rate: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: dict[str, tuple[float, float]] = {}
        self.set(rate, burst)

    def set(self, rate: float, burst: int) -> None:
        """Change the limits and fill every client's bucket."""
        self.rate = rate
        self.burst = max(1, burst)
        self._buckets.clear()

    def allow(self, client: str) -> bool:
        """Take one call from the client's bucket; False when it is empty, which is a 429."""
        if self.rate <= 0:
            return True
        now = self._monotonic()
        level, filled_at = self._buckets.get(client, (float(self.burst), now))
        level = min(float(self.burst), level + (now - filled_at) * self.rate)
        allowed = level >= 1
        self._buckets[client] = (level - 1 if allowed else level, now)
        return allowed
