"""The orders about calls that ring."""

from __future__ import annotations

from dataclasses import dataclass

from ..backend.activity import Activity
from ..backend.calls import ANSWERS, Call
from .conversation_orders import ConversationOrders, answered
from .order import BadOrder, Order, OrderAnswer, OrdersByName


@dataclass
class CallOrders:
    """What can be ordered of callers and called.

    Each docstring begins with the order's keys; ``?`` marks optional ones.
    """

    activity: Activity
    conversations: ConversationOrders

    def by_name(self) -> OrdersByName:
        """The orders by the name under which they are posted."""
        return {"call": self.call, "answer": self.answer, "cancel": self.cancel}

    async def call(self, order: Order) -> OrderAnswer:
        """``{organisation, username | members, by?}``: somebody calls; the answer has the ``buzz_id``.

        By default it is the other one, or the first of a group. The user's own calls are published to the user too.
        """
        if "username" not in order and "members" not in order:
            raise BadOrder("username or members is missing")
        conversation = self.conversations.conversation(order)
        caller = order.accounts.people.named(order.text("by")) if "by" in order else conversation.others[0]
        call, happened = await self.activity.call(order.user(), order.organisation(), conversation, caller)
        return {**answered(happened), "buzz_id": call.buzz_id}

    async def answer(self, order: Order) -> OrderAnswer:
        """``{buzz_id?, by?, answer?: "accept"}``: somebody answers a call: ``accept``, ``decline`` or ``timeout``.

        By default the user does, and the newest call is meant.
        """
        call, answer = self._call(order), order.text("answer", "accept")
        if answer not in ANSWERS:
            raise BadOrder(f"answer is one of {', '.join(ANSWERS)}")
        by = order.accounts.people.named(order.text("by")) if "by" in order else call.user.person
        return answered(await self.activity.answer(call, by, answer))

    async def cancel(self, order: Order) -> OrderAnswer:
        """``{buzz_id?}``: the caller hangs up; by default the newest call is meant."""
        return answered(await self.activity.cancel(self._call(order)))

    def _call(self, order: Order) -> Call:
        calls = self.activity.calls
        buzz_id = order.text("buzz_id", next(reversed(calls), ""))
        if buzz_id not in calls:
            raise BadOrder("there is no such call")
        return calls[buzz_id]
