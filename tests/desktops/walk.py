"""A walk over all that the agent shows: icon, menu, toast, Exit, the hint when signed out, and a session that is over.

What can be counted is checked; the pictures are for somebody's eyes.
"""

from __future__ import annotations

import os

from tests.process import Process
from tests.servers import Sandbox

from .pictures import Box
from .session import A_MENU, APPEARS_WITHIN, Session


class Walk:
    """One walk.

    Attributes:
        wrong: What was not as it should be.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.wrong: list[str] = []

    def all(self) -> None:
        """Every step."""
        self._menu_and_toast()
        self._submenus()
        self._signed_out()
        self._session_over()

    def _menu_and_toast(self) -> None:
        session = self._session
        empty = session.screen()
        with self._signed_in() as agent:
            menu = self._choose("Test Notifications", "menu")
            box, count = session.wait_for_more(
                empty, menu
            )  # at once: on a busy machine it may go before all stands still
            wanted = "1 mention"
            sent = session.notified(wanted)
            self._step("toast", sent and count >= A_MENU, f"{count} pixels in {box}; with {wanted!r}: {sent}")
            self._choose("Exit", "menu-over-toast")
            ended = agent.ended(APPEARS_WITHIN)
            self._step("exit", ended == 0 and not agent.errors, f"code {ended}, {agent.errors!r}")
        session.withdraw_pointer()
        # A toast of a conversation stays as long as the desktop likes.
        session.wait_until(lambda: session.change(empty)[1] < A_MENU, 30.0)
        box, count = session.change(empty)
        gone = count < A_MENU and session.online_icon() is None
        self._step("after-exit", gone, f"{count} pixels differ in {box}")

    def _submenus(self) -> None:
        """What is unread, and the pauses: each is there at the first asking."""
        session = self._session
        telex = Sandbox.announced(os.environ)
        with self._signed_in() as agent:
            assert session.wait_for_online_icon() is not None, "no icon"
            telex.message(0, "General", "the build is green", by="Ben Okri")
            telex.direct(1, "Ben Okri", "are you there?")
            session.notified("are you there?")
            session.settle()
            for label in ("Recent", "Pause Notifications"):
                box = self._open_menu(f"menu-before-{label.split()[0].lower()}")
                menu = session.screen()
                session.open_submenu(label, box)
                more, count = session.wait_for_change(menu)
                self._step(f"menu-{label.split()[0].lower()}", count >= A_MENU // 2, f"{count} pixels in {more}")
                session.close_menu()
                session.settle()
            # What stays unread would be told to whoever signs in next.
            telex.order("read", organisation=0, name="General")
            telex.order("read", organisation=1, username="Ben Okri")
            self._end(agent)

    def _signed_out(self) -> None:
        session = self._session
        empty = session.screen()
        with session.agent() as agent:
            sent = session.notified("signed out")
            box, count = session.wait_for_change(empty)
            self._step("signed-out", sent and count >= A_MENU, f"{count} pixels in {box}; sent: {sent}")
            self._end(agent)
        # The program's own toast is taken back.
        taken_back = session.wait_until(lambda: session.change(empty)[1] < A_MENU, 2.0)
        self._step("signed-out-exit", taken_back, f"{session.change(empty)[1]} pixels differ")

    def _session_over(self) -> None:
        """While another program has the focus, which it must keep."""
        session = self._session
        with session.other_window(), self._signed_in() as agent:
            another = session.wait_until(lambda: session.active() == "Another", APPEARS_WITHIN)
            self._step("another-window", another, f"{session.active()!r} has the focus")
            assert session.wait_for_online_icon() is not None, "no icon"
            telex = Sandbox.announced(os.environ)
            telex.revoke_session()
            telex.kick(3005)
            if session.desktop.spares_focus:
                good = session.wait_until(lambda: session.off_place("Telex") is not None, APPEARS_WITHIN)
            else:
                good = session.notified("Please sign in again")
            session.settle()
            off, active = session.off_place("Telex"), session.active()
            good = good and active == "Another" and off == ((0, 0) if session.desktop.spares_focus else None)
            self._step("session-over", good, f"window off by {off}, {active!r} has the focus")
            self._end(agent)

    def _signed_in(self) -> Process:
        email, password = os.environ["SANDBOX_EMAIL"], os.environ["SANDBOX_PASSWORD"]
        return self._session.agent("--email", email, "--password-stdin", given=password + "\n")

    def _choose(self, label: str, picture: str) -> Box:
        """Open the icon's menu with the mouse, and choose; where the menu was."""
        box = self._open_menu(picture)
        self._session.choose(label, box)
        return box

    def _open_menu(self, picture: str) -> Box:
        """Open the icon's menu with the mouse; where it is."""
        session = self._session
        icon = session.wait_for_online_icon()
        assert icon is not None, "no icon"
        before = session.screen()
        session.click(icon, 3)
        box, count = session.wait_for_change(before)
        self._step(picture, count >= A_MENU, f"{count} pixels in {box}")
        assert box is not None, "no menu"
        return box

    def _step(self, name: str, good: bool, seen: str) -> None:
        print(f"{name}: {seen}", flush=True)
        self._session.picture(name)
        if not good:
            self.wrong.append(f"{name}: {seen}")

    @staticmethod
    def _end(agent: Process) -> None:
        agent.process.terminate()
        assert agent.ended() == 0 and not agent.errors, agent.errors
