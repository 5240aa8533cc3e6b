"""The orders about the service: publications, connections, the push server; sessions, tokens, and faults of the API.

Each public function is an order, and its docstring begins with the order's keys; ``?`` marks optional ones.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict

from .accounts import ACCESS_TOKEN_TTL
from .control_api import BadOrder, Order, OrderAnswer
from .deployment import FAULT_PATHS, NEW_MESSAGE, SLUGS, WRONG_TOKENS, ApiFault
from .push_protocol import KNOWN_REASONS, UNSUBSCRIBED_BY_SERVER, compact
from .push_streams import StreamPosition
from .traffic_log import COUNTED


async def publish(order: Order) -> OrderAnswer:
    """``{organisation | channel, data | raw, count?}``: publishes it, ``count`` times. ``raw`` is JSON text.

    ``sent_at`` in the answer is the moment before publishing, in seconds of the monotonic clock, which a process on the
    same machine can compare with its own.
    """
    text = order.text("raw") if "raw" in order else compact(order.value("data"))
    sent_at = time.monotonic()
    position = await order.telex.push_server.publish(order.channel(), [text] * order.number("count", 1))
    return {**_position(position), "sent_at": sent_at}


async def publish_many(order: Order) -> OrderAnswer:
    """``{organisation | channel, data: [...], per_second?}``: publishes all at once, many in one frame.

    With ``per_second`` each is published alone, at that pace; as long as the client keeps up, each has its own frame.
    """
    items = order.value("data")
    if not isinstance(items, list):
        raise BadOrder("data is a list")
    texts, push_server = [compact(item) for item in items], order.telex.push_server
    pace = order.quantity("per_second", 0.0)
    if not pace:
        return _position(await push_server.publish(order.channel(), texts))
    began = time.monotonic()
    for index, text in enumerate(texts):
        await push_server.publish(order.channel(), [text])
        await asyncio.sleep(max(0.0, began + (index + 1) / pace - time.monotonic()))
    return _position(await push_server.position(order.channel()))


async def trim_history(order: Order) -> OrderAnswer:
    """``{organisation | channel}``: drops the kept publications; offset and epoch stay."""
    channel = order.channel()
    await order.telex.push_server.remove_history(channel)
    return _position(await order.telex.push_server.position(channel))


def _position(top: StreamPosition) -> OrderAnswer:
    """A stream position as orders answer it; without history 0 and empty."""
    return {"offset": top.offset, "epoch": top.epoch}


async def kick(order: Order) -> None:
    """``{code, reason?, user_id?}``: closes every connection of the user."""
    code = order.number("code")
    reason = order.text("reason", KNOWN_REASONS.get(code, ""))
    await order.telex.push_server.disconnect(order.text("user_id", order.user().id), code, reason)


async def unsubscribe(order: Order) -> None:
    """``{organisation, code?, reason?}``: an unsubscribe push, 2000 by default."""
    code = order.number("code", UNSUBSCRIBED_BY_SERVER.number)
    reason = order.text("reason", KNOWN_REASONS.get(code, ""))
    await order.telex.push_server.unsubscribe(order.user().id, order.channel(), code, reason)


async def expire_tokens(order: Order) -> None:
    """``{connections?: true, subscriptions?: true}``: all push tokens issued so far count as expired.

    Unless switched off, subscriptions end with 2501 and connections with 3005 at once.
    """
    await order.telex.push_server.expire_tokens(
        connections=order.flag("connections", True), subscriptions=order.flag("subscriptions", True)
    )


async def raw_frame(order: Order) -> None:
    """``{text}``: that text frame, as it is, to every connection."""
    await order.telex.push_server.raw_frame(order.text("text"))


async def ping_now(order: Order) -> None:
    """``{}``: a ping to every connection."""
    await order.telex.push_server.ping_now()


async def silent(order: Order) -> None:
    """``{on?: true}``: connections stay open, but the push server neither reads nor answers."""
    await order.telex.push_server.set_silent(order.flag("on", True))


async def restart(order: Order) -> None:
    """``{down_for?: 0, new_epoch?: true, kill?: false, wait?: down_for == 0}``: the push server goes and comes.

    With ``kill`` connections are cut, else closed with 3001. With ``wait`` the answer comes when the server is back.
    """
    down_for = order.quantity("down_for", 0)
    await order.telex.push_server.restart(
        down_for,
        new_epoch=order.flag("new_epoch", True),
        kill=order.flag("kill", False),
        wait=order.flag("wait", not down_for),
    )


async def refuse_push(order: Order) -> None:
    """``{status}``: handshakes are answered with that HTTP status; 0 accepts them again."""
    await order.telex.push_server.refuse_push(order.number("status"))


async def revoke_session(order: Order) -> None:
    """``{}``: every session so far is over."""
    for login in order.telex.accounts.by_access_token.values():
        login.revoked = True


async def session_life(order: Order) -> None:
    """``{seconds?: a week, notification_token_stays?: false}``: how long the access tokens of logins to come live.

    After that, calls by access token are answered with 401, and calls by notification token with 400 unless that token
    stays.
    """
    order.telex.settings.access_ttl = order.number("seconds", ACCESS_TOKEN_TTL)
    order.telex.settings.notification_token_stays = order.flag("notification_token_stays", False)


async def later(order: Order) -> None:
    """``{seconds}``: so much later it is at once, by the server's clock: access tokens, links, push tokens end."""
    order.telex.clock.offset += order.number("seconds")


async def mails(order: Order) -> OrderAnswer:
    """``{}``: the mails with a link, the newest last: ``email``, ``link``, ``code``, ``unused``."""
    return {"mails": [asdict(mail) for mail in order.telex.accounts.mails]}


