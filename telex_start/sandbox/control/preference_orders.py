"""The orders about what the person set at Telex, and about what this deployment of the service has."""

from __future__ import annotations

from dataclasses import dataclass

from ..backend.faults import ApiFaults
from ..backend.profiles import DESKTOP, DEVICE_TYPES, NOTIFY_ABOUT, Preferences
from ..backend.settings import NEW_MESSAGE, SLUGS, ServiceSettings
from ..traffic_log import TrafficLog
from .api_orders import look_up_fault
from .conversation_orders import ConversationOrders, new_message_of
from .order import BadOrder, Order, OrderAnswer, OrdersByName


@dataclass
class PreferenceOrders:
    """What can be ordered of settings. Nothing of it is published.

    Each docstring begins with the order's keys; ``?`` marks optional ones.
    """

    preferences: Preferences
    conversations: ConversationOrders
    settings: ServiceSettings
    faults: ApiFaults
    traffic: TrafficLog

    def by_name(self) -> OrdersByName:
        """The orders by the name under which they are posted."""
        return {
            "mute": self.mute,
            "pause": self.pause,
            "profile": self.profile,
            "preference": self.preference,
            "look_ups": self.look_ups,
            "slugs": self.slugs,
            "new_messages": self.new_messages,
            "calls": self.calls,
        }

    # --- the person's -----------------------------------------------------------------------------------------------

    async def mute(self, order: Order) -> OrderAnswer:
        """``{organisation, name | username | members, on?: true, device_type?}``: a conversation is muted."""
        conversation = self.conversations.conversation(order)
        preference = self.preferences.channel(order.user(), conversation.channel_id, _device(order))
        preference.muted = order.flag("on", True)
        return {"id": conversation.channel_id}

    async def pause(self, order: Order) -> OrderAnswer:
        """``{organisation?: 0, on?: true}``: do not disturb, in that organisation."""
        self.preferences.profile(order.user(), order.organisation()).pause_notification = order.flag("on", True)
        return {}

    async def profile(self, order: Order) -> OrderAnswer:
        """``{organisation?: 0, timezone?, status_timeout?}``: where the person is."""
        profile = self.preferences.profile(order.user(), order.organisation())
        profile.timezone = order.text("timezone", profile.timezone)
        profile.status_timeout = order.text("status_timeout", profile.status_timeout)
        return {}

    async def preference(self, order: Order) -> OrderAnswer:
        """``{organisation, notify_about?, time_range?, send_mail?, device_type?}``: what to be told about, and when."""
        preference = self.preferences.organisation(order.user(), order.organisation(), _device(order))
        notify_about = order.text("notify_about", preference.notify_about)
        if notify_about not in NOTIFY_ABOUT:
            raise BadOrder(f"notify_about is one of {', '.join(NOTIFY_ABOUT)}")
        preference.notify_about = notify_about
        preference.time_range = order.text("time_range", preference.time_range)
        preference.send_mail = order.flag("send_mail", preference.send_mail)
        return {}

    # --- the deployment's -------------------------------------------------------------------------------------------

    async def look_ups(self, order: Order) -> OrderAnswer:
        """``{on?: true, status?: 404, html?: false}``: with ``on`` false this deployment has no look-ups.

        Nor settings, profiles and slugs: all these are answered with that status until ``on`` or ``clear_faults``.
        """
        self.faults.no_look_ups = None if order.flag("on", True) else look_up_fault(order)
        return {}

    async def slugs(self, order: Order) -> OrderAnswer:
        """``{style}``: ``new`` or ``older`` names of the field, or ``none``."""
        style = order.text("style")
        if style not in SLUGS:
            raise BadOrder(f"style is one of {', '.join(SLUGS)}")
        self.settings.slugs = style
        return {}

    async def new_messages(self, order: Order) -> OrderAnswer:
        """``{new_message}``: when it comes from now on: ``before``, ``after``, ``never``, ``only``."""
        when = new_message_of(order)
        if when is None:
            raise BadOrder(f"new_message is one of {', '.join(NEW_MESSAGE)}")
        self.settings.new_message = when
        return {}

    async def calls(self, order: Order) -> OrderAnswer:
        """``{path?, since?: 0}``: the API calls from that time on whose path has that in it."""
        part, since = order.text("path", ""), order.quantity("since", 0)
        found = [call for call in self.traffic.calls if part in str(call["path"]) and float(str(call["time"])) >= since]
        return {"calls": found}


def _device(order: Order) -> str:
    device = order.text("device_type", DESKTOP)
    if device not in DEVICE_TYPES:
        raise BadOrder(f"device_type is one of {', '.join(DEVICE_TYPES)}")
    return device
