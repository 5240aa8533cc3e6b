"""A walk over all that the agent shows: its icon, the menu, a toast, Exit, and the hint at a start that is signed out.

What can be counted is checked; the pictures are for somebody's eyes.
"""

from __future__ import annotations

import os
import time

from .session import A_MENU, AN_ICON, APPEARS_WITHIN, Session


def walk(session: Session) -> list[str]:
    """Take the walk; what was not as it should be."""
    wrong = []

    def step(name: str, good: bool, seen: str) -> None:
        print(f"{name}: {seen}", flush=True)
        session.picture(name)
        if not good:
            wrong.append(f"{name}: {seen}")

    email, password = os.environ["SANDBOX_EMAIL"], os.environ["SANDBOX_PASSWORD"]
    empty = session.screen()
    with session.agent("--email", email, "--password-stdin", given=password + "\n") as agent:
        icon = session.wait_for_online_icon()
        step("icon", icon is not None, f"violet at {icon}")
        if icon is None:
            agent.process.kill()
            return wrong

        def choose(label: str, picture: str) -> None:
            before = session.screen()
            session.click(icon, 3)
            box, count = session.wait_for_change(before)
            step(picture, count >= A_MENU, f"{count} pixels in {box}")
            assert box is not None, "no menu"
            session.choose(label, box)

        choose("Test Notifications", "menu")
        wanted = "1 mention"
        toast = session.notified(wanted)
        step("toast", toast, f"the daemon was sent one with {wanted!r}" if toast else "none was sent")
        session.settle()
        box, count = session.change(empty)
        step("toast-shown", count >= A_MENU, f"{count} pixels in {box}")
        choose("Exit", "menu-over-toast")
        ended = agent.ended(APPEARS_WITHIN)
        step("exit", ended == 0, f"code {ended}, {agent.errors!r}")
    session.wait_until(lambda: session.change(empty)[1] < A_MENU, 30.0)
    box, count = session.change(empty)
    step("after-exit", count < A_MENU and session.icon_pixels() < AN_ICON, f"{count} pixels differ in {box}")

    empty = session.screen()
    began = time.monotonic()
    with session.agent() as agent:
        said = session.notified("signed out")
        box, count = session.wait_for_change(empty)
        step("signed-out", said and count >= A_MENU, f"{count} pixels in {box} after {time.monotonic() - began:.1f} s")
        agent.process.terminate()
        step("signed-out-exit", agent.ended() == 0, f"{agent.errors!r}")
    return wrong
