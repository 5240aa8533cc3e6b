"""The orders about conversations: who writes, answers and reads where."""

from __future__ import annotations

from dataclasses import dataclass

from ..backend.activity import Activity, Happened, Writing
from ..backend.conversations import Conversation
from ..backend.previews import as_html, attachment
from ..backend.settings import NEW_MESSAGE
from .order import BadOrder, Order, OrderAnswer, OrdersByName

DEFAULT_AUTHOR = "Ben Okri"
"""Who writes in a channel where the order names nobody."""


@dataclass
class ConversationOrders:
    """What can be ordered of people at Telex.

    A conversation is named by one of ``name`` (a channel), ``username`` (a person), ``members`` (a group) and
    ``agent``. People are named by username, full name or email address; the user too, whose messages and answers then
    come from another device. What is written is ``text``, or ``html``, or files alone: ``media``, a list of ``image``,
    ``video``, ``audio`` and ``file``. ``new_message`` is ``before``, ``after`` or ``never``, or ``only`` without the
    counts.

    Each docstring begins with the order's keys; ``?`` marks optional ones.
    """

    activity: Activity

    def by_name(self) -> OrdersByName:
        """The orders by the name under which they are posted."""
        return {
            "message": self.message,
            "mention": self.mention,
            "reply": self.reply,
            "direct": self.direct,
            "group": self.group,
            "agent": self.agent,
            "read": self.read,
            "new_message": self.new_message,
            "unread_change": self.unread_change,
            "remind": self.remind,
            "archive": self.archive,
            "fill": self.fill,
            "forget": self.forget,
        }

    # --- writing ----------------------------------------------------------------------------------------------------

    async def message(self, order: Order) -> OrderAnswer:
        """``{organisation, name, by?, text? | html?, media?, mention?, private?, new_message?}``: one in a channel."""
        return await self._write(order, order.flag("mention", False))

    async def mention(self, order: Order) -> OrderAnswer:
        """``{organisation, name, by?, text? | html?, media?, private?, new_message?}``: one that mentions the user."""
        return await self._write(order, True)

    async def direct(self, order: Order) -> OrderAnswer:
        """``{organisation, username, by?, text? | html?, media?, new_message?}``: a direct message."""
        order.text("username")
        return await self._write(order, False)

    async def group(self, order: Order) -> OrderAnswer:
        """``{organisation, members, by?, text? | html?, media?, new_message?}``: a message to a group.

        ``members`` is a list, or names with commas between; the first one writes.
        """
        order.names("members")
        return await self._write(order, False)

    async def agent(self, order: Order) -> OrderAnswer:
        """``{organisation, name, text? | html?, media?, new_message?}``: a message of an agent."""
        return await self._write(order, False, self._agent(order, order.text("name")))

    async def _write(self, order: Order, mention: bool, conversation: Conversation | None = None) -> OrderAnswer:
        conversation = conversation or self.conversation(order)
        conversation.private = order.flag("private", conversation.private)
        writing = self._writing(order, conversation, mention)
        return answered(await self.activity.write(order.user(), order.organisation(), conversation, writing))

    async def reply(self, order: Order) -> OrderAnswer:
        """``{organisation, name | username | members | agent, by?, text?, thread_id?, following?: true, mention?}``.

        An answer in a thread, by default the newest one. ``following`` is whether the user takes part in it and gets
        a ``thread_reply``. The other keys are as in ``message``.
        """
        conversation = self.conversation(order)
        happened = await self.activity.reply(
            order.user(),
            order.organisation(),
            conversation,
            self._writing(order, conversation, order.flag("mention", False)),
            thread_id=order.text("thread_id", "") or None,
            following=order.flag("following", True),
        )
        return answered(happened)

    def _writing(self, order: Order, conversation: Conversation, mention: bool) -> Writing:
        default = conversation.others[0] if conversation.others else order.accounts.people.named(DEFAULT_AUTHOR)
        author = order.accounts.people.named(order.text("by")) if "by" in order else default
        media = tuple(attachment(kind) for kind in order.names("media", ()))
        usual = "" if media else f"Message {len(conversation.messages) + 1}"
        html = order.text("html") if "html" in order else as_html(order.text("text", usual))
        return Writing(author, html, media, mention, order.flag("system", False), new_message_of(order))

    # --- reading, and what comes late -------------------------------------------------------------------------------

    async def read(self, order: Order) -> OrderAnswer:
        """``{organisation, name | username | members | agent}``: the user read it; counts 0. An agent's is not told."""
        return answered(await self.activity.read(order.user(), order.organisation(), self.conversation(order)))

    async def new_message(self, order: Order) -> OrderAnswer:
        """``{organisation, name | username | members | agent}``: ``new_message`` of its newest message, if late."""
        conversation = self.conversation(order)
        return answered(await self.activity.text_of_last(order.user(), order.organisation(), conversation))

    async def unread_change(self, order: Order) -> OrderAnswer:
        """``{organisation, name | username | members | agent}``: its counts as they are, once more."""
        conversation = self.conversation(order)
        return answered(await self.activity.counts_of(order.user(), order.organisation(), conversation))

    async def remind(self, order: Order) -> OrderAnswer:
        """``{organisation, name | username | members | agent}``: the reminder of its newest message, without text."""
        conversation = self.conversation(order)
        return answered(await self.activity.remind(order.user(), order.organisation(), conversation))

    # --- without a publication --------------------------------------------------------------------------------------

    async def archive(self, order: Order) -> OrderAnswer:
        """``{organisation, name, on?: true}``: the channel is archived: in no look-up, but published as before."""
        conversation = self.conversation(order)
        conversation.archived = order.flag("on", True)
        return {"id": conversation.id}

    async def fill(self, order: Order) -> OrderAnswer:
        """``{organisation, channels?, directs?, agents?, messages?: 1, unread?: 0, size?: 60}``: what was there before.

        That many conversations with so many messages each, of ``size`` characters, and ``unread`` threads. Nothing is
        published. They are named ``channel 1``, ``person.1``, ``agent 1`` and so on.
        """
        user, organisation = order.user(), order.organisation()
        people, conversations = order.accounts.people, self.activity.conversations
        made = [
            *(conversations.channel(user, organisation, f"channel {n}") for n in _numbers(order, "channels")),
            *(
                conversations.direct(user, organisation, people.named(f"person.{n}"))
                for n in _numbers(order, "directs")
            ),
            *(conversations.agent(user, organisation, people.agent(f"agent {n}")) for n in _numbers(order, "agents")),
        ]
        author, html = people.named(DEFAULT_AUTHOR), as_html("x" * order.number("size", 60))
        for conversation in made:
            self.activity.remember(
                conversation,
                Writing(conversation.others[0] if conversation.others else author, html),
                order.number("messages", 1),
                order.number("unread", 0),
            )
        return {"conversations": len(made)}

    async def forget(self, _order: Order) -> OrderAnswer:
        """``{}``: there were no conversations, nor anything that anybody set; nothing is published."""
        self.activity.conversations.forget()
        self.activity.preferences.forget()
        return {}

    # --- which conversation -----------------------------------------------------------------------------------------

    def conversation(self, order: Order) -> Conversation:
        """The conversation that an order names."""
        user, organisation = order.user(), order.organisation()
        conversations, people = self.activity.conversations, order.accounts.people
        if "username" in order:
            other = people.named(order.text("username"))
            if other.id == user.id:
                raise BadOrder("username is somebody else's")
            return conversations.direct(user, organisation, other)
        if "members" in order:
            members = [people.named(name) for name in order.names("members")]
            others = [member for member in members if member.id != user.id]
            if not others:
                raise BadOrder("members names others than the user")
            return conversations.group(user, organisation, others)
        if "agent" in order:
            return self._agent(order, order.text("agent"))
        return conversations.channel(user, organisation, order.text("name"))

    def _agent(self, order: Order, name: str) -> Conversation:
        agent = order.accounts.people.agent(name)
        return self.activity.conversations.agent(order.user(), order.organisation(), agent)


def _numbers(order: Order, key: str) -> range:
    return range(1, order.number(key, 0) + 1)


def new_message_of(order: Order) -> str | None:
    """When ``new_message`` comes, where the order says."""
    if "new_message" not in order:
        return None
    when = order.text("new_message")
    if when not in NEW_MESSAGE:
        raise BadOrder(f"new_message is one of {', '.join(NEW_MESSAGE)}")
    return when


def answered(happened: Happened) -> OrderAnswer:
    """What happened, as orders answer it.

    ``data`` is the publication of the counts, null where there was none; ``published`` are all in order; ``offset`` and
    ``epoch`` belong to the last one. ``sent_at`` is as of ``publish``, null where nothing was published.
    """
    position, message = happened.position, happened.message
    answer: OrderAnswer = {
        "offset": position.offset if position else 0,
        "epoch": position.epoch if position else "",
        "data": happened.unread_change,
        "published": happened.published,
        "sent_at": happened.sent_at,
    }
    if message is not None:
        answer |= {"thread_id": message.thread_id, "message_id": message.message_id, "user_id": message.author.id}
    return answer
