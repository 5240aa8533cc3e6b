"""Makes faults at Telex and on the way to it, and keeps a ledger of messages: for ``make soak`` and ``make chaos``."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import partial

from tests.servers import OrderRefused, Sandbox

ORGANISATIONS = 3
ORDINARY_CODES = (1000, 3001, 3004, 3005, 3008, 3010, 3011, 3012, 3014, 4000, 4321)
TERMINAL_CODES = (3500, 3501, 3503, 3507, 4500)
"""Close codes that ask the program to wait for minutes, and it does."""
_CALLS = ("login", "organisations", "connection", "subscription", "logout")


def freeze(process: subprocess.Popen[str], seconds: float) -> None:
    """Stop a process for so many seconds, then let it go on: the checks come afterwards."""
    process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        process.send_signal(signal.SIGCONT)


class Faults:
    """Makes faults by orders to the sandbox, and notes what they may lead to by design.

    Attributes:
        long_wait: The program may wait for minutes before it connects again.
        refusals: The program may leave organisations alone for minutes.
        session_over: The session may be over.
        organisations: How many organisations there are.
        changed: That number has changed in this round; the program learns it soon after its next connection.
        revoked: A session that began before is over; the program learns that with its next token.
        forgets: The server has lost its history.
    """

    def __init__(self, telex: Sandbox, rate: tuple[float, int]) -> None:
        """``rate``: the rate limit without a fault: calls a second, and at once."""
        self._telex = telex
        self._rate = rate
        self.organisations = ORGANISATIONS
        self.forget()
        deeds: tuple[Callable[[random.Random], str], ...] = (
            *(self.server_down, self.half_open, self.frozen, self.rate_limit, self.tokens_expired),
            *(self.captive_portal, self.error_pages, self.bad_answers, self.organisation_refused),
            *(self.one_token_refused, self.session_revoked, self.handshakes_refused),
            *(self.history_lost, self.joined_or_left),
        )
        self.deeds = {deed.__name__.replace("_", " "): deed for deed in deeds} | {
            "closed": partial(self.closed, ORDINARY_CODES),
            "closed for good": partial(self.closed, TERMINAL_CODES),
            "unsubscribed": partial(self.unsubscribed, (2500, 2501)),
            "position lost": partial(self.unsubscribed, (2502,)),  # the client's position is invalid then
            "unsubscribed for good": partial(self.unsubscribed, (2000,)),
        }

    def calm(self) -> None:
        """Take all faults back, and wait until the push server listens."""
        telex = self._telex
        telex.clear_faults()
        with suppress(OrderRefused):  # a real Centrifugo refuses no handshakes
            telex.refuse_push(0)
        telex.rate_limit(*self._rate)
        telex.silent(False)
        telex.wait_until(lambda status: bool(status["push_listening"]), 30.0)

    def forget(self) -> None:
        """Begin a new round: forget what the faults of the last one may lead to."""
        self.long_wait = self.refusals = self.session_over = self.revoked = self.changed = self.forgets = False

    # The faults; each gives in a few words what it has done.

    def server_down(self, chance: random.Random) -> str:
        seconds = chance.choice([0.0, 0.5, 2.0, 5.0])
        new_epoch, kill = chance.random() < 0.5, chance.random() < 0.5
        self._telex.restart(seconds, new_epoch=new_epoch, kill=kill, wait=False)
        self.forgets |= new_epoch
        return f"down for {seconds:g} s{', forgets its history' if new_epoch else ''}{', cut' if kill else ''}"

    def closed(self, codes: Sequence[int], chance: random.Random) -> str:
        code = chance.choice(codes)
        self.long_wait |= code in TERMINAL_CODES
        self.refusals |= code == 3500  # a token in flight may be taken for the reason
        self._telex.kick(code)
        return str(code)

    def half_open(self, chance: random.Random) -> str:
        """Let sockets stay open without any answer, until :meth:`calm` or a later call that switches this off."""
        on = chance.random() < 0.7
        self._telex.silent(on)
        return "silent" if on else "speaks again"

    def frozen(self, chance: random.Random) -> str:
        """Stop the machine of Telex, with API and push server, for some seconds."""
        seconds = chance.choice([0.5, 2.0, 6.0])
        assert self._telex.process is not None
        freeze(self._telex.process, seconds)
        return f"{seconds:g} s"

    def rate_limit(self, chance: random.Random) -> str:
        rate, burst = chance.choice([(0.7, 1), (1.0, 2), (3.0, 4)])
        self._telex.rate_limit(rate, burst)
        return f"{rate:g} a second"

    def tokens_expired(self, chance: random.Random) -> str:
        connections, subscriptions = chance.choice([(True, True), (True, False), (False, True), (False, False)])
        self._telex.expire_tokens(connections=connections, subscriptions=subscriptions)
        return f"closes {connections}, unsubscribes {subscriptions}"

    def captive_portal(self, chance: random.Random) -> str:
        """Answer every call and handshake with a page that asks for a login, or with a redirect to one."""
        how = chance.choice(["redirect", "page"])
        for path in _CALLS:
            self._telex.fault(path, **({"redirect": True} if how == "redirect" else {"html": True, "status": 200}))
        self._telex.refuse_push(302 if how == "redirect" else 200)
        if chance.random() < 0.5:
            self._telex.restart(0.0, new_epoch=False, kill=True)
        return how

    def error_pages(self, chance: random.Random) -> str:
        status = chance.choice([500, 502, 503, 504])
        paths = chance.sample(_CALLS, chance.randint(1, len(_CALLS)))
        for path in paths:
            self._telex.fault(path, html=chance.random() < 0.5, status=status)
        return f"{status} for {', '.join(paths)}"

    def bad_answers(self, chance: random.Random) -> str:
        path = chance.choice(_CALLS)
        how = chance.choice(["delay", "drip", "truncate"])
        times = chance.randint(1, 3)
        self._telex.fault(path, times=times, **{how: chance.choice([0.5, 3.0, 7.0]) if how == "delay" else True})
        return f"{how} for {path}, {times} times"

    def organisation_refused(self, chance: random.Random) -> str:
        """Refuse a subscription token of an organisation, or give a token that is wrong for it."""
        self.refusals = True
        organisation = chance.randrange(ORGANISATIONS)
        how = chance.choice([403, 404, 401, "other_channel", "other_user", "bad_signature", "garbage", "expired"])
        if isinstance(how, int):
            self._telex.fault("subscription", organisation=organisation, status=how)
        else:
            self.long_wait = True
            self._telex.wrong_token(organisation, how)
        self._telex.unsubscribe(organisation, 2501)
        return f"{how} for organisation {organisation}"

    def unsubscribed(self, codes: Sequence[int], chance: random.Random) -> str:
        organisation, code = chance.randrange(ORGANISATIONS), chance.choice(codes)
        self.refusals |= code == 2000  # the program leaves that organisation alone for minutes
        self._telex.unsubscribe(organisation, code)
        return f"{code} for organisation {organisation}"

    def one_token_refused(self, chance: random.Random) -> str:
        bearer = chance.random() < 0.5
        # If the other token was refused earlier in this round, both are refused, which ends the session. And a refused
        # organisation may then be a refused connection, too.
        self.session_over = self.refusals = self.long_wait = True
        (self._telex.refuse_bearer if bearer else self._telex.refuse_notification_token)()
        return "access token" if bearer else "notification token"

    def session_revoked(self, chance: random.Random) -> str:
        self.session_over = self.revoked = True
        self._telex.revoke_session()
        if chance.random() < 0.5:
            self._telex.kick(3005)
        return ""

    def handshakes_refused(self, chance: random.Random) -> str:
        status = chance.choice([0, 403, 404, 502, 503])
        self._telex.refuse_push(status)
        return str(status)

    def history_lost(self, chance: random.Random) -> str:
        organisation = chance.randrange(ORGANISATIONS)
        self._telex.trim_history(organisation)
        return f"of organisation {organisation}"

    def joined_or_left(self, chance: random.Random) -> str:
        """Have the person join one more organisation, or leave it again."""
        self.changed = True
        if self.organisations > ORGANISATIONS:
            self.organisations -= 1
            self._telex.remove_organisation(ORGANISATIONS)
            return "left"
        self.organisations += 1
        self._telex.add_organisation(f"Guild {chance.randrange(1000)}")
        return "joined"


class Ledger:
    """Checks that each message comes once; one that the server has lost, or perhaps never took, may be missing.

    Args:
        counts: Counts messages by what happened to them, in words.
    """

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._open: set[Hashable] = set()
        """Messages that were sent and have not come yet."""
        self._excused: set[Hashable] = set()

    def send(self, message: Hashable, *, may_be_missing: bool = False) -> None:
        """Note a message before it is sent, as it may come before the sending has returned."""
        self._counts["sent"] += 1
        self._open.add(message)
        if may_be_missing:
            self._excused.add(message)

    def excuse(self, message: Hashable) -> None:
        """Note that a message may be missing: it is not known whether the server took it."""
        self._excused.add(message)

    def server_forgets(self) -> None:
        """Note that the server has lost its history: all messages that have not come may be missing."""
        self._excused |= self._open

    def arrived(self, message: Hashable) -> str:
        """Note that a message came; gives in words what is wrong with that, or an empty text."""
        if message in self._open:
            self._open.discard(message)
            self._counts["came"] += 1
            return ""
        self._counts["twice"] += 1
        return f"{message} came twice"

    @property
    def missing(self) -> set[Hashable]:
        """The messages that have not come and are not excused."""
        return self._open - self._excused

    def settle(self) -> str:
        """Close the ledger in a calm moment, when nothing more will come; gives what is wrong, or an empty text."""
        lost = self.missing
        self._counts["lost"] += len(lost)
        self._counts["gone with a server that forgot"] += len(self._open) - len(lost)
        self._open.clear()
        self._excused.clear()
        return f"{len(lost)} messages are lost, one of them is {min(lost, key=str)}" if lost else ""
