"""The control API: `POST /sandbox/ORDER` with a JSON object, and `GET /sandbox/status`.

It makes things happen: publications, reads, closes, faults. It is not rate limited and asks for no login; the sandbox
listens on loopback only.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from telex_start.sandbox import payloads
from telex_start.sandbox.accounts import Accounts, Organisation, User
from telex_start.sandbox.faults import WRONG_TOKENS, BadOrder, Fault, Faults
from telex_start.sandbox.json_text import compact
from telex_start.sandbox.payloads import Conversations
from telex_start.sandbox.push_backend import NotOffered, PushBackend
from telex_start.sandbox.push_codes import KNOWN_WORDS
from telex_start.sandbox.rate_limit import RateLimiter
from telex_start.sandbox.record import Record
from telex_start.sandbox.streams import Position
from telex_start.sandbox.tokens import TokenSigner

CONTROL_PATH = "/sandbox"

Order = Mapping[str, object]
Answer = dict[str, object]


@dataclass
class Control:
    """The orders and what they work on."""

    accounts: Accounts
    push: PushBackend
    faults: Faults
    limiter: RateLimiter
    signer: TokenSigner
    record: Record
    _conversations: dict[str, Conversations] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """The routes, for an aiohttp application."""
        return [
            web.get(CONTROL_PATH + "/status", self._get_status),
            web.post(CONTROL_PATH + "/{order}", self._post),
        ]

    def orders(self) -> dict[str, Callable[[Order], Awaitable[Answer]]]:
        """The orders by name."""
        return {
            "publish": self.publish,
            "publish_many": self.publish_many,
            "message": self.message,
            "direct": self.direct,
            "agent": self.agent,
            "read": self.read,
            "kick": self.kick,
            "unsubscribe": self.unsubscribe,
            "expire_tokens": self.expire_tokens,
            "revoke_session": self.revoke_session,
            "refuse_notification_token": self.refuse_notification_token,
            "refuse_bearer": self.refuse_bearer,
            "rate_limit": self.rate_limit,
            "fault": self.fault,
            "clear_faults": self.clear_faults,
            "wrong_token": self.wrong_token,
            "sign": self.sign,
            "silent": self.silent,
            "restart": self.restart,
            "trim_history": self.trim_history,
            "add_organisation": self.add_organisation,
            "remove_organisation": self.remove_organisation,
            "raw_frame": self.raw_frame,
            "refuse_push": self.refuse_push,
            "ping_now": self.ping_now,
            "status": self.status,
        }

    async def _post(self, request: web.Request) -> web.Response:
        name = request.match_info["order"]
        run = self.orders().get(name)
        if run is None:
            return _answer({"error": f"no order {name!r}; there are: {', '.join(self.orders())}"}, 404)
        try:
            text = await request.text()
            order = json.loads(text) if text.strip() else {}
            if not isinstance(order, dict):
                raise BadOrder("the body is a JSON object")
            return _answer(await run(order))
        except (BadOrder, json.JSONDecodeError) as error:
            return _answer({"error": str(error)}, 400)
        except NotOffered as error:
            return _answer({"error": str(error)}, 501)

    async def _get_status(self, _request: web.Request) -> web.Response:
        return _answer(await self.status({}))

    # -- publications ------------------------------------------------------------------------------------------------

    async def publish(self, order: Order) -> Answer:
        """`{organisation | channel, data | raw, count?}`: publishes it, `count` times."""
        channel = self._channel(order)
        count = number(order, "count", 1)
        raw = order.get("raw")
        if raw is not None and not isinstance(raw, str):
            raise BadOrder("raw is a string of JSON text")
        if raw is None and "data" not in order:
            raise BadOrder("data or raw is missing")
        data = raw if raw is not None else compact(order["data"])
        return position(await self.push.publish(channel, [data] * count))

    async def publish_many(self, order: Order) -> Answer:
        """`{organisation | channel, data: [...]}`: publishes all at once, many in one frame."""
        channel = self._channel(order)
        items = order.get("data")
        if not isinstance(items, list):
            raise BadOrder("data is a list")
        return position(await self.push.publish(channel, [compact(item) for item in items]))

    async def message(self, order: Order) -> Answer:
        """`{organisation, name, mention?, private?}`: one more unread message in a channel."""
        user, organisation = self._whom(order)
        payload = self.conversations(user).message(
            organisation,
            payloads.CHANNELS,
            text(order, "name"),
            mention=bool(order.get("mention")),
            private=bool(order.get("private")),
        )
        return await self._publish_payload(user, organisation, payload)

    async def direct(self, order: Order) -> Answer:
        """`{organisation, username, preview?, group?}`: one more unread direct message."""
        user, organisation = self._whom(order)
        payload = self.conversations(user).message(
            organisation,
            payloads.DIRECT,
            text(order, "username"),
            preview=text(order, "preview", ""),
            group=bool(order.get("group")),
        )
        return await self._publish_payload(user, organisation, payload)

    async def agent(self, order: Order) -> Answer:
        """`{organisation, name}`: one more unread message of an agent."""
        user, organisation = self._whom(order)
        payload = self.conversations(user).message(organisation, payloads.AGENTS, text(order, "name"))
        return await self._publish_payload(user, organisation, payload)

    async def read(self, order: Order) -> Answer:
        """`{organisation, name | username | agent}`: the user read that channel, person or agent; counts 0."""
        user, organisation = self._whom(order)
        section, key = payloads.CHANNELS, "name"
        if "username" in order:
            section, key = payloads.DIRECT, "username"
        elif "agent" in order:
            section, key = payloads.AGENTS, "agent"
        payload = self.conversations(user).read(organisation, section, text(order, key))
        return await self._publish_payload(user, organisation, payload)

    def conversations(self, user: User) -> Conversations:
        """The unread state of a user, kept for publications with growing counts."""
        return self._conversations.setdefault(user.id, Conversations(user, self.accounts.new_id))

    async def _publish_payload(self, user: User, organisation: Organisation, payload: Answer) -> Answer:
        top = await self.push.publish(user.channel(organisation), [compact(payload)])
        return {**position(top), "data": payload}

    # -- connections and subscriptions -------------------------------------------------------------------------------

    async def kick(self, order: Order) -> Answer:
        """`{code, reason?, user_id?}`: closes every connection of the user."""
        code = number(order, "code")
        user_id = text(order, "user_id", self._user(order).id)
        await self.push.disconnect(user_id, code, text(order, "reason", KNOWN_WORDS.get(code, "")))
        return {}

    async def unsubscribe(self, order: Order) -> Answer:
        """`{organisation, code?, reason?}`: an unsubscribe push, 2000 by default."""
        user, organisation = self._whom(order)
        code = number(order, "code", 2000)
        reason = text(order, "reason", KNOWN_WORDS.get(code, ""))
        await self.push.unsubscribe(user.id, user.channel(organisation), code, reason)
        return {}

    async def expire_tokens(self, order: Order) -> Answer:
        """`{connections?: true, subscriptions?: true}`: all push tokens issued so far count as expired.

        Unless switched off, subscriptions end with 2501 and connections with 3005 at once.
        """
        await self.push.expire_tokens(
            connections=flag(order, "connections", True),
            subscriptions=flag(order, "subscriptions", True),
        )
        return {}

    async def silent(self, order: Order) -> Answer:
        """`{on}`: connections stay open, but the push server neither reads nor answers."""
        await self.push.set_silent(flag(order, "on", True))
        return {}

    async def restart(self, order: Order) -> Answer:
        """`{down_for?: 0, new_epoch?: true, kill?: false, wait?: down_for == 0}`: the push server goes and comes."""
        down_for = order.get("down_for", 0)
        if not isinstance(down_for, int | float) or down_for < 0:
            raise BadOrder("down_for is a number of seconds")
        await self.push.restart(
            float(down_for),
            new_epoch=flag(order, "new_epoch", True),
            kill=flag(order, "kill", False),
            wait=flag(order, "wait", not down_for),
        )
        return {}

    async def trim_history(self, order: Order) -> Answer:
        """`{organisation | channel}`: drops the kept publications; offset and epoch stay."""
        channel = self._channel(order)
        await self.push.remove_history(channel)
        return position(await self.push.position(channel))

    async def raw_frame(self, order: Order) -> Answer:
        """`{text}`: that text frame, as it is, to every connection."""
        await self.push.raw_frame(text(order, "text"))
        return {}

    async def refuse_push(self, order: Order) -> Answer:
        """`{status}`: handshakes are answered with that HTTP status; 0 accepts them again."""
        await self.push.refuse_push(number(order, "status"))
        return {}

    async def ping_now(self, _order: Order) -> Answer:
        """`{}`: a ping to every connection."""
        await self.push.ping_now()
        return {}

    # -- the API -----------------------------------------------------------------------------------------------------

    async def revoke_session(self, _order: Order) -> Answer:
        """`{}`: every session so far is over."""
        self.accounts.revoke_all()
        return {}

    async def refuse_notification_token(self, order: Order) -> Answer:
        """`{on}`: 401 by notification token while Bearer serves."""
        self.faults.refuse_notification_token = flag(order, "on", True)
        return {}

    async def refuse_bearer(self, order: Order) -> Answer:
        """`{on}`: 401 by Bearer while the notification token serves."""
        self.faults.refuse_bearer = flag(order, "on", True)
        return {}

    async def rate_limit(self, order: Order) -> Answer:
        """`{rate?, burst?}`: calls a second and at once; rate 0 turns the limiter off."""
        rate = order.get("rate", self.limiter.rate)
        if not isinstance(rate, int | float) or rate < 0:
            raise BadOrder("rate is a number of calls a second")
        self.limiter.set(float(rate), number(order, "burst", self.limiter.burst))
        return {"rate": self.limiter.rate, "burst": self.limiter.burst}

    async def fault(self, order: Order) -> Answer:
        """`{path, organisation?, times?, ...}`: that call goes wrong; the other keys are the fields of `Fault`."""
        organisation_id = self._organisation(self._user(order), order).id if "organisation" in order else None
        self.faults.add(Fault.from_order(order, organisation_id))
        return {}

    async def clear_faults(self, _order: Order) -> Answer:
        """`{}`: ends all faults, wrong tokens and refusals."""
        self.faults.clear()
        return {}

    async def wrong_token(self, order: Order) -> Answer:
        """`{organisation, kind}`: subscription tokens for it are wrong until `clear_faults`."""
        kind = text(order, "kind")
        if kind not in WRONG_TOKENS:
            raise BadOrder(f"kind is one of {', '.join(WRONG_TOKENS)}")
        self.faults.wrong_tokens[self._organisation(self._user(order), order).id] = kind
        return {}

    async def sign(self, order: Order) -> Answer:
        """`{claims, secret?}`: a token with any claims, by default with the right secret."""
        claims = order.get("claims")
        if not isinstance(claims, dict):
            raise BadOrder("claims is an object")
        return {"token": self.signer.sign(claims, text(order, "secret", self.signer.secret))}

    async def add_organisation(self, order: Order) -> Answer:
        """`{name}`: a new organisation that the users are in."""
        organisation = self.accounts.add_organisation(text(order, "name"))
        user = self._user(order)
        index = user.organisations.index(organisation)
        return {"id": organisation.id, "index": index, "channel": user.channel(organisation)}

    async def remove_organisation(self, order: Order) -> Answer:
        """`{organisation}`: the user is no longer in it; what is subscribed stays so."""
        user, organisation = self._whom(order)
        user.organisations.remove(organisation)
        return {"id": organisation.id}

    # -- status ------------------------------------------------------------------------------------------------------

    async def status(self, order: Order) -> Answer:
        """Everything that was counted; see the keys. Null where a real Centrifugo keeps it to itself."""
        record, figures, user = self.record, await self.push.figures(), self._user(order)
        known = figures.log_known
        organisations = [
            {
                "id": each.id,
                "name": each.name,
                "channel": user.channel(each),
                "subscribers": figures.subscriptions.get(user.channel(each), 0),
            }
            for each in user.organisations
        ]
        return {
            "uptime": record.uptime(),
            "backend": self.push.name,
            "requests": {name: {str(code): n for code, n in row.items()} for name, row in record.requests.items()},
            "request_times": record.request_times,
            "rate_limited": {"count": len(record.rate_limited_times), "times": record.rate_limited_times},
            "logins": record.logins,
            "refused_logins": record.refused_logins,
            "logouts": record.logouts,
            "tokens_issued": dict(self.signer.issued_counts),
            "organisations": organisations,
            "push_listening": figures.listening,
            "push_connections": figures.open_connections,
            "subscriptions": figures.subscriptions,
            "pongs": record.pongs if known else None,
            "connects": record.connects if known else None,
            "commands": list(record.commands) if known else None,
            "closes": {str(code): n for code, n in record.closes.items()} if known else None,
            "handshakes": {str(code): n for code, n in record.handshakes.items()} if known else None,
        }

    # -- whom an order is about --------------------------------------------------------------------------------------

    def _user(self, order: Order) -> User:
        email = order.get("user")
        if email is None:
            return self.accounts.default_user
        user = self.accounts.user(email) if isinstance(email, str) else None
        if user is None:
            raise BadOrder("user is the email address of an account")
        return user

    def _organisation(self, user: User, order: Order) -> Organisation:
        wanted = order.get("organisation", 0)
        for index, organisation in enumerate(user.organisations):
            if wanted in (index, organisation.id, organisation.name):
                return organisation
        raise BadOrder(f"organisation is an index below {len(user.organisations)}, an id or a name")

    def _channel(self, order: Order) -> str:
        if "channel" in order:
            return text(order, "channel")
        user, organisation = self._whom(order)
        return user.channel(organisation)

    def _whom(self, order: Order) -> tuple[User, Organisation]:
        user = self._user(order)
        return user, self._organisation(user, order)


def position(top: Position) -> Answer:
    """A stream position as orders answer it; without history 0 and empty."""
    return {"offset": top.offset, "epoch": top.epoch}


def text(order: Order, key: str, default: str | None = None) -> str:
    """A string of an order; `BadOrder` when it is missing and has no default, or is no string."""
    value = order.get(key, default)
    if not isinstance(value, str):
        raise BadOrder(f"{key} is a string")
    return value


def number(order: Order, key: str, default: int | None = None) -> int:
    """A whole number of an order; `BadOrder` when it is missing and has no default, or is negative."""
    value = order.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadOrder(f"{key} is a whole number")
    return value


def flag(order: Order, key: str, default: bool) -> bool:
    """A boolean of an order; `BadOrder` when it is something else."""
    value = order.get(key, default)
    if not isinstance(value, bool):
        raise BadOrder(f"{key} is true or false")
    return value


def _answer(body: Answer, status: int = 200) -> web.Response:
    return web.Response(status=status, text=compact(body), content_type="application/json")
