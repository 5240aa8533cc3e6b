"""The orders about publications, connections and the push server."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from ..json_writer import compact
from ..push.codes import KNOWN_REASONS, UNSUBSCRIBED_BY_SERVER
from ..push.interface import PushServer
from ..push.streams import StreamPosition
from .order import BadOrder, Order, OrderAnswer, OrdersByName


@dataclass
class PushOrders:
    """What can be ordered of the push server.

    Each docstring begins with the order's keys; ``?`` marks optional ones.
    """

    push_server: PushServer

    def by_name(self) -> OrdersByName:
        """The orders by the name under which they are posted."""
        return {
            "publish": self.publish,
            "publish_many": self.publish_many,
            "kick": self.kick,
            "unsubscribe": self.unsubscribe,
            "expire_tokens": self.expire_tokens,
            "silent": self.silent,
            "restart": self.restart,
            "trim_history": self.trim_history,
            "raw_frame": self.raw_frame,
            "refuse_push": self.refuse_push,
            "ping_now": self.ping_now,
        }

    # --- publications -----------------------------------------------------------------------------------------------

    async def publish(self, order: Order) -> OrderAnswer:
        """``{organisation | channel, data | raw, count?}``: publishes it, ``count`` times. ``raw`` is JSON text.

        ``sent_at`` in the answer is the moment before, in seconds of the monotonic clock, which a process on the same
        machine can compare with its own.
        """
        text = order.text("raw") if "raw" in order else compact(order.value("data"))
        sent_at = time.monotonic()
        position = await self.push_server.publish(order.channel(), [text] * order.number("count", 1))
        return {**_position(position), "sent_at": sent_at}

    async def publish_many(self, order: Order) -> OrderAnswer:
        """``{organisation | channel, data: [...], per_second?}``: publishes all at once, many in one frame.

        With ``per_second`` each goes by itself, at that pace, and in a frame of its own while the client keeps up.
        """
        items = order.value("data")
        if not isinstance(items, list):
            raise BadOrder("data is a list")
        texts = [compact(item) for item in items]
        pace = order.quantity("per_second", 0.0)
        if not pace:
            return _position(await self.push_server.publish(order.channel(), texts))
        began = time.monotonic()
        for index, text in enumerate(texts):
            await self.push_server.publish(order.channel(), [text])
            await asyncio.sleep(max(0.0, began + (index + 1) / pace - time.monotonic()))
        return _position(await self.push_server.position(order.channel()))

    async def trim_history(self, order: Order) -> OrderAnswer:
        """``{organisation | channel}``: drops the kept publications; offset and epoch stay."""
        channel = order.channel()
        await self.push_server.remove_history(channel)
        return _position(await self.push_server.position(channel))

    # --- connections and subscriptions ------------------------------------------------------------------------------

    async def kick(self, order: Order) -> OrderAnswer:
        """``{code, reason?, user_id?}``: closes every connection of the user."""
        code = order.number("code")
        user_id = order.text("user_id", order.user().id)
        await self.push_server.disconnect(user_id, code, order.text("reason", KNOWN_REASONS.get(code, "")))
        return {}

    async def unsubscribe(self, order: Order) -> OrderAnswer:
        """``{organisation, code?, reason?}``: an unsubscribe push, 2000 by default."""
        code = order.number("code", UNSUBSCRIBED_BY_SERVER.number)
        reason = order.text("reason", KNOWN_REASONS.get(code, ""))
        await self.push_server.unsubscribe(order.user().id, order.channel(), code, reason)
        return {}

    async def expire_tokens(self, order: Order) -> OrderAnswer:
        """``{connections?: true, subscriptions?: true}``: all push tokens issued so far count as expired.

        Unless switched off, subscriptions end with 2501 and connections with 3005 at once.
        """
        await self.push_server.expire_tokens(
            connections=order.flag("connections", True),
            subscriptions=order.flag("subscriptions", True),
        )
        return {}

    async def raw_frame(self, order: Order) -> OrderAnswer:
        """``{text}``: that text frame, as it is, to every connection."""
        await self.push_server.raw_frame(order.text("text"))
        return {}

    async def ping_now(self, _order: Order) -> OrderAnswer:
        """``{}``: a ping to every connection."""
        await self.push_server.ping_now()
        return {}

    # --- the server -------------------------------------------------------------------------------------------------

    async def silent(self, order: Order) -> OrderAnswer:
        """``{on?: true}``: connections stay open, but the push server neither reads nor answers."""
        await self.push_server.set_silent(order.flag("on", True))
        return {}

    async def restart(self, order: Order) -> OrderAnswer:
        """``{down_for?: 0, new_epoch?: true, kill?: false, wait?: down_for == 0}``: the push server goes and comes.

        With ``kill`` connections are cut, otherwise closed with 3001. With ``wait`` the answer comes when it is back.
        """
        down_for = order.quantity("down_for", 0)
        await self.push_server.restart(
            down_for,
            new_epoch=order.flag("new_epoch", True),
            kill=order.flag("kill", False),
            wait=order.flag("wait", not down_for),
        )
        return {}

    async def refuse_push(self, order: Order) -> OrderAnswer:
        """``{status}``: handshakes are answered with that HTTP status; 0 accepts them again."""
        await self.push_server.refuse_push(order.number("status"))
        return {}


def _position(top: StreamPosition) -> OrderAnswer:
    """A stream position as orders answer it; without history 0 and empty."""
    return {"offset": top.offset, "epoch": top.epoch}