async def refuse_notification_token(order: Order) -> None:
    """``{on?: true}``: 401 by notification token while Bearer serves."""
    order.telex.faults.refuse_notification_token = order.flag("on", True)


async def refuse_bearer(order: Order) -> None:
    """``{on?: true}``: 401 by Bearer while the notification token serves."""
    order.telex.faults.refuse_bearer = order.flag("on", True)


async def wrong_token(order: Order) -> None:
    """``{organisation, kind}``: subscription tokens for it are wrong until ``clear_faults``."""
    kind = order.one_of("kind", WRONG_TOKENS)
    order.telex.faults.wrong_tokens[order.organisation().id] = kind


async def sign(order: Order) -> OrderAnswer:
    """``{claims, secret?}``: a push token with any claims, by default with the right secret."""
    claims, signer = order.value("claims"), order.telex.signer
    if not isinstance(claims, dict):
        raise BadOrder("claims is an object")
    return {"token": signer.sign(claims, order.text("secret", signer.secret))}


async def add_organisation(order: Order) -> OrderAnswer:
    """``{name}``: a new organisation that the users are in."""
    organisation, user = order.telex.accounts.add_organisation(order.text("name")), order.user()
    index = user.organisations.index(organisation)
    return {"id": organisation.id, "index": index, "channel": user.channel(organisation)}


async def remove_organisation(order: Order) -> OrderAnswer:
    """``{organisation}``: the user is no longer in it; what is subscribed stays so."""
    organisation = order.organisation()
    order.user().organisations.remove(organisation)
    return {"id": organisation.id}


async def rate_limit(order: Order) -> OrderAnswer:
    """``{rate?, burst?}``: calls a second and at once; rate 0 turns the limiter off."""
    limiter = order.telex.limiter
    limiter.set(order.quantity("rate", limiter.rate), order.number("burst", limiter.burst))
    return {"rate": limiter.rate, "burst": limiter.burst}


async def fault(order: Order) -> None:
    """``{path, organisation?, times?, ...}``: that call goes wrong; all keys are the fields of ``ApiFault``."""
    new = ApiFault(
        order.one_of("path", FAULT_PATHS),
        order.organisation().id if "organisation" in order else None,
        order.optional_number("times"),
        order.optional_number("status"),
        body_status=order.optional_number("body_status"),
        delay=order.quantity("delay", 0),
        message=order.text("message", ""),
        **{key: order.flag(key, False) for key in ("html", "stale", "drip", "redirect", "truncate")},
    )
    if new.status is None:
        if new.body_status is not None:
            new.status = 200
        elif new.html or not (new.delay or new.drip or new.truncate or new.redirect):
            new.status = 502
    order.telex.faults.faults.append(new)


async def clear_faults(order: Order) -> None:
    """``{}``: ends all faults, wrong tokens and refusals."""
    order.telex.faults.clear()


async def look_ups(order: Order) -> None:
    """``{on?: true, status?: 404, html?: false}``: with ``on`` false this deployment has no look-ups.

    Nor has it settings, profiles and slugs: all these calls are answered with that status until an order ``look_ups``
    with ``on``, or ``clear_faults``.
    """
    status, html = order.number("status", 404), order.flag("html", False)
    missing = ApiFault(status=status, html=html, message="Page not found")
    order.telex.faults.no_look_ups = None if order.flag("on", True) else missing


async def slugs(order: Order) -> None:
    """``{style}``: ``new`` or ``older`` names of the field, or ``none``."""
    order.telex.settings.slugs = order.one_of("style", SLUGS)


async def new_messages(order: Order) -> None:
    """``{new_message}``: when it comes from now on: ``before``, ``after``, ``never``, ``only``."""
    order.telex.settings.new_message = order.one_of("new_message", NEW_MESSAGE)


async def calls(order: Order) -> OrderAnswer:
    """``{path?, since?: 0}``: the API calls from that time on whose path has that in it."""
    part, since = order.text("path", ""), order.quantity("since", 0)
    seen = order.telex.traffic.calls
    return {"calls": [each for each in seen if part in str(each["path"]) and float(str(each["time"])) >= since]}


async def status(order: Order) -> OrderAnswer:
    """``{}``: everything that was counted. Null where a real Centrifugo keeps it to itself.

    Times are seconds since the start of the sandbox. In commands each token is replaced by a mark; equal marks mean the
    same token.
    """
    telex, user = order.telex, order.user()
    traffic, figures = telex.traffic, await telex.push_server.figures()
    organisations = [
        {"id": each.id, "name": each.name, "channel": channel, "subscribers": figures.subscriptions.get(channel, 0)}
        for each in user.organisations
        if (channel := user.channel(each))
    ]
    seen: OrderAnswer = {
        "pongs": traffic.pongs,
        "connects": list(traffic.connects),
        "commands": list(traffic.commands),
        "closes": traffic.closes,
        "handshakes": traffic.handshakes,
    }
    return {
        "uptime": traffic.uptime(),
        "backend": telex.push_server.name,
        "requests": traffic.requests,
        **{name: getattr(traffic, name) for name in COUNTED},
        "rate_limited": {"count": len(traffic.rate_limited_times), "times": traffic.rate_limited_times},
        "tokens_issued": telex.signer.issued_counts,
        "organisations": organisations,
        "push_listening": figures.listening,
        "push_connections": figures.open_connections,
        "subscriptions": figures.subscriptions,
        **(seen if figures.log_known else dict.fromkeys(seen)),
    }
