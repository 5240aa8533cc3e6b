"""The faults of the Telex API that tests can set."""

from __future__ import annotations

from dataclasses import dataclass

LOOK_UPS = (
    "organisation",
    "user_channels",
    "dms",
    "fetch_bots",
    "muted",
    "preference",
    "channel_preference",
    "profile",
)
"""The calls that say what the service knows, which a deployment may not have."""
FAULT_PATHS = (
    *("login", "organisations", "connection", "subscription", "logout"),
    *LOOK_UPS,
    *("reading", "switch_org"),
)
"""The calls that a fault can be put on; the Bearer variants of the token calls count with the others."""

WRONG_TOKENS = ("other_channel", "other_user", "bad_signature", "garbage", "expired")
"""How a subscription token can be wrong."""


@dataclass
class ApiFault:
    """One thing that goes wrong."""

    path: str
    organisation_id: str | None
    """Only calls for that organisation, when given."""
    times: int | None
    """How often it will still happen; None until cleared."""
    status: int | None
    """HTTP status of the answer; None lets the call be answered normally, if late."""
    html: bool
    """A proxy's HTML page instead of the envelope."""
    body_status: int | None
    """``status_code`` inside the envelope, when it differs from the HTTP status."""
    delay: float
    """Seconds before the answer begins."""
    stale: bool
    """It says how things were when it was asked, not after the delay."""
    drip: bool
    """The body comes one byte a second."""
    redirect: bool
    """302 to a captive portal."""
    message: str
    truncate: bool
    """The connection is cut in the middle of the body."""


class ApiFaults:
    """The faults that are set, and the tokens that are refused or made wrong on purpose."""

    def __init__(self) -> None:
        self._faults: list[ApiFault] = []
        self.wrong_tokens: dict[str, str] = {}
        """Kind of wrong subscription token by organisation id."""
        self.refuse_notification_token = False
        self.refuse_bearer = False
        self.no_look_ups: ApiFault | None = None
        """What every look-up meets while the deployment has none."""

    def add(self, fault: ApiFault) -> None:
        """Set a fault; of several for one call the first one set happens first."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Make everything well again."""
        self._faults.clear()
        self.wrong_tokens.clear()
        self.no_look_ups = None
        self.refuse_notification_token = False
        self.refuse_bearer = False

    def take(self, path: str, organisation_id: str | None = None) -> ApiFault | None:
        """The fault that this call meets, if any; counts it."""
        for fault in self._faults:
            if fault.path == path and fault.organisation_id in (None, organisation_id):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return self.no_look_ups if path in LOOK_UPS else None
