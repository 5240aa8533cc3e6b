"""The orders about people, each a function: they write, answer, read, call, and change their settings.

A conversation is named by one of ``name`` (a channel), ``username`` (a person), ``members`` (a group) and ``agent``.
People are named by username, full name or email address. The user can be named too: what the user writes then comes
from another device. A message has ``text`` or ``html``, or only files: ``media`` is a list of ``image``, ``video``,
``audio`` and ``file``. ``new_message`` says when the text is published: ``before`` or ``after`` the counts, ``never``,
or ``only``, without the counts.

Each public function is an order, and its docstring begins with the order's keys; ``?`` marks optional ones.
"""

from __future__ import annotations

from .accounts import NOTIFY_ABOUT
from .control_api import BadOrder, Order, OrderAnswer
from .conversations import Conversation
from .deployment import NEW_MESSAGE
from .publications import ANSWERS, Call, as_html, attachment
from .telex import Happened, Writing

DEFAULT_AUTHOR = "Ben Okri"
"""Who writes in a channel if the order names nobody."""


async def message(order: Order) -> OrderAnswer:
    """``{organisation, name, by?, text? | html?, media?, mention?, private?, new_message?}``: one in a channel."""
    return await _write(order, order.conversation(), order.flag("mention", False))


async def mention(order: Order) -> OrderAnswer:
    """``{organisation, name, by?, text? | html?, media?, private?, new_message?}``: one that mentions the user."""
    return await _write(order, order.conversation(), True)


async def direct(order: Order) -> OrderAnswer:
    """``{organisation, username, by?, text? | html?, media?, new_message?}``: a direct message."""
    order.text("username")
    return await _write(order, order.conversation())


async def group(order: Order) -> OrderAnswer:
    """``{organisation, members, by?, text? | html?, media?, new_message?}``: a message to a group.

    ``members`` is a list, or names with commas between; the first one writes.
    """
    order.names("members")
    return await _write(order, order.conversation())


async def agent(order: Order) -> OrderAnswer:
    """``{organisation, name, text? | html?, media?, new_message?}``: a message of an agent."""
    return await _write(order, order.agent("name"))


async def _write(order: Order, conversation: Conversation, mention: bool = False) -> OrderAnswer:
    conversation.private = order.flag("private", conversation.private)
    return _answer(await order.telex.write(conversation, _writing(order, conversation, mention)))


async def reply(order: Order) -> OrderAnswer:
    """``{organisation, name | username | members | agent, by?, text?, thread_id?, following?: true, mention?}``.

    An answer in a thread, by default the newest one. ``following`` is whether the user takes part in it and gets
    a ``thread_reply``. The other keys are as in ``message``.
    """
    conversation = order.conversation()
    writing = _writing(order, conversation, order.flag("mention", False))
    thread_id, following = order.text("thread_id", ""), order.flag("following", True)
    return _answer(await order.telex.reply(conversation, writing, thread_id=thread_id, following=following))


def _writing(order: Order, conversation: Conversation, mention: bool) -> Writing:
    author = conversation.others[0] if conversation.others else order.telex.accounts.person(DEFAULT_AUTHOR)
    media = tuple(attachment(kind) for kind in order.names("media", ()))
    usual = "" if media else f"Message {len(conversation.messages) + 1}"
    html = order.text("html") if "html" in order else as_html(order.text("text", usual))
    when = order.one_of("new_message", NEW_MESSAGE) if "new_message" in order else None
    return Writing(order.by(author), html, media, mention, order.flag("system", False), when)


async def read(order: Order) -> OrderAnswer:
    """``{organisation, name | username | members | agent}``: the user read it; counts 0. An agent's is not told."""
    return _answer(await order.telex.read(order.conversation()))


async def new_message(order: Order) -> OrderAnswer:
    """``{organisation, name | username | members | agent}``: ``new_message`` of its newest message, if late."""
    return _answer(await order.telex.text_of_last(order.conversation()))


async def unread_change(order: Order) -> OrderAnswer:
    """``{organisation, name | username | members | agent}``: its counts as they are, once more."""
    return _answer(await order.telex.counts_of(order.conversation()))


async def remind(order: Order) -> OrderAnswer:
    """``{organisation, name | username | members | agent}``: the reminder of its newest message, without text."""
    return _answer(await order.telex.remind(order.conversation()))


async def call(order: Order) -> OrderAnswer:
    """``{organisation, username | members, by?}``: somebody calls; the answer has the ``buzz_id``.

    By default the other person calls, or the first of a group. The user's own calls are published to the user too.
    """
    if "username" not in order and "members" not in order:
        raise BadOrder("username or members is missing")
    conversation = order.conversation()
    made, happened = await order.telex.call(conversation, order.by(conversation.others[0]))
    return {**_answer(happened), "buzz_id": made.buzz_id}


