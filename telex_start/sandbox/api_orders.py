"""The orders about the Telex API: sessions, tokens, organisations, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass

from telex_start.sandbox.accounts import Accounts
from telex_start.sandbox.faults import WRONG_TOKENS, Fault, Faults
from telex_start.sandbox.order import BadOrder, Order
from telex_start.sandbox.push_orders import Answer, Orders
from telex_start.sandbox.rate_limit import RateLimiter
from telex_start.sandbox.tokens import TokenSigner


@dataclass
class ApiOrders:
    """What can be ordered of the API. Each docstring begins with the order's keys; `?` marks optional ones."""

    accounts: Accounts
    faults: Faults
    limiter: RateLimiter
    signer: TokenSigner

    def by_name(self) -> Orders:
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

    async def revoke_session(self, _order: Order) -> Answer:
        """`{}`: every session so far is over."""
        self.accounts.revoke_all()
        return {}

    async def refuse_notification_token(self, order: Order) -> Answer:
        """`{on?: true}`: 401 by notification token while Bearer serves."""
        self.faults.refuse_notification_token = order.flag("on", True)
        return {}

    async def refuse_bearer(self, order: Order) -> Answer:
        """`{on?: true}`: 401 by Bearer while the notification token serves."""
        self.faults.refuse_bearer = order.flag("on", True)
        return {}

    async def rate_limit(self, order: Order) -> Answer:
        """`{rate?, burst?}`: calls a second and at once; rate 0 turns the limiter off."""
        self.limiter.set(order.quantity("rate", self.limiter.rate), order.number("burst", self.limiter.burst))
        return {"rate": self.limiter.rate, "burst": self.limiter.burst}

    async def fault(self, order: Order) -> Answer:
        """`{path, organisation?, times?, ...}`: that call goes wrong; the other keys are the fields of `Fault`."""
        self.faults.add(Fault.from_order(order))
        return {}

    async def clear_faults(self, _order: Order) -> Answer:
        """`{}`: ends all faults, wrong tokens and refusals."""
        self.faults.clear()
        return {}

    async def wrong_token(self, order: Order) -> Answer:
        """`{organisation, kind}`: subscription tokens for it are wrong until `clear_faults`."""
        kind = order.text("kind")
        if kind not in WRONG_TOKENS:
            raise BadOrder(f"kind is one of {', '.join(WRONG_TOKENS)}")
        self.faults.wrong_tokens[order.organisation().id] = kind
        return {}

    async def sign(self, order: Order) -> Answer:
        """`{claims, secret?}`: a push token with any claims, by default with the right secret."""
        claims = order.value("claims")
        if not isinstance(claims, dict):
            raise BadOrder("claims is an object")
        return {"token": self.signer.sign(claims, order.text("secret", self.signer.secret))}

    async def add_organisation(self, order: Order) -> Answer:
        """`{name}`: a new organisation that the users are in."""
        organisation, user = self.accounts.add_organisation(order.text("name")), order.user()
        index = user.organisations.index(organisation)
        return {"id": organisation.id, "index": index, "channel": user.channel(organisation)}

    async def remove_organisation(self, order: Order) -> Answer:
        """`{organisation}`: the user is no longer in it; what is subscribed stays so."""
        organisation = order.organisation()
        order.user().organisations.remove(organisation)
        return {"id": organisation.id}
