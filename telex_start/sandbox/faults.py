"""What can be made to go wrong in the Telex API, one order at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FAULT_PATHS = ("login", "organisations", "connection", "subscription", "logout")
"""The calls that a fault can be put on; the Bearer variants of the token calls count with the others."""

WRONG_TOKENS = ("other_channel", "other_user", "bad_signature", "garbage", "expired")
"""How a subscription token can be wrong."""


class BadOrder(Exception):
    """An order of the control API makes no sense; the message says why."""


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
    def from_order(cls, order: Mapping[str, object], organisation_id: str | None) -> Fault:
        """Reads the order `fault`.

        Raises:
            BadOrder: an unknown path, or a value of the wrong type.
        """
        path = order.get("path")
        if path not in FAULT_PATHS:
            raise BadOrder(f"path is one of {', '.join(FAULT_PATHS)}")
        status = _integer(order, "status")
        html, redirect = bool(order.get("html")), bool(order.get("redirect"))
        drip, truncate = bool(order.get("drip")), bool(order.get("truncate"))
        body_status = _integer(order, "body_status")
        delay = order.get("delay", 0)
        if not isinstance(delay, int | float) or delay < 0:
            raise BadOrder("delay is a number of seconds")
        if status is None and body_status is not None:
            status = 200
        elif status is None and (html or not (delay or drip or truncate or redirect)):
            status = 502
        return cls(
            path=str(path),
            organisation_id=organisation_id,
            times=_integer(order, "times"),
            status=status,
            html=html,
            body_status=body_status,
            delay=float(delay),
            drip=drip,
            redirect=redirect,
            message=str(order.get("message", "")),
            truncate=truncate,
        )


def _integer(order: Mapping[str, object], key: str) -> int | None:
    value = order.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadOrder(f"{key} is a whole number")
    return value


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