async def answer(order: Order) -> OrderAnswer:
    """``{buzz_id?, by?, answer?: "accept"}``: somebody answers a call: ``accept``, ``decline`` or ``timeout``.

    By default the user answers the newest call.
    """
    answered, how = _call(order), order.one_of("answer", tuple(ANSWERS), "accept")
    return _answer(await order.telex.answer(answered, order.by(answered.conversation.user), how))


async def cancel(order: Order) -> OrderAnswer:
    """``{buzz_id?}``: the caller hangs up; by default the newest call is meant."""
    return _answer(await order.telex.cancel(_call(order)))


def _call(order: Order) -> Call:
    calls = order.telex.calls
    buzz_id = order.text("buzz_id", next(reversed(calls), ""))
    if buzz_id not in calls:
        raise BadOrder("there is no such call")
    return calls[buzz_id]


def _answer(happened: Happened) -> OrderAnswer:
    """What happened, as the answer to an order.

    ``data`` is the publication of the counts, null if there was none; ``published`` has all publications in order;
    ``offset`` and ``epoch`` belong to the last one. ``sent_at`` is the moment before, as in the order ``publish``; null
    if nothing was published.
    """
    changes = (each for each in happened.published if each["notification_type"] == "unread_thread_change")
    answer: OrderAnswer = {
        "offset": happened.position.offset,
        "epoch": happened.position.epoch,
        "data": next(changes, None),
        "published": list(happened.published),
        "sent_at": happened.sent_at,
    }
    if (written := happened.message) is not None:
        answer |= {"thread_id": written.thread_id, "message_id": written.message_id, "user_id": written.author.id}
    return answer


async def archive(order: Order) -> OrderAnswer:
    """``{organisation, name, on?: true}``: the channel is archived: in no look-up, but published as before."""
    conversation = order.conversation()
    conversation.archived = order.flag("on", True)
    return {"id": conversation.id}


async def fill(order: Order) -> OrderAnswer:
    """``{organisation, channels?, directs?, agents?, messages?: 1, unread?: 0, size?: 60}``: what was there before.

    Makes that many conversations, named ``channel 1``, ``person.1``, ``agent 1`` and so on. Each has that many
    messages, of ``size`` characters, and ``unread`` unread threads. Nothing is published.
    """
    where, accounts, conversations = (
        (order.user(), order.organisation()),
        order.telex.accounts,
        order.telex.conversations,
    )
    made = [
        *(conversations.channel(*where, f"channel {n}") for n in _numbers(order, "channels")),
        *(conversations.direct(*where, accounts.person(f"person.{n}")) for n in _numbers(order, "directs")),
        *(conversations.agent(*where, accounts.agent(f"agent {n}")) for n in _numbers(order, "agents")),
    ]
    author, html = accounts.person(DEFAULT_AUTHOR), as_html("x" * order.number("size", 60))
    messages, unread = order.number("messages", 1), order.number("unread", 0)
    for each in made:
        order.telex.remember(each, Writing(each.others[0] if each.others else author, html), messages, unread)
    return {"conversations": len(made)}


def _numbers(order: Order, key: str) -> range:
    return range(1, order.number(key, 0) + 1)


async def forget(order: Order) -> None:
    """``{}``: there were no conversations, nor anything that anybody set; nothing is published."""
    order.telex.conversations.forget()
    order.telex.preferences.forget()


async def mute(order: Order) -> OrderAnswer:
    """``{organisation, name | username | members, on?: true, device_type?}``: a conversation is muted."""
    channel_id = order.conversation().channel_id
    preference = order.telex.preferences.channel(order.user(), channel_id, order.device())
    preference.muted = order.flag("on", True)
    return {"id": channel_id}


async def pause(order: Order) -> None:
    """``{organisation?: 0, on?: true}``: do not disturb, in that organisation."""
    set_there = order.telex.preferences.profile(order.user(), order.organisation())
    set_there.pause_notification = order.flag("on", True)


async def profile(order: Order) -> None:
    """``{organisation?: 0, timezone?, status_timeout?}``: where the person is."""
    set_there = order.telex.preferences.profile(order.user(), order.organisation())
    set_there.timezone = order.text("timezone", set_there.timezone)
    set_there.status_timeout = order.text("status_timeout", set_there.status_timeout)


async def preference(order: Order) -> None:
    """``{organisation, notify_about?, time_range?, send_mail?, device_type?}``: what to be told about, and when."""
    set_there = order.telex.preferences.organisation(order.user(), order.organisation(), order.device())
    set_there.notify_about = order.one_of("notify_about", NOTIFY_ABOUT, set_there.notify_about)
    set_there.time_range = order.text("time_range", set_there.time_range)
    set_there.send_mail = order.flag("send_mail", set_there.send_mail)
