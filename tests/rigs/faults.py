"""What goes wrong at Telex and on the way to it: for ``make soak`` and ``make chaos``."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from tests.servers import OrderRefused, Sandbox

ORGANISATIONS = 3
ORDINARY_CODES = (1000, 3001, 3004, 3005, 3008, 3010, 3011, 3012, 3014, 4000, 4321)
TERMINAL_CODES = (3500, 3501, 3503, 3507, 4500)
"""Close codes after which the program waits for minutes, as it is asked to."""
_CALLS = ("login", "organisations", "connection", "subscription", "logout")


class Faults:
    """Orders to the sandbox, and what may come of them by design.

    Attributes:
        long_wait: The program may wait for minutes before it connects again.
        refusals: It may leave organisations alone for minutes.
        session_over: The session may be over.
        organisations: How many there are now.
        changed: That is not what it was before; the program sees it soon after its next connection.
        revoked: It is, as far as it was begun before; the program learns that with its next token.
        forgets: The server has forgotten what it held.
    """

    def __init__(self, telex: Sandbox, rate: tuple[float, int]) -> None:
        """``rate``: calls a second, and at once, while all is well."""
        self._telex = telex
        self._rate = rate
        self.organisations = ORGANISATIONS
        self.forget()
        deeds: tuple[Callable[[random.Random], str], ...] = (
            *(self.server_down, self.closed, self.closed_for_good, self.half_open, self.frozen, self.rate_limit),
            *(self.tokens_expired, self.captive_portal, self.error_pages, self.bad_answers, self.organisation_refused),
            *(self.wrong_token, self.unsubscribed, self.unsubscribed_for_good, self.position_lost, self.history_lost),
            *(self.one_token_refused, self.session_revoked, self.handshakes_refused, self.odd_frames),
            self.joined_or_left,
        )
        self.deeds = {deed.__name__.replace("_", " "): deed for deed in deeds}

    def calm(self) -> None:
        """Take all of it back, and wait until Telex is there."""
        telex = self._telex
        telex.clear_faults()
        with suppress(OrderRefused):  # a real Centrifugo refuses no handshakes
            telex.refuse_push(0)
        telex.rate_limit(*self._rate)
        telex.silent(False)
        telex.wait_until(lambda status: bool(status["push_listening"]), 30.0)

    def forget(self) -> None:
        """A new round: nothing of the last one excuses anything."""
        self.long_wait = self.refusals = self.session_over = self.revoked = self.changed = False
        self.forgets = False

    # --- the faults; each gives a few words of what it has done -----------------------------------------------------

    def server_down(self, chance: random.Random) -> str:
        seconds = chance.choice([0.0, 0.5, 2.0, 5.0])
        new_epoch, kill = chance.random() < 0.5, chance.random() < 0.5
        self._telex.restart(seconds, new_epoch=new_epoch, kill=kill, wait=False)
        self.forgets |= new_epoch
        return f"down for {seconds:g} s{', forgets its history' if new_epoch else ''}{', cut' if kill else ''}"

    def closed(self, chance: random.Random) -> str:
        code = chance.choice(ORDINARY_CODES)
        self._telex.kick(code)
        return str(code)

    def closed_for_good(self, chance: random.Random) -> str:
        code = chance.choice(TERMINAL_CODES)
        self.long_wait = True
        if code == 3500:
            self.refusals = True  # a token in flight may be taken for the reason
        self._telex.kick(code)
        return str(code)

    def half_open(self, chance: random.Random) -> str:
        """Sockets stay open, and nothing comes any more; until :meth:`calm`, or another deed of this name."""
        on = chance.random() < 0.7
        self._telex.silent(on)
        return "silent" if on else "speaks again"

    def frozen(self, chance: random.Random) -> str:
        """The machine of Telex, API and push server, does nothing for some seconds."""
        seconds = chance.choice([0.5, 2.0, 6.0])
        assert self._telex.process is not None
        os.kill(self._telex.process.pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)  # what is measured here is what the program makes of it afterwards
        finally:
            os.kill(self._telex.process.pid, signal.SIGCONT)
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
        """Every call and handshake is led to a page that wants a login."""
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
        self.refusals = True
        organisation, status = chance.randrange(ORGANISATIONS), chance.choice([403, 404, 401])
        self._telex.fault("subscription", organisation=organisation, status=status)
        self._telex.unsubscribe(organisation, 2501)
        return f"{status} for organisation {organisation}"

    def wrong_token(self, chance: random.Random) -> str:
        self.refusals = self.long_wait = True
        organisation = chance.randrange(ORGANISATIONS)
        kind = chance.choice(["other_channel", "other_user", "bad_signature", "garbage", "expired"])
        self._telex.wrong_token(organisation, kind)
        self._telex.unsubscribe(organisation, 2501)
        return f"{kind} for organisation {organisation}"

    def unsubscribed(self, chance: random.Random) -> str:
        organisation, code = chance.randrange(ORGANISATIONS), chance.choice([2500, 2501])
        self._telex.unsubscribe(organisation, code)
        return f"{code} for organisation {organisation}"

    def position_lost(self, chance: random.Random) -> str:
        """The program is to begin anew with that organisation's stream: what it had is the past."""
        organisation = chance.randrange(ORGANISATIONS)
        self._telex.unsubscribe(organisation, 2502)
        return f"of organisation {organisation}"

    def unsubscribed_for_good(self, chance: random.Random) -> str:
        """The program leaves that organisation alone for minutes."""
        self.refusals = True
        organisation = chance.randrange(ORGANISATIONS)
        self._telex.unsubscribe(organisation, 2000)
        return f"organisation {organisation}"

    def one_token_refused(self, chance: random.Random) -> str:
        bearer = chance.random() < 0.5
        # With the other one refused before in the same round both are, which is the end of a session; and a refused
        # organisation is then a refused connection too.
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
        """The person joins one more organisation, or leaves that one again."""
        self.changed = True
        if self.organisations > ORGANISATIONS:
            self.organisations -= 1
            self._telex.remove_organisation(ORGANISATIONS)
            return "left"
        self.organisations += 1
        self._telex.add_organisation(f"Guild {chance.randrange(1000)}")
        return "joined"

    def odd_frames(self, chance: random.Random) -> str:
        self.long_wait = True  # a ping out of turn has the server close over its pong, with 3501
        text = chance.choice(
            [
                'no json\n{"push":{"channel":7}}\n{"id":4000000000,"error":{}}',
                '{"push":{"disconnect":{"code":3012}}}',
                "[" * 20_000,
                '{"push":{"channel":"x","pub":{"data":"\\ud83d"}}}\n{}',
                "{}\n" * 300,
            ]
        )
        self._telex.raw_frame(text)
        return repr(text[:30])
