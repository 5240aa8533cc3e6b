"""The orders about the Telex API: sessions, tokens, organisations and faults."""

from __future__ import annotations

from dataclasses import dataclass

from ..backend.accounts import Accounts
from ..backend.faults import FAULT_PATHS, WRONG_TOKENS, ApiFault, ApiFaults
from ..backend.rate_limit import RateLimiter
from ..token_signer import TokenSigner
from .order import BadOrder, Order, OrderAnswer, OrdersByName


@dataclass
class ApiOrders:
    """What can be ordered of the API.

    Each docstring begins with the order's keys; ``?`` marks optional ones.
    """

    accounts: Accounts
    faults: ApiFaults
    limiter: RateLimiter
    signer: TokenSigner

    def by_name(self) -> OrdersByName:
        """The orders by the name under which they are posted."""
        return {
            "revoke_session": self.revoke_session,
            "refuse_notification_token": self.refuse_notification_token,
            "refuse_bearer": self.refuse_bearer,
            "rate_limit": self.rate_limit,
            "fault": self.fault,
            "clear_faults": self.clear_faults,
            "wrong_token": self.wrong_token,
            "sign": self.sign,
            "add_organisation": self.add_organisation,
            "remove_organisation": self.remove_organisation,
        }

    async def revoke_session(self, _order: Order) -> OrderAnswer:
        """``{}``: every session so far is over."""
        self.accounts.revoke_all()
        return {}

    async def refuse_notification_token(self, order: Order) -> OrderAnswer:
        """``{on?: true}``: 401 by notification token while Bearer serves."""
        self.faults.refuse_notification_token = order.flag("on", True)
        return {}

    async def refuse_bearer(self, order: Order) -> OrderAnswer:
        """``{on?: true}``: 401 by Bearer while the notification token serves."""
        self.faults.refuse_bearer = order.flag("on", True)
        return {}

    async def rate_limit(self, order: Order) -> OrderAnswer:
        """``{rate?, burst?}``: calls a second and at once; rate 0 turns the limiter off."""
        self.limiter.set(order.quantity("rate", self.limiter.rate), order.number("burst", self.limiter.burst))
        return {"rate": self.limiter.rate, "burst": self.limiter.burst}

    async def fault(self, order: Order) -> OrderAnswer:
        """``{path, organisation?, times?, ...}``: that call goes wrong; all keys are the fields of ``ApiFault``."""
        self.faults.add(_fault(order))
        return {}

    async def clear_faults(self, _order: Order) -> OrderAnswer:
        """``{}``: ends all faults, wrong tokens and refusals."""
        self.faults.clear()
        return {}

    async def wrong_token(self, order: Order) -> OrderAnswer:
        """``{organisation, kind}``: subscription tokens for it are wrong until ``clear_faults``."""
        kind = order.text("kind")
        if kind not in WRONG_TOKENS:
            raise BadOrder(f"kind is one of {', '.join(WRONG_TOKENS)}")
        self.faults.wrong_tokens[order.organisation().id] = kind
        return {}

    async def sign(self, order: Order) -> OrderAnswer:
        """``{claims, secret?}``: a push token with any claims, by default with the right secret."""
        claims = order.value("claims")
        if not isinstance(claims, dict):
            raise BadOrder("claims is an object")
        return {"token": self.signer.sign(claims, order.text("secret", self.signer.secret))}

    async def add_organisation(self, order: Order) -> OrderAnswer:
        """``{name}``: a new organisation that the users are in."""
        organisation, user = self.accounts.add_organisation(order.text("name")), order.user()
        index = user.organisations.index(organisation)
        return {"id": organisation.id, "index": index, "channel": user.channel(organisation)}

    async def remove_organisation(self, order: Order) -> OrderAnswer:
        """``{organisation}``: the user is no longer in it; what is subscribed stays so."""
        organisation = order.organisation()
        order.user().organisations.remove(organisation)
        return {"id": organisation.id}


def look_up_fault(order: Order) -> ApiFault:
    """What a look-up meets where a deployment has none, by default 404."""
    return ApiFault(
        path="",
        organisation_id=None,
        times=None,
        status=order.number("status", 404),
        html=order.flag("html", False),
        body_status=None,
        delay=0,
        stale=False,
        drip=False,
        redirect=False,
        message="Page not found",
        truncate=False,
    )


def _fault(order: Order) -> ApiFault:
    path = order.text("path")
    if path not in FAULT_PATHS:
        raise BadOrder(f"path is one of {', '.join(FAULT_PATHS)}")
    html, body_status = order.flag("html", False), order.optional_number("body_status")
    delay, stale, drip = order.quantity("delay", 0), order.flag("stale", False), order.flag("drip", False)
    redirect, truncate = order.flag("redirect", False), order.flag("truncate", False)
    status = order.optional_number("status")
    if status is None:
        if body_status is not None:
            status = 200
        elif html or not (delay or drip or truncate or redirect):
            status = 502
    return ApiFault(
        path=path,
        organisation_id=order.organisation().id if "organisation" in order else None,
        times=order.optional_number("times"),
        status=status,
        html=html,
        body_status=body_status,
        delay=delay,
        stale=stale,
        drip=drip,
        redirect=redirect,
        message=order.text("message", ""),
        truncate=truncate,
    )
