"""What can be made to go wrong in the Telex API, one order at a time."""

from __future__ import annotations

from dataclasses import dataclass

from telex_start.sandbox.order import BadOrder, Order

FAULT_PATHS = ("login", "organisations", "connection", "subscription", "logout")
"""The calls that a fault can be put on; the Bearer variants of the token calls count with the others."""

WRONG_TOKENS = ("other_channel", "other_user", "bad_signature", "garbage", "expired")
"""How a subscription token can be wrong."""


@dataclass
class Fault:
    """One thing that goes wrong."""

    path: str
    organisation_id: str | None
    """Only subscription calls for that organisation, when given."""
    times: int | None
    """How often it will still happen; None until cleared."""
    status: int | None
    """HTTP status of the answer; None lets the call be answered normally, if late."""
    html: bool
    """A proxy's HTML page instead of the envelope."""
    body_status: int | None
    """`status_code` inside the envelope, when it differs from the HTTP status."""
    delay: float
    """Seconds before the answer begins."""
    drip: bool
    """The body comes one byte a second."""
    redirect: bool
    """302 to a captive portal."""
    message: str
    truncate: bool
    """The connection is cut in the middle of the body."""

    @classmethod
    def from_order(cls, order: Order) -> Fault:
        """Reads the order `fault`, whose keys are the fields of this class.

        Raises:
            BadOrder: an unknown path, or a value of the wrong type.
        """
        path = order.text("path")
        if path not in FAULT_PATHS:
            raise BadOrder(f"path is one of {', '.join(FAULT_PATHS)}")
        fault = cls(
            path=path,
            organisation_id=order.organisation().id if "organisation" in order else None,
            times=order.optional_number("times"),
            status=order.optional_number("status"),
            html=order.flag("html", False),
            body_status=order.optional_number("body_status"),
            delay=order.quantity("delay", 0),
            drip=order.flag("drip", False),
            redirect=order.flag("redirect", False),
            message=order.text("message", ""),
            truncate=order.flag("truncate", False),
        )
        if fault.status is None:
            fault.status = fault._implied_status()
        return fault

    def _implied_status(self) -> int | None:
        if self.body_status is not None:
            return 200
        if self.html or not (self.delay or self.drip or self.truncate or self.redirect):
            return 502
        return None


class Faults:
    """All faults that are set, and the other ways in which the API can be told to misbehave."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.wrong_tokens: dict[str, str] = {}
        """Kind of wrong subscription token by organisation id."""
        self.refuse_notification_token = False
        self.refuse_bearer = False

    def add(self, fault: Fault) -> None:
        """Sets a fault; of several for one call the first one set happens first."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Makes everything well again."""
        self._faults.clear()
        self.wrong_tokens.clear()
        self.refuse_notification_token = False
        self.refuse_bearer = False

    def take(self, path: str, organisation_id: str | None = None) -> Fault | None:
        """The fault that this call meets, if any; counts it."""
        for fault in self._faults:
            if fault.path == path and fault.organisation_id in (None, organisation_id):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None
